"""Runs: announcing one, saying that it is alive, that it ended, that it tried everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from snaglist.domain.errors import NotFound, WrongShape
from snaglist.domain.filtering import Filter
from snaglist.domain.identity import entity_id_of, entity_type_of
from snaglist.domain.item import Status
from snaglist.domain.moment import attempted_at, read_moment
from snaglist.domain.projects import as_one
from snaglist.domain.record import is_source
from snaglist.domain.run import COMPLETE, Completion, Kind, Run, RunStatus, TryOutcome, run_id_of
from snaglist.domain.words import one_line
from snaglist.service.edits import find_places, sliced, start
from snaglist.service.sightings import Targets
from snaglist.storage import runs as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit
from snaglist.storage.overview import project_names
from snaglist.storage.runs import RunCount

_LONGEST = 200
_MOST_TYPES = 100
_encode = msgspec.json.Encoder().encode

Number = Annotated[int, Meta(ge=0, le=10**9)]
Named = int | str
"""A project's id or name, or an event's id."""


class RunIn(msgspec.Struct, forbid_unknown_fields=True):
    """A run as its importer announces it; records name it by `label`, or by `id`."""

    id: str | None = None
    label: str | None = None
    name: str | None = None
    kind: Kind = Kind.RUN
    source: str = "shotgun"
    target: str | None = None
    project: Named | None = None
    total: Number | dict[str, Number] | None = None
    began_at: str | None = None
    host: str = ""


class BeatIn(msgspec.Struct, forbid_unknown_fields=True):
    """That a run is alive, and how far a mirror is."""

    unsent: Number = 0
    last_event_id: Named | None = None
    last_event_at: str | None = None
    total: Number | dict[str, Number] | None = None


class EndIn(msgspec.Struct, forbid_unknown_fields=True):
    """That a run came to its end; `fault` if it was not the end that was meant."""

    fault: str | None = None
    ended_at: str | None = None


class CompleteIn(msgspec.Struct, forbid_unknown_fields=True):
    """That a run tried everything of these projects and types; nothing said is all of them.

    `tried` is how many entities its importer tried, to be compared with what has arrived.
    """

    projects: list[Named] = []
    entity_types: list[str] = []
    tried: Number | None = None


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
        return _tried(self.counts)

    @property
    def not_tried(self) -> int | None:
        """How many entities it has yet to try; None where nobody said how many there are."""
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
    def types(self) -> list[RunType]:
        """What came of the entities, by type, of all projects together."""
        totals = self.run.totals_by_type
        came: Counter[tuple[str, TryOutcome]] = Counter()
        for one in self.counts:
            if not one.is_part:
                came[one.entity_type, one.outcome] += one.things
        tried = _by_type(self.counts)
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


def begin_run(
    database: Database, given: RunIn, targets: Targets, *, new_id: str, who: str, at: str
) -> tuple[Run, bool]:
    """The run that is announced, and whether it is new. Raises WrongShape.

    Told of it already, by records or by the same announcement, the desk fills in what is said.
    """
    told = _announced(given, targets, new_id, who, at)

    def change(connection: Connection) -> tuple[Run, bool]:
        known = store.runs_by_id(connection, [told.id]).get(told.id)
        if known is None:
            store.insert_runs(connection, [told])
        elif not known.is_told:
            filled = replace(
                told,
                label=known.label,
                status=known.status,
                began_at=min(told.began_at, known.began_at),
                ended_at=known.ended_at,
                is_settled=known.is_settled,
                seq=known.seq,
            )
            store.update_runs(connection, [filled.heard(at)])
        return store.runs_by_id(connection, [told.id])[told.id], known is None

    return database.write(change)


def beat(database: Database, run_id: str, given: BeatIn, *, at: str) -> RunView:
    """Keep that a run is alive. Raises NotFound or WrongShape."""
    total, totals = _totals(given.total)
    event_at = None if given.last_event_at is None else _moment("last_event_at", given)

    def change(connection: Connection) -> RunView:
        run = known_run(connection, run_id).heard(at)
        if given.total is not None:
            run = replace(run, total=total, totals=totals)
        if given.last_event_id is not None:
            event_id = one_line(str(given.last_event_id), _LONGEST)
            run = replace(run, last_event_id=event_id, last_event_at=event_at)
        run = replace(run, unsent=given.unsent)
        store.update_runs(connection, [run])
        return _view(connection, run)

    return database.write(change)


def end_run(database: Database, run_id: str, given: EndIn, *, at: str) -> RunView:
    """Keep that a run came to its end; a second time changes nothing. Raises NotFound."""
    fault = None if given.fault is None else one_line(given.fault, 500) or "not said"
    ended_at = attempted_at(given.ended_at, at)

    def change(connection: Connection) -> RunView:
        run = known_run(connection, run_id)
        ended = run.ended(max(ended_at, run.began_at), fault)
        if ended is not run:
            store.update_runs(connection, [ended])
        return _view(connection, ended)

    return database.write(change)


def begin_completion(
    database: Database, run_id: str, given: CompleteIn, *, edit_id: str, who: str, at: str
) -> Edit:
    """Take note that a run tried everything in a scope; `carry_out` lets items leave the list.

    These are its source's and target's open items of the scope that were last tried before it
    began and did not fail in it. Raises NotFound, WrongShape, or WrongState when fewer things
    have arrived than it was to try, in all or of a type of the scope.
    """
    run = database.read(lambda connection: known_run(connection, run_id))
    scope = Completion(run.id, run.began_at, *_scope(given, run))
    places = _places(database, run, scope)

    def change(connection: Connection) -> Edit:
        now = known_run(connection, run.id)
        counts = store.counts_of(connection, [run.id]).get(run.id, [])
        tried = _tried(counts)
        least = max(now.total or 0, given.tried or 0)
        asked = _encode(scope).decode()
        done = now.completed(at, asked, edit_id, tried, least)
        now.check_totals(_by_type(counts), scope.entity_types)
        store.update_runs(connection, [done])
        if not scope.entity_types:
            store.put_completions(connection, run.id, at, scope.projects or ("",))
        edit = Edit(edit_id, at, who, COMPLETE, asked, matching=len(places))
        return start(connection, edit, sliced(places))

    return database.write(change)


def look_at_run(database: Database, run_id: str) -> RunView:
    """A run as far as it has come. Raises NotFound."""
    return database.read(lambda connection: _view(connection, known_run(connection, run_id)))


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


def not_complete(connection: Connection, edit: Edit) -> None:
    """Take back, inside a transaction, that a run was complete."""
    run_id = msgspec.json.decode(edit.asked, type=Completion).run_id
    run = known_run(connection, run_id)
    if run.edit_id == edit.id:
        store.update_runs(connection, [run.not_complete()])
        store.forget_completions(connection, run.id)


def _view(connection: Connection, run: Run) -> RunView:
    counts = store.counts_of(connection, [run.id])
    return RunView(run, counts.get(run.id, []), _names(connection, [run], counts))


def _names(
    connection: Connection, runs: list[Run], counts: Mapping[str, list[RunCount]]
) -> dict[str, str]:
    projects = {run.project for run in runs}
    projects |= {one.project for counted in counts.values() for one in counted}
    return project_names(connection, sorted(projects))


def _tried(counts: list[RunCount]) -> int:
    return _by_type(counts).total()


def _by_type(counts: list[RunCount]) -> Counter[str]:
    """How many things of each type were tried."""
    tried: Counter[str] = Counter()
    for one in counts:
        if not one.is_part:
            tried[one.entity_type] += one.things
    return tried


def _announced(given: RunIn, targets: Targets, new_id: str, who: str, at: str) -> Run:
    label = given.label or given.id or new_id
    if given.id is not None and run_id_of(given.id) != given.id.lower():
        raise _fault("id", "is not a UUID")
    if label != one_line(label, _LONGEST):
        raise _fault("label", f"is over {_LONGEST} characters or not plain text")
    if given.id is not None and run_id_of(label) != run_id_of(given.id):
        raise _fault("label", "goes without an id: the id is made of it")
    if not is_source(given.source):
        raise _fault("source", "is not a slug such as shotgun or csv")
    if given.target is not None and not is_source(given.target):
        raise _fault("target", "is not a slug such as kitsu or jira")
    total, totals = _totals(given.total)
    return Run(
        id=run_id_of(label),
        label=label,
        name=one_line(given.name or label, _LONGEST),
        kind=given.kind,
        source=given.source,
        target=targets.of(given.source, given.target),
        project="" if given.project is None else entity_id_of(given.project),
        host=one_line(given.host, _LONGEST),
        who=who,
        status=RunStatus.RUNNING,
        began_at=attempted_at(given.began_at, at),
        beat_at=at,
        total=total,
        totals=totals,
        is_told=True,
    )


def _totals(given: int | dict[str, int] | None) -> tuple[int | None, str | None]:
    """How many things are to be tried, and of which type how many, as JSON."""
    if not isinstance(given, dict):
        return given, None
    if len(given) > _MOST_TYPES:
        raise _fault("total", f"names more than {_MOST_TYPES} types")
    by_type = {entity_type_of(one_line(name, _LONGEST)): number for name, number in given.items()}
    return sum(by_type.values()), _encode(by_type).decode()


def _scope(given: CompleteIn, run: Run) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The projects and types that a run tried all of; its own project if it has one."""
    projects = tuple(entity_id_of(project) for project in given.projects)
    types = tuple(entity_type_of(one_line(name, _LONGEST)) for name in given.entity_types)
    if len(projects) > _MOST_TYPES or not all(projects):
        raise _fault("projects", f"holds what is empty, or more than {_MOST_TYPES}")
    if len(types) > _MOST_TYPES or not all(types):
        raise _fault("entity_types", f"holds what is empty, or more than {_MOST_TYPES}")
    if not projects and run.project:
        projects = (run.project,)
    return projects, types


def _places(database: Database, run: Run, scope: Completion) -> list[int]:
    """The places of the open items that may leave the list with this run."""
    found: set[int] = set()
    for project in scope.projects or (None,):
        for entity_type in scope.entity_types or (None,):
            asked = Filter(
                states=(Status.OPEN.value,),
                source=run.source,
                target=run.target,
                project=project,
                entity_type=entity_type,
            )
            found.update(find_places(database, asked))
    return sorted(found)


def _moment(member: str, given: BeatIn) -> str:
    moment = read_moment(getattr(given, member) or "")
    if moment is None:
        raise _fault(member, "is not a time such as 2026-11-23T10:53:05Z")
    return moment


def _fault(member: str, what: str) -> WrongShape:
    return WrongShape(f'"{member}" {what}.', "Correct this member.", where=f"/{member}")
