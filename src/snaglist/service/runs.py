"""Runs: announcing one, saying that it is alive, that it ended, that it tried everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from snaglist.domain.dependence import rank_of
from snaglist.domain.errors import WrongShape, WrongState
from snaglist.domain.filtering import NONE, Filter
from snaglist.domain.identity import entity_id_of, entity_type_of
from snaglist.domain.moment import attempted_at, before_our_clock, read_moment
from snaglist.domain.record import is_source
from snaglist.domain.run import COMPLETE, Completion, Kind, Run, RunStatus, run_id_of
from snaglist.domain.standing import Status
from snaglist.domain.words import one_line
from snaglist.service.edits import sliced, start
from snaglist.service.run_views import RunView, known_run, tried_by_type, view_of
from snaglist.service.sightings import Targets
from snaglist.storage import runs as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit, places_told
from snaglist.storage.filtering import projects_named
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
    """That a run is alive, and how far a mirror is; that some of it was lost, for good."""

    unsent: Number = 0
    has_gaps: bool = False
    last_event_id: Named | None = None
    last_event_at: str | None = None
    total: Number | dict[str, Number] | None = None


class EndIn(msgspec.Struct, forbid_unknown_fields=True):
    """That a run came to its end; `fault` if it was not the end that was meant.

    `unsent` is how much of it is still to come; without that, what its last beat said.
    """

    fault: str | None = None
    ended_at: str | None = None
    unsent: Number | None = None


class CompleteIn(msgspec.Struct, forbid_unknown_fields=True):
    """That a run tried everything of these projects and types; nothing said is all of them.

    `tried` is how many entities its importer tried, to be compared with what has arrived, `unsent`
    how much of it is not; without that, what its last beat said.
    """

    projects: list[Named] | None = None
    entity_types: list[str] | None = None
    tried: Number | None = None
    unsent: Number | None = None


def begin_run(
    database: Database,
    given: RunIn,
    targets: Targets,
    *,
    new_id: str,
    who: str,
    at: str,
    sent_at: str = "",
) -> tuple[Run, bool]:
    """The run that is announced, and whether it is new. Raises WrongShape.

    `sent_at` is when that was, by the importer's clock, if it says so.

    Told of it already, by records or by the same announcement, the desk fills in what is said.
    """
    told = _announced(given, targets, new_id, who, at, sent_at)

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
                has_gaps=known.has_gaps,
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
        run = replace(run, unsent=given.unsent, has_gaps=run.has_gaps or given.has_gaps)
        store.update_runs(connection, [run])
        return view_of(connection, run)

    return database.write(change)


def end_run(database: Database, run_id: str, given: EndIn, *, at: str) -> RunView:
    """Keep that a run came to its end; a second time changes nothing. Raises NotFound."""
    fault = None if given.fault is None else one_line(given.fault, 500) or "not said"
    ended_at = attempted_at(given.ended_at, at)

    def change(connection: Connection) -> RunView:
        run = known_run(connection, run_id)
        ended = run.ended(max(ended_at, run.began_at), fault)
        if given.unsent is not None and ended is not run:
            ended = replace(ended, unsent=given.unsent)
        if ended is not run:
            store.update_runs(connection, [ended])
        return view_of(connection, ended)

    return database.write(change)


def begin_completion(
    database: Database, run_id: str, given: CompleteIn, *, edit_id: str, who: str, at: str
) -> Edit:
    """Take note that a run tried everything in a scope; `carry_out` lets items leave the list.

    These are its source's and target's open items of the scope that were last tried before it
    began and did not fail in it; of a project and type of which it tried nothing, none. Raises
    NotFound, WrongShape, or WrongState when fewer things have arrived than it was to try, in all
    or of a type of the scope, or none of a project or type that is named.
    """
    run = database.read(lambda connection: known_run(connection, run_id))
    scope = Completion(run.id, run.began_at, *_scope(given, run))
    asked = _encode(scope).decode()

    def completed(connection: Connection) -> Run:
        now = known_run(connection, run.id)
        tried = _tried_at_least(store.counts_of(connection, [run.id]).get(run.id, []))
        is_by_type = scope.entity_types and now.totals_by_type  # then these are looked at alone
        least = max(0 if is_by_type else now.total or 0, given.tried or 0)
        unsent = now.unsent if given.unsent is None else given.unsent
        done = now.completed(at, asked, edit_id, tried.total(), least, unsent)
        now.check_totals(tried, scope.entity_types)
        return done

    database.read(completed)
    tried, scopes = _tried_of(database, run, scope)
    places = _places(database, run, scope, tried)

    def change(connection: Connection) -> Edit:
        store.update_runs(connection, [completed(connection)])
        store.put_completions(connection, run, at, scopes)
        edit = Edit(edit_id, at, who, COMPLETE, asked, matching=len(places))
        return start(connection, edit, sliced(places))

    return database.write(change)


def not_complete(connection: Connection, edit: Edit) -> None:
    """Take back, inside a transaction, that a run was complete."""
    run_id = msgspec.json.decode(edit.asked, type=Completion).run_id
    run = known_run(connection, run_id)
    if run.edit_id == edit.id:
        store.update_runs(connection, [run.not_complete()])
        store.forget_completions(connection, run.id)


def _announced(given: RunIn, targets: Targets, new_id: str, who: str, at: str, sent_at: str) -> Run:
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
        began_at=_began_at(given, at, sent_at),
        beat_at=at,
        total=total,
        totals=totals,
        is_told=True,
    )


def _began_at(given: RunIn, at: str, sent_at: str) -> str:
    """When it began, whatever its host's clock says: not too late, or a failure would look old."""
    told = read_moment(given.began_at or "")
    return at if told is None else min(at, before_our_clock(told, sent_at, at))


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
    for member in ("projects", "entity_types"):
        if getattr(given, member) == []:
            raise WrongShape(
                f'"{member}" names nothing.', "Leave it out to say all of them.", where=f"/{member}"
            )
    projects = tuple(entity_id_of(project) for project in given.projects or ())
    types = tuple(entity_type_of(one_line(name, _LONGEST)) for name in given.entity_types or ())
    if len(projects) > _MOST_TYPES or not all(projects):
        raise _fault("projects", f"holds what is empty, or more than {_MOST_TYPES}")
    if len(types) > _MOST_TYPES or not all(types):
        raise _fault("entity_types", f"holds what is empty, or more than {_MOST_TYPES}")
    if not projects and run.project:
        projects = (run.project,)
    return projects, types


class _Reach(msgspec.Struct):
    """What a run tried of one type: wholes perhaps, some parts, of some projects.

    `projects` are in all spellings that items may have; None is all of them, of what was tried
    without saying of which. `parts` with "" in them are all parts.
    """

    projects: set[str] | None
    wholes: bool
    parts: Collection[str]

    def covers(self, project: str, part: str) -> bool:
        """Whether it tried all of this project's that are wholes, or are this part."""
        is_of_it = self.projects is None or project in self.projects
        return is_of_it and (part in self.parts or "" in self.parts if part else self.wholes)


def _tried_of(
    database: Database, run: Run, scope: Completion
) -> tuple[dict[str, _Reach], list[tuple[str, str]]]:
    """What a run tried of a scope, by type; and the projects and types that are complete with it.

    Those are what the scope names of which it tried wholes, "" being all of either. Raises
    WrongState if it tried nothing of all that; of one beside others there may have been none.
    """

    def query(
        connection: Connection,
    ) -> tuple[list[RunCount], dict[str, set[str]], dict[str, set[str]]]:
        counts = store.counts_of(connection, [run.id]).get(run.id, [])
        projects = {one.project for one in counts} | {*scope.projects}
        spellings = {one: {*projects_named(connection, one)} for one in projects if one}
        return counts, spellings, store.parts_of(connection, run.id)

    counts, spellings, parts = database.read(query)
    tried: dict[str, _Reach] = {}
    for one in counts:
        known = tried.setdefault(
            one.entity_type, _Reach({""}, False, parts.get(one.entity_type, ()))
        )
        known.wholes = known.wholes or not one.is_part
        if not one.project:
            known.projects = None
        elif known.projects is not None:
            known.projects |= spellings[one.project]
    if not tried:
        raise _nothing_of(run, "")
    if scope.entity_types and tried.keys().isdisjoint(scope.entity_types):
        raise _nothing_of(run, f" of the types {', '.join(scope.entity_types)[:100]}")
    found = {kind: tried[kind] for kind in scope.entity_types or tried if kind in tried}
    reached = [
        (project, kind)
        for kind, reach in found.items()
        for project in scope.projects or ("",)
        if reach.projects is None or not project or reach.projects & spellings[project]
    ]
    if not reached:
        raise _nothing_of(run, f" of the projects {', '.join(scope.projects)[:100]}")
    complete = {
        (project, kind if scope.entity_types else "")
        for project, kind in reached
        if found[kind].wholes
    }
    if not scope.entity_types:
        # What failed and was of no type, such as a log-in, is tried with everything alone.
        found[""] = _Reach(None, True, ("",))
    return found, sorted(complete)


def _tried_at_least(counts: list[RunCount]) -> Counter[str]:
    """How many entities of each type were tried, or parts where a run is of parts alone."""
    tried = tried_by_type(counts)
    if not tried:
        for one in counts:
            tried[one.entity_type] += one.things
    return tried


def _nothing_of(run: Run, what: str) -> WrongState:
    return WrongState(
        f"Run {run.id} tried nothing{what}, so nobody knows whether it fails.",
        "Leave out what was not tried. What is gone for good is marked so by a person.",
    )


def _places(
    database: Database, run: Run, scope: Completion, tried: Mapping[str, _Reach]
) -> list[int]:
    """The places of the open items that may leave the list with this run, by what it tried."""
    found: dict[int, None] = {}  # what others hang on comes first
    for entity_type, reach in sorted(tried.items(), key=lambda one: rank_of(one[0])):
        for project in scope.projects or (None,):
            asked = Filter(
                states=(Status.OPEN.value,),
                source=run.source,
                target=run.target,
                project=project,
                entity_type=entity_type or NONE,
            )
            placed = database.read(
                lambda connection, asked=asked: places_told(connection, asked)  # type: ignore[misc]
            )
            found.update(
                (place, None) for place, of, part in sorted(placed) if reach.covers(of, part)
            )
    return [*found]


def _moment(member: str, given: BeatIn) -> str:
    moment = read_moment(getattr(given, member) or "")
    if moment is None:
        raise _fault(member, "is not a time such as 2026-11-23T10:53:05Z")
    return moment


def _fault(member: str, what: str) -> WrongShape:
    return WrongShape(f'"{member}" {what}.', "Correct this member.", where=f"/{member}")
