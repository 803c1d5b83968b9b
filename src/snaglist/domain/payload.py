"""Reading what was posted: JSON, its depth and its shape, and where it goes wrong."""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

import msgspec

from snaglist.domain.errors import NotJson, TooDeep, WrongShape

_decode = msgspec.json.Decoder().decode
_OF_AN_ATTEMPT = ("occurred_at", "attempt")
_BOM = b"\xef\xbb\xbf"
_JSON_SPACE = b" \t\r\n"
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BYTE_OFFSET = re.compile(r" ?\(byte (\d+)\)$")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_AS_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")


def read_json(body: bytes, max_depth: int) -> Any:
    """The value that `body` holds, after every check that JSON itself calls for.

    Raises NotJson with the place of the fault, or TooDeep. Numbers stay exact only in the
    text, so whoever stores a body stores its bytes, not this value.
    """
    try:
        value = _decode(body)
    except UnicodeDecodeError:
        raise _not_utf8(body) from None
    except RecursionError:
        raise _too_deep(max_depth) from None
    except msgspec.MsgspecError as error:
        raise _not_json(body, str(error)) from None
    if body.count(b"[") + body.count(b"{") > max_depth and _depth(body) > max_depth:
        raise _too_deep(max_depth)
    return value


def read_event_data(body: bytes, max_depth: int) -> tuple[str, dict[str, Any]]:
    """One error's `event_data`: its text as sent, without outer white space, and its value.

    It must be a JSON object; `error`, if there, a string; `details`, if there, an object;
    all else is free. Raises NotJson, TooDeep or WrongShape.
    """
    value = read_json(body, max_depth)
    if type(value) is not dict:
        raise WrongShape(f"The body is {_kind(value)}; it must be a JSON object.", where="")
    error = value.get("error", "")
    if type(error) is not str:
        raise WrongShape(f'"error" is {_kind(error)}; it must be a string.', where="/error")
    details = value.get("details", value)
    if type(details) is not dict:
        raise WrongShape(f'"details" is {_kind(details)}; it must be an object.', where="/details")
    return body.strip(_JSON_SPACE).decode(), value


def lasting_part(event: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """The error without what tells one attempt from another, and the names of that.

    What is left tells whose failure it is and why; both come again, night after night.
    """
    details = event.get("details")
    if type(details) is not dict:
        return event, []
    aside = [name for name in _OF_AN_ATTEMPT if name in details]
    if not aside:
        return event, aside
    kept = {name: value for name, value in details.items() if name not in _OF_AN_ATTEMPT}
    return {**event, "details": kept}, aside


def _depth(body: bytes) -> int:
    """How deep valid JSON is nested, at the cost of one pass in C."""
    brackets = _STRINGS.sub(b"", body).translate(_AS_STEPS, _NOT_BRACKETS)
    return max(accumulate(array("b", brackets)), default=0)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _too_deep(max_depth: int) -> TooDeep:
    return TooDeep(f"The body is nested more than {max_depth} levels deep.")


def _not_utf8(body: bytes) -> NotJson:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        place = _place(body, error.start)
        return NotJson(f"The body is not UTF-8: byte {error.start} ({place}).", where=place)
    return NotJson("The body is not UTF-8.")


def _not_json(body: bytes, reason: str) -> NotJson:
    if not body.strip(_JSON_SPACE):
        return NotJson("The body is empty.")
    if body.startswith(_BOM):
        return NotJson(
            "The body begins with a byte order mark.", "Send UTF-8 without a byte order mark."
        )
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in body[:4]:
        return NotJson("The body is not UTF-8; it looks like UTF-16 or UTF-32.")
    offset = _BYTE_OFFSET.search(reason)
    if offset is not None:
        place = _place(body, int(offset[1]))
        what = reason[: offset.start()].removeprefix("JSON is malformed: ")
        return NotJson(f"The body is not JSON: {what} at {place}.", where=place)
    if "truncated" in reason:
        return NotJson(
            "The body is not JSON: it ends too early, or a \\u escape is half of a pair."
        )
    what = reason.removesuffix(" - at `$[...]`").lower()
    return NotJson(f"The body is not JSON that can be kept: {what}.")


def _place(body: bytes, offset: int) -> str:
    line = body.count(b"\n", 0, offset) + 1
    column = offset - (body.rfind(b"\n", 0, offset) + 1) + 1
    return f"line {line}, column {column}"
