"""Trying again: ordering it, watching it, pausing and stopping it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args
from urllib.parse import parse_qsl

from starlette.responses import RedirectResponse, Response

from snaglist.domain.access import Scope
from snaglist.domain.edits import ClaimFixed
from snaglist.domain.errors import WrongShape
from snaglist.domain.filtering import Subject
from snaglist.domain.retry import USUAL_ATTEMPTS, MemberState, Retry
from snaglist.domain.standing import Status
from snaglist.domain.worker import Worker
from snaglist.service import retries as service
from snaglist.service.cause_edits import edit_cause
from snaglist.service.edits import find_places, places_of_items
from snaglist.service.lists import Listed, known_cause, titles_of_causes
from snaglist.service.ordering import count_free, order
from snaglist.service.retries import RetryEdit
from snaglist.service.run_views import find_run
from snaglist.web.pages import HEADERS, Outdated, Pages, Visit, id_of

_PAGE = 50
_SHOWN = (
    *(MemberState.FAILED, MemberState.LEASED, MemberState.WAITING),
    *(MemberState.SKIPPED, MemberState.CAME_OVER),
)


async def list_retries(pages: Pages, visit: Visit) -> Response:
    """Orders to try again, the newest first."""
    text = visit.request.query_params.get("below", "")
    below = int(text) if text.isdecimal() and len(text) < 19 else None
    at = pages.now
    found = await pages.run(lambda: service.list_retries(pages.database, (), below, _PAGE + 1, at))
    workers = await pages.run(lambda: service.connected(pages.database, at))
    further = found[_PAGE - 1].retry.seq if len(found) > _PAGE else None
    return await pages.page(
        visit,
        "retries.html",
        {
            "retries": found[:_PAGE],
            "titles": await pages.run(lambda: titles_of(pages, [one.retry for one in found])),
            "further": further,
            "workers": programs(workers),
        },
    )


def programs(workers: Sequence[Worker]) -> list[Worker]:
    """One of each program: it asks for each of the items that it tries at once by itself."""
    return [*{(one.name, one.host, one.who): one for one in workers}.values()]


async def show(pages: Pages, visit: Visit) -> Response:
    """One order: how far it is, and its things by what became of them, or those of one `state`."""
    retry_id, at = id_of(visit), pages.now
    whole = await pages.run(lambda: service.get_retry(pages.database, retry_id, at))
    only, behind = visit.request.query_params.get("state"), _place_of(visit)
    shown, further = {}, {}
    for state in (one for one in _SHOWN if only in (None, one.value)):
        found = await pages.run(
            lambda state=state: service.list_members(  # type: ignore[misc]
                pages.database, retry_id, state, behind if only else None, _PAGE + 1
            )
        )
        shown[state.value] = found[:_PAGE]
        if len(found) > _PAGE:
            last = found[_PAGE - 1].member
            further[state.value] = {"state": state.value, "behind": f"{last.lane}.{last.place}"}
    return await pages.page(
        visit,
        "retry.html",
        {
            "retry": whole.view.retry,
            "view": whole.view,
            "title": (await pages.run(lambda: titles_of(pages, [whole.view.retry])))[retry_id],
            "cause_id": cause_of(whole.view.retry),
            "causes": whole.causes,
            "history": whole.history,
            "members": shown,
            "further": further,
            "only": only,
            "has_workers": bool(await pages.run(lambda: service.connected(pages.database, at))),
            "untaken": ", ".join(one or pages.texts("thing.no_type") for one in whole.view.untaken),
            "alone": await pages.run(lambda: _alone(pages, whole.view.retry)),
        },
    )


def _place_of(visit: Visit) -> tuple[int, int] | None:
    """The place in an order behind which the address asks for things."""
    lane, _, place = visit.request.query_params.get("behind", "").partition(".")
    if lane.isdecimal() and place.isdecimal() and max(len(lane), len(place)) < 16:
        return int(lane), int(place)
    return None


def cause_of(retry: Retry) -> str | None:
    """The cause whose things an order tries, if it is of one."""
    return dict(parse_qsl(retry.filter)).get("cause")


def _alone(pages: Pages, retry: Retry) -> Listed | None:
    """The one thing that an order tries, if it is of one. Blocks."""
    if retry.total != 1:
        return None
    found = service.list_members(pages.database, retry.id, None, None, 1)
    return found[0].listed if found else None


def titles_of(pages: Pages, retries: Sequence[Retry]) -> dict[str, str]:
    """What each order is of, in words, by its id: a cause, or what a filter found. Blocks."""
    causes = {retry.id: cause_of(retry) for retry in retries}
    names = titles_of_causes(pages.database, [one for one in causes.values() if one])

    def title_of(retry: Retry) -> str:
        asked = parse_qsl(retry.filter)
        told = ", ".join(filter(None, [_told(pages, name, value) for name, value in asked]))
        cause = names.get(causes[retry.id] or "")
        if cause is not None:
            return f"{cause} ({told})" if told else cause
        alone = _alone(pages, retry)
        if alone is not None:
            item = alone.item
            part = pages.texts("thing.part", part=item.part) if item.part else ""
            return f"{item.entity_type} {item.name or item.entity_id} {part}".strip()
        return pages.texts("retry.of_filter", filter=told) if told else pages.texts("retry.of_some")

    return {retry.id: title_of(retry) for retry in retries}


def _told(pages: Pages, name: str, value: str) -> str:
    """What a filter asks for by one of its names, in words; "" for what says nothing. Blocks."""
    texts = pages.texts
    match name, value:
        case (("cause" | "state"), _):
            return ""
        case ("project", "none"):
            return texts("overview.no_project")
        case ("type", "none"):
            return texts("thing.no_type")
        case ("assignee", "none"):
            return texts("asked.nobody")
        case ("run", run_id):
            run = find_run(pages.database, run_id)
            value = pages.run_name(run) if run is not None else ""
        case (("since" | "until"), moment):
            value = moment[:10]
        case (("source" | "target"), slug):
            value = pages.place(slug)
    return texts(f"asked.{name}", value=value)


async def fix_cause(pages: Pages, visit: Visit) -> Response:
    """Somebody fixed a cause: keep that, and try its things again."""
    visit.require(Scope.TRIAGE)
    visit.require(Scope.RETRY)
    cause_id, at = id_of(visit), pages.now
    pieces_of = pages.grouper().pieces
    places, _ = await pages.run(lambda: _of_cause(pages, visit))
    await _check_that_some_are_free(pages, places)  # before anybody's word is kept
    await pages.run(
        lambda: edit_cause(
            pages.database,
            cause_id,
            ClaimFixed(),
            None,
            new_id=pages.new_id,
            pieces_of=pieces_of,
            who=visit.who,
            at=at,
        )
    )
    return await retry_cause(pages, visit)


async def retry_cause(pages: Pages, visit: Visit) -> Response:
    """Try the things of a cause again."""
    visit.require(Scope.RETRY)
    places, query = await pages.run(lambda: _of_cause(pages, visit))
    return await ordered(pages, visit, query, places)


def _of_cause(pages: Pages, visit: Visit) -> tuple[list[int], str]:
    """The places of a cause's open things, of what a list was narrowed to; and their filter.

    Raises NotFound, or WrongState for one that was merged.
    """
    known_cause(pages.database, id_of(visit)).check_whole()
    narrowed = {name: visit.form.get(name, "") for name in ("project", "type")}
    asked = {"cause": id_of(visit), "state": Status.OPEN.value, **narrowed}
    wanted = pages.wanted(asked, Subject.ITEMS)
    return find_places(pages.database, wanted), wanted.query


async def _check_that_some_are_free(pages: Pages, places: Sequence[int]) -> None:
    if not await pages.run(lambda: count_free(pages.database, places)):
        raise Outdated(pages.texts("retry.nothing"))


async def retry_thing(pages: Pages, visit: Visit) -> Response:
    """Try one thing again."""
    visit.require(Scope.RETRY)
    item_id = id_of(visit)
    places = await pages.run(lambda: places_of_items(pages.database, [item_id]))
    return await ordered(pages, visit, "", places)


async def ordered(pages: Pages, visit: Visit, query: str, places: Sequence[int]) -> Response:
    """Order that what is at these places, which this filter found, is tried again; show it."""
    visit.require(Scope.RETRY)
    await _check_that_some_are_free(pages, places)
    retry = Retry(pages.new_id(), pages.now, visit.who, query, None, USUAL_ATTEMPTS, None)
    made, _ = await pages.run(
        lambda: order(pages.database, lambda: places, retry, pages.retry_order, lambda: pages.now)
    )
    return RedirectResponse(f"/retries/{made.id}", status_code=303, headers=HEADERS)


async def edit_retry(pages: Pages, visit: Visit) -> Response:
    """Pause, resume or stop an order."""
    visit.require(Scope.RETRY)
    retry_id, at, edit = id_of(visit), pages.now, visit.form.get("edit", "")
    if edit not in get_args(RetryEdit):
        raise WrongShape("There is no such thing to do.", "Go back and try again.")
    asked = cast("RetryEdit", edit)
    await pages.run(
        lambda: service.edit_retry(pages.database, retry_id, asked, None, who=visit.who, at=at)
    )
    return RedirectResponse(f"/retries/{retry_id}", status_code=303, headers=HEADERS)
