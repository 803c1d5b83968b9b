"""Making causes again: which cause each new fingerprint belongs to, so that no decision is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec


class Phase(StrEnum):
    """How far a regroup is."""

    COUNTING = "counting"
    MOVING = "moving"
    DONE = "done"
    FAILED = "failed"


class Regroup(msgspec.Struct, frozen=True, array_like=True):
    """One making of all causes again; the order of its members is the order of the columns.

    `place` of `last` is how far its phase is; `moved` counts the records that changed cause (in
    a dry one: that would).
    """

    id: str
    who: str
    is_dry: bool
    phase: Phase
    place: int
    last: int
    records: int
    moved: int
    began_at: str
    beat_at: str
    ended_at: str | None = None
    fault: str | None = None


class Tally(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many records of a fingerprint get which one now, and how that one is told."""

    old: str
    new: str
    records: int
    known: str | None
    piece: str
    title: str
    is_transient: bool


class Plan(msgspec.Struct, frozen=True):
    """Where every new fingerprint leads: to a cause that is there, or (None) to a new one.

    `heirs` names for each old fingerprint the new one that most of its records get: that one
    inherits what people decided for it. `absorbed` are causes that nobody has touched, whose
    fingerprint now belongs to another one.
    """

    causes: dict[str, str | None]
    heirs: dict[str, str]
    absorbed: dict[str, str]


def plan(tallies: Iterable[Tally], pointers: Mapping[str, str], touched: Iterable[str]) -> Plan:
    """Which cause each new fingerprint leads to.

    `pointers` says where the fingerprints lead now, `touched` which causes people have decided
    something about (named, noted, merged, …). An old fingerprint that is still in use keeps its
    cause; else the heir of its records gets it. Where several causes claim one fingerprint, one
    that people touched wins, then the one with more records.
    """
    decided = frozenset(touched)
    by_old: dict[str, list[Tally]] = defaultdict(list)
    for tally in tallies:
        by_old[tally.old].append(tally)
    heirs = {old: _heir(old, counted) for old, counted in by_old.items() if old}
    claims: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for old, heir in heirs.items():
        if old in pointers:
            weight = sum(tally.records for tally in by_old[old] if tally.new == heir)
            claims[heir][pointers[old]] += weight
    causes: dict[str, str | None] = {}
    absorbed: dict[str, str] = {}
    for new in sorted({tally.new for counted in by_old.values() for tally in counted}):
        # Where most of its own records go elsewhere, what people decided goes with them.
        there = pointers.get(new) if heirs.get(new, new) == new else None
        if there is not None and (there in decided or set(claims[new]) <= {there}):
            causes[new] = there
            continue
        ranked = sorted(
            claims[new], key=lambda cause: (cause not in decided, -claims[new][cause], cause)
        )
        causes[new] = ranked[0] if ranked else there
        if there is not None and causes[new] not in (None, there):
            absorbed[there] = causes[new] or ""
    return Plan(causes, heirs, absorbed)


def _heir(old: str, counted: Iterable[Tally]) -> str:
    """The new fingerprint that most records of this one get; itself wins over equals."""
    return min(counted, key=lambda tally: (-tally.records, tally.new != old, tally.new)).new
