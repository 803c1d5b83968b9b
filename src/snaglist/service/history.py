"""Looking at the audit trail as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from snaglist.domain.history import Entry, Event
from snaglist.domain.retry import Retry
from snaglist.storage import history as store
from snaglist.storage.causes import causes_by_id
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import find_edit
from snaglist.storage.items import items_by_id
from snaglist.storage.retries import find_retry

_OF_ORDERS = (Event.ORDERED, Event.PAUSED, Event.RESUMED, Event.ABORTED, Event.STOPPED)
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Deed(msgspec.Struct, frozen=True):
    """One thing that was done, its place in the trail, and what it was done to, by name.

    `name` is "" for what has none: many items, a token, an order, which is `order`. `asked` are the
    members of the edit that it is part of, `changed` how many items that has changed.
    """

    seq: int
    entry: Entry
    name: str
    asked: Mapping[str, Any]
    changed: int
    order: Retry | None


def newest_deeds(database: Database, below: int | None, most: int) -> list[Deed]:
    """What was done, the newest first; only places below `below`.

    One for each intention; what imports and workers reported is none. An edit of many items that
    was of one is told as of that one.
    """

    def query(connection: Connection) -> list[Deed]:
        found = _newest(connection, below, most)
        of_one = [one.edit_id for _, one in found if one.after == "1" and one.edit_id]
        alone = store.entries_of_items(connection, of_one)
        found = [(seq, alone.get(one.edit_id or "", one)) for seq, one in found]
        entries = [entry for _, entry in found]
        items = items_by_id(connection, {one.item_id for one in entries if one.item_id})
        orders = {
            one.edit_id: order
            for one in entries
            if one.event in _OF_ORDERS and one.edit_id
            if (order := find_retry(connection, one.edit_id)) is not None
        }
        causes = causes_by_id(connection, {one.cause_id for one in entries if one.cause_id})

        def name_of(entry: Entry) -> str:
            if entry.item_id is not None:
                item = items.get(entry.item_id)
                if item is None:
                    return ""
                part = f" · {item.part}" if item.part else ""
                return f"{item.entity_type} {item.name or item.entity_id}{part}"
            cause = causes.get(entry.cause_id or "")
            return "" if cause is None else cause.shown_title

        def deed_of(seq: int, entry: Entry) -> Deed:
            is_order = not entry.edit_id or entry.event in _OF_ORDERS
            edit = None if is_order else find_edit(connection, entry.edit_id or "")
            is_plain = edit is None or entry.event is Event.UNDONE
            asked = {} if edit is None or is_plain else _decode(edit.asked or "{}")
            changed = 0 if edit is None else edit.changed
            order = orders.get(entry.edit_id or "") if is_order else None
            return Deed(seq, entry, name_of(entry).strip(), asked, changed, order)

        return [deed_of(seq, entry) for seq, entry in found]

    return database.read(query)


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
