"""What is tried just now, in this thread or task: to tell whose failure a logged error is."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Callable

Told = Callable[[], "dict[str, Any]"]
_in_hand: ContextVar[Told | None] = ContextVar("snaglist_in_hand", default=None)


def take(told: Told | None) -> Told | None:
    """This is tried from now on, which `told` tells as details; what was tried until now."""
    before = _in_hand.get()
    _in_hand.set(told)
    return before


def details() -> dict[str, Any]:
    """What is known of what is tried just now, its payload aside; nothing outside of blocks."""
    told = _in_hand.get()
    found = {} if told is None else told()
    found.pop("payload", None)
    return found
