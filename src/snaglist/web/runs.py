"""The list of imports, and one import: how far it is, by type."""

from __future__ import annotations

from starlette.responses import Response

from snaglist.service.run_failures import failures_of_run
from snaglist.service.run_views import list_runs as find_runs
from snaglist.service.run_views import look_at_run
from snaglist.web.pages import Pages, Visit, id_of

_PAGE = 50
_NEW = 20


async def list_runs(pages: Pages, visit: Visit) -> Response:
    """Imports, the newest first."""
    text = visit.request.query_params.get("below", "")
    below = int(text) if text.isdecimal() and len(text) < 19 else None
    views = await pages.run(lambda: find_runs(pages.database, {}, below, _PAGE + 1))
    further = views[_PAGE - 1].run.seq if len(views) > _PAGE else None
    return await pages.page(visit, "runs.html", {"runs": views[:_PAGE], "further": further})


async def show(pages: Pages, visit: Visit) -> Response:
    """One import, as far as it has come."""
    run_id = id_of(visit)
    view = await pages.run(lambda: look_at_run(pages.database, run_id))
    failures = await pages.run(lambda: failures_of_run(pages.database, view.run, _NEW))
    return await pages.page(
        visit,
        "run.html",
        {
            "view": view,
            "run": view.run,
            "lines": sorted(view.lines, key=lambda line: -line.failed),
            "types": view.types,
            "failures": failures,
        },
    )
