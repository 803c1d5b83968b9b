"""What must come over before what: the stages of entity types, and assets behind their parents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import msgspec

from snaglist.domain.errors import BadParameter
from snaglist.domain.identity import entity_id_of, entity_type_of
from snaglist.domain.record import is_source

USUAL_ORDER = (
    "Project > Status Step HumanUser Person > ProjectUserConnection > Episode > Sequence > Scene"
    " > Asset > Shot > Task > Version Note"
)
_DEEPEST = 99
_ROOM = _DEEPEST + 1
_MOST_PARENTS = 100
_MOST_MEMBERS = 1_000


class Order(msgspec.Struct, frozen=True):
    """By target, which entity types are tried before which; "" is every other target's order."""

    ranks: Mapping[str, Mapping[str, int]]

    def stage(self, target: str, entity_type: str, depth: int = 0) -> int:
        """The stage of this type, `depth` parents down; unknown types come last."""
        ranks = self.ranks.get(target, self.ranks[""])
        rank = ranks.get(entity_type.lower(), 1 + max(ranks.values(), default=0))
        return rank * _ROOM + min(depth, _DEEPEST)


def read_order(given: Iterable[str]) -> Order:
    """The order that a setting says: `Project > Asset > Shot Scene`, or `jira=Project > Task`.

    Without a target it holds for all that are not named. Raises BadParameter.
    """
    ranks = {"": _ranks(USUAL_ORDER)}
    for text in given:
        target, is_named, stages = text.rpartition("=")
        target = target.strip()
        if is_named and not is_source(target):
            raise BadParameter(
                f"{target[:50]!r} names no target.",
                "Write an order as jira=Project > Asset > Shot Scene.",
            )
        ranks[target] = _ranks(stages)
    return Order(ranks)


def _ranks(text: str) -> dict[str, int]:
    """The place of each type, in lower case."""
    found: dict[str, int] = {}
    for rank, stage in enumerate(text.split(">")):
        names = stage.split()
        if not names:
            raise BadParameter(
                f"The order {text[:100]!r} has an empty stage.",
                "Write it as Project > Asset > Shot Scene.",
            )
        for name in names:
            found.setdefault(entity_type_of(name).lower(), rank)
    return found


_USUAL_RANKS = _ranks(USUAL_ORDER.replace("Version Note", "Version > Note"))
_BESIDE = frozenset(
    ["Status", "Step", "HumanUser", "Person", "Group", "ClientUser", "ApiUser", "Department"]
)


_OWN = ("customentity", "customnonprojectentity", "customthreadedentity")
_LAST_WITH_TASKS = "Shot"


def rank_of(kind: str) -> int:
    """Where a type stands in the usual order; unknown ones stand last."""
    return _USUAL_RANKS.get(kind.lower(), len(_USUAL_RANKS))


def hangs_on(kind: str, entity_type: str) -> bool:
    """Whether one of this type hangs on one of that kind: a task on a shot, no shot on its tasks.

    By the usual order, in which unknown types come last; and a note on its version.
    """
    return rank_of(kind) < rank_of(entity_type)


def may_hold_up(kind: str) -> bool:
    """Whether a script goes down from one of this kind to others: not from a status or person."""
    return kind not in _BESIDE


def holds_up(failed: str, kind: str) -> bool:
    """Whether an import may not come to entities of a kind where one of another failed.

    By the usual order, in which unknown types come last, but those that a studio makes itself may
    have tasks. Assets have parents that are assets.
    """
    as_usual = _LAST_WITH_TASKS if failed.lower().startswith(_OWN) else failed
    return may_hold_up(failed) and (hangs_on(as_usual, kind) or failed == kind == "Asset")


def parents_of(event: Mapping[str, Any]) -> list[str]:
    """The ids of the assets that a record's payload names as this one's parents."""
    found: list[str] = []
    for place in _places(event):
        for member in ("parents", "parent"):
            links = place.get(member)
            for link in links[:_MOST_PARENTS] if type(links) is list else [links]:
                if type(link) is dict and link.get("type", "Asset") in ("Asset", "assets"):
                    parent = entity_id_of(link.get("id"))
                    if parent and parent not in found:
                        found.append(parent)
    return found


def linked_to(event: Mapping[str, Any], *, lists: bool = True) -> set[tuple[str, str]]:
    """The entities that a record's details and payload link to: type and id of each.

    Without `lists` only where a member has one alone.
    """
    return _links_in(
        value
        for place in _places(event)
        for value in islice(place.values(), _MOST_MEMBERS)
        if lists or type(value) is not list
    )


def fixed_to(event: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The entities that a record's payload says it is of: a task's `entity`, a note's links."""
    members = ("entity", "note_links")
    return _links_in(place.get(name) for place in _places(event) for name in members)


def _links_in(values: Iterable[Any]) -> set[tuple[str, str]]:
    """Type and id of each link among these, and in lists of them."""
    found: set[tuple[str, str]] = set()
    for value in values:
        for link in value[:_MOST_PARENTS] if type(value) is list else [value]:
            if type(link) is dict and type(link.get("type")) is str:
                found.add((entity_type_of(link["type"]), entity_id_of(link.get("id"))))
    return {(kind, entity_id) for kind, entity_id in found if kind and entity_id}


def is_known(kind: str) -> bool:
    """Whether the usual order has a place for this type."""
    return kind.lower() in _USUAL_RANKS


def depths(parents: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """How many parents lie above each, itself not counted; a circle is cut."""
    found: dict[str, int] = {}
    for start in parents:
        way: list[str] = [start]
        while way:
            here = way[-1]
            if here in found:
                way.pop()
                continue
            above = [one for one in parents[here] if one in parents and one not in way]
            unknown = [one for one in above if one not in found]
            if unknown and len(way) <= _DEEPEST:
                way.append(unknown[0])
                continue
            found[here] = 1 + max((found.get(one, -1) for one in above), default=-1)
            way.pop()
    return found


def _places(event: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Where a payload may lie: in the record, in its details, and one level below."""
    details = event.get("details")
    for place in (event, details):
        if isinstance(place, Mapping):
            yield place
            for inner in place.values():
                if type(inner) is dict and inner is not details:
                    yield inner
