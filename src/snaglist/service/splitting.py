"""Splitting causes, and taking that back: pointers first, then records and items, slice by slice.

What was split off has fingerprints of its own, to which those of the whole lead where a record has
the piece of evidence that it was split by.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from snaglist.domain.cause import Cause
from snaglist.domain.edits import Merge, Split
from snaglist.domain.errors import WrongState
from snaglist.domain.history import Event
from snaglist.service.edits import start
from snaglist.service.evidence import PiecesOf, evidence_of
from snaglist.service.merging import begin_merge, entry_of, known_cause
from snaglist.service.moves import Moves
from snaglist.storage import causes as cause_store
from snaglist.storage import regrouping as store
from snaglist.storage.causes import Pointer
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit
from snaglist.storage.items import items_by_id

SLICE = 500
_SLICE_BYTES = 4 << 20
_SHOWN = 8
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class SplitBefore(msgspec.Struct, frozen=True):
    """What an undo of a split needs: the cause that it made."""

    cause_id: str


class Stretch(msgspec.Struct, frozen=True, array_like=True):
    """The records of `fingerprint` behind place `after`, up to `last`: what a split looks at."""

    fingerprint: str
    into: str
    after: int
    last: int


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
    moves.cause(rest, entry_of(at, who, Event.SPLIT, cause, part, rest, edit_id, split.why))
    moves.cause(part, entry_of(at, who, Event.SPLIT, part, cause, part, edit_id, split.why))
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
    part = known_cause(connection, made_by(split))
    into = Merge(into=split.cause_id or "")
    return begin_merge(connection, part, into, edit_id=edit_id, who=who, at=at, undoes=split.id)


def made_by(split: Edit) -> str:
    """The id of the cause that a split made."""
    return msgspec.json.decode(split.before or "", type=SplitBefore).cause_id


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
    source = known_cause(connection, pointers[stretch.fingerprint].cause_id)
    target = known_cause(connection, pointers[stretch.into].cause_id)
    if moved and source.id != target.id:
        failures: store.Failures = {}
        for one in moved:
            bucket = (one.attempted_at[:10], one.project)
            failures[bucket] = failures.get(bucket, 0) + 1
        attempts = [one.attempted_at for one in moved]
        moves.hand_over(source.id, target.id, failures, min(attempts), max(attempts))
        moves.takes_claimed(source.id, -sum(map(source.is_claimed, attempts)))
        moves.takes_claimed(target.id, sum(map(target.is_claimed, attempts)))
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


def _split_off(fingerprint: str, split: Split) -> str:
    """The fingerprint of what is split off this one: the same whenever it is split so again."""
    parts = _encode([fingerprint, split.piece, split.value])
    return f"split/{blake2b(parts, digest_size=12).hexdigest()}"
