"""Any Python value as plain JSON: bounded, without secrets, and without ever failing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Callable
from uuid import UUID

from snaglist_client.quietly import passes
from snaglist_client.redaction import MARK, is_secret_name, may_hold_secret, redacted

_DEEPEST = 100
_LARGEST_NUMBER = 10**40
_LONGEST_TEXT = 300_000
_LONGEST_REPR = 2_000
_LONGEST_NAME = 200
_SHORT_TEXT = 10_000
_LONGEST_NOTED = 64
_MOST_NOTED = 4096
_TOO_DEEP = "[too deep]"
_CIRCULAR = "[circular]"
_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
).encode


class TooMuch(Exception):
    """The value is larger than the room that was left for it."""


def json_of_any(value: Any, room: int = 10**9) -> bytes:
    """The value as JSON on one line, made of nothing but what JSON knows, secrets taken out.

    What JSON does not know is shown as text; what is circular, too deep or cannot even be shown
    has a marker in its place. Raises TooMuch over `room` characters, and nothing else of its own.
    """
    text: str = _encode(_Walk(room, _whole).value(value, 0))
    if may_hold_secret(text):
        text = _encode(_Walk(room, clean_text).value(value, 0))
    return text.encode()


def plain(value: Any, room: int = 10**9) -> Any:
    """The same as a value. Raises TooMuch."""
    return _Walk(room, clean_text).value(value, 0)


def clean_text(text: str) -> str:
    """A text that is UTF-8 and holds no secret."""
    return redacted(_whole(text))


def _whole(text: str) -> str:
    """The text as UTF-8 can hold it."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def said(value: Any) -> str:
    """`str(value)`, whatever its class does."""
    return _shown(str, value)


def clipped(text: str, head: int, tail: int = 0) -> str:
    """The text, or its head and tail and how much was between them."""
    if len(text) <= head + tail:
        return text
    cut = len(text) - head - tail
    return f"{text[:head]}\n[{cut} characters cut out]\n{text[len(text) - tail :]}".rstrip("\n")


class _Walk:
    """One look through a value."""

    def __init__(self, room: int, clean: Callable[[str], str]) -> None:
        self._room = room
        self._clean = clean
        self._is_first = clean is _whole
        self._open: set[int] = set()

    def value(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            if len(value) < _SHORT_TEXT and self._is_first and value.isascii():
                self._take(len(value) + 4)
                return value
            return self._text(value)
        self._take(8)
        if value is None or kind is bool:
            return value
        if kind is int:
            return _number(value)
        try:
            return self._other(value, depth)
        except TooMuch:
            raise
        except BaseException as fault:  # whatever a hostile class does
            if passes(fault):
                raise
            return _unshown(value)

    def _other(self, value: Any, depth: int) -> Any:
        for kinds, write in _AS_TEXT:
            if isinstance(value, kinds):
                return write(self, value)
        if depth >= _DEEPEST:
            return _TOO_DEEP
        if id(value) in self._open:
            return _CIRCULAR
        self._open.add(id(value))
        try:
            if isinstance(value, dict):
                self._check_room(dict.__len__(value))
                return self._members(list(dict.items(value)), depth)
            if isinstance(value, (list, tuple)):
                given = list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value)
                return [self.value(one, depth + 1) for one in given]
            if isinstance(value, (set, frozenset)):
                self._check_room(len(value))
                return [self.value(one, depth + 1) for one in list(value)]
            if isinstance(value, Mapping):
                return self._members(value.items(), depth)
            if isinstance(value, Sequence):
                return [self.value(one, depth + 1) for one in value]
        finally:
            self._open.discard(id(value))
        return self._text(clipped(_shown(repr, value), _LONGEST_REPR))

    def _members(self, members: Iterable[tuple[Any, Any]], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in members:
            if type(key) is str and key in _harmless:
                name, inner = key, self.value(value, depth + 1)
                self._room -= len(key) + 4
            else:
                name = key if type(key) is str else self._name(key)
                if is_secret_name(name):
                    inner = value if _says_nothing(value) else MARK
                    self._take(16)
                else:
                    inner = self.value(value, depth + 1)
                    _note_harmless(name)
                name = self._text(name)
            if name in found:
                name = f"{name} ({len(found)})"
                self._take(len(name))
            found[name] = inner
        return found

    def _name(self, key: Any) -> str:
        if isinstance(key, str):
            return str.__str__(key)
        return clipped(said(key), _LONGEST_NAME)

    def _text(self, text: str) -> str:
        text = self._clean(clipped(text, _LONGEST_TEXT))
        self._take(len(text) + 4)
        return text

    def _check_room(self, members: int) -> None:
        """Raise TooMuch before so many are looked at in vain."""
        if members > self._room:
            raise TooMuch

    def _take(self, characters: int) -> None:
        self._room -= characters
        if self._room < 0:
            raise TooMuch


_harmless: set[str] = set()
"""Names of members that were looked at: they name no secret, and hold none."""


def _note_harmless(name: str) -> None:
    if len(name) <= _LONGEST_NOTED and name.isascii() and not may_hold_secret(name):
        if len(_harmless) >= _MOST_NOTED:
            _harmless.clear()
        _harmless.add(name)


def _says_nothing(value: Any) -> bool:
    """Whether this, under a secret's name, only says what was missing."""
    return value is None or type(value) is bool or (type(value) is str and not value)


def _number(value: int) -> Any:
    if -_LARGEST_NUMBER < value < _LARGEST_NUMBER:
        return value
    return f"[a number of {value.bit_length()} bits]"


def _float(walk: _Walk, value: float) -> Any:  # noqa: ARG001
    number = float.__float__(value)
    return number if number - number == 0 else float.__repr__(number)


_Write = Callable[[_Walk, Any], Any]
_AS_TEXT: tuple[tuple[Any, _Write], ...] = (
    (float, _float),
    (Enum, lambda walk, value: walk.value(value.value, _DEEPEST)),
    (str, lambda walk, value: walk._text(str.__str__(value))),
    (int, lambda walk, value: _number(int.__index__(value))),  # noqa: ARG005
    ((bytes, bytearray), lambda walk, value: walk._text(_of_bytes(bytes(value)))),
    ((datetime, date, time), lambda walk, value: walk._text(value.isoformat())),
    ((UUID, Decimal, timedelta), lambda walk, value: walk._text(str(value))),
    (PurePath, lambda walk, value: walk._text(os.fspath(value))),
    (BaseException, lambda walk, value: walk._text(f"{_name_of(value)}: {said(value)}")),
)
"""What is written as one text or number, and how; the order counts."""


def _of_bytes(value: bytes) -> str:
    text = value[:_LONGEST_TEXT].decode("utf-8", "backslashreplace")
    return text if text.isprintable() or len(value) <= _LONGEST_REPR else clipped(text, 200)


def _shown(show: Callable[[Any], str], value: Any) -> str:
    try:
        return str.__str__(show(value))
    except BaseException as fault:  # whatever a hostile class does
        if passes(fault):
            raise
        return _unshown(value)


def _unshown(value: Any) -> str:
    return f"<{_name_of(value)} that cannot be shown>"


def _name_of(value: Any) -> str:
    try:
        return str(type(value).__name__)
    except BaseException as fault:  # of a hostile metaclass
        if passes(fault):
            raise
        return "object"
