"""Merging causes, and taking that back: pointers first, then items, slice by slice.

A fingerprint leads to one cause; from the moment a pointer moves, what arrives follows it. What
is there already is led after it in slices, each item to where its fingerprint leads by then, so
that merges and splits of the same causes may overlap.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from snaglist.domain.cause import Cause
from snaglist.domain.edits import Merge
from snaglist.domain.errors import NotFound, WrongState
from snaglist.domain.history import Entry, Event
from snaglist.domain.item import Item
from snaglist.domain.standing import Status
from snaglist.service.claims import give_claims_back, settle_claims
from snaglist.service.edits import sliced, start
from snaglist.service.moves import Moves
from snaglist.storage import causes as cause_store
from snaglist.storage import edits as edit_store
from snaglist.storage import regrouping as store
from snaglist.storage.causes import Pointer
from snaglist.storage.connection import Connection
from snaglist.storage.edits import Edit
from snaglist.storage.regroups import was_regrouped_since

_ALL = tuple(Status)
_encode = msgspec.json.Encoder().encode


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
        moves.cause(after, entry_of(at, who, event, one, other, after, edit_id, merge.why))
    moves.hand_over(cause.id, into.id, failures, cause.first_failed_at, cause.last_failed_at)
    if cause.shares_claim(into):
        moves.takes_claimed(into.id, cause.failed_since_claim)
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
        moves.cause(after, entry_of(at, who, Event.UNDONE, one, other, after, edit_id, None))
    moves.hand_over(
        into.id,
        cause.id,
        failures,
        min(first or before.first_failed_at, before.first_failed_at),
        max(last, before.last_failed_at),
    )
    give_claims_back(connection, cause, into, names, before.last_place, moves)
    moves.write()
    edit = Edit(
        *(edit_id, at, who, "unmerge", merge.asked),
        cause_id=cause.id,
        undoes=merge.id,
        matching=len(places),
    )
    if not places:
        settle_claims(connection, [cause.id, into.id])
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


def _point(connection: Connection, pointers: Sequence[Pointer], cause_id: str) -> None:
    cause_store.point(
        connection,
        [Pointer(pointer.fingerprint, cause_id, pointer.is_split) for pointer in pointers],
    )


def entry_of(
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
