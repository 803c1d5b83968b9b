"""The SQL of workers: who leases items, what they take, and when they called last."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from snaglist.domain.worker import Worker
from snaglist.storage.connection import Connection, Row
from snaglist.storage.rows import as_rows, insertion

_COLUMNS = dict.fromkeys(Worker.__struct_fields__, "TEXT")
_WORKER = ", ".join(_COLUMNS)
_NEWS = ("name", "host", "who", "sources", "targets", "entity_types", "seen_at")
_NOTE = insertion(
    "workers",
    _COLUMNS,
    "ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _NEWS),
)
_encode = msgspec.json.Encoder().encode


def note_workers(connection: Connection, workers: Sequence[Worker]) -> None:
    """Keep what these workers say of themselves; no two of them are one."""
    if not workers:
        return
    rows = [
        [
            _encode(member).decode() if isinstance(member, tuple) else member
            for member in msgspec.structs.astuple(worker)
        ]
        for worker in workers
    ]
    connection.insert(_NOTE[connection.engine], as_rows(rows))


def find_worker(connection: Connection, worker_id: str) -> Worker | None:
    """The worker of this id."""
    rows = connection.execute(f"SELECT {_WORKER} FROM workers WHERE id = :id", id=worker_id)
    return _worker_of(rows[0]) if rows else None


def workers_seen_since(connection: Connection, moment: str) -> list[Worker]:
    """The workers that called since this moment, by name."""
    rows = connection.execute(
        f"SELECT {_WORKER} FROM workers WHERE seen_at >= :moment ORDER BY name, id", moment=moment
    )
    return [_worker_of(row) for row in rows]


def leases_by_worker(connection: Connection) -> dict[str, int]:
    """How many leases each worker holds."""
    rows = connection.execute(
        "SELECT worker_id, count(*) FROM retry_members WHERE state = 'leased' GROUP BY worker_id"
    )
    return {row[0]: row[1] for row in rows}


def forget_workers(connection: Connection, before: str) -> None:
    """Forget the workers that have not called since this moment."""
    connection.execute("DELETE FROM workers WHERE seen_at < :before", before=before)


def is_any_forgotten(connection: Connection, before: str) -> bool:
    """Whether there is a worker that has not called since this moment."""
    return bool(
        connection.execute("SELECT 1 FROM workers WHERE seen_at < :before LIMIT 1", before=before)
    )


def _worker_of(row: Row) -> Worker:
    lists = [tuple(msgspec.json.decode(text)) for text in row[4:7]]
    return Worker(*row[:4], *lists, *row[7:])
