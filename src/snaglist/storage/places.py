"""Where the records of an item and of a fingerprint are, the newest of them kept apart on SQLite.

The views `places_of_items` and `places_of_fingerprints` tell; triggers keep them.
"""

from __future__ import annotations

from snaglist.storage.connection import Connection

_MOST_NEW = 2_048
_STRETCH = "SELECT (SELECT max(seq) FROM new_places) - (SELECT min(seq) FROM new_places)"
_SORT_IN = (
    "INSERT INTO item_places SELECT item_id, seq FROM new_places"
    " WHERE item_id IS NOT NULL ORDER BY item_id, seq",
    "INSERT INTO fingerprint_places SELECT fingerprint, seq FROM new_places"
    " WHERE fingerprint IS NOT NULL ORDER BY fingerprint, seq",
    "DELETE FROM new_places",
)


def sort_in_places(connection: Connection) -> None:
    """Sort the new places in among the others once there are many, inside a transaction.

    Together they share the pages that each alone would have to write.
    """
    if connection.engine != "sqlite":
        return
    stretch = connection.execute(_STRETCH)[0][0] or 0
    if stretch >= _MOST_NEW:
        for statement in _SORT_IN:
            connection.execute(statement)
