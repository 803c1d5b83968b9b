"""Filing records: each to its item and its cause, in the transaction that stores it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from snaglist.domain.cause import Cause, CauseStatus
from snaglist.domain.errors import SnaglistError
from snaglist.domain.history import Entry, Event
from snaglist.domain.item import Failure, Item, new_item
from snaglist.domain.moment import utc_text
from snaglist.domain.record import NewRecord, Record, Sighting
from snaglist.domain.run import TryOutcome, run_id_of
from snaglist.domain.standing import Footing, Reason
from snaglist.service.moves import Moves
from snaglist.service.retry_moves import Undone, take_back
from snaglist.service.tries import Tried, note_tries
from snaglist.storage import causes as cause_store
from snaglist.storage.causes import Pointer, Split
from snaglist.storage.connection import Connection
from snaglist.storage.history import entries_of_item, name_projects
from snaglist.storage.items import Success, items_by_key, successes_of
from snaglist.storage.records import Filed, Outcome, Stored, insert_records, told_apart

PiecesOf = Callable[[Mapping[str, Any]], Mapping[str, str]]
_MOST_NAMES = 10_000
_decode = msgspec.json.Decoder().decode


class Filing:
    """Stores records and files them; belongs to the thread that writes.

    `new_id` gives a fresh UUIDv7, `clock` Unix time in seconds, `pieces_of` the pieces of a
    record's evidence.
    """

    def __init__(
        self, new_id: Callable[[], str], clock: Callable[[], float], pieces_of: PiecesOf
    ) -> None:
        self._new_id = new_id
        self._clock = clock
        self._pieces_of = pieces_of
        self._names: dict[tuple[str, str], str] = {}

    def store(self, connection: Connection, records: Sequence[NewRecord]) -> list[Outcome]:
        """Store and file these in one transaction, which is durable when this returns.

        The outcomes are in the order of the records.
        """
        at = utc_text(self._clock())
        told: Sequence[NewRecord | Record | SnaglistError] = records
        try:
            with connection.transaction():
                if any(one.id_given or one.idempotency_key is not None for one in records):
                    told = told_apart(connection, records)
                fresh = list({id(one): one for one in told if isinstance(one, NewRecord)}.values())
                filed = self.file(connection, fresh, at) if fresh else []
                if filed:
                    insert_records(connection, filed)
        except BaseException:
            self.forget()
            raise
        return _outcomes(told, filed)

    def forget(self) -> None:
        """What was to be stored may not be: a transaction failed."""
        self._names.clear()

    def file(
        self,
        connection: Connection,
        records: Sequence[NewRecord],
        at: str,
        retries: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Filed]:
        """Find or make the item and cause of each, move the items, and say where each went.

        Runs inside a transaction that also stores the records. `retries` are, by the ids of
        records that tell of a lease's outcome, the ids of its retries.
        """
        moves = Moves(connection, at)
        placed = self._placed(connection, moves, records, at)
        items = self._items(connection, records)
        came_over = _successes(connection, records, items)
        filed: list[Filed] = []
        undone: list[Undone] = []
        for record, (fingerprint, cause) in zip(records, placed, strict=True):
            sighting = record.sighting
            failure = _failure(record, fingerprint, cause)
            moves.fails(cause.id, failure.project, failure.attempted_at)
            before = items.get(sighting.digest)
            if before is None:
                after = new_item(
                    self._new_id(),
                    sighting.key,
                    failure,
                    at,
                    _last_success(came_over, record),
                )
            elif record.id in retries:
                after = before.failed_again(failure, at)
            else:
                is_of_try = _may_be_of_success(record, before) and _is_of_success(came_over, record)
                known, of_retry = before, None
                if is_of_try and failure.attempted_at <= before.since:
                    success = _last_success_of(connection, before)
                    known = _as_before(connection, success, before, at)
                    of_retry = None if success is None else success.edit_id
                after = known.failed(failure, at, is_newest=is_of_try)
                if _is_undone(before, after, failure):
                    undone.append(
                        Undone(before.id, before.since, of_retry, record.id, failure.cause_id)
                    )
            items[sighting.digest] = after
            retry_id = retries.get(record.id)
            moves.item(
                *(before, after, Event.FAILED, sighting.reporter),
                record_id=record.id,
                edit_id=retry_id,
                run_id=None if record.run is None else run_id_of(record.run),
                by_retry=retry_id is not None,
            )
            filed.append(
                Filed(
                    record,
                    after.id,
                    fingerprint,
                    failure.project,
                    failure.attempted_at,
                    cause.id,
                    after.status,
                )
            )
        moves.write()
        if undone:
            take_back(connection, undone, at)
        tried = [_tried(record) for record in records if record.run is not None]
        if tried:
            note_tries(connection, tried, at)
        self._name_projects(connection, [record.sighting for record in records])
        return filed

    def _placed(
        self, connection: Connection, moves: Moves, records: Sequence[NewRecord], at: str
    ) -> list[tuple[str, Cause]]:
        """For each record its fingerprint, splits considered, and the cause that it leads to."""
        sightings = {record.sighting.fingerprint: record.sighting for record in records}
        pointers = cause_store.pointers_of(connection, sightings)
        splits = follow_splits(connection, pointers)
        known = {pointer.cause_id for pointer in pointers.values()}
        causes = cause_store.causes_by_id(connection, known) if known else {}
        moves.knows(causes.values())
        fresh: list[Pointer] = []
        for fingerprint in sorted(sightings.keys() - pointers.keys()):
            one = sightings[fingerprint]
            cause = made_cause(
                *(self._new_id(), fingerprint, one.known, one.piece, one.title),
                *(one.is_transient, at),
            )
            moves.makes(cause)
            causes[cause.id] = cause
            pointers[fingerprint] = Pointer(fingerprint, cause.id)
            fresh.append(pointers[fingerprint])
        if fresh:
            cause_store.point(connection, fresh)
        placed: list[tuple[str, Cause]] = []
        for record in records:
            pointer = pointers[record.sighting.fingerprint]
            if pointer.is_split:
                pointer = pointers[self._split(record, splits)]
            placed.append((pointer.fingerprint, causes[pointer.cause_id]))
        return placed

    def _split(self, record: NewRecord, splits: Sequence[Split]) -> str:
        """The record's fingerprint after what people split off."""
        fingerprint = record.sighting.fingerprint
        pieces = self._pieces_of(_decode(record.event_data))
        return split_fingerprint(fingerprint, pieces, splits)

    def _items(self, connection: Connection, records: Sequence[NewRecord]) -> dict[str, Item]:
        return items_by_key(connection, {record.sighting.digest for record in records})

    def _name_projects(self, connection: Connection, sightings: Sequence[Sighting]) -> None:
        names = {
            (one.key.source, one.key.project): one.project_name
            for one in sightings
            if one.project_name and one.key.project
        }
        news = {
            project: name for project, name in names.items() if self._names.get(project) != name
        }
        if news:
            name_projects(connection, news)
            if len(self._names) > _MOST_NAMES:
                self._names.clear()
            self._names |= news


def _outcomes(
    told: Sequence[NewRecord | Record | SnaglistError], filed: Sequence[Filed]
) -> list[Outcome]:
    """What became of each record; of one that is twice among them, the second was there."""
    stored = {id(one.record): one.stored() for one in filed}
    seen: set[int] = set()
    outcomes: list[Outcome] = []
    for one in told:
        match one:
            case NewRecord():
                outcomes.append(Stored(stored[id(one)], was_there=id(one) in seen))
                seen.add(id(one))
            case Record():
                outcomes.append(Stored(one, was_there=True))
            case _:
                outcomes.append(one)
    return outcomes


def follow_splits(connection: Connection, pointers: dict[str, Pointer]) -> list[Split]:
    """All that was split off these fingerprints, and off those; their pointers are added."""
    found: list[Split] = []
    split = [pointer.fingerprint for pointer in pointers.values() if pointer.is_split]
    while split:
        splits = cause_store.splits_of(connection, split)
        found += splits
        further = {one.into_fingerprint for one in splits} - pointers.keys()
        led = cause_store.pointers_of(connection, further)
        pointers |= led
        split = [pointer.fingerprint for pointer in led.values() if pointer.is_split]
    return found


def split_fingerprint(fingerprint: str, pieces: Mapping[str, str], splits: Sequence[Split]) -> str:
    """The fingerprint of a record with these pieces of evidence, after what people split off.

    Of several rules for a fingerprint the first that fits counts; what it leads to may have
    been split further.
    """
    for split in splits:
        if split.fingerprint == fingerprint and pieces.get(split.piece) == split.value:
            return split_fingerprint(split.into_fingerprint, pieces, splits)
    return fingerprint


def made_cause(
    cause_id: str,
    fingerprint: str,
    known: str | None,
    piece: str,
    title: str,
    is_transient: bool,
    at: str,
) -> Cause:
    """A new cause; nothing is counted yet."""
    return Cause(
        id=cause_id,
        fingerprint=fingerprint,
        known=known,
        piece=piece,
        title=title,
        is_transient=is_transient,
        status=CauseStatus.DONE,
        since=at,
        first_failed_at=at,
        last_failed_at="",
    )


def _failure(record: NewRecord, fingerprint: str, cause: Cause) -> Failure:
    sighting = record.sighting
    return Failure(
        record.id,
        sighting.attempted_at,
        fingerprint,
        cause.id,
        sighting.is_transient,
        cause.is_ignored,
        sighting.name,
        sighting.key.project,
    )


def _tried(record: NewRecord) -> Tried:
    sighting = record.sighting
    return Tried(
        *(record.run or "", sighting.key, sighting.digest),
        *(TryOutcome.FAILED, sighting.attempted_at, sighting.reporter),
        sighting.key.part or None,
    )


def _successes(
    connection: Connection, records: Sequence[NewRecord], items: Mapping[str, Item]
) -> dict[tuple[str, str, str], list[Success]]:
    """What is known to have come over of the entities of new items, by source, target and id.

    And of those of which that may be the same try as the failure.
    """
    keys = [
        record.sighting.key
        for record in records
        if record.sighting.key.entity_id
        and _may_be_of_success(record, items.get(record.sighting.digest))
    ]
    found: dict[tuple[str, str, str], list[Success]] = {}
    if keys:
        for success in successes_of(connection, keys):
            entity = (success.source, success.target, success.entity_id)
            found.setdefault(entity, []).append(success)
    return found


def _may_be_of_success(record: NewRecord, item: Item | None) -> bool:
    """Whether successes must be looked at to know where this failure stands."""
    if item is None:
        return True
    is_late = record.sighting.attempted_at < item.decided_at
    return is_late and record.run is None and item.reason is Reason.CAME_OVER


_Successes = Mapping[tuple[str, str, str], list[Success]]


def _newer(found: _Successes, record: NewRecord) -> list[Success]:
    """What came over after this failed: whole, or this part; any type if its own is unknown."""
    key, tried_at = record.sighting.key, record.sighting.attempted_at
    return [
        success
        for success in found.get((key.source, key.target, key.entity_id), ())
        if key.entity_type in ("", success.entity_type)
        and success.speaks_for(key.part)
        and success.came_over_at > tried_at
    ]


def _is_settled(record: NewRecord, success: Success) -> bool:
    return success.is_after(record.sighting.attempted_at, is_of_run=record.run is not None)


def _last_success(found: _Successes, record: NewRecord) -> str | None:
    """When this last came over, if that was after it failed."""
    newer = [one for one in _newer(found, record) if _is_settled(record, one)]
    return max((one.came_over_at for one in newer), default=None)


def _last_success_of(connection: Connection, item: Item) -> Entry | None:
    """The entry that tells that it came over, of what is resolved for that reason."""
    entries = reversed(entries_of_item(connection, item.id))
    return next((one for one in entries if one.event is Event.CAME_OVER), None)


def _is_undone(before: Item, after: Item, failure: Failure) -> bool:
    """Whether it had failed already when it was taken as come over."""
    is_back = before.reason is Reason.CAME_OVER and after.reason is None
    return is_back and failure.attempted_at <= before.since


def _as_before(connection: Connection, success: Entry | None, item: Item, at: str) -> Item:
    """As it stood before it came over, if it was set aside then."""
    if success is None or success.undo is None:
        return item
    footing = msgspec.json.decode(success.undo, type=Footing)
    cause = cause_store.causes_by_id(connection, [item.cause_id])[item.cause_id]
    return item.taken_back(footing, cause.is_ignored, at)


def _is_of_success(found: _Successes, record: NewRecord) -> bool:
    """Whether it failed while all of that was tried which came over since."""
    newer = _newer(found, record)
    return bool(newer) and not any(_is_settled(record, one) for one in newer)
