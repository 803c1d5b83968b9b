"""How the imports stand as a whole: what goes on, what was complete, what is on its way."""

from __future__ import annotations

import msgspec

from snaglist.domain.run import Completion, Run
from snaglist.service.runs import RunView, viewed
from snaglist.storage import runs as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.overview import project_names

_MOST_COMPLETE = 2_000
_MOST = 100
_decode = msgspec.json.Decoder(Completion).decode


class Complete(msgspec.Struct, frozen=True):
    """When a run had tried everything of these projects and types; () is all."""

    at: str
    projects: tuple[str, ...]
    entity_types: tuple[str, ...]


class Standing(msgspec.Struct, frozen=True):
    """How it stands: the newest runs, those that go on first, and the newest complete ones.

    `unsent` have no end and had something to send when last heard of; `names` are those of
    projects by id.
    """

    newest: list[RunView]
    complete: list[Complete]
    unsent: list[Run]
    names: dict[str, str]


def standing(database: Database) -> Standing:
    """How the imports stand now; the older of very many are left aside."""

    def query(connection: Connection) -> Standing:
        running = store.runs_going_on(connection, _MOST)
        known = {run.id for run in running}
        others = store.page_of_runs(connection, {}, None, _MOST)
        newest = viewed(connection, running + [run for run in others if run.id not in known])
        complete = [_read(at, scope) for at, scope in store.completions(connection, _MOST_COMPLETE)]
        projects = {project for one in complete for project in one.projects}
        names = project_names(connection, sorted(projects))
        return Standing(newest, complete, store.runs_unsent(connection, _MOST), names)

    return database.read(query)


def _read(at: str, scope: str) -> Complete:
    told = _decode(scope)
    return Complete(at, told.projects, told.entity_types)
