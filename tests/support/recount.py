"""Counting anew what a store keeps counted, from items and records."""

from __future__ import annotations

from snaglist.storage.connection import Connection
from snaglist.storage.database import Database

_BUCKETS = (
    "SELECT cause_id, project, entity_type, coalesce(reason, status), count(*) FROM items"
    " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
)
_KEPT_BUCKETS = (
    "SELECT cause_id, project, entity_type, bucket, items FROM item_counts WHERE items <> 0"
    " ORDER BY 1, 2, 3, 4"
)
_DAYS = (
    "SELECT substr(attempted_at, 1, 10), f.cause_id, project, count(*) FROM records r"
    " JOIN fingerprints f ON f.fingerprint = r.fingerprint GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
_KEPT_DAYS = (
    "SELECT day, cause_id, project, failures FROM failure_counts WHERE failures <> 0"
    " ORDER BY 1, 2, 3"
)
_CAUSES = (
    "SELECT c.id, coalesce(sum(CASE WHEN i.status IN ('open', 'retrying') THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN i.status = 'ignored' THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN i.status = 'resolved' THEN 1 ELSE 0 END), 0)"
    " FROM causes c LEFT JOIN items i ON i.cause_id = c.id GROUP BY c.id ORDER BY c.id"
)
_KEPT_CAUSES = "SELECT id, open_items, ignored_items, resolved_items FROM causes ORDER BY id"
_FAILURES = (
    "SELECT c.id, count(r.id) FROM causes c LEFT JOIN fingerprints f ON f.cause_id = c.id"
    " LEFT JOIN records r ON r.fingerprint = f.fingerprint GROUP BY c.id ORDER BY c.id"
)
_KEPT_FAILURES = "SELECT id, failures FROM causes ORDER BY id"
_LED = (
    "SELECT i.id FROM items i JOIN fingerprints f ON f.fingerprint = i.fingerprint"
    " WHERE f.cause_id <> i.cause_id"
)
_LAST_TOLD = (
    "SELECT i.id, coalesce(i.reason, i.status), a.after FROM items i JOIN audit a ON a.seq ="
    " (SELECT max(b.seq) FROM audit b WHERE b.item_id = i.id AND b.event NOT IN"
    " ('assigned', 'noted') AND b.after IS NOT NULL)"
    " WHERE a.after <> coalesce(i.reason, i.status)"
)


def miscounted(database: Database) -> list[str]:
    """What does not agree in a store where no record was deleted and nothing is going on."""

    def look(connection: Connection) -> list[str]:
        found: list[str] = []
        for name, counted, kept in (
            ("items", _BUCKETS, _KEPT_BUCKETS),
            ("failures by day", _DAYS, _KEPT_DAYS),
            ("items of causes", _CAUSES, _KEPT_CAUSES),
            ("failures of causes", _FAILURES, _KEPT_FAILURES),
        ):
            there = {tuple(row) for row in connection.execute(counted)}
            said = {tuple(row) for row in connection.execute(kept)}
            found += [f"{name}: {one} is not kept" for one in sorted(there - said)]
            found += [f"{name}: {one} is not so" for one in sorted(said - there)]
        found += [f"item {row[0]} is not with its cause" for row in connection.execute(_LED)]
        found += [f"item {row}: the trail ends otherwise" for row in connection.execute(_LAST_TOLD)]
        return found

    return database.read(look)
