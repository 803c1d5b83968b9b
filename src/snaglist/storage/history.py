"""The SQL of what is kept of the past: counts by bucket and day, and the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from snaglist.domain.history import Entry, Event
from snaglist.storage.connection import Connection, Row
from snaglist.storage.rows import as_list, as_rows, insertion, listed

_COUNTS = {
    "cause_id": "TEXT",
    "project": "TEXT",
    "entity_type": "TEXT",
    "bucket": "TEXT",
    "items": "BIGINT",
}
_ADD_COUNTS = insertion(
    "item_counts",
    _COUNTS,
    "ON CONFLICT (cause_id, project, entity_type, bucket)"
    " DO UPDATE SET items = item_counts.items + excluded.items",
)
_DAYS = {"day": "TEXT", "cause_id": "TEXT", "project": "TEXT", "failures": "BIGINT"}
_ADD_DAYS = insertion(
    "failure_counts",
    _DAYS,
    "ON CONFLICT (day, cause_id, project)"
    " DO UPDATE SET failures = failure_counts.failures + excluded.failures",
)
_ENTRY = dict.fromkeys(Entry.__struct_fields__, "TEXT")
_ADD_ENTRIES = insertion("audit", _ENTRY)
_ADD_PROJECTS = insertion(
    "projects",
    {"source": "TEXT", "project": "TEXT", "name": "TEXT"},
    "ON CONFLICT (source, project) DO UPDATE SET name = excluded.name",
)
ENTRY_COLUMNS = ", ".join(_ENTRY)

Bucket = tuple[str, str, str, str]
"""Cause, project, entity type, and a status or the reason of the resolved."""

Day = tuple[str, str, str]
"""The day of the attempts (UTC), cause and project."""


def add_counts(connection: Connection, changes: Mapping[Bucket, int]) -> None:
    """Change how many items there are in each bucket."""
    rows = [(*bucket, change) for bucket, change in sorted(changes.items()) if change]
    if rows:
        connection.insert(_ADD_COUNTS[connection.engine], as_rows(rows))


def add_failures(connection: Connection, changes: Mapping[Day, int]) -> None:
    """Count failed attempts by day."""
    rows = [(*day, change) for day, change in sorted(changes.items()) if change]
    if rows:
        connection.insert(_ADD_DAYS[connection.engine], as_rows(rows))


def add_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add to the audit trail."""
    if entries:
        connection.insert(_ADD_ENTRIES[connection.engine], as_rows(entries))


def name_projects(connection: Connection, names: Mapping[tuple[str, str], str]) -> None:
    """Keep the newest name of each project, by source and project."""
    rows = [(*project, name) for project, name in sorted(names.items())]
    if rows:
        connection.insert(_ADD_PROJECTS[connection.engine], as_rows(rows))


def entry_of(row: Row) -> Entry:
    """The entry of a row of `ENTRY_COLUMNS`."""
    at, who, event, *further = row
    return Entry(at, who, Event(event), *further)


def entries_of_item(connection: Connection, item_id: str) -> list[Entry]:
    """What happened to an item, the oldest first."""
    rows = connection.execute(
        f"SELECT {ENTRY_COLUMNS} FROM audit WHERE item_id = :id ORDER BY seq", id=item_id
    )
    return [entry_of(row) for row in rows]


def entries_of_cause(connection: Connection, cause_id: str) -> list[Entry]:
    """What people did to a cause itself, the oldest first."""
    rows = connection.execute(
        f"SELECT {ENTRY_COLUMNS} FROM audit WHERE cause_id = :id AND item_id IS NULL ORDER BY seq",
        id=cause_id,
    )
    return [entry_of(row) for row in rows]


def entries_of_items(connection: Connection, edit_ids: Iterable[str]) -> dict[str, Entry]:
    """What these edits did to an item each, by edit."""
    rows = connection.execute(
        f"SELECT {ENTRY_COLUMNS} FROM audit WHERE edit_id IN ({listed(connection, 'ids')})"
        " AND item_id IS NOT NULL",
        ids=as_list(edit_ids),
    )
    return {entry.edit_id or "": entry for entry in map(entry_of, rows)}


def newest_deeds(connection: Connection, below: int | None, most: int) -> list[tuple[int, Entry]]:
    """What was done, by people or the clock, with its places, the newest first.

    Only places below `below`. An edit of many items is one entry; reports of imports and the
    attempts of workers are none.
    """
    where = "" if below is None else " AND seq < :below"
    values = {} if below is None else {"below": below}
    rows = connection.execute(
        f"SELECT seq, {ENTRY_COLUMNS} FROM audit WHERE"
        " (item_id IS NULL OR (edit_id IS NULL AND event <> 'regrouped'))"
        " AND event NOT IN ('failed', 'came_over', 'leased', 'lease_ended')"
        f"{where} ORDER BY seq DESC LIMIT :most",
        most=most,
        **values,
    )
    return [(row[0], entry_of(row[1:])) for row in rows]
