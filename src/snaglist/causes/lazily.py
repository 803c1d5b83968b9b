"""Values worked out when first asked for and kept: most of a record is never looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class lazily(Generic[T]):  # noqa: N801  (a decorator reads as a word)
    """Turns a method into an attribute that is worked out once.

    `functools.cached_property` takes a lock on every first look in Python 3.11; this does not.
    """

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> T:
        value = self._work_out(instance)
        instance.__dict__[self._name] = value
        return value


def once(read: Callable[[Any], T]) -> Callable[[Any], T]:
    """A function of one object that is worked out once for it: several pieces fall back to it."""
    name = f"{read.__module__}.{read.__name__}"

    @wraps(read)
    def kept(instance: Any) -> T:
        known = instance.__dict__
        if name not in known:
            known[name] = read(instance)
        found: T = known[name]
        return found

    return kept
