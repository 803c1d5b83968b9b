"""What failed in a run, and how that differs from the run before it."""

from __future__ import annotations

import msgspec

from snaglist.domain.run import Run
from snaglist.service.lists import Listed, listed
from snaglist.storage import runs as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.items import items_by_key


class Comparison(msgspec.Struct, frozen=True):
    """A run beside the one `before` it, of the same name.

    `new` things failed in this one only, `some` of them are shown; `mended` is how many failed
    then and came over now.
    """

    before: Run
    new: int
    some: list[Listed]
    mended: int


class RunFailures(msgspec.Struct, frozen=True):
    """How many items failed in a run; `compared` is None where no run before it can be told."""

    items: int
    compared: Comparison | None


def failures_of_run(database: Database, run: Run, most: int) -> RunFailures:
    """What failed in a run; at most so many of the new ones whole.

    A run's tries are forgotten after a while (`domain/run.py`), and with them what to compare.
    """

    def query(connection: Connection) -> RunFailures:
        items = store.failed_items(connection, run)
        before = store.run_before(connection, run)
        if before is None or before.is_settled or run.is_settled:
            return RunFailures(items, None)
        new = store.failed_anew(connection, run.id, before.id)
        found = items_by_key(connection, new[:most])
        some = listed(connection, sorted(found.values(), key=lambda item: item.seq))
        mended = store.mended(connection, run.id, before.id)
        return RunFailures(items, Comparison(before, len(new), some, mended))

    return database.read(query)
