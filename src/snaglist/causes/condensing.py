"""From a text as a logger wrote it to what it tells."""

from __future__ import annotations

import ast
import html
import re

from snaglist.causes import traces
from snaglist.causes.prefixes import without_prefix
from snaglist.causes.texts import ALARM, clipped, inner_texts, parsed
from snaglist.causes.wrappers import logged, without_wrapper

SQL = re.compile(r"\[SQL(?:\]|:)|\n(?:STATEMENT|ANWEISUNG|INSTRUCTION|SENTENCIA|文):")
_BODY_WORDS = re.compile(
    r"""['"](?:message|error|errors|errorMessages|detail|details|reason|msg|faultString)\\?['"]\s*(?::|=>)"""
)
_NOISE = re.compile(
    r"<(script|style)\b.{0,4000}?</\1>|<!--.{0,2000}?-->", re.DOTALL | re.IGNORECASE
)
_ESCAPES = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrt\"'/\\]))")
_BYTES = re.compile(r"(?:\\x[89a-fA-F][0-9a-fA-F]){2,40}")
_PRINTED = ("{'message':", "{'error':", "{'errors':", "{'detail':", "{'msg':", "{'code':")
_PRINTED_MESSAGE = re.compile(
    r"'(?:message|error|detail|msg)': (?:'([^'\n]{4,2000})'|\"([^\"\n]{4,2000})\")"
)
_LONGEST_ENTITY = 200
_LONGEST_PRINTED = 4_000
_LITERAL = re.compile(r"\bb(?:'[{\[][^\n]{2,8000}'|\"[{\[][^\n]{2,8000}\")\s*\Z")
_DRIVE = re.compile(r"\b[A-Za-z]:\\|\\\\\w")
_WRAPPED = re.compile(
    r"""^\s*(\w{1,60}(?:\.\w{1,60}){0,6})\(\s*(['"])(.{8,})\2,?\s*\)\s*$""", re.DOTALL
)
_SHOWN = re.compile(r"<pre\b[^>]{0,200}>\s*(.{4,8000}?)\s*</pre>", re.DOTALL)
_OF_AN_ENTITY = re.compile(r"\A\s*[A-Z]\w{2,60}\([A-Z]\w{1,30}[ :#/]{1,2}\d{1,12}\):\s+(?=\S)")
"""`MirrorError(Task:731): …`: what was worked on, in front of what went wrong."""

_ANSWER = re.compile(
    r"\D{0,60}?(?:answer|response|reply|body|output|got|said)\W{0,4}b?['\"]?", re.I
)
"""What introduces an answer and says nothing of it."""

_SHORTEST_ANSWER = 12
_CALM = re.compile(r"\b(?:INFO|DEBUG|TRACE|NOTICE|WARNING|WARN)\b|(?i:\[(?:info|debug)\])")
_QUERY = re.compile(r"(://[^\s?'\"<>]{1,300})\?[^\s'\"<>)]*")
_QUOTED_PATH = re.compile(
    r"'(?:[A-Za-z]:)?[\\/](?!api/|data/|import/)[^'\n]{3,}'|\"(?:[A-Za-z]:)?[\\/](?!api/|data/|import/)[^\"\n]{3,}\""
)
_SENT = re.compile(
    r"""['"](?:id|type|name|code|shotgun_id|content|entity|project|entityType|path)['"]\s?(?::|=>)"""
)
_ENDED = re.compile(
    r"\n[^\w\n]{0,4}(?:##\[error\])?(?:[A-Z][a-z]+|script) "
    r"(?:completed|exited|failed|finished) with (?:exit )?(?:code|status) \d+\.?\s*\Z"
)
"""The last line of a build's log, whatever failed in it."""

_LONGEST_END = 60
_LONGEST_COMPLAINT = 400
_MOST_LINES = 80


def is_plain(text: str) -> bool:
    """Whether there is nothing in this text to unpack or to condense."""
    return not (
        "\n" in text
        or "{" in text
        or "\\" in text
        or "<s" in text
        or "<!" in text
        or "<pre" in text
        or "[SQL" in text
        or text[-1:] == ")"
    )


def spoken(text: str) -> str:
    """What an unpacked text tells, line by line, without what a logger wrote in front."""
    if is_plain(text):
        return spoken_plainly(text)
    if " with " in text[-_LONGEST_END:]:
        text = _ENDED.sub("", text)
    text = condensed(without_prefix(text))
    if "://" in text:
        text = _QUERY.sub(r"\1", text)
    if "/" in text or ":\\" in text:
        text = _QUOTED_PATH.sub("…", text)
    if "\n" in text:
        return without_wrapper("\n".join([without_prefix(line) for line in text.splitlines()]))
    return without_wrapper(without_prefix(text))


def spoken_plainly(text: str) -> str:
    """The same of a plain text."""
    if "/" in text:
        if "://" in text:
            text = _QUERY.sub(r"\1", text)
        text = _QUOTED_PATH.sub("…", text)
    return without_wrapper(without_prefix(text))


def condensed(text: str) -> str:
    """What an unpacked text tells, on as few lines as that takes."""
    if match := SQL.search(text) if "[SQL" in text or "\n" in text else None:
        text = text[: match.start()]
    if traces.looks_like_trace(text):
        text = _without_frames(text)
    elif "\n" in text:
        text = _alarming(text)
    if "<s" in text or "<S" in text or "<!-" in text:
        text = _NOISE.sub(" ", text)
    return _without_payload(text)


def unpacked(text: str) -> str:
    """The text inside of JSON, of a repr or of written-out escapes."""
    if "<pre" in text and (shown := _SHOWN.search(text)) is not None:
        text = html.unescape(shown[1])
    head = text[:_LONGEST_ENTITY]
    if "level=" in head:
        text = logged(text)
    if ("b'" in head or 'b"' in head) and (match := _LITERAL.search(text)):
        text = f"{text[: match.start()]}{_bytes_said(match[0])}"
    start = text.find("{")
    if start < 0 and text.lstrip()[:1] == "[":
        start = text.find("[")
    if start >= 0 and ('"' in text or text.startswith(_PRINTED, start)):
        text = _from_json(text, start)
    if text.find("): ", 0, _LONGEST_ENTITY) > 0:
        text = _OF_AN_ENTITY.sub("", text, count=1)
    if ")" in text[-3:] and (match := _WRAPPED.match(text)):
        text = match[3] if traces.is_wrapper(match[1]) else f"{match[1]}: {match[3]}"
    if "\\" in text:
        if "\\x" in text:
            text = _BYTES.sub(_decoded, text)
        if not _DRIVE.search(text):
            text = _ESCAPES.sub(_unescaped, text)
    return text


def _from_json(text: str, start: int) -> str:
    """The text with an error's JSON body replaced by what that says."""
    end = max(text.rfind("}"), text.rfind("]")) + 1
    if end <= start:
        return text
    value = parsed(text[start:end])
    if value is None:
        value = _printed(text[start:end])
    if not isinstance(value, (dict, list)):
        return text
    inner = list(inner_texts(value))
    if not inner:
        return text
    before, behind = text[:start].strip(), text[end:].strip()
    if _ANSWER.fullmatch(before) and len(max(inner, key=len)) > _SHORTEST_ANSWER:
        before = behind = ""
    return clipped("\n".join(filter(None, [before, *inner, behind])))


def _without_frames(text: str) -> str:
    said = traces.told_by(traces.raised_in(text))
    before = traces.before_trace(text)
    return f"{said}\n{_alarming(before)}" if before else said or text


def _alarming(text: str) -> str:
    """The lines of a log from the first alarm on, without the calm ones; all if none alarms.

    A warning right above the first alarm often names what that is about.
    """
    if ALARM.search(text) is None:
        return text
    kept = []
    warned = ""
    taking = False
    for line in text.splitlines()[-_MOST_LINES:]:
        if ALARM.search(line[:200]):
            if warned and not taking:
                kept.append(warned)
            taking = True
        elif not taking:
            warned = line if line.startswith(("Warning: ", "warning: ")) else ""
        elif _CALM.search(line[:120]):
            taking = False
        if taking and line.strip():
            kept.append(line)
    return "\n".join(kept) if kept else text


def _without_payload(text: str) -> str:
    """The text without the object that was sent; an error's own body stays."""
    start = text.find("{")
    if start < 0:
        return text
    end = text.rfind("}")
    if _BODY_WORDS.search(text, start, start + 2000):
        return text.replace('"', " ") if '"' in text else text
    inside = text[start : end if end > start else len(text)]
    if len(inside) < _LONGEST_COMPLAINT and ":" in inside and not _SENT.search(inside):
        return text.replace("{", " ").replace("}", " ").replace("'", " ").replace('"', " ")
    return f"{text[:start]}{{…}}{text[end + 1 :]}" if end > start else text[:start]


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    if match[2]:
        return chr(int(match[2], 16))
    return {"n": "\n", "r": " ", "t": " "}.get(match[3], match[3])


def _printed(text: str) -> dict[str, str] | None:
    """What a printed Python object says of an error; None if it says nothing."""
    said = _PRINTED_MESSAGE.search(text, 0, _LONGEST_PRINTED) if text.startswith(_PRINTED) else None
    return {"message": said[1] or said[2]} if said is not None else None


def _bytes_said(literal: str) -> str:
    """What a printed bytes literal says; itself when it is cut."""
    try:
        value = ast.literal_eval(literal.strip())
    except (ValueError, SyntaxError, MemoryError):
        return literal
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else literal


def _decoded(match: re.Match[str]) -> str:
    raw = bytes.fromhex(match[0].replace("\\x", ""))
    return raw.decode("utf-8", "replace")
