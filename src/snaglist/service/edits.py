"""Edits of items: of one, of all that a filter finds, of all of a cause; and taking them back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from snaglist.domain.edits import ItemEdit, edited, event_of, why_of
from snaglist.domain.errors import NotFound, WrongState
from snaglist.domain.filtering import Filter
from snaglist.domain.history import Entry, Event
from snaglist.domain.item import Item
from snaglist.domain.run import COMPLETE
from snaglist.service.lists import Listed, listed
from snaglist.service.moves import Moves
from snaglist.storage import edits as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit
from snaglist.storage.history import add_entries
from snaglist.storage.items import items_by_id

SLICE = 500
"""How many items are changed in one transaction: 15 to 40 ms in which nothing else is written."""

PAGE = 20_000
"""How many items are looked at in one read."""

_EVENTS = {
    "ignore": Event.IGNORED,
    "resolve": Event.RESOLVED,
    "reopen": Event.REOPENED,
    "assign": Event.ASSIGNED,
    "note": Event.NOTED,
    "undo": Event.UNDONE,
    COMPLETE: Event.NOT_FAILING,
}
_encode = msgspec.json.Encoder().encode


def edit_item(
    database: Database, item_id: str, edit: ItemEdit, version: int | None, *, who: str, at: str
) -> Item:
    """Do this to an item, if it is at this version (None: whatever it is), and return it.

    Raises NotFound, Stale, or WrongState where it cannot be done as the item stands.
    """

    def change(connection: Connection) -> Item:
        found = items_by_id(connection, [item_id])
        if item_id not in found:
            raise NotFound("There is no such item.", "The list of items shows all there are.")
        before = found[item_id]
        before.check_version(version)
        after = edited(before, edit, at)
        moves = Moves(connection, at)
        moves.item(before, after, event_of(edit), who, why=why_of(edit))
        moves.write()
        return after

    return database.write(change)


class Preview(msgspec.Struct, frozen=True):
    """What an edit would do now."""

    matching: int
    would_change: int


def find_places(database: Database, asked: Filter) -> list[int]:
    """The places of all items that a filter finds now."""
    return database.read(lambda connection: store.places_found(connection, asked))


def places_of_items(database: Database, ids: Sequence[str]) -> list[int]:
    """The places of the items of these ids; those that are none are passed over."""
    found = database.read(lambda connection: items_by_id(connection, ids))
    return sorted(item.seq for item in found.values())


def preview(database: Database, places: Sequence[int], edit: ItemEdit, at: str) -> Preview:
    """What this edit would do to the items at these places now; nothing is changed."""
    would_change = 0
    for page in sliced(places, PAGE):
        kinds = database.read(
            lambda connection, page=page: store.kinds_at(connection, page, edit)  # type: ignore[misc]
        )
        would_change += sum(
            number for item, number in kinds if _changed(item, edit, at) is not None
        )
    return Preview(len(places), would_change)


def begin_edit(
    database: Database,
    places: Sequence[int],
    edit: ItemEdit,
    *,
    edit_id: str,
    asked_of: str,
    who: str,
    at: str,
) -> Edit:
    """Take note of an edit of the items at these places, which no later one joins.

    `carry_out` does it. `asked_of` is the filter that found them.
    """
    noted = Edit(
        edit_id, at, who, kind_of(edit), _encode(edit).decode(), asked_of, matching=len(places)
    )
    return database.write(lambda connection: start(connection, noted, sliced(places), why_of(edit)))


def start(
    connection: Connection, edit: Edit, slices: Sequence[str], why: str | None = None
) -> Edit:
    """Take note of an edit, inside a transaction; it has ended if nothing is to be done.

    What is no cause's is told in the audit trail here; what is, by whoever edits the cause.
    """
    edit = edit if slices else msgspec.structs.replace(edit, ended_at=edit.at)
    store.insert_edit(connection, edit, slices)
    if edit.cause_id is None:
        told = Entry(edit.at, edit.who, _EVENTS[edit.kind], after=str(edit.matching), why=why)
        add_entries(connection, [msgspec.structs.replace(told, edit_id=edit.id)])
    return edit


def things_at(database: Database, places: Sequence[int]) -> list[Listed]:
    """The items at these few places, in order, as lists show them."""
    members = "".join(sliced(places))
    return database.read(
        lambda connection: listed(connection, store.items_at(connection, members or "[]"))
    )


def sliced(places: Sequence[int], size: int = SLICE) -> list[str]:
    """Places as the members of slices, of `size` each."""
    return [
        _encode([[place] for place in places[first : first + size]]).decode()
        for first in range(0, len(places), size)
    ]


def kind_of(edit: msgspec.Struct) -> str:
    """The edit's name, as its JSON has it."""
    tag = edit.__struct_config__.tag
    return tag if isinstance(tag, str) else ""


def edit_slice(items: Iterable[Item], edit: ItemEdit, moves: Moves, noted: Edit, at: str) -> int:
    """Do this to these items, where it can be done; how many were changed."""
    changed = 0
    for before in items:
        after = _changed(before, edit, at)
        if after is None:
            continue
        undo = _encode(before.footing).decode()
        moves.item(
            before,
            after,
            event_of(edit),
            noted.who,
            why=why_of(edit),
            edit_id=noted.id,
            undo=undo,
        )
        changed += 1
    return changed


def get_edit(database: Database, edit_id: str) -> Edit:
    """The edit of this id, as far as it has come. Raises NotFound."""
    return database.read(lambda connection: known_edit(connection, edit_id))


def known_edit(connection: Connection, edit_id: str) -> Edit:
    """The edit of this id. Raises NotFound."""
    edit = store.find_edit(connection, edit_id)
    if edit is None:
        raise NotFound("There is no such edit.", "The list of edits shows all there are.")
    return edit


def list_edits(database: Database, before: int | None, most: int) -> list[Edit]:
    """Edits of many items, the newest first; those ahead of place `before`, if one is given."""
    return database.read(lambda connection: store.newest_edits(connection, before, most))


def _changed(item: Item, edit: ItemEdit, at: str) -> Item | None:
    """The item after the edit; None where it cannot be done, or is so already."""
    try:
        after = edited(item, edit, at)
    except WrongState:
        return None
    return None if after is item else after
