"""What wraps a message within its own line: what was worked on, a log's members, a repr."""

from __future__ import annotations

import html
import re

from snaglist.causes import traces

_WORK = (
    r"(?:Shot|Asset|Task|Version|Note|Sequence|Episode|Scene|Project|HumanUser|Playlist|Step|Status"
    r"|Department|entity|item|record|step|task|event|handler|hook|attempt"
    r"|[Uu]psert|[Ii]mport|[Ee]xport|[Ss]ync|[Pp]ush|[Jj]ob|[Ff]low|[Uu]nit|[Aa]ctivity)"
)
_CONTEXT = re.compile(
    rf"""
    (?:(?:[\w.]{{1,80}}\.)?[A-Z]\w{{1,60}}:[ ])?
    (?=[^:\n]{{0,140}}\b{_WORK}s?\b)
    [^:\n]{{0,140}}
    \b(?:failed|could[ ]not[ ]be[ ]\w+|can(?:not|[ ]not)[ ]be[ ]\w+|was[ ]not[ ]\w+|not[ ]imported
      |raised[ ]unexpected)
    (?:[ ](?:with|after|due|because|by|in|on|at)\b[^:\n]{{0,40}})?
    :[ ](?=\S.{{11}})
    """,
    re.VERBOSE,
)
"""`step 'write' of owl_0010 failed: …`: what was worked on, in front of what went wrong."""

_WORKED = re.compile(
    r"\W{0,3}(?:Shot|Asset|Task|Version|Note|Sequence|Episode|Scene|Project|HumanUser|Playlist|Step"
    r"|Status|Department|Group|Reply)[ ]#?\d{1,9}"
    r"(?:[ ][(“\"'][^\n]{0,80}?[)”\"']{1,2}:[ ]|[ ][^:—\n]{0,60}[ ]?[—–][ ])(?=\S.{11})"
)
_FIRST = frozenset("SATVNEPHDGR✗×[(*-•")
_FARTHEST = 200
_MEMBERS = re.compile(r"(?:^|\s)(?:level|lvl|severity)=", re.IGNORECASE)
_SAID = re.compile(
    r"(?:^|\s)(?:msg|message|error|err)=(\"(?:[^\"\\]|\\.){4,4000}\"|'[^']{4,4000}')"
)
_CALLED = re.compile(
    r"(?<=: )((?:[a-z_]\w{0,40}\.){0,6}[A-Z]\w{1,60})\(\s*(['\"])(.{8,4000}?)\2,?\s*\)\s*\Z",
    re.DOTALL,
)
_SHOWN = re.compile(
    r"\A\s*<[A-Z]\w{2,40}\b[^:'\"<>]{0,60}:\s+(['\"])(.{8,4000})\1\s*>\s*\Z", re.DOTALL
)
_TAG = re.compile(r"</?[a-zA-Z][\w-]{0,20}(?:\s[^<>]{0,300})?/?>")
_FOOT = re.compile(r"<(?:hr|address|footer)\b", re.IGNORECASE)


def without_wrapper(text: str) -> str:
    """The message of a line without what is said about the work, a log's members or a repr."""
    head = text[:_FARTHEST]
    if "level=" in head:
        text = logged(text)
        head = text[:_FARTHEST]
    first = head[:1]
    if first == "<" and (shown := _SHOWN.match(text)):
        text = shown[2]
    elif first in _FIRST and (worked := _WORKED.match(text)) is not None:
        text = text[worked.end() :]
    if (
        " failed" in head
        or "not be " in head
        or " was not " in head
        or "not imported" in head
        or " raised " in head
    ) and (context := _CONTEXT.match(text)) is not None:
        text = text[context.end() :]
    if text[-2:] in ("')", '")') and (called := _CALLED.search(text)):
        start = called.start() if not traces.is_wrapper(called[1]) else -1
        text = f"{text[:start] if start > 0 else ''}{called[1]}: {called[3]}"
    return text


def logged(text: str) -> str:
    """The message of a line that a logger wrote as members: `level=error msg="…"`."""
    if "level=" in text[:_FARTHEST] and _MEMBERS.search(text) and (said := _SAID.search(text)):
        return said[1][1:-1].replace('\\"', '"').replace("\\n", "\n")
    return text


def without_tags(text: str) -> str:
    """The text of a page, without what stands below its line."""
    if "</" not in text:
        return text
    if (foot := _FOOT.search(text)) is not None:
        text = text[: foot.start()]
    return html.unescape(_TAG.sub(" ", text))
