"""From an exception to what the desk is told of it: its text, its type, where it was raised."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any, Union

from snaglist_client.plain import TooMuch, clean_text, clipped, json_of_any, plain, said

Failure = Union[BaseException, str]
LARGEST_EVENT = 900_000
_LONGEST_ERROR = 20_000
_LONGEST_TRACE = 60_000
_MOST_READ = 1_000_000
_LONGEST_ANSWER = 4_000
_MOST_FRAMES = 60
_CUT_OUT = "[cut out: too large]"
_BULKY = ("payload", "traceback", "response_text")
"""What is left out of a record that is too large, in this order."""


def event_of(error: Failure, details: Mapping[str, Any]) -> bytes:
    """The event_data of a failure as JSON: at most `LARGEST_EVENT` bytes. Never fails."""
    told = {**details, **told_by(error), **details}
    if "payload" in told:
        told["payload"] = told.pop("payload")  # the bulk stands last
    return fitted({"error": error_text(error), "details": told})


def entry_event_of(entry: Any, error: Failure, details: Mapping[str, Any]) -> bytes:
    """The event_data of a failed EventLogEntry: the entry itself, with the error beside."""
    try:
        members = dict(entry) if isinstance(entry, Mapping) else {"entry": entry}
    except Exception:  # whatever a hostile class does
        members = {"entry": entry}
    members.pop("error", None)
    given = members.pop("details", None)
    told = {**told_by(error), **({} if given is None else {"entry_details": given}), **details}
    return fitted({"error": error_text(error), **members, "details": told})


def error_text(error: Failure) -> str:
    """One text that says what failed: `ValueError: no frame range`."""
    if isinstance(error, BaseException):
        what = said(error)[:_MOST_READ]
        error = f"{type_name(error)}: {what}" if what else type_name(error)
    return clipped(clean_text(said(error)[:_MOST_READ]), _LONGEST_ERROR, 2_000)


def told_by(error: Failure) -> dict[str, Any]:
    """What an exception tells beside its text: type, traceback, and the answer it came from."""
    if not isinstance(error, BaseException):
        return {}
    told: dict[str, Any] = {"exception_type": type_name(error)}
    told.update(_answer_in(error))
    if _has_trace(error):
        told["traceback"] = traceback_text(error)
    return told


def _has_trace(error: BaseException) -> bool:
    try:
        return error.__traceback__ is not None or error.__cause__ is not None
    except Exception:  # of hostile exceptions
        return False


def traceback_text(error: BaseException) -> str:
    """The traceback as Python prints it, its outermost frames left out where there are many."""
    try:
        lines = traceback.format_exception(
            type(error), error, error.__traceback__, limit=-_MOST_FRAMES
        )
        text = "".join(lines)
    except Exception:  # of hostile exceptions
        text = f"{type_name(error)}: {said(error)}"
    return clipped(clean_text(text[:_MOST_READ]), _LONGEST_TRACE // 3, 2 * _LONGEST_TRACE // 3)


def type_name(error: BaseException) -> str:
    """The exception's type as a traceback names it: `shotgun_api3.shotgun.Fault`."""
    try:
        kind = type(error)
        name, module = str(kind.__qualname__), str(kind.__module__)
    except Exception:  # of a hostile metaclass
        return "Exception"
    return name if module in ("builtins", "__main__") else f"{module}.{name}"


def fitted(event: dict[str, Any]) -> bytes:
    """The JSON of an event, the bulk of its details cut out where it would be too large."""
    details = dict(event["details"])
    for without in ("", *_BULKY):
        if without:
            if without not in details:
                continue
            details[without] = _CUT_OUT
        try:
            body = json_of_any({**event, "details": details}, LARGEST_EVENT)
        except (TooMuch, RecursionError, ValueError, MemoryError):
            continue
        if len(body) <= LARGEST_EVENT:
            return body
    return _least(event, details)


def _least(event: Mapping[str, Any], inner: Mapping[str, Any]) -> bytes:
    """What tells whose failure it was, and which, of an event that fits no other way."""
    kept = {}
    for name in ("entity_type", "shotgun_id", "part", "name", "project", "exception_type"):
        try:
            kept[name] = plain(inner[name], 1_000)
        except (KeyError, TooMuch, RecursionError):
            continue
    error = clipped(said(event.get("error")), 2_000)
    return json_of_any({"error": error, "details": {**kept, "cut_out": _CUT_OUT}})


def _answer_in(error: BaseException) -> dict[str, Any]:
    """Status and text of the HTTP answer that an exception of requests, httpx or urllib holds.

    Nothing is read from the network for it.
    """
    told: dict[str, Any] = {}
    try:
        response = getattr(error, "response", None)
        status = getattr(response, "status_code", None)
        if type(status) is int:
            told["http_status"] = status
            content = vars(response).get("_content")
            if type(content) is bytes and content:
                text = clean_text(content[: 2 * _LONGEST_ANSWER].decode("utf-8", "replace"))
                told["response_text"] = text[:_LONGEST_ANSWER]
        elif type(code := getattr(error, "code", None)) is int and 400 <= code < 600:
            told["http_status"] = code
    except Exception:  # whatever a hostile class does
        return told
    return told
