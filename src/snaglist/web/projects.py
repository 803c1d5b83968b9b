"""What is left of each project, and what its zero rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from snaglist.domain.run import Kind, Run, RunStatus
from snaglist.service.lists import Summary
from snaglist.service.run_standing import Complete, Standing
from snaglist.service.runs import RunView

LEFT = ("open", "retrying")
_CAME_OVER = ("came_over", "not_failing")
_WITHOUT_END = (RunStatus.RUNNING, RunStatus.ABANDONED, RunStatus.FAILED)


class ProjectLine(msgspec.Struct, frozen=True):
    """A project's things that are left, and what its zero rests on."""

    name: str
    left: int
    complete_at: str | None
    is_overdue: bool
    has_unsent: bool

    @property
    def is_sure(self) -> bool:
        """Whether a complete import said so of late, and nothing is on its way."""
        return bool(self.complete_at) and not self.is_overdue and not self.has_unsent


def project_lines(
    summary: Summary, standing: Standing, at: str, overdue_hours: float
) -> list[ProjectLine]:
    """Every project that failed or was complete, those with the most left first.

    One that has several ids is one, under its name. Its zero is as of the newest complete run of
    all its types; that is overdue after a while.
    """
    due = _due(at, overdue_hours)
    left: Counter[str] = Counter()
    ids: dict[str, set[str]] = {}
    for project, items in summary.projects.items():
        name = summary.project_names.get(project) or project
        left[name] += sum(items.get(bucket, 0) for bucket in LEFT)
        ids.setdefault(name, set()).add(project)
    for project in _projects_of(standing.complete):
        name = standing.names.get(project) or project
        left[name] += 0
        ids.setdefault(name, set()).add(project)
    newest = _newest_complete(standing.complete)
    unsent = {run.project for run in standing.unsent}
    lines: list[ProjectLine] = []
    for name, number in left.items():
        told = {name, *ids[name]}
        complete_at = max((newest[one] for one in {"", *told} & newest.keys()), default=None)
        is_overdue = complete_at is not None and complete_at < due
        lines.append(ProjectLine(name, number, complete_at, is_overdue, bool(unsent & {"", *told})))
    return sorted(lines, key=lambda line: (-line.left, line.is_sure, line.name))


def proofs(
    summary: Summary,
    standing: Standing,
    newest: Sequence[RunView],
    projects: Sequence[ProjectLine],
    at: str,
    overdue_hours: float,
) -> list[RunView]:
    """The complete imports by which all came over; none if anything else is possible.

    So nothing failed in any of them, none is overdue, no import goes on, stopped on its way or has
    something to send, and nothing that ever failed left the list but by coming over.
    """
    due = _due(at, overdue_hours)
    found = [view for view in newest if view.run.completed_at and view.came_over]
    is_sure = (
        all(line.is_sure for line in projects)
        and all((view.run.completed_at or "") >= due and not view.failed for view in found)
        and not standing.unsent
        and not any(_is_unsure(view.run) for view in newest)
        and not any(number for name, number in summary.items.items() if name not in _CAME_OVER)
    )
    return found if is_sure else []


def _is_unsure(run: Run) -> bool:
    """Whether an import, of those that have an end, has not come to it."""
    return run.kind is Kind.RUN and run.status in _WITHOUT_END


def _due(at: str, overdue_hours: float) -> str:
    return (datetime.fromisoformat(at) - timedelta(hours=overdue_hours)).isoformat()


def _projects_of(complete: Iterable[Complete]) -> set[str]:
    """The projects that complete runs were of, "" aside."""
    return {project for one in complete if not one.entity_types for project in one.projects}


def _newest_complete(complete: Iterable[Complete]) -> dict[str, str]:
    """When each project was last tried as a whole; under "" all of them."""
    newest: dict[str, str] = {}
    for one in complete:
        if not one.entity_types:
            for project in one.projects or ("",):
                newest[project] = max(newest.get(project, ""), one.at)
    return newest
