"""How runs are shown: what each tried, what came of it, and of which projects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

import msgspec

from snaglist.domain.errors import NotFound
from snaglist.domain.projects import as_one
from snaglist.domain.run import Run, TryOutcome, run_id_of
from snaglist.storage import runs as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.overview import project_names
from snaglist.storage.runs import RunCount


class RunLine(msgspec.Struct, frozen=True):
    """What a run tried of one project and type."""

    project: str
    project_name: str
    entity_type: str
    came_over: int
    failed: int


class RunType(msgspec.Struct, frozen=True):
    """What came of the entities of one type; `not_tried` is None where nobody said how many."""

    entity_type: str
    came_over: int
    failed: int
    not_tried: int | None


class RunView(msgspec.Struct, frozen=True):
    """A run with what it tried, and the names of the projects."""

    run: Run
    counts: list[RunCount]
    names: Mapping[str, str]

    @property
    def tried(self) -> int:
        """How many entities it tried; parts of them aside."""
        return tried_by_type(self.counts).total()

    @property
    def not_tried(self) -> int | None:
        """How many entities it has yet to try; None where nobody said how many there are."""
        if self.run.totals_by_type:
            return sum(one.not_tried or 0 for one in self.types)
        return None if self.run.total is None else max(0, self.run.total - self.tried)

    def number(self, outcome: TryOutcome, *, parts: bool = False) -> int:
        """How many entities, or else parts of some, came to this."""
        return sum(
            one.things for one in self.counts if one.outcome is outcome and one.is_part is parts
        )

    @property
    def came_over(self) -> int:
        """How many entities came over."""
        return self.number(TryOutcome.CAME_OVER)

    @property
    def failed(self) -> int:
        """How many entities failed."""
        return self.number(TryOutcome.FAILED)

    @property
    def parts_came_over(self) -> int:
        """How many parts of entities came over."""
        return self.number(TryOutcome.CAME_OVER, parts=True)

    @property
    def parts_failed(self) -> int:
        """How many parts of entities failed."""
        return self.number(TryOutcome.FAILED, parts=True)

    @property
    def types(self) -> list[RunType]:
        """What came of the entities, by type, of all projects together."""
        totals = self.run.totals_by_type
        came: Counter[tuple[str, TryOutcome]] = Counter()
        for one in self.counts:
            if not one.is_part:
                came[one.entity_type, one.outcome] += one.things
        tried = tried_by_type(self.counts)
        return [
            RunType(
                name,
                came[name, TryOutcome.CAME_OVER],
                came[name, TryOutcome.FAILED],
                max(0, totals[name] - tried[name]) if name in totals else None,
            )
            for name in sorted(tried.keys() | totals.keys())
        ]

    @property
    def lines(self) -> list[RunLine]:
        """What came of the entities, by project and type."""
        found: dict[tuple[str, str], Counter[TryOutcome]] = {}
        ones = as_one({one.project for one in self.counts}, self.names)
        for one in self.counts:
            if not one.is_part:
                place = (ones[one.project], one.entity_type)
                found.setdefault(place, Counter())[one.outcome] += one.things
        return [
            RunLine(
                project,
                self.names.get(project, ""),
                entity_type,
                counted[TryOutcome.CAME_OVER],
                counted[TryOutcome.FAILED],
            )
            for (project, entity_type), counted in sorted(found.items())
        ]


def look_at_run(database: Database, run_id: str) -> RunView:
    """A run as far as it has come. Raises NotFound."""
    return database.read(lambda connection: view_of(connection, known_run(connection, run_id)))


def find_run(database: Database, run: str | None) -> Run | None:
    """The run of this id or label, if there is one."""
    if run is None:
        return None
    run_id = run_id_of(run)
    return database.read(lambda connection: store.runs_by_id(connection, [run_id]).get(run_id))


def list_runs(
    database: Database, wanted: Mapping[str, str], below: int | None, most: int
) -> list[RunView]:
    """Runs, the newest first; `wanted` are values of `status`, `kind` and `source`."""

    def query(connection: Connection) -> list[RunView]:
        return viewed(connection, store.page_of_runs(connection, wanted, below, most))

    return database.read(query)


def viewed(connection: Connection, runs: list[Run]) -> list[RunView]:
    """Runs with what they tried, in order."""
    counts = store.counts_of(connection, [run.id for run in runs])
    names = _names(connection, runs, counts)
    return [RunView(run, counts.get(run.id, []), names) for run in runs]


def runs_of(database: Database, ids: Collection[str]) -> list[RunView]:
    """The runs of these ids, the newest first."""

    def query(connection: Connection) -> list[RunView]:
        found = store.runs_by_id(connection, ids).values()
        return viewed(connection, sorted(found, key=lambda run: -run.seq))

    return database.read(query)


def known_run(connection: Connection, run_id: str) -> Run:
    """The run of this id. Raises NotFound."""
    run = store.runs_by_id(connection, [run_id]).get(run_id)
    if run is None:
        raise NotFound("There is no such run.", "The list of runs shows all there are.")
    return run


def view_of(connection: Connection, run: Run) -> RunView:
    counts = store.counts_of(connection, [run.id])
    return RunView(run, counts.get(run.id, []), _names(connection, [run], counts))


def _names(
    connection: Connection, runs: list[Run], counts: Mapping[str, list[RunCount]]
) -> dict[str, str]:
    projects = {run.project for run in runs}
    projects |= {one.project for counted in counts.values() for one in counted}
    return project_names(connection, sorted(projects))


def tried_by_type(counts: list[RunCount]) -> Counter[str]:
    """How many things of each type were tried."""
    tried: Counter[str] = Counter()
    for one in counts:
        if not one.is_part:
            tried[one.entity_type] += one.things
    return tried
