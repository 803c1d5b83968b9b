"""From an exception to what the desk is told of it: its text, its type, where it was raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

from snaglist_client.plain import TooMuch, clean_text, clipped, json_of_any, plain, said
from snaglist_client.quietly import passes
from snaglist_client.redaction import MARK, is_secret_name
from snaglist_client.traces import line_of, traceback_text, type_name

Failure = Union[BaseException, str]
LARGEST_EVENT = 900_000
_LONGEST_ERROR = 20_000
_MOST_READ = 1_000_000
_LONGEST_ANSWER = 4_000
_VALUES = ("new_value", "old_value", "added", "removed")
_CUT_OUT = "[cut out: too large]"
_BULKY = ("payload", "traceback", "response_text")
"""What is left out of a record that is too large, in this order."""


class NotKept(Exception):
    """The target said that all is well, and did not keep what it was sent.

    It is recorded as `check_returned` records the same, or a retry of it would have another cause.
    """

    def __init__(self, text: str, told: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.told = dict(told or {})


def event_of(error: Failure, details: Mapping[str, Any]) -> bytes:
    """The event_data of a failure as JSON: at most `LARGEST_EVENT` bytes. Never fails."""
    text, told = _looked_at(error)
    members = {**details, **told, **details}
    if "payload" in members:
        members["payload"] = members.pop("payload")  # the bulk stands last
    return fitted({"error": text, "details": members})


def entry_event_of(entry: Any, error: Failure, details: Mapping[str, Any]) -> bytes:
    """The event_data of a failed EventLogEntry: the entry itself, with the error beside."""
    try:
        members = dict(entry) if isinstance(entry, Mapping) else {"entry": entry}
    except BaseException as fault:  # whatever a hostile class does
        if passes(fault):
            raise
        members = {"entry": entry}
    members.pop("error", None)
    if "meta" in members:
        members["meta"] = _without_values(members)
    given = members.pop("details", None)
    text, told = _looked_at(error)
    told = {**told, **({} if given is None else {"entry_details": given}), **details}
    return fitted({"error": text, **members, "details": told})


def _without_values(entry: Mapping[str, Any]) -> Any:
    """The entry's meta; of an attribute whose name says that it is secret, without its values."""
    meta = entry.get("meta")
    if type(meta) is not dict:
        return meta
    name = entry.get("attribute_name") or meta.get("attribute_name")
    if type(name) is not str or not is_secret_name(name):
        return meta
    return {member: MARK if member in _VALUES else value for member, value in meta.items()}


def error_text(error: Failure) -> str:
    """One text that says what failed: `ValueError: no frame range`."""
    if isinstance(error, BaseException):
        return clipped(line_of(error), _LONGEST_ERROR, 2_000)
    return clipped(clean_text(said(error)[:_MOST_READ]), _LONGEST_ERROR, 2_000)


def told_by(error: BaseException) -> dict[str, Any]:
    """What an exception tells beside its text: type, traceback, and the answer it came from."""
    return _looked_at(error)[1]


def _looked_at(error: Failure) -> tuple[str, dict[str, Any]]:
    """The text of a failure, and what it tells beside."""
    if not isinstance(error, BaseException):
        return error_text(error), {}
    if type(error) is NotKept:
        return error_text(str(error)), error.told
    told: dict[str, Any] = {"exception_type": type_name(error)}
    told.update(_answer_in(error))
    line = line_of(error)
    if _has_trace(error):
        told["traceback"] = traceback_text(error, line)
    return clipped(line, _LONGEST_ERROR, 2_000), told


def _has_trace(error: BaseException) -> bool:
    try:
        return error.__traceback__ is not None or error.__cause__ is not None
    except BaseException as fault:  # of hostile exceptions
        if passes(fault):
            raise
        return False


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
    except BaseException as fault:  # whatever a hostile class does
        if passes(fault):
            raise
        return told
    return told
