"""Carrying out what was asked of many items: slice by slice, each a transaction of its own.

Recording goes on between slices, whoever asked may go away, and after a stop, or a kill, any
server goes on where the last slice ended.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import count

import msgspec
from msgspec.structs import replace

from snaglist.domain.edits import Ignore, ItemEdit, Merge, Split
from snaglist.domain.errors import StoreUnavailable
from snaglist.domain.history import Entry, Event
from snaglist.domain.item import Item
from snaglist.domain.run import COMPLETE
from snaglist.domain.standing import Footing, Status
from snaglist.service.claims import settle_claims
from snaglist.service.edits import edit_slice, get_edit, known_edit
from snaglist.service.evidence import PiecesOf
from snaglist.service.merging import lead_items
from snaglist.service.moves import Moves
from snaglist.service.not_failing import pass_over
from snaglist.service.splitting import Stretch, look_at_stretch, made_by, split_records
from snaglist.storage import edits as store
from snaglist.storage.causes import causes_by_id
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit
from snaglist.storage.items import items_by_id

log = logging.getLogger("snaglist.edits")

_OPEN = (Status.OPEN, Status.RETRYING)
_encode = msgspec.json.Encoder().encode


def carry_out(
    database: Database,
    edit: Edit,
    pieces_of: PiecesOf,
    now: Callable[[], str],
    most: int | None = None,
) -> Edit:
    """Do what is left of an edit, `most` slices at most, and return it as far as it has come.

    What is left then, or when the store cannot go on, is done by the clock
    (`service/clock.py`).
    """
    try:
        for _ in count() if most is None else range(most):
            if edit.ended_at is not None:
                break
            edit = do_slice(database, edit.id, pieces_of, now())
    except StoreUnavailable:
        log.warning("edit %s stopped; it goes on when the store does", edit.id)
    return edit


def do_slice(database: Database, edit_id: str, pieces_of: PiecesOf, at: str) -> Edit:
    """Do the next slice of an edit, if one is left, and return the edit as far as it has come."""
    edit = get_edit(database, edit_id)
    if edit.ended_at is not None:
        return edit
    if edit.kind == "split":
        return _do_stretch(database, edit, pieces_of, at)
    return database.write(lambda connection: _next_slice(connection, edit_id, at))


def _next_slice(connection: Connection, edit_id: str, at: str) -> Edit:
    edit = known_edit(connection, edit_id)
    found = store.next_slice(connection, edit_id)
    if edit.ended_at is not None or found is None:
        return edit
    place, members = found
    moves = Moves(connection, at)
    changed = _slice_done(connection, edit, members, moves, at)
    moves.write()
    store.drop_slice(connection, edit_id, place)
    edit = replace(edit, changed=edit.changed + changed)
    return _come_so_far(connection, edit, at)


def _slice_done(connection: Connection, edit: Edit, members: str, moves: Moves, at: str) -> int:
    """Do what was asked to the members of a slice; how many were changed."""
    if edit.kind == "undo":
        return _take_back(connection, store.entries_at(connection, members), moves, edit, at)
    items = store.items_at(connection, members)
    if edit.kind == COMPLETE:
        return pass_over(connection, items, moves, edit, at)
    if edit.kind in ("merge", "unmerge"):
        return lead_items(connection, items, moves, edit)
    if edit.cause_id is None:
        return edit_slice(items, _asked(edit), moves, edit, at)
    of_cause = [item for item in items if item.cause_id == edit.cause_id]
    if edit.kind == "resolve":
        return edit_slice(of_cause, _asked(edit), moves, edit, at)
    if edit.kind == "ignore":
        return _set_aside(of_cause, _asked(edit), moves, edit, at)
    return _put_back(of_cause, moves, edit, at)


def _set_aside(items: Sequence[Item], ignore: ItemEdit, moves: Moves, edit: Edit, at: str) -> int:
    """Set open items aside with their cause."""
    changed = 0
    for before in items:
        if before.status in _OPEN and isinstance(ignore, Ignore):
            after = before.ignore(at, with_cause=True)
            moves.item(before, after, Event.IGNORED, edit.who, why=ignore.why, edit_id=edit.id)
            changed += 1
    return changed


def _put_back(items: Sequence[Item], moves: Moves, edit: Edit, at: str) -> int:
    """Open what was set aside with its cause, which is so no more."""
    event = Event.REOPENED if edit.kind == "reopen" else Event.IGNORE_ENDED
    changed = 0
    for before in items:
        if before.ignored_with_cause:
            moves.item(before, before.ignore_ended(at), event, edit.who, edit_id=edit.id)
            changed += 1
    return changed


def _take_back(
    connection: Connection, entries: Sequence[Entry], moves: Moves, edit: Edit, at: str
) -> int:
    """Give items back what these entries say they were, unless that was changed since."""
    items = items_by_id(connection, {entry.item_id for entry in entries if entry.item_id})
    causes = causes_by_id(connection, {item.cause_id for item in items.values()})
    changed = 0
    for entry in entries:
        before = items.get(entry.item_id or "")
        if before is None:
            continue
        after, event = before, entry.event
        if event is Event.ASSIGNED and before.assignee == entry.after:
            after = before.assigned(entry.before)
        elif event is Event.NOTED and before.note == entry.after:
            after = before.noted(entry.before)
        elif entry.undo and (before.since, before.bucket) == (entry.at, entry.after):
            footing = msgspec.json.decode(entry.undo, type=Footing)
            after = before.taken_back(footing, causes[before.cause_id].is_ignored, at)
            event = Event.UNDONE
        if after is not before:
            moves.item(before, after, event, edit.who, edit_id=edit.id)
            changed += 1
    return changed


def _do_stretch(database: Database, edit: Edit, pieces_of: PiecesOf, at: str) -> Edit:
    """The next slice of a split: records are read outside of the transaction that moves them."""
    found = database.read(lambda connection: store.next_slice(connection, edit.id))
    if found is None:
        return get_edit(database, edit.id)
    place, members = found
    split = msgspec.json.decode(edit.asked, type=Split)
    stretch = msgspec.json.decode(members, type=Stretch)
    fitting, left = look_at_stretch(database, stretch, split, pieces_of)

    def change(connection: Connection) -> Edit:
        now = known_edit(connection, edit.id)
        if store.next_slice(connection, edit.id) != found:
            return now  # another server did it meanwhile
        moves = Moves(connection, at)
        changed = split_records(connection, fitting, stretch, moves, edit)
        moves.write()
        if left is None:
            store.drop_slice(connection, edit.id, place)
        else:
            store.shorten_slice(connection, edit.id, place, _encode(left).decode())
        now = replace(now, changed=now.changed + changed, matching=now.matching + changed)
        return _come_so_far(connection, now, at)

    return database.write(change)


def _come_so_far(connection: Connection, edit: Edit, at: str) -> Edit:
    """The edit after a slice: what was passed over is known once nothing is left."""
    if store.next_slice(connection, edit.id) is None:
        edit = replace(edit, skipped=edit.matching - edit.changed, ended_at=at)
        settle_claims(connection, _parted(edit))
    store.update_edit(connection, edit)
    return edit


def _parted(edit: Edit) -> list[str]:
    """The causes that were one, or are one again, after a split or an undo."""
    match edit.kind:
        case "split":
            return [edit.cause_id or "", made_by(edit)]
        case "unmerge":
            return [edit.cause_id or "", msgspec.json.decode(edit.asked, type=Merge).into]
        case "merge" if edit.undoes:
            return [msgspec.json.decode(edit.asked, type=Merge).into]
        case _:
            return []


def _asked(edit: Edit) -> ItemEdit:
    asked: ItemEdit = msgspec.json.decode(edit.asked, type=ItemEdit)
    return asked
