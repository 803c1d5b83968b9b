"""What a clock drives of runs: those that fall silent, and tries that are old enough to forget."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from snaglist.domain.moment import utc_text
from snaglist.storage import runs as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database

_MOST_RUNS = 100
_MOST_TRIES = 1_000


class Watch:
    """What a clock does to runs: it notices those that fall silent, and forgets old tries.

    `seconds` is how long a run may be silent; tries are kept for `days` after the last sign.
    """

    def __init__(self, database: Database, seconds: float, days: int = 30) -> None:
        self._database = database
        self._seconds = seconds
        self._days = days

    def tick(self, at: str) -> bool:
        """Do a part of what is due; whether there may be more now. Raises StoreUnavailable."""
        silent_since = _before(at, timedelta(seconds=self._seconds))
        old = _before(at, timedelta(days=self._days))
        silent, settled = self._database.read(
            lambda connection: (
                bool(store.runs_silent(connection, silent_since, 1)),
                bool(store.runs_to_settle(connection, old, 1)),
            )
        )
        if silent:
            self._database.write(lambda connection: _abandon(connection, silent_since, at))
        if settled:
            self._database.write(lambda connection: _settle(connection, old))
        return silent or settled


def _abandon(connection: Connection, since: str, at: str) -> None:
    runs = store.runs_silent(connection, since, _MOST_RUNS)
    if runs:
        store.update_runs(connection, [run.silent(at) for run in runs])


def _settle(connection: Connection, since: str) -> None:
    for run in store.runs_to_settle(connection, since, 1):
        if not store.forget_tries(connection, run.id, _MOST_TRIES):
            store.update_runs(connection, [replace(run, is_settled=True)])


def _before(at: str, ago: timedelta) -> str:
    return utc_text((datetime.fromisoformat(at) - ago).timestamp())
