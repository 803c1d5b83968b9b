"""From a text as a logger wrote it to what it tells: without statements, frames, payload, prefixes."""

from __future__ import annotations

import re
from typing import Any

from snaglist.causes import traces
from snaglist.causes.texts import clipped, inner_texts, parsed

SQL = re.compile(r"\[SQL(?:\]|:)|\n(?:STATEMENT|ANWEISUNG|INSTRUCTION|SENTENCIA|文):")
_BODY_WORDS = re.compile(
    r"""['"](?:message|error|errors|errorMessages|detail|details|title|reason|msg|code|faultString)\\?['"]\s*:"""
)
_NOISE = re.compile(
    r"<(script|style)\b.{0,4000}?</\1>|<!--.{0,2000}?-->", re.DOTALL | re.IGNORECASE
)
_ESCAPES = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrt\"'/\\]))")
_BYTES = re.compile(r"(?:\\x[89a-fA-F][0-9a-fA-F]){2,40}")
_DRIVE = re.compile(r"\b[A-Za-z]:\\|\\\\\w")
_WRAPPED = re.compile(
    r"""^\s*\w{1,60}(?:\.\w{1,60}){0,6}\(\s*(['"])(.{8,})\1,?\s*\)\s*$""", re.DOTALL
)
_ALARM = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|FEHLER|ERREUR|ERRORE)\b|(?i:^\W{0,3}(?:error|fatal|panic|e)[ :\]])"
)
_CALM = re.compile(r"\b(?:INFO|DEBUG|TRACE|NOTICE|WARNING|WARN)\b|(?i:\[(?:info|debug)\])")
_MOST_LINES = 80


def is_plain(text: str) -> bool:
    """Whether there is nothing in this text to condense."""
    return not (
        "\n" in text
        or "{" in text
        or "\\" in text
        or "<s" in text
        or "<!" in text
        or "[SQL" in text
    )


def condensed(text: str) -> str:
    """What the text tells, on as few lines as that takes. Reads no further than its bounds."""
    text = _unpacked(text)
    if match := SQL.search(text) if "[SQL" in text or "\n" in text else None:
        text = text[: match.start()]
    if traces.looks_like_trace(text):
        text = _without_frames(text)
    elif "\n" in text:
        text = _alarming(text)
    if "<s" in text or "<S" in text or "<!-" in text:
        text = _NOISE.sub(" ", text)
    return _without_payload(text)


def _unpacked(text: str) -> str:
    """The text inside of JSON, of a repr or of written-out escapes."""
    if text.lstrip()[:1] in ("{", "["):
        value = parsed(text.strip())
        if value is not None and (inner := list(inner_texts(value))):
            text = clipped("\n".join(inner))
    if match := _WRAPPED.match(text):
        text = match[2]
    if "\\" in text:
        if "\\x" in text:
            text = _BYTES.sub(_decoded, text)
        if not _DRIVE.search(text):
            text = _ESCAPES.sub(_unescaped, text)
    return text


def _without_frames(text: str) -> str:
    one = traces.telling(traces.raised_in(text))
    if one is None:
        return text
    before = traces.before_trace(text)
    said = f"{one.type}: {one.message}" if one.type else one.message
    return f"{said}\n{_alarming(before)}" if before else said


def _alarming(text: str) -> str:
    """The lines of a log from the first alarm on, without the calm ones; all if none alarms."""
    lines = [line for line in text.splitlines() if line.strip()][-_MOST_LINES:]
    first = next((place for place, line in enumerate(lines) if _ALARM.search(line[:200])), None)
    if first is None:
        return "\n".join(lines)
    kept = []
    taking = False
    for line in lines[first:]:
        if _ALARM.search(line[:200]):
            taking = True
        elif _CALM.search(line[:120]):
            taking = False
        if taking:
            kept.append(line)
    return "\n".join(kept)


def _without_payload(text: str) -> str:
    """The text without the object that was sent; an error's own body stays."""
    start = text.find("{")
    if start < 0 or _BODY_WORDS.search(text, start, start + 2000):
        return text
    end = text.rfind("}")
    return f"{text[:start]}{{…}}{text[end + 1 :]}" if end > start else text[:start]


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    if match[2]:
        return chr(int(match[2], 16))
    return {"n": "\n", "r": " ", "t": " "}.get(match[3], match[3])


def _decoded(match: re.Match[str]) -> str:
    raw = bytes.fromhex(match[0].replace("\\x", ""))
    return raw.decode("utf-8", "replace")


def as_text(value: Any) -> str:
    """A member's text, or "" for anything else."""
    return value if isinstance(value, str) else ""
