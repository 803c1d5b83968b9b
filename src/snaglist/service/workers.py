"""Who works on retries, as people see it."""

from __future__ import annotations

from snaglist.domain.worker import Worker
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.workers import leases_by_worker, workers_seen_since


def list_workers(database: Database) -> list[tuple[Worker, int]]:
    """All workers that are remembered, by name, each with how many leases it holds."""

    def query(connection: Connection) -> list[tuple[Worker, int]]:
        leases = leases_by_worker(connection)
        return [(one, leases.get(one.id, 0)) for one in workers_seen_since(connection, "")]

    return database.read(query)
