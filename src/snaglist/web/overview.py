"""The first page: what did not come over, who must act, and whether it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from starlette.responses import Response

from snaglist.domain.access import Scope
from snaglist.domain.cause import Cause
from snaglist.domain.filtering import Filter
from snaglist.domain.run import Completion, RunStatus
from snaglist.service.lists import Summary, find_causes, summarize
from snaglist.service.retries import list_retries
from snaglist.service.runs import RunView, list_runs
from snaglist.service.tokens import create_token
from snaglist.web.pages import Pages, Visit
from snaglist.web.pictures import COLOURS

_PYTHON = """\
import snaglist_client as snaglist

desk = snaglist.Desk("{url}", token="{token}", target="kitsu")
with desk.run("nightly", total=len(assets)) as run:
    for asset in assets:
        with run.item("Asset", asset["id"], name=asset["code"], payload=asset):
            import_asset(asset)"""
_CURL = """\
curl -X POST {url}/import/shotgun/errors -H "Authorization: Bearer {token}" \\
  -d '{{"error": "Failed to import asset", "details": {{"entity_type": "Asset", "id": 12}}}}'
curl -X POST {url}/import/shotgun/imported -H "Authorization: Bearer {token}" \\
  -d '{{"entity_type": "Asset", "shotgun_id": 12}}'"""
_IMPORTER = "importer"
_BIGGEST = 9
_RUNS = 100
_SHOWN_RUNS = 4
_MINE = 100
_LEFT = ("open", "retrying")
_STYLES = {
    "came_over": "bar-good",
    "not_failing": "bar-fine",
    "by_hand": "bar-hand",
    "not_meant": "bar-aside",
    "deleted_in_source": "bar-aside",
    "ignored": "bar-aside",
    "deleted": "bar-aside",
}
_OPEN = ("open", "came_back")
_STOPPED = (RunStatus.ABANDONED, RunStatus.FAILED)


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


class Day(msgspec.Struct, frozen=True):
    """A legend's line of the stacked days: a cause and its failures, by day."""

    title: str
    cause_id: str | None
    failures: Sequence[int]


async def show(pages: Pages, visit: Visit) -> Response:
    """What did not come over, why, who must act, and whether it is done."""
    at = pages.now
    summary = await pages.run(lambda: summarize(pages.database, at))
    views = await pages.run(lambda: list_runs(pages.database, {}, None, _RUNS))
    if not summary.items and not views:
        return await beginning(pages, visit)
    biggest = await _open_causes(pages, Filter(states=_OPEN), _BIGGEST)
    mine = await _open_causes(pages, Filter(states=_OPEN, assignee=visit.who), _MINE)
    orders = await pages.run(lambda: list_retries(pages.database, (), None, _SHOWN_RUNS, at))
    days, lines = stacked_days(summary, biggest, pages.texts("overview.other_causes"), at)
    left = sum(summary.items.get(bucket, 0) for bucket in _LEFT)
    newest = newest_of_each(views)
    projects = project_lines(summary, views, at, pages.studio.overdue_hours)
    return await pages.page(
        visit,
        "overview.html",
        {
            "summary": summary,
            "left": left,
            "sum": [
                (name, summary.items[name], style)
                for name, style in _STYLES.items()
                if summary.items.get(name)
            ],
            "total": sum(summary.items.values()),
            "proofs": proofs(newest, projects) if not left else [],
            "projects": projects,
            "runs": newest[:_SHOWN_RUNS],
            "retries": [view for view in orders if view.retry.ended_at is None],
            "unsent": [view.run for view in unsent_in(views)],
            "stopped": [view.run for view in newest if view.run.status in _STOPPED],
            "mine": mine,
            "biggest": biggest,
            "days": days,
            "lines": lines,
        },
    )


async def begin(pages: Pages, visit: Visit) -> Response:
    """Make a token for an import, and show how it is used, with its secret this once."""
    visit.require(Scope.ADMIN)
    name = f"{_IMPORTER}-{pages.new_id()[-6:]}"
    made = await pages.run(
        lambda: create_token(
            pages.database,
            token_id=pages.new_id(),
            name=name,
            scopes=(Scope.REPORT,),
            random_bits=pages.random(32),
            who=visit.who,
            at=pages.clock(),
        )
    )
    return await beginning(pages, visit, made.secret)


async def beginning(pages: Pages, visit: Visit, secret: str | None = None) -> Response:
    """How an import is wired in, for a desk that has heard of none."""
    told = {"url": str(visit.request.base_url).rstrip("/"), "token": secret or "TOKEN"}
    return await pages.page(
        visit,
        "empty.html",
        {
            "at": "/",
            "secret": secret,
            "python": _PYTHON.format_map(told),
            "curl": _CURL.format_map(told),
        },
    )


async def _open_causes(pages: Pages, wanted: Filter, most: int) -> list[Cause]:
    return await pages.run(lambda: find_causes(pages.database, wanted, "items", None, most))


def proofs(newest: Sequence[RunView], projects: Sequence[ProjectLine]) -> list[RunView]:
    """The complete imports that say that nothing failed; none if anything is not sure."""
    found = [view for view in newest if view.run.completed_at and view.came_over]
    is_sure = all(line.is_sure for line in projects) and not any(view.failed for view in found)
    return found if is_sure else []


def project_lines(
    summary: Summary, views: Sequence[RunView], at: str, overdue_hours: float
) -> list[ProjectLine]:
    """Every project, those with the most left first; one that has several ids, under its name.

    Its zero is as of the newest complete run of all its types; that is overdue after a while.
    """
    due = (datetime.fromisoformat(at) - timedelta(hours=overdue_hours)).isoformat()
    left: Counter[str] = Counter()
    ids: dict[str, set[str]] = {}
    for project, items in summary.projects.items():
        name = summary.project_names.get(project) or project
        left[name] += sum(items.get(bucket, 0) for bucket in _LEFT)
        ids.setdefault(name, set()).add(project)
    unsent = {view.run.project for view in unsent_in(views)}
    lines: list[ProjectLine] = []
    for name, number in left.items():
        complete_at = last_complete(views, ids[name] | {name})
        is_overdue = complete_at is not None and complete_at < due
        has_unsent = bool(unsent & {"", name, *ids[name]})
        lines.append(ProjectLine(name, number, complete_at, is_overdue, has_unsent))
    return sorted(lines, key=lambda line: (-line.left, line.name))


def last_complete(views: Sequence[RunView], project: set[str]) -> str | None:
    """When a run last tried everything of the project of these ids and names, if one did."""
    for view in views:
        run = view.run
        if run.completed_at is None or run.scope is None:
            continue
        scope = msgspec.json.decode(run.scope, type=Completion)
        if not scope.entity_types and (not scope.projects or project & {*scope.projects}):
            return run.completed_at
    return None


def newest_of_each(views: Sequence[RunView]) -> list[RunView]:
    """The newest run of each name, those that go on first."""
    newest: dict[tuple[str, str], RunView] = {}
    for view in views:
        newest.setdefault((view.run.name, view.run.kind), view)
    return sorted(newest.values(), key=lambda view: view.run.status is not RunStatus.RUNNING)


def stacked_days(
    summary: Summary, causes: Sequence[Cause], others: str, at: str
) -> tuple[dict[str, list[int]], list[Day]]:
    """Failures by day, one number for each of these causes and one for all others."""
    known = {cause.id: place for place, cause in enumerate(causes[: COLOURS - 1])}
    days: dict[str, list[int]] = {}
    for day, _ in days_of({}, at):
        failures = summary.days.get(day, {})
        counted: Counter[int] = Counter()
        for cause_id, number in failures.items():
            counted[known.get(cause_id, len(known))] += number
        days[day] = [counted[place] for place in range(len(known) + 1)]
    lines = [
        Day(cause.shown_title, cause.id, [values[place] for values in days.values()])
        for place, cause in enumerate(causes[: COLOURS - 1])
    ]
    lines.append(Day(others, None, [values[len(known)] for values in days.values()]))
    return days, [line for line in lines if any(line.failures) or line.cause_id is not None]


def unsent_in(views: Sequence[RunView]) -> list[RunView]:
    """The runs that go on, or stopped answering, and had yet to send something."""
    going_on = (RunStatus.RUNNING, RunStatus.ABANDONED)
    return [view for view in views if view.run.unsent and view.run.status in going_on]


def days_of(failures: Mapping[str, int], at: str, number: int = 14) -> list[tuple[str, int]]:
    """The failures of each of the last days, those without any included."""
    last = datetime.fromisoformat(at).date()
    days = [(last - timedelta(days=ago)).isoformat() for ago in range(number - 1, -1, -1)]
    return [(day, failures.get(day, 0)) for day in days]
