"""How the imports stand as a whole: what goes on, what was complete, what is on its way."""

from __future__ import annotations

import msgspec

from snaglist.domain.moment import moment_after
from snaglist.domain.run import Run
from snaglist.service.run_views import RunView, viewed
from snaglist.storage import runs as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.overview import project_names

_MOST = 100
_MOST_STOPPED = 1_000
_STOPPED_FOR = 14 * 24 * 3600.0


Way = tuple[str, str]
"""A source and a target."""


class Complete(msgspec.Struct, frozen=True):
    """When a run had tried everything of something, and which one."""

    at: str
    run_id: str


class Standing(msgspec.Struct, frozen=True):
    """How it stands: the newest runs, those that go on first, and what they leave open.

    `complete` is by source and target the newest of each project and type, "" being all of either.
    `stopped` are those of the last two weeks that nothing has made up for. `unsent` had something
    to send when last heard of, and are not complete. `names` are those of projects by id.
    """

    newest: list[RunView]
    complete: dict[Way, dict[tuple[str, str], Complete]]
    stopped: list[Run]
    unsent: list[Run]
    names: dict[str, str]


def standing(database: Database, at: str) -> Standing:
    """How the imports stand now."""

    def query(connection: Connection) -> Standing:
        running = store.runs_going_on(connection, _MOST)
        known = {run.id for run in running}
        others = store.page_of_runs(connection, {}, None, _MOST)
        found = store.newest_completions(connection)
        complete: dict[Way, dict[tuple[str, str], Complete]] = {}
        for source, target, project, kind, completed_at, run_id in found:
            of_way = complete.setdefault((source, target), {})
            of_way[project, kind] = Complete(completed_at, run_id)
        return Standing(
            viewed(connection, running + [run for run in others if run.id not in known]),
            complete,
            store.runs_stopped(connection, moment_after(at, -_STOPPED_FOR), _MOST_STOPPED),
            store.runs_unsent(connection, _MOST),
            project_names(connection, sorted({one[2] for one in found})),
        )

    return database.read(query)
