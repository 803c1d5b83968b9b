"""The one line of a record that a person reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from snaglist.causes.condensing import condensed, is_plain, unpacked
from snaglist.causes.prefixes import without_prefix
from snaglist.causes.texts import details_of, texts_of

LONGEST = 300
_SHORT = 200
_JOINERS = "\u200c\u200d"  # they shape words and emoji
_TAGS = re.compile(r"<[a-zA-Z/!][^<>]{0,200}>")
_TITLE = re.compile(r"<title[^>]{0,100}>\s*([^<]{1,200})", re.IGNORECASE)
_VAGUE = re.compile(
    r"""
    ^(?:\w+(?:Failed|Error|Exception)? | exit[ ](?:status|code)[ ]\d+ | traceback.*
      | import[ ]failed
      | (?:http[ ])?(?:error[ ])?\d{3}(?:[ ]\w+){0,4} | internal[ ]server[ ]error\.?
      | .{0,60}see[ ](?:log|details)s?\.?)$
    """,
    re.VERBOSE | re.IGNORECASE,
)


def message_of(event: Mapping[str, Any]) -> str:
    """The first line that says something, at most 300 characters, without control characters."""
    error = event.get("error")
    if type(error) is str and len(error) < _SHORT and is_plain(error) and not _VAGUE.match(error):
        line = clean(without_prefix(error), LONGEST)
        if line:
            return line
    best = ""
    for text in texts_of(event, details_of(event)):
        for line in _lines(text):
            line = clean(line, LONGEST)
            if line and not _VAGUE.match(line):
                return line
            best = best or line
    return best or _silent(event)


def clean(text: str, longest: int) -> str:
    """One line of printable characters, at most this long: no controls, no marks that turn text."""
    text = text[: longest * 3]
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() or sign in _JOINERS else " " for sign in text)
    return " ".join(text.split())[:longest].rstrip()


def _lines(text: str) -> list[str]:
    if (title := _TITLE.search(text)) is not None:
        return [title[1].strip()]
    text = condensed(unpacked(text)) or text
    lines = [without_prefix(line).strip() for line in text[:4000].splitlines()[:8]]
    return [line for line in (_TAGS.sub(" ", line).strip() for line in lines) if line]


def _silent(event: Mapping[str, Any]) -> str:
    kind = event.get("event_type")
    if isinstance(kind, str) and kind.strip():
        return clean(f"{kind} without an error text", LONGEST)
    return "No error text"
