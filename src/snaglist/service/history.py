"""Looking at the audit trail as a whole."""

from __future__ import annotations

from snaglist.domain.history import Entry
from snaglist.storage import history as store
from snaglist.storage.database import Database


def newest_deeds(database: Database, below: int | None, most: int) -> list[tuple[int, Entry]]:
    """What was done, with its places, the newest first; only places below `below`.

    One entry for each intention; what imports and workers reported is none.
    """
    return database.read(lambda connection: store.newest_deeds(connection, below, most))
