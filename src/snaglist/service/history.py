"""Looking at the audit trail as a whole."""

from __future__ import annotations

import msgspec

from snaglist.domain.history import Entry, Event
from snaglist.storage import history as store
from snaglist.storage.causes import causes_by_id
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.items import items_by_id


class Deed(msgspec.Struct, frozen=True):
    """One thing that was done, its place in the trail, and what it was done to, by name.

    `name` is "" for what has none: many items, an order, a token.
    """

    seq: int
    entry: Entry
    name: str


def newest_deeds(database: Database, below: int | None, most: int) -> list[Deed]:
    """What was done, the newest first; only places below `below`.

    One for each intention; what imports and workers reported is none. An edit of many items that
    was of one is told as of that one.
    """

    def query(connection: Connection) -> list[Deed]:
        found = store.newest_deeds(connection, below, most)
        of_one = [one.edit_id for _, one in found if one.after == "1" and one.edit_id]
        alone = store.entries_of_items(connection, of_one)
        found = [(seq, alone.get(one.edit_id or "", one)) for seq, one in _once(found)]
        entries = [entry for _, entry in found]
        items = items_by_id(connection, {one.item_id for one in entries if one.item_id})
        causes = causes_by_id(connection, {one.cause_id for one in entries if one.cause_id})

        def name_of(entry: Entry) -> str:
            if entry.item_id is not None:
                item = items.get(entry.item_id)
                return "" if item is None else f"{item.entity_type} {item.name or item.entity_id}"
            cause = causes.get(entry.cause_id or "")
            return "" if cause is None else cause.shown_title

        return [Deed(seq, entry, name_of(entry).strip()) for seq, entry in found]

    return database.read(query)


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
