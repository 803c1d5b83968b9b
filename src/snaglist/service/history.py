"""Looking at what was done: the audit trail as a whole, and what was done about one cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from snaglist.domain.history import Entry, Event
from snaglist.domain.retry import Retry
from snaglist.storage import history as store
from snaglist.storage.causes import causes_by_id
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit, find_edit
from snaglist.storage.items import items_by_id
from snaglist.storage.retries import newest_retries_of_cause, retries_by_id

_MOST_ORDERS = 50
_OF_ORDERS = (Event.ORDERED, Event.PAUSED, Event.RESUMED, Event.ABORTED, Event.STOPPED)
_OF_TWO = (Event.MERGED, Event.SPLIT, Event.UNDONE)
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Deed(msgspec.Struct, frozen=True):
    """One thing that was done, its place in the trail, and what it was done to, by name.

    `name` is "" for what has none: many items, a token, an order, which is `order`. `asked` are the
    members of the edit that it is part of, `changed` how many items that has changed. What it did
    is `word`: the event, of a merge, a split and their undo from the side of this cause, whose
    `other` side has this id and title.
    """

    seq: int
    entry: Entry
    name: str
    asked: Mapping[str, Any]
    changed: int
    order: Retry | None
    word: str
    other: tuple[str, str] | None


def newest_deeds(database: Database, below: int | None, most: int) -> list[Deed]:
    """What was done, the newest first; only places below `below`.

    One for each intention; what imports and workers reported is none. An edit of many items that
    was of one is told as of that one.
    """

    def query(connection: Connection) -> list[Deed]:
        found = _newest(connection, below, most)
        of_one = [one.edit_id for _, one in found if one.after == "1" and one.edit_id]
        alone = store.entries_of_items(connection, of_one)
        return _deeds(connection, [(seq, alone.get(one.edit_id or "", one)) for seq, one in found])

    return database.read(query)


def deeds_of_cause(database: Database, cause_id: str) -> list[Deed]:
    """What was done about a cause, the oldest first: edits of it, and its newest orders."""

    def query(connection: Connection) -> list[Deed]:
        found = [(0, one) for one in store.entries_of_cause(connection, cause_id)]
        found += [
            (0, Entry(order.at, order.who, Event.ORDERED, why=order.why, edit_id=order.id))
            for order in newest_retries_of_cause(connection, cause_id, _MOST_ORDERS)
        ]
        return sorted(_deeds(connection, found), key=attrgetter("entry.at"))

    return database.read(query)


def _deeds(connection: Connection, found: Sequence[tuple[int, Entry]]) -> list[Deed]:
    """These entries, each with its place, and with what they speak of."""
    entries = [entry for _, entry in found]
    items = items_by_id(connection, {one.item_id for one in entries if one.item_id})
    orders = retries_by_id(
        connection, {one.edit_id for one in entries if one.event in _OF_ORDERS and one.edit_id}
    )
    others = {other for one in entries if (other := _other_side(one)) is not None}
    causes = causes_by_id(connection, others | {one.cause_id for one in entries if one.cause_id})

    def title_of(cause_id: str | None) -> str:
        cause = causes.get(cause_id or "")
        return "" if cause is None else cause.shown_title

    def name_of(entry: Entry) -> str:
        if entry.item_id is None:
            return title_of(entry.cause_id)
        item = items.get(entry.item_id)
        if item is None:
            return ""
        part = f" · {item.part}" if item.part else ""
        return f"{item.entity_type} {item.name or item.entity_id}{part}"

    def deed_of(seq: int, entry: Entry) -> Deed:
        is_order = not entry.edit_id or entry.event in _OF_ORDERS
        edit = None if is_order else find_edit(connection, entry.edit_id or "")
        is_plain = edit is None or entry.event is Event.UNDONE
        other = _other_side(entry)
        return Deed(
            seq,
            entry,
            name_of(entry).strip(),
            {} if edit is None or is_plain else _decode(edit.asked or "{}"),
            0 if edit is None else edit.changed,
            orders.get(entry.edit_id or "") if is_order else None,
            entry.event.value if other is None else _word_of(entry, edit),
            None if other is None else (other, title_of(other)),
        )

    return [deed_of(seq, entry) for seq, entry in found]


def _other_side(entry: Entry) -> str | None:
    """The other cause of a merge, a split or the undo of one."""
    if entry.item_id is not None or entry.cause_id is None or entry.event not in _OF_TWO:
        return None
    return entry.after or entry.before


def _word_of(entry: Entry, edit: Edit | None) -> str:
    """What was done to this cause of the two; an edit is of the one that went, or was split."""
    is_edited = edit is not None and edit.cause_id == entry.cause_id
    match entry.event:
        case Event.MERGED:
            return "merged_into" if entry.after else "merged_with"
        case Event.SPLIT:
            return "split" if is_edited else "split_off"
        case _:
            is_merge = edit is not None and edit.kind == "unmerge"
            return "parted_again" if is_merge else "joined_again"


def _newest(connection: Connection, below: int | None, most: int) -> list[tuple[int, Entry]]:
    """So many entries, the newest first, each deed once; fewer if there are no more."""
    found: list[tuple[int, Entry]] = []
    while len(found) < most:
        page = store.newest_deeds(connection, below, most)
        found = _once([*found, *page])
        if len(page) < most:
            break
        below = page[-1][0]
    return found[:most]


def _once(found: list[tuple[int, Entry]]) -> list[tuple[int, Entry]]:
    """Without the second line of what two causes have in common: a merge, a split, their undo."""
    seen: set[tuple[str, Event]] = set()
    kept = []
    for seq, entry in found:
        deed = (entry.edit_id or "", entry.event)
        if entry.cause_id is None or not entry.edit_id or deed not in seen:
            kept.append((seq, entry))
        if entry.cause_id is not None:
            seen.add(deed)
    return kept
