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
from snaglist.domain.retry import RetryStatus
from snaglist.service.lists import (
    Summary,
    count_of_causes,
    find_causes,
    pressing_causes,
    summarize,
)
from snaglist.service.retries import list_retries
from snaglist.service.run_standing import standing
from snaglist.service.run_views import runs_of
from snaglist.service.tokens import create_token
from snaglist.web.pages import Pages, Visit
from snaglist.web.pictures import COLOURS
from snaglist.web.projects import (
    LEFT,
    Proof,
    fell_short,
    is_certain,
    newest_of_each,
    project_lines,
    proofs,
    proving,
    with_gaps,
)
from snaglist.web.retries import titles_of

_PYTHON = """\
import snaglist_client as snaglist

with snaglist.Desk("{url}", token="{token}", target="kitsu").run("nightly") as run:
    for asset in assets:
        with run.item("Asset", asset["id"], name=asset["code"], payload=asset):
            import_asset(asset)
    run.complete(entity_types="Asset")  # it tried them all"""
_CURL = {
    "failed": """\
curl -X POST {url}/import/shotgun/errors -H "Authorization: Bearer {token}" \\
  -d '{{"error": "Failed to import asset", "details": {{"entity_type": "Asset", "id": 12}}}}'""",
    "came_over": """\
curl -X POST {url}/import/shotgun/imported -H "Authorization: Bearer {token}" \\
  -d '{{"entity_type": "Asset", "shotgun_id": 12}}'""",
}
_IMPORTER = "importer"
_BIGGEST = 9
_SHOWN_RUNS = 4
_SHOWN_STOPPED = 5
_MOST_ORDERS = 100
_UNDONE = (RetryStatus.WORKING, RetryStatus.PAUSED, RetryStatus.STOPPED)
_LATELY = 3
_PROJECTS = 12
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


class Day(msgspec.Struct, frozen=True):
    """A legend's line of the stacked days: a cause and its failures, by day."""

    title: str
    cause_id: str | None
    failures: Sequence[int]


async def show(pages: Pages, visit: Visit) -> Response:
    """What did not come over, why, who must act, and whether it is done."""
    at = pages.now
    summary = await pages.run(lambda: summarize(pages.database, at))
    runs = await pages.run(lambda: standing(pages.database, at))
    if not summary.items and not runs.newest:
        return await beginning(pages, visit)
    biggest = await _open_causes(pages, Filter(states=_OPEN), _BIGGEST)
    mine = await pages.run(
        lambda: count_of_causes(pages.database, Filter(states=_OPEN, assignee=visit.who))
    )
    orders = await pages.run(lambda: list_retries(pages.database, _UNDONE, None, _MOST_ORDERS, at))
    stopped = [one for one in orders if one.retry.status is RetryStatus.STOPPED]
    days, lines = stacked_days(
        *(summary, biggest, pages.texts("overview.other_causes")),
        *(pages.texts("overview.any_cause"), at),
    )
    left = sum(summary.items.get(bucket, 0) for bucket in LEFT)
    newest = newest_of_each(runs.newest)
    overdue = pages.studio.overdue_hours
    projects = project_lines(summary, runs, at, overdue)
    proof: list[Proof] = []
    if not left:
        complete = await pages.run(lambda: runs_of(pages.database, proving(runs, projects)))
        proof = proofs(summary, runs, complete, projects, at, overdue)
    lately = (datetime.fromisoformat(at) - timedelta(days=_LATELY)).isoformat()
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
            "proofs": proof,
            "is_sure": bool(proof) or (bool(projects) and is_certain(runs, projects)),
            "are_projects_sure": bool(projects) and all(one.is_sure for one in projects),
            "short": fell_short(runs),
            "with_gaps": with_gaps(runs)[:_SHOWN_STOPPED],
            "outages": [
                one for one in summary.outages if one.open_items or one.last_failed_at >= lately
            ],
            "projects": projects[:_PROJECTS],
            "further": projects[_PROJECTS:],
            "late": [one for one in projects if one.is_overdue],
            "titles": await pages.run(lambda: titles_of(pages, [one.retry for one in orders])),
            "who": {cause.id: pages.who_can(cause) for cause in biggest},
            "most": max(map(sum, days.values()), default=0),
            "runs": newest[:_SHOWN_RUNS],
            "further_runs": len(newest) - _SHOWN_RUNS,
            "retries": orders[:_SHOWN_RUNS],
            "further_retries": len(orders) - _SHOWN_RUNS,
            "stopped_retries": stopped[:_SHOWN_STOPPED],
            "further_stopped": len(stopped) - _SHOWN_STOPPED,
            "unsent": runs.unsent,
            "stopped": runs.stopped,
            "mine": sum(mine.values()),
            "pressing": {name: of.query for name, of in pressing_causes(at).items()},
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
            "curl": {name: line.format_map(told) for name, line in _CURL.items()},
        },
    )


async def _open_causes(pages: Pages, wanted: Filter, most: int) -> list[Cause]:
    found = await pages.run(lambda: find_causes(pages.database, wanted, "items", None, most))
    return found.causes


def stacked_days(
    summary: Summary, causes: Sequence[Cause], others: str, all_of_them: str, at: str
) -> tuple[dict[str, list[int]], list[Day]]:
    """Failures by day, one number for each of these causes and one for all others.

    The causes are in the order in which they were made, so that each keeps its colour.
    """
    causes = sorted(causes[: COLOURS - 1], key=lambda cause: cause.id)
    known = {cause.id: place for place, cause in enumerate(causes)}
    days: dict[str, list[int]] = {}
    for day, _ in days_of({}, at):
        failures = summary.days.get(day, {})
        counted: Counter[int] = Counter()
        for cause_id, number in failures.items():
            counted[known.get(cause_id, len(known))] += number
        days[day] = [counted[place] for place in range(len(known) + 1)]
    lines = [
        Day(cause.shown_title, cause.id, [values[place] for values in days.values()])
        for place, cause in enumerate(causes)
    ]
    if not lines:
        others = all_of_them
    lines.append(Day(others, None, [values[len(known)] for values in days.values()]))
    return days, [line for line in lines if any(line.failures) or line.cause_id is not None]


def days_of(failures: Mapping[str, int], at: str, number: int = 14) -> list[tuple[str, int]]:
    """The failures of each of the last days, those without any included."""
    last = datetime.fromisoformat(at).date()
    days = [(last - timedelta(days=ago)).isoformat() for ago in range(number - 1, -1, -1)]
    return [(day, failures.get(day, 0)) for day in days]
