"""What is left of each project, and what its zero rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from snaglist.domain.run import Kind, Run, RunStatus
from snaglist.service.lists import Summary
from snaglist.service.run_standing import Standing
from snaglist.service.run_views import RunView

LEFT = ("open", "retrying")
_CAME_OVER = ("came_over", "not_failing")


class ProjectLine(msgspec.Struct, frozen=True):
    """A project's things that are left, and what its zero rests on: the run `complete_by`."""

    name: str
    left: int
    complete_at: str | None
    complete_by: str | None
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
    for project in standing.complete.keys() - {""}:
        name = standing.names.get(project) or project
        left[name] += 0
        ids.setdefault(name, set()).add(project)
    unsent = {run.project for run in standing.unsent}
    lines: list[ProjectLine] = []
    for name, number in left.items():
        told = {"", name, *ids[name]}
        newest = max(
            (standing.complete[one] for one in told & standing.complete.keys()),
            key=lambda one: one.at,
            default=None,
        )
        lines.append(
            ProjectLine(
                name,
                number,
                None if newest is None else newest.at,
                None if newest is None else newest.run_id,
                is_overdue=newest is not None and newest.at < due,
                has_unsent=bool(unsent & told),
            )
        )
    return sorted(lines, key=lambda line: (-line.left, line.is_sure, line.name))


def proving(standing: Standing, projects: Sequence[ProjectLine]) -> set[str]:
    """The ids of the complete runs that the projects' zeros rest on."""
    found = {line.complete_by for line in projects if line.complete_by}
    if not projects and "" in standing.complete:
        found.add(standing.complete[""].run_id)
    return found


def proofs(
    summary: Summary,
    standing: Standing,
    complete: Sequence[RunView],
    projects: Sequence[ProjectLine],
    at: str,
    overdue_hours: float,
) -> list[RunView]:
    """The `complete` imports by which all came over; none if anything else is possible.

    So nothing failed in any of them, none is overdue, no import goes on, stopped on its way or has
    something to send, and nothing that ever failed left the list but by coming over.
    """
    due = _due(at, overdue_hours)
    is_sure = (
        all(line.is_sure for line in projects)
        and all((view.run.completed_at or "") >= due and not view.failed for view in complete)
        and not any(_goes_on(view.run) for view in standing.newest)
        and not any(run.kind is Kind.RUN for run in standing.stopped)
        and not standing.unsent
        and not any(number for name, number in summary.items.items() if name not in _CAME_OVER)
    )
    return [view for view in complete if view.came_over] if is_sure else []


def _goes_on(run: Run) -> bool:
    """Whether an import, of those that have an end, has not come to it."""
    return run.kind is Kind.RUN and run.status is RunStatus.RUNNING


def _due(at: str, overdue_hours: float) -> str:
    return (datetime.fromisoformat(at) - timedelta(hours=overdue_hours)).isoformat()
