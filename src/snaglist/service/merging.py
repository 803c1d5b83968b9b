"""Merging causes and splitting them: pointers first, then items and records, slice by slice.

A fingerprint leads to one cause; from the moment a pointer moves, what arrives follows it. What
is there already is led after it in slices, each item to where its fingerprint leads by then, so
that merges and splits of the same causes may overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from snaglist.domain.cause import Cause
from snaglist.domain.edits import Merge, Split
from snaglist.domain.errors import NotFound, WrongState
from snaglist.domain.history import Entry, Event
from snaglist.domain.item import Item
from snaglist.domain.standing import Status
from snaglist.service.edits import sliced, start
from snaglist.service.evidence import PiecesOf, evidence_of
from snaglist.service.moves import Moves
from snaglist.storage import causes as cause_store
from snaglist.storage import edits as edit_store
from snaglist.storage import regrouping as store
from snaglist.storage.causes import Pointer
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit
from snaglist.storage.items import items_by_id
from snaglist.storage.regroups import was_regrouped_since

SLICE = 500
_SLICE_BYTES = 4 << 20
_SHOWN = 8
_ALL = tuple(Status)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class MergedBefore(msgspec.Struct, frozen=True):
    """What an undo of a merge gives back: where these fingerprints led, and the failures.

    `into_first_failed_at` and `into_last_failed_at` are those of the other cause, and `into_words`
    its fix, note and assignee; "" and None in merges that did not keep them.
    """

    fingerprints: list[str]
    failures: list[tuple[str, str, int]]
    first_failed_at: str
    last_failed_at: str
    last_place: int
    moved_to: str | None
    into_first_failed_at: str = ""
    into_last_failed_at: str = ""
    into_words: tuple[str | None, str | None, str | None] | None = None


class SplitBefore(msgspec.Struct, frozen=True):
    """What an undo of a split needs: the cause that it made."""

    cause_id: str


class Stretch(msgspec.Struct, frozen=True, array_like=True):
    """The records of `fingerprint` behind place `after`, up to `last`: what a split looks at."""

    fingerprint: str
    into: str
    after: int
    last: int


def known_cause(connection: Connection, cause_id: str) -> Cause:
    """The cause of this id. Raises NotFound."""
    found = cause_store.causes_by_id(connection, [cause_id])
    if cause_id not in found:
        raise NotFound("There is no such cause.", "The list of causes shows all there are.")
    return found[cause_id]


def begin_merge(
    connection: Connection,
    cause: Cause,
    merge: Merge,
    *,
    edit_id: str,
    who: str,
    at: str,
    undoes: str | None = None,
) -> Edit:
    """Let all that leads to this cause lead to another one; its items follow in slices.

    `undoes` is the split that it takes back. Runs inside a transaction. Raises NotFound or
    WrongState.
    """
    into = known_cause(connection, merge.into)
    merged = cause.merged(into)
    pointers = cause_store.fingerprints_of(connection, cause.id)
    failures = store.failures_of(connection, cause.id)
    before = MergedBefore(
        [pointer.fingerprint for pointer in pointers],
        [(day, project, number) for (day, project), number in failures.items()],
        cause.first_failed_at,
        cause.last_failed_at,
        store.last_place(connection),
        cause.moved_to,
        into.first_failed_at,
        into.last_failed_at,
        (into.fix, into.note, into.assignee),
    )
    _point(connection, pointers, into.id)
    moves = Moves(connection, at)
    event = Event.UNDONE if undoes else Event.MERGED
    for one, other, after in ((cause, into, merged), (into, cause, into.took_over(cause))):
        moves.cause(after, _entry(at, who, event, one, other, after, edit_id, merge.why))
    moves.hand_over(cause.id, into.id, failures, cause.first_failed_at, cause.last_failed_at)
    moves.write()
    places = edit_store.places_of_cause(connection, cause.id, _ALL)
    asked = _encode(merge).decode()
    edit = Edit(
        *(edit_id, at, who, "merge", asked),
        cause_id=cause.id,
        before=_encode(before).decode(),
        undoes=undoes,
        matching=len(places),
    )
    return start(connection, edit, sliced(places))


def begin_unmerge(connection: Connection, merge: Edit, *, edit_id: str, who: str, at: str) -> Edit:
    """Let what a merge moved lead to the former cause again, with all that came since.

    Runs inside a transaction. Raises WrongState if the other cause was merged further, or all
    causes were made again.
    """
    before = msgspec.json.decode(merge.before or "", type=MergedBefore)
    cause = known_cause(connection, merge.cause_id or "")
    into = known_cause(connection, cause.merged_into or "")
    into.check_whole()
    if was_regrouped_since(connection, merge.at):
        raise WrongState(
            f"All causes were made again since edit {merge.id}, which cannot be undone any more.",
            f"Split cause {into.id} by a piece of evidence instead.",
        )
    pointers = cause_store.pointers_of(connection, before.fingerprints)
    moved = [pointer for pointer in pointers.values() if pointer.cause_id == into.id]
    names = [pointer.fingerprint for pointer in moved]
    failures = {(day, project): number for day, project, number in before.failures}
    since, first, last = store.failures_since(connection, names, before.last_place)
    for bucket, number in since.items():
        failures[bucket] = failures.get(bucket, 0) + number
    places = edit_store.places_of_cause(connection, into.id, _ALL, names) if names else []
    rest = _gave_back(connection, cause, into, before, names)
    _point(connection, moved, cause.id)
    moves = Moves(connection, at)
    split = cause.unmerged(before.moved_to)
    for one, other, after in ((cause, into, split), (into, cause, rest)):
        moves.cause(after, _entry(at, who, Event.UNDONE, one, other, after, edit_id, None))
    moves.hand_over(
        into.id,
        cause.id,
        failures,
        min(first or before.first_failed_at, before.first_failed_at),
        max(last, before.last_failed_at),
    )
    moves.write()
    edit = Edit(
        *(edit_id, at, who, "unmerge", merge.asked),
        cause_id=cause.id,
        undoes=merge.id,
        matching=len(places),
    )
    return start(connection, edit, sliced(places))


def _gave_back(
    connection: Connection,
    cause: Cause,
    into: Cause,
    before: MergedBefore,
    names: Sequence[str],
) -> Cause:
    """The cause that took another one over, without that one's words, times and fingerprints."""
    if before.into_words is not None:
        into = into.gave_back(cause, *before.into_words)
    if not before.into_first_failed_at:
        return into
    pointers = cause_store.fingerprints_of(connection, into.id)
    own = [pointer.fingerprint for pointer in pointers if pointer.fingerprint not in names]
    _, first, last = store.failures_since(connection, own, before.last_place)
    return into.failed_between(
        min(first or before.into_first_failed_at, before.into_first_failed_at),
        max(last, before.into_last_failed_at),
    )


def lead_items(connection: Connection, items: Sequence[Item], moves: Moves, edit: Edit) -> int:
    """Lead these items to where their fingerprints lead now; how many went to another cause."""
    pointers = cause_store.pointers_of(connection, {item.fingerprint for item in items})
    led = {pointer.cause_id for pointer in pointers.values()}
    causes = cause_store.causes_by_id(connection, led) if led else {}
    event = Event.REGROUPED if edit.undoes else Event.MERGED
    changed = 0
    for item in items:
        pointer = pointers.get(item.fingerprint)
        if pointer is None or pointer.cause_id == item.cause_id:
            continue
        cause = causes[pointer.cause_id]
        after = item.regrouped(
            item.fingerprint,
            cause.id,
            is_transient=item.standing_is_transient,
            is_ignored=cause.is_ignored,
            at=moves.at,
        )
        moves.item(item, after, event, edit.who, edit_id=edit.id)
        changed += 1
    return changed


def check_piece(database: Database, cause_id: str, split: Split, pieces_of: PiecesOf) -> None:
    """Raise WrongState, with what there is, unless some failure of a cause has this piece.

    The newest are looked at.
    """
    values: dict[str, None] = {}
    pieces: dict[str, None] = {}
    for found in evidence_of(database, cause_id, pieces_of):
        pieces.update(dict.fromkeys(found))
        value = found.get(split.piece)
        if value == split.value:
            return
        if value is not None:
            values[value] = None
    there = ", ".join(repr(one)[:60] for one in list(values or pieces)[:_SHOWN]) or "none"
    raise WrongState(
        f"None of its newest failures has {split.value[:60]!r} for {split.piece[:60]!r}.",
        f"Split by what is there: {there}.",
    )


def begin_split(
    connection: Connection,
    cause: Cause,
    split: Split,
    *,
    cause_id: str,
    edit_id: str,
    who: str,
    at: str,
) -> Edit:
    """Make failures with a piece of evidence a cause of their own, of this id.

    What is there follows in slices. Runs inside a transaction. Raises WrongState.
    """
    cause.check_whole()
    pointers = cause_store.fingerprints_of(connection, cause.id)
    rules = [
        cause_store.Split(
            pointer.fingerprint,
            split.piece,
            split.value,
            _split_off(pointer.fingerprint, split),
        )
        for pointer in pointers
    ]
    names = [rule.fingerprint for rule in rules]
    for rule in cause_store.splits_of(connection, names):
        if (rule.piece, rule.value) == (split.piece, split.value):
            raise WrongState(
                f"Cause {cause.id} is split by this piece already.",
                "What was split off is a cause of its own; if it was merged back, undo that merge.",
            )
    part = cause.part(cause_id, rules[0].into_fingerprint, split.piece, split.value, at)
    cause_store.insert_splits(connection, rules)
    cause_store.point(
        connection,
        [
            *(Pointer(name, cause.id, is_split=True) for name in names),
            *(Pointer(rule.into_fingerprint, part.id) for rule in rules),
        ],
    )
    moves = Moves(connection, at)
    moves.makes(part)
    rest = cause.split_off()
    moves.cause(rest, _entry(at, who, Event.SPLIT, cause, part, rest, edit_id, split.why))
    moves.cause(part, _entry(at, who, Event.SPLIT, part, cause, part, edit_id, split.why))
    moves.write()
    last = store.last_place(connection)
    stretches = [Stretch(rule.fingerprint, rule.into_fingerprint, 0, last) for rule in rules]
    edit = Edit(
        *(edit_id, at, who, "split", _encode(split).decode()),
        cause_id=cause.id,
        before=_encode(SplitBefore(part.id)).decode(),
    )
    return start(connection, edit, [_encode(one).decode() for one in stretches])


def begin_unsplit(connection: Connection, split: Edit, *, edit_id: str, who: str, at: str) -> Edit:
    """Merge what a split made into the cause that it came from, with all that came since.

    Runs inside a transaction. Raises WrongState if either was merged since.
    """
    made = msgspec.json.decode(split.before or "", type=SplitBefore)
    part = known_cause(connection, made.cause_id)
    into = Merge(into=split.cause_id or "")
    return begin_merge(connection, part, into, edit_id=edit_id, who=who, at=at, undoes=split.id)


def look_at_stretch(
    database: Database, stretch: Stretch, split: Split, pieces_of: PiecesOf
) -> tuple[list[int], Stretch | None]:
    """The places of the next records of a stretch that a split moves, and what is left of it."""
    told = database.read(
        lambda connection: store.records_told(
            connection, stretch.fingerprint, stretch.after, stretch.last, SLICE, _SLICE_BYTES
        )
    )
    if not told:
        return [], None
    fitting = [
        one.seq
        for one in told
        if pieces_of(_decode(one.event_data)).get(split.piece) == split.value
    ]
    return fitting, msgspec.structs.replace(stretch, after=told[-1].seq)


def split_records(
    connection: Connection, places: Sequence[int], stretch: Stretch, moves: Moves, edit: Edit
) -> int:
    """Move these records to what a split made, and the items that stand by them; how many items."""
    if not places:
        return 0
    moved = store.refingerprint(connection, places, stretch.fingerprint, stretch.into)
    pointers = cause_store.pointers_of(connection, (stretch.fingerprint, stretch.into))
    source = pointers[stretch.fingerprint].cause_id
    target = known_cause(connection, pointers[stretch.into].cause_id)
    if moved and source != target.id:
        failures: store.Failures = {}
        for one in moved:
            bucket = (one.attempted_at[:10], one.project)
            failures[bucket] = failures.get(bucket, 0) + 1
        attempts = [one.attempted_at for one in moved]
        moves.hand_over(source, target.id, failures, min(attempts), max(attempts))
    ids = {one.id for one in moved}
    items = items_by_id(connection, {one.item_id for one in moved if one.item_id})
    changed = 0
    for item in items.values():
        if item.standing_record_id in ids:
            after = item.regrouped(
                stretch.into,
                target.id,
                is_transient=item.standing_is_transient,
                is_ignored=target.is_ignored,
                at=moves.at,
            )
            moves.item(item, after, Event.SPLIT, edit.who, edit_id=edit.id)
            changed += after.cause_id != item.cause_id
    return changed


def _point(connection: Connection, pointers: Sequence[Pointer], cause_id: str) -> None:
    cause_store.point(
        connection,
        [Pointer(pointer.fingerprint, cause_id, pointer.is_split) for pointer in pointers],
    )


def _split_off(fingerprint: str, split: Split) -> str:
    """The fingerprint of what is split off this one: the same whenever it is split so again."""
    parts = _encode([fingerprint, split.piece, split.value])
    return f"split/{blake2b(parts, digest_size=12).hexdigest()}"


def _entry(
    at: str,
    who: str,
    event: Event,
    one: Cause,
    other: Cause,
    after: Cause,
    edit_id: str,
    why: str | None,
) -> Entry:
    """What the history of one cause says of a merge or split with another one."""
    is_into = event is Event.MERGED and after.merged_into is not None
    return Entry(
        at,
        who,
        event,
        cause_id=one.id,
        before=None if is_into else other.id,
        after=other.id if is_into else None,
        why=why,
        edit_id=edit_id,
    )
