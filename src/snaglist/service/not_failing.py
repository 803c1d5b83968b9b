"""Which open items leave the list when a run is complete: what it came to try, and did not fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from snaglist.domain.dependence import (
    fixed_to,
    hangs_on,
    holds_up,
    is_known,
    linked_to,
    may_hold_up,
    parents_of,
)
from snaglist.domain.history import Event
from snaglist.domain.identity import ItemKey
from snaglist.domain.item import Item
from snaglist.domain.run import Completion, TryOutcome
from snaglist.domain.standing import Status
from snaglist.service.moves import Moves
from snaglist.storage.connection import Connection
from snaglist.storage.edits import Edit
from snaglist.storage.filtering import projects_named
from snaglist.storage.items import items_by_key, items_of_entities
from snaglist.storage.overview import newest_with, standing_records
from snaglist.storage.runs import counts_of, outcomes_in

_MOST_BYTES = 64 << 10
_PAYLOAD = '"payload"'
_ASSET, _PROJECT = "Asset", "Project"
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode

Links = dict[str, ItemKey]
"""On what an item hangs, as its record says: each entity by its key."""


def pass_over(
    connection: Connection, items: Sequence[Item], moves: Moves, edit: Edit, at: str
) -> int:
    """Let those of these leave the list that a complete run tried, and that did not fail in it.

    Where an entity failed, as a whole or in a part, nobody may have come to try the rest of it, nor
    what hangs on it: the tasks of an asset that is not there, whatever run that failed in, or
    that came over without a link. Nor, where the run came not even to that asset, because of
    something above it that failed.
    """
    completion = msgspec.json.decode(edit.asked, type=Completion)
    links = _links(connection, items)
    linked = {key: one for own in links.values() for key, one in own.items()}
    above = {key: one for key, one in linked.items() if may_hold_up(one.entity_type)}
    kin = _kin(connection, [*(item.named for item in items), *above.values()])
    keys = {key for item in items for key in (item.key, item.whole_key)}
    ways = _Ways(connection, completion.run_id, keys.union(linked, *kin.values()))
    gone = _not_there(connection, above)

    def is_tried(item: Item) -> bool:
        own_links = links.get(item.id, {})
        failing = {item.key, item.whole_key, *own_links}
        failing.update(*(kin.get(_entity(one), ()) for one in (item.named, *own_links.values())))
        is_shut = ways.are_shut(item.project, failing, own_links)
        return not is_shut and gone.isdisjoint(own_links)

    changed = 0
    left = [item for item in items if item.not_failing(completion.began_at, at) is not item]
    while leaving := [item for item in left if is_tried(item)]:
        for before in leaving:
            moves.item(
                *(before, before.not_failing(completion.began_at, at)),
                *(Event.NOT_FAILING, edit.who),
                edit_id=edit.id,
                undo=_encode(before.footing).decode(),
                run_id=completion.run_id,
            )
        changed += len(leaving)
        gone -= {item.key for item in leaving}
        ids = {item.id for item in leaving}
        left = [item for item in left if item.id not in ids]
    return changed


class _Ways:
    """What a run tried of these things, and where it may not have come because something failed."""

    def __init__(self, connection: Connection, run_id: str, keys: set[str]) -> None:
        self._outcomes = outcomes_in(connection, run_id, keys)
        counts = counts_of(connection, [run_id]).get(run_id, [])
        self._tells_all = any(
            one.outcome is TryOutcome.CAME_OVER and one.things and not one.is_part for one in counts
        )
        self._failed = [
            (one.entity_type, {*projects_named(connection, one.project)} if one.project else None)
            for one in counts
            if one.outcome is TryOutcome.FAILED and one.things
        ]

    def are_shut(self, project: str, failing: set[str], links: Links) -> bool:
        """Whether one of these failed, or what the item hangs on was not come to.

        Of the latter what fails in another project is no reason; and a run that tells of failures
        alone says nothing of what it came to.
        """
        if any(self._outcomes.get(key) is TryOutcome.FAILED for key in failing):
            return True
        return self._tells_all and any(
            key not in self._outcomes
            and any(
                holds_up(failed, one.entity_type)
                and (not project or projects is None or project in projects)
                for failed, projects in self._failed
            )
            for key, one in links.items()
        )


def _kin(connection: Connection, named: Sequence[ItemKey]) -> dict[tuple[str, ...], set[str]]:
    """The keys of all items of these entities, in all their parts, by entity."""
    found: dict[tuple[str, ...], set[str]] = {}
    for one in items_of_entities(connection, named) if named else ():
        found.setdefault(_entity(one.named), set()).add(one.key)
    return found


def _links(connection: Connection, items: Sequence[Item]) -> dict[str, Links]:
    """What each item links to, by its id, as its standing record and its newest payload tell.

    A failure that a worker reports comes without a payload. Very large records are not looked at.
    """
    ids = [item.standing_record_id for item in items if item.standing_record_id is not None]
    standing = standing_records(connection, ids, _MOST_BYTES)
    told = {item.id: standing.get(item.standing_record_id or "", "") for item in items}
    silent = {item.seq: item.id for item in items if _PAYLOAD not in told[item.id]}
    older = newest_with(connection, [*silent], _PAYLOAD, _MOST_BYTES) if silent else {}
    found = {item.id: _linked(item, told[item.id]) for item in items}
    of = {item.seq: item for item in items}
    for seq, text in older.items():
        found[silent[seq]] |= _linked(of[seq], text)
    return found


def _not_there(connection: Connection, above: Links) -> set[str]:
    """Which of these entities are on the list, or set aside, as a whole.

    A project aside: with that on the list nothing of it would ever leave.
    """
    keys = {key for key, one in above.items() if one.entity_type != _PROJECT}
    found = items_by_key(connection, keys) if keys else {}
    return {key for key, one in found.items() if one.status is not Status.RESOLVED}


def _linked(item: Item, text: str) -> Links:
    event: Mapping[str, object] = _decode(text) if text else {}
    own = (item.entity_type, item.entity_id)
    # What has a type that the order does not know, a studio's own, lists what hangs on it.
    links = linked_to(event, lists=is_known(item.entity_type))
    found = {one for one in links if hangs_on(one[0], item.entity_type)}
    found |= {one for one in fixed_to(event) if not is_known(one[0])} - {own}
    if item.entity_type == _ASSET:
        found |= {(_ASSET, parent) for parent in parents_of(event) if parent != item.entity_id}
    named = [ItemKey(item.source, item.target, kind, number, "", "") for kind, number in found]
    return {one.digest: one for one in named}


def _entity(named: ItemKey) -> tuple[str, ...]:
    return (named.source, named.target, named.entity_type, named.entity_id)
