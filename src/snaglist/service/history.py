"""Looking at the audit trail as a whole."""

from __future__ import annotations

from snaglist.domain.history import Entry
from snaglist.storage import history as store
from snaglist.storage.database import Database


def newest_entries(database: Database, below: int | None, most: int) -> list[tuple[int, Entry]]:
    """The newest entries with their places, the newest first; only places below `below`."""
    return database.read(lambda connection: store.newest_entries(connection, below, most))
