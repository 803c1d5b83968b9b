"""Ordering that items are tried again: previewing it, and freezing which items these are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from snaglist.domain.dependence import Order, depths, parents_of
from snaglist.domain.filtering import Filter
from snaglist.domain.history import Event
from snaglist.domain.retry import Lane, Member, Retry, RetryStatus
from snaglist.domain.standing import Status
from snaglist.service.edits import find_places
from snaglist.service.retries import connected, entry_of_retry, known_retry
from snaglist.service.retry_moves import RetryMoves
from snaglist.storage import retries as store
from snaglist.storage import retry_members as member_store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import items_at
from snaglist.storage.overview import newest_with, standing_records
from snaglist.storage.retry_members import Candidate
from snaglist.storage.rows import as_text

SLICE = 1_000
"""How many items are frozen in one transaction."""

PAGE = 5_000
"""How many items are looked at in one read."""

MOST_LANES = 500
"""Beyond so many lanes, further entity types of an order share one, for workers that take all."""

_PAYLOAD = '"payload"'
_STAGE_SHIFT = 48
_decode = msgspec.json.Decoder().decode


class RetryPreview(msgspec.Struct, frozen=True):
    """What an order would try now, and how many connected workers could do it."""

    matching: int
    would_try: int
    not_open: int
    in_another: int
    workers: int


def preview(database: Database, asked: Filter, at: str) -> RetryPreview:
    """What an order for what this filter finds would try; nothing is changed."""
    return preview_of(database, find_places(database, asked), at)


def preview_of(database: Database, places: Sequence[int], at: str) -> RetryPreview:
    """What an order for the items at these places would try."""
    would_try = taken = 0
    kinds: set[tuple[str, str, str]] = set()
    for page in _candidates(database, places):
        for one in page:
            taken += one.is_taken
            if not one.is_taken and one.status == Status.OPEN:
                would_try += 1
                kinds.add((one.source, one.target, one.entity_type))
    able = sum(any(worker.can_do(*kind) for kind in kinds) for worker in connected(database, at))
    return RetryPreview(len(places), would_try, len(places) - would_try - taken, taken, able)


def count_free(database: Database, places: Sequence[int]) -> int:
    """How many of the items at these places an order would try now."""
    return sum(
        one.status == Status.OPEN and not one.is_taken
        for page in _candidates(database, places)
        for one in page
    )


def order(
    database: Database,
    find: Callable[[], Sequence[int]],
    retry: Retry,
    order_of_types: Order,
    now: Callable[[], str],
) -> tuple[Retry, bool]:
    """Freeze what is at the places that `find` gives into an order, and whether it was made now.

    One of the same id that is there already is returned; if whoever made it came to no end, it
    is made whole. Only what is open counts, and is in no other order.
    """

    def begin(connection: Connection) -> tuple[Retry, bool]:
        found = store.find_retry(connection, retry.id)
        if found is None:
            store.insert_retry(connection, retry)
        return found or retry, found is None

    begun, is_new = database.write(begin)
    if begun.status is not RetryStatus.PREPARING:
        return begun, False
    for members in staged(database, find(), order_of_types):
        database.write(lambda connection, one=members: freeze(connection, retry.id, one))  # type: ignore[misc]
    return database.write(lambda connection: _prepared(connection, retry.id, now())), is_new


def _candidates(database: Database, places: Sequence[int]) -> Iterator[list[Candidate]]:
    for first in range(0, len(places), PAGE):
        page = places[first : first + PAGE]
        yield database.read(
            lambda connection, page=page: member_store.candidates_at(connection, page)  # type: ignore[misc]
        )


def staged(
    database: Database, places: Sequence[int], order_of_types: Order
) -> Iterator[list[tuple[int, int]]]:
    """The items that may be tried, as stage and place, in slices, in the order of dependency."""
    found: list[int] = []
    assets: list[Candidate] = []
    parents: dict[tuple[str, str], dict[str, list[str]]] = {}
    for page in _candidates(database, places):
        wanted = [one for one in page if one.status == Status.OPEN and not one.is_taken]
        for one in wanted:
            if one.entity_type == "Asset" and one.entity_id:
                assets.append(one)
            else:
                stage = order_of_types.stage(one.target, sys.intern(one.entity_type))
                found.append(stage << _STAGE_SHIFT | one.seq)
        for one, above in _with_parents(database, wanted):
            parents.setdefault((one.source, one.target), {}).setdefault(one.entity_id, above)
    deep = {where: depths(above) for where, above in parents.items()}
    for one in assets:
        depth = deep[one.source, one.target].get(one.entity_id, 0)
        stage = order_of_types.stage(one.target, one.entity_type, depth)
        found.append(stage << _STAGE_SHIFT | one.seq)
    found.sort()
    whole = (1 << _STAGE_SHIFT) - 1
    for first in range(0, len(found), SLICE):
        page_of = found[first : first + SLICE]
        yield [(one >> _STAGE_SHIFT, one & whole) for one in page_of]


def _with_parents(
    database: Database, items: Sequence[Candidate]
) -> list[tuple[Candidate, list[str]]]:
    """The assets among these, with the ids of their parents by the newest record that says so.

    That is the standing one, unless it came without a payload, as those of retries do.
    """
    assets = [one for one in items if one.entity_type == "Asset" and one.entity_id]
    ids = [one.standing_record_id for one in assets if one.standing_record_id]
    records = database.read(lambda connection: standing_records(connection, ids)) if ids else {}
    told = {one.seq: records.get(one.standing_record_id or "", "") for one in assets}
    silent = [key for key, text in told.items() if '"parent' not in text and _PAYLOAD not in text]
    if silent:
        told |= database.read(lambda connection: newest_with(connection, silent, '"parent'))
    found: list[tuple[Candidate, list[str]]] = []
    for one in assets:
        text = told[one.seq]
        event: Mapping[str, Any] = _decode(text) if '"parent' in text else {}
        found.append((one, parents_of(event)))
    return found


def freeze(connection: Connection, retry_id: str, chosen: Sequence[tuple[int, int]]) -> None:
    """Make members of those that are open still and in no other order, a slice of them."""
    retry = known_retry(connection, retry_id)
    if retry.status is not RetryStatus.PREPARING:
        return
    stages = {seq: stage for stage, seq in chosen}
    items = items_at(connection, as_text([[seq] for seq in stages]))
    taken = {one.item_id for one in member_store.active_members(connection, [i.id for i in items])}
    items = [one for one in items if one.status is Status.OPEN and one.id not in taken]
    if not items:
        return
    items.sort(key=lambda one: (stages[one.seq], one.seq))
    lanes = {_kind(lane): lane for lane in store.lanes_of(connection, [retry_id]).get(retry_id, ())}
    members: list[Member] = []
    waiting: dict[tuple[str, int], tuple[int, int]] = {}
    fresh: list[Lane] = []
    for place, item in enumerate(items, retry.last_place + 1):
        kind = (item.target, stages[item.seq], item.source, item.entity_type)
        if kind not in lanes and len(lanes) >= MOST_LANES:
            kind = (*kind[:3], "")
        if kind not in lanes:
            lanes[kind] = Lane(retry_id, len(lanes), *kind)
            fresh.append(lanes[kind])
        lane = (retry_id, lanes[kind].lane)
        waiting[lane] = (waiting.get(lane, (0, 0))[0] + 1, 0)
        members.append(Member(retry_id, item.id, lane[1], place))
    if fresh:
        store.insert_lanes(connection, fresh)
    store.count_lanes(connection, waiting)
    member_store.insert_members(connection, members)
    store.update_retries(connection, [retry.grown(len(members))])


def _kind(lane: Lane) -> tuple[str, int, str, str]:
    return (lane.target, lane.stage, lane.source, lane.entity_type)


def _prepared(connection: Connection, retry_id: str, at: str) -> Retry:
    """The order with all its items; it was ordered now."""
    before = known_retry(connection, retry_id)
    after = before.prepared(at)
    if after is not before:
        moves = RetryMoves(connection, at)
        moves.knows([before])
        moves.retry(after)
        moves.note(entry_of_retry(None, after, Event.ORDERED, before.who, at, before.why))
        moves.write()
    return after
