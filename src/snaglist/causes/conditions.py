"""What one block of a rule asks of a record, made ready for being asked a million times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from snaglist.causes.culprits import culprit_of
from snaglist.causes.reading import Reading

Check = Callable[[Reading], bool]

_TEXTS: dict[str, Callable[[Reading], str]] = {
    "side": lambda reading: reading.side,
    "key": lambda reading: reading.key,
    "names": lambda reading: culprit_of(reading).role,
    "link_type": lambda reading: reading.link_type,
    "entity_type": lambda reading: reading.entity_type,
    "attribute": lambda reading: reading.attribute,
    "column": lambda reading: reading.column,
    "constraint": lambda reading: reading.constraint,
    "relation": lambda reading: reading.relation,
    "field": lambda reading: reading.field.rpartition(".")[2],
    "subject": lambda reading: reading.subject[1],
    "problem": lambda reading: reading.subject[0],
    "limit": lambda reading: reading.limit,
}
"""Conditions that compare one text; each takes several values with `|`; `*` is any, `-` none."""

WORDS = frozenset(["says", "unless", "exception"])
FLAGS = frozenset(["dropped", "silent", "regex", "vague"])
NAMES = frozenset(_TEXTS) | WORDS | FLAGS | {"status", "absent", "denied", "frame", "event"}
"""All conditions there are."""


def check(name: str, wanted: Any) -> Check:
    """The check of one condition, or ValueError with what is wrong with it."""
    if name in FLAGS:
        if not isinstance(wanted, bool):
            raise ValueError(f"{name} is true or false")
        return _flag(name, wanted)
    if name == "status":
        return _status(wanted)
    if not isinstance(wanted, str) or not wanted:
        raise ValueError(f"{name} is a text, with | between several")
    choices = frozenset(part.strip() for part in wanted.split("|"))
    if name == "absent":
        return lambda reading: not reading.absent.isdisjoint(choices)
    if name == "denied":
        return lambda reading: any(_fits(member, choices) for member in reading.payload.denied)
    if name == "frame":
        return _frame(choices)
    if name == "event":
        return lambda reading: _fits(reading.event_type, choices)
    read = _TEXTS[name]
    if any("*" in choice or choice == "-" for choice in choices):
        return lambda reading: _fits(read(reading), choices)
    return lambda reading: read(reading) in choices


def _flag(name: str, wanted: bool) -> Check:
    if name == "dropped":
        return lambda reading: reading.dropped is wanted
    if name == "vague":
        return lambda reading: reading.vague is wanted
    if name == "regex":
        return lambda reading: reading.shows_regex is wanted
    return lambda reading: (not reading.texts) is wanted


def _status(wanted: Any) -> Check:
    listed = wanted if isinstance(wanted, list) else [wanted]
    if not listed or not all(type(one) is int and 100 <= one <= 599 for one in listed):
        raise ValueError("status is an HTTP status or a list of them")
    statuses = frozenset(listed)
    return lambda reading: reading.status in statuses


def _frame(choices: frozenset[str]) -> Check:
    """One of the last three frames names this file, function or piece of source."""

    def asked(reading: Reading) -> bool:
        return any(
            choice in frame.where or choice in frame.source
            for frame in reading.frames[-3:]
            for choice in choices
        )

    return asked


def _fits(text: str, choices: frozenset[str]) -> bool:
    for choice in choices:
        if choice in ("*", "-"):
            if bool(text) is (choice == "*"):
                return True
        elif "*" not in choice:
            if text == choice:
                return True
        else:
            before, _, behind = choice.partition("*")
            if (
                len(text) >= len(before) + len(behind)
                and text.startswith(before)
                and text.endswith(behind)
            ):
                return True
    return False


def words_of(block: Mapping[str, Any]) -> list[str]:
    """The alternatives of `says`, one text each with `|` between; or ValueError."""
    says = block.get("says", [])
    says = [says] if isinstance(says, str) else says
    if not isinstance(says, list) or not all(isinstance(one, str) and one.strip() for one in says):
        raise ValueError("says is a text or a list of texts, with | between alternatives")
    return says
