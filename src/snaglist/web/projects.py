"""What is left of each project, and what its zero rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from snaglist.domain.run import Kind, Run, RunStatus, TryOutcome
from snaglist.service.lists import Summary
from snaglist.service.run_standing import Complete, Standing, Way
from snaglist.service.run_views import RunView

LEFT = ("open", "retrying")


Scope = tuple[str, str]
"""A project as somebody spells it, and a type; "" is all types."""


class Ground(msgspec.Struct, frozen=True):
    """What a zero rests on: the complete runs, each for a type ("" being all).

    As of the oldest of them. Without one that is of all types, and some that are of a few,
    `lacking` names the others; `target` is where they are lacking, if imports go to several.
    """

    at: str | None = None
    runs: Sequence[tuple[str, str]] = ()
    lacking: Sequence[str] = ()
    target: str = ""


class ProjectLine(msgspec.Struct, frozen=True):
    """A project's things that are left, and what its zero rests on; `told` are its spellings."""

    name: str
    told: frozenset[str]
    left: int
    ground: Ground
    is_overdue: bool
    has_unsent: bool

    @property
    def is_sure(self) -> bool:
        """Whether complete imports said so of late, and nothing is on its way."""
        return bool(self.ground.at) and not self.is_overdue and not self.has_unsent


class Proof(msgspec.Struct, frozen=True):
    """A complete run, and how much came over in it of what it proves."""

    run: Run
    came_over: int


def project_lines(
    summary: Summary, standing: Standing, at: str, overdue_hours: float
) -> list[ProjectLine]:
    """Every project that failed, was complete or was tried of late, those with the most left first.

    One that has several ids is one, under its name. A zero that rests on what is long ago is
    overdue.
    """
    due = _due(at, overdue_hours)
    left: Counter[str] = Counter()
    ids: dict[str, set[str]] = {}
    for project, items in summary.projects.items():
        name = summary.project_names.get(project) or project
        left[name] += sum(items.get(bucket, 0) for bucket in LEFT)
        ids.setdefault(name, set()).add(project)
    tried = _tried(standing)
    told_of = {name: view.names[name] for view in standing.newest for name in view.names}
    known = {project for of_way in standing.complete.values() for project, _ in of_way}
    for project in (known | {project for of_way in tried.values() for project in of_way}) - {""}:
        name = standing.names.get(project) or told_of.get(project) or project
        left[name] += 0
        ids.setdefault(name, set()).add(project)
    unsent = {run.project for run in standing.unsent}
    lines: list[ProjectLine] = []
    for name, number in left.items():
        told = {"", name, *ids[name]}
        types = {kind for project in ids[name] for kind in summary.types.get(project, ())}
        by_way = {
            way: {kind for project in told - {""} for kind in of_way.get(project, ())}
            for way, of_way in tried.items()
        }
        ground = _ground(standing, told, types, by_way)
        lines.append(
            ProjectLine(
                name,
                frozenset(told),
                number,
                ground,
                is_overdue=ground.at is not None and ground.at < due,
                has_unsent=bool(unsent & told),
            )
        )
    return sorted(lines, key=lambda line: (-line.left, line.is_sure, line.name))


def _tried(standing: Standing) -> dict[Way, dict[str, set[str]]]:
    """The types of which the newest imports tried something, by source and target, by project."""
    found: dict[Way, dict[str, set[str]]] = {}
    for view in standing.newest:
        for one in view.counts:
            if one.entity_type and not one.is_part:
                of_way = found.setdefault((view.run.source, view.run.target), {})
                of_way.setdefault(one.project, set()).add(one.entity_type)
    return found


def _ground(
    standing: Standing,
    projects: Collection[str],
    types: Collection[str],
    tried: Mapping[Way, Collection[str]],
) -> Ground:
    """What the zero of projects that are one rests on: on each way that imports of it go.

    Things of these types are known, and some of them by the way that they were `tried`.
    """
    newest = {way: _newest(of_way, projects) for way, of_way in standing.complete.items()}
    ways = {way for way, kinds in tried.items() if kinds} | {
        way for way, of in newest.items() if of
    }
    of_no_way = {*types} - {kind for kinds in tried.values() for kind in kinds}
    grounds = {}
    for way in sorted(ways):
        of_way = newest.get(way, {})
        others = of_no_way if len(ways) == 1 else of_no_way & of_way.keys()
        grounds[way] = _ground_of(of_way, {*tried.get(way, ()), *others})
    for (_, target), ground in grounds.items():
        if ground.at is None:
            return replace(ground, target=target if len(ways) > 1 else "")
    lacking = {
        kind
        for kind in of_no_way
        if all(kind not in of_way and "" not in of_way for of_way in newest.values())
    }
    if lacking or not grounds:
        return Ground(lacking=sorted(lacking) if grounds else ())
    return Ground(
        min(ground.at or "" for ground in grounds.values()),
        [one for ground in grounds.values() for one in ground.runs],
    )


def _newest(
    complete: Mapping[tuple[str, str], Complete], projects: Collection[str]
) -> dict[str, Complete]:
    """The newest of these that is of one of these projects, by type."""
    newest: dict[str, Complete] = {}
    for (project, kind), one in complete.items():
        if project in projects and (kind not in newest or one.at > newest[kind].at):
            newest[kind] = one
    return newest


def _ground_of(complete: Mapping[str, Complete], types: Collection[str]) -> Ground:
    """The newest run that was complete for all types, or newer ones that were for each of these."""
    newest = dict(complete)
    whole = newest.pop("", None)
    lacking = sorted({*types} - newest.keys())
    oldest = "" if lacking else min((one.at for one in newest.values()), default="")
    if whole is not None and whole.at >= oldest:
        return Ground(whole.at, [("", whole.run_id)])
    if oldest:
        return Ground(oldest, [(kind, one.run_id) for kind, one in newest.items()])
    return Ground(lacking=lacking if newest else ())


def proving(standing: Standing, projects: Sequence[ProjectLine]) -> dict[str, set[Scope]]:
    """The complete runs that the projects' zeros rest on: by id, of what each is the proof."""
    grounds = [(line.told, line.ground) for line in projects]
    found: dict[str, set[Scope]] = {}
    for told, ground in grounds or [(frozenset({""}), _ground(standing, {""}, (), {}))]:
        for kind, run_id in ground.runs:
            found.setdefault(run_id, set()).update((project, kind) for project in told)
    return found


def is_certain(standing: Standing, projects: Sequence[ProjectLine]) -> bool:
    """Whether the zeros are sure, and nothing is under way that could end them.

    So no import goes on, ended before it had tried all, stopped on its way, lost something or has
    something to send.
    """
    return (
        all(line.is_sure for line in projects)
        and not any(_goes_on(view.run) for view in standing.newest)
        and not fell_short(standing)
        and not with_gaps(standing)
        and not any(run.kind is Kind.RUN for run in standing.stopped)
        and not standing.unsent
    )


def fell_short(standing: Standing) -> list[RunView]:
    """The imports that ended before they had tried all that they meant to, the newest of each."""
    return [view for view in newest_of_each(standing.newest) if _fell_short(view)]


def with_gaps(standing: Standing) -> list[RunView]:
    """The imports of which something was lost for good, the newest of each."""
    return [view for view in newest_of_each(standing.newest) if view.run.has_gaps]


def proofs(
    summary: Summary,
    standing: Standing,
    complete: Sequence[RunView],
    projects: Sequence[ProjectLine],
    at: str,
    overdue_hours: float,
) -> list[Proof]:
    """The `complete` imports by which all came over; none if anything else is possible.

    So the zeros are sure, nothing failed in any of them, none is overdue, and nothing that ever
    failed left the list but by coming over.
    """
    due = _due(at, overdue_hours)
    is_sure = (
        is_certain(standing, projects)
        and all((view.run.completed_at or "") >= due and not view.failed for view in complete)
        and not any(number for name, number in summary.items.items() if name != "came_over")
    )
    known = {name for line in projects for name in line.told}
    scopes = proving(standing, projects)
    found = [Proof(view.run, _came_over(view, scopes[view.run.id], known)) for view in complete]
    return [proof for proof in found if proof.came_over] if is_sure else []


def _came_over(view: RunView, scopes: Collection[Scope], known: Collection[str]) -> int:
    """How much came over in a run of what it is the proof of, and of projects that have no line."""
    return sum(
        one.things
        for one in view.counts
        if one.outcome is TryOutcome.CAME_OVER and not one.is_part
        if one.project not in known
        or not {(one.project, ""), (one.project, one.entity_type)}.isdisjoint(scopes)
    )


def newest_of_each(views: Sequence[RunView]) -> list[RunView]:
    """The newest run of each name, project, source and target, those that go on first."""
    newest: dict[tuple[str, ...], RunView] = {}
    for view in views:
        run = view.run
        newest.setdefault((run.name, run.kind, run.project, run.source, run.target), view)
    return sorted(newest.values(), key=lambda view: view.run.status is not RunStatus.RUNNING)


def _fell_short(view: RunView) -> bool:
    """Whether an import ended before it had tried all that it meant to."""
    return view.run.status is RunStatus.ENDED and bool(view.not_tried)


def _goes_on(run: Run) -> bool:
    """Whether an import, of those that have an end, has not come to it."""
    return run.kind is Kind.RUN and run.status is RunStatus.RUNNING


def _due(at: str, overdue_hours: float) -> str:
    return (datetime.fromisoformat(at) - timedelta(hours=overdue_hours)).isoformat()
