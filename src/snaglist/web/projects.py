"""What is left of each project, and what its zero rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from snaglist.domain.run import Kind, Run, RunStatus
from snaglist.service.lists import Summary
from snaglist.service.run_standing import Complete, Standing
from snaglist.service.run_views import RunView

LEFT = ("open", "retrying")
_CAME_OVER = ("came_over", "not_failing")


class Ground(msgspec.Struct, frozen=True):
    """What a zero rests on: the complete runs, by type ("" being all), as of the oldest of them.

    Without one that is of all types, and some that are of a few, `lacking` names the others.
    """

    at: str | None = None
    runs: Mapping[str, str] = {}
    lacking: Sequence[str] = ()


class ProjectLine(msgspec.Struct, frozen=True):
    """A project's things that are left, and what its zero rests on."""

    name: str
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
    for project in ({project for project, _ in standing.complete} | tried.keys()) - {""}:
        name = standing.names.get(project) or told_of.get(project) or project
        left[name] += 0
        ids.setdefault(name, set()).add(project)
    unsent = {run.project for run in standing.unsent}
    lines: list[ProjectLine] = []
    for name, number in left.items():
        told = {"", name, *ids[name]}
        types = {kind for project in ids[name] for kind in summary.types.get(project, ())}
        types |= {kind for project in told - {""} for kind in tried.get(project, ())}
        ground = _ground(standing, told, types)
        lines.append(
            ProjectLine(
                name,
                number,
                ground,
                is_overdue=ground.at is not None and ground.at < due,
                has_unsent=bool(unsent & told),
            )
        )
    return sorted(lines, key=lambda line: (-line.left, line.is_sure, line.name))


def _tried(standing: Standing) -> dict[str, set[str]]:
    """The types of which the newest imports tried something, by project."""
    found: dict[str, set[str]] = {}
    for view in standing.newest:
        for one in view.counts:
            if one.entity_type and not one.is_part:
                found.setdefault(one.project, set()).add(one.entity_type)
    return found


def _ground(standing: Standing, projects: Collection[str], types: Collection[str]) -> Ground:
    """What the zero of projects that are one rests on, things of these types being known.

    The newest run that was complete for all types, or newer ones that were for each of them.
    """
    newest: dict[str, Complete] = {}
    for (project, kind), one in standing.complete.items():
        if project in projects and (kind not in newest or one.at > newest[kind].at):
            newest[kind] = one
    whole = newest.pop("", None)
    lacking = sorted({*types} - newest.keys())
    oldest = "" if lacking else min((one.at for one in newest.values()), default="")
    if whole is not None and whole.at >= oldest:
        return Ground(whole.at, {"": whole.run_id})
    if oldest:
        return Ground(oldest, {kind: one.run_id for kind, one in newest.items()})
    return Ground(lacking=lacking if newest else ())


def proving(standing: Standing, projects: Sequence[ProjectLine]) -> dict[str, set[str]]:
    """The complete runs that the projects' zeros rest on: by id, the types, "" being all."""
    grounds = [line.ground for line in projects] or [_ground(standing, {""}, ())]
    found: dict[str, set[str]] = {}
    for ground in grounds:
        for kind, run_id in ground.runs.items():
            found.setdefault(run_id, set()).add(kind)
    return found


def proofs(
    summary: Summary,
    standing: Standing,
    complete: Sequence[RunView],
    projects: Sequence[ProjectLine],
    at: str,
    overdue_hours: float,
) -> list[Proof]:
    """The `complete` imports by which all came over; none if anything else is possible.

    So nothing failed in any of them, none is overdue, no import goes on, stopped on its way or has
    something to send, and nothing that ever failed left the list but by coming over.
    """
    due = _due(at, overdue_hours)
    is_sure = (
        all(line.is_sure for line in projects)
        and all((view.run.completed_at or "") >= due and not view.failed for view in complete)
        and not any(_goes_on(view.run) for view in standing.newest)
        and not any(_fell_short(view) for view in newest_of_each(standing.newest))
        and not any(run.kind is Kind.RUN for run in standing.stopped)
        and not standing.unsent
        and not any(number for name, number in summary.items.items() if name not in _CAME_OVER)
    )
    types = proving(standing, projects)
    found = [Proof(view.run, _came_over(view, types[view.run.id])) for view in complete]
    return [proof for proof in found if proof.came_over] if is_sure else []


def _came_over(view: RunView, types: Collection[str]) -> int:
    return view.came_over if "" in types else view.came_over_of(types)


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
