"""The one line of a record that a person reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from snaglist.causes.condensing import condensed, is_plain, unpacked
from snaglist.causes.prefixes import without_prefix
from snaglist.causes.texts import details_of, texts_of

LONGEST = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_TAGS = re.compile(r"<[a-zA-Z/!][^<>]{0,200}>")
_TITLE = re.compile(r"<title[^>]{0,100}>\s*([^<]{1,200})", re.IGNORECASE)
_VAGUE = re.compile(
    r"(?i)^(?:\w+(?:Failed|Error|Exception)?|exit (?:status|code) \d+|traceback.*|error|failed|import failed"
    r"|(?:http )?(?:error )?\d{3}(?: \w+){0,4}|internal server error\.?|.{0,60}see (?:log|details)s?\.?)$"
)


def message_of(event: Mapping[str, Any]) -> str:
    """The first line that says something, at most 300 characters, without control characters."""
    error = event.get("error")
    if type(error) is str and len(error) < 200 and is_plain(error) and not _VAGUE.match(error):
        return clean(without_prefix(error), LONGEST) or clean(error, LONGEST)
    best = ""
    for text in texts_of(event, details_of(event)):
        for line in _lines(text):
            if not _VAGUE.match(line):
                return clean(line, LONGEST)
            best = best or line
    return clean(best, LONGEST) or _silent(event)


def clean(text: str, longest: int) -> str:
    """One line without control characters or lone surrogates, at most this long."""
    return " ".join(_CONTROL.sub(" ", text[: longest * 3]).split())[:longest].rstrip()


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
