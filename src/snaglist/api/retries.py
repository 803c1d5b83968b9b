"""Orders to retry over HTTP: preview, order, list, look, pause, resume, abort."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from starlette.responses import Response

from snaglist.api.bodies import read_as
from snaglist.api.desk import Desk
from snaglist.api.edits import filter_of, id_of
from snaglist.api.paging import limit_of
from snaglist.api.records import cursor_of_place, place_of_cursor
from snaglist.api.retry_wire import (
    OrderIn,
    RetryEditIn,
    preview_out,
    retry_item_out,
    retry_out,
    whole_retry_out,
)
from snaglist.api.routes import Call
from snaglist.api.wire import encode
from snaglist.domain.edits import checked_why
from snaglist.domain.errors import BadParameter, WrongShape
from snaglist.domain.retry import MemberState, Retry, RetryStatus
from snaglist.service import ordering
from snaglist.service import retries as service
from snaglist.service.edits import find_places
from snaglist.service.retries import RetryView

_LARGEST_BODY = 16 << 10
_ORDER_SHAPE = 'Send {"id"?, "attempts"?, "rate"?, "probe"?, "why"?}, {} for the usual.'
_EDIT_SHAPE = 'Send {"edit": "pause", "resume" or "abort", "why"?}.'
_order = msgspec.json.Decoder(OrderIn)
_edit = msgspec.json.Decoder(RetryEditIn)
_PLACE = re.compile(r"(\d{1,9})-(\d{1,18})")


async def preview_retry(desk: Desk, call: Call) -> Response:
    """Say what an order for all that a filter finds would try now; nothing is changed."""
    asked, at = filter_of(call), desk.now()
    said = await desk.run(lambda: ordering.preview(desk.database, asked, at))
    return Response(encode(preview_out(said)), media_type="application/json")


async def order_retry(desk: Desk, call: Call) -> Response:
    """Order that all is tried again that a filter finds; which items these are is settled now.

    Only what is open counts, and is in no other order. The same `id` again is the same order.
    """
    asked = filter_of(call)
    body = await desk.read_body(call, _LARGEST_BODY, "order")
    try:
        given = read_as(_order, body or b"{}", desk.recorder.limits.depth, _ORDER_SHAPE)
    finally:
        desk.let_go(body)
    retry = Retry(
        uuid_of(given.id, "/id") if given.id is not None else desk.new_id(),
        *(desk.now(), call.who, asked.query, checked_why(given.why)),
        *(given.attempts, given.rate),
        is_probing=given.probe,
    )

    def order() -> tuple[RetryView, bool]:
        made, is_new = ordering.order(
            desk.database,
            lambda: find_places(desk.database, asked),
            retry,
            desk.retrying.order,
            desk.now,
        )
        return service.view_retry(desk.database, made, desk.now()), is_new

    view, is_new = await desk.run(order)
    return Response(
        encode(retry_out(view)),
        status_code=201 if is_new else 200,
        media_type="application/json",
        headers={"location": f"/api/v1/retries/{view.retry.id}"},
    )


async def list_retries(desk: Desk, call: Call) -> Response:
    """Orders, the newest first."""
    query = _query(call, ("state", "limit", "cursor"))
    states = _states(query.get("state"))
    limit = limit_of(query.get("limit"))
    before = place_of_cursor(query["cursor"]) if "cursor" in query else None
    at = desk.now()
    views = await desk.run(
        lambda: service.list_retries(desk.database, states, before, limit + 1, at)
    )
    headers = {}
    if len(views) > limit:
        last = views[limit - 1].retry.seq
        further = query | {"limit": str(limit), "cursor": cursor_of_place(last)}
        headers["link"] = f'</api/v1/retries?{urlencode(further)}>; rel="next"'
    body = encode([retry_out(view) for view in views[:limit]])
    return Response(body, media_type="application/json", headers=headers)


async def get_retry(desk: Desk, call: Call) -> Response:
    """An order as far as it has come, with its history."""
    retry_id, at = id_of(call, "retry"), desk.now()
    whole = await desk.run(lambda: service.get_retry(desk.database, retry_id, at))
    return Response(encode(whole_retry_out(whole)), media_type="application/json")


async def list_retry_items(desk: Desk, call: Call) -> Response:
    """The items of an order and how each stands in it, in the order in which they are tried."""
    retry_id = id_of(call, "retry")
    query = _query(call, ("state", "limit", "cursor"))
    state, limit = _state(query.get("state")), limit_of(query.get("limit"))
    behind = _place(query.get("cursor"))
    found = await desk.run(
        lambda: service.list_members(desk.database, retry_id, state, behind, limit + 1)
    )
    headers = {}
    if len(found) > limit:
        last = found[limit - 1].member
        further = query | {"limit": str(limit), "cursor": f"{last.lane}-{last.place}"}
        headers["link"] = f'</api/v1/retries/{retry_id}/items?{urlencode(further)}>; rel="next"'
    body = encode([retry_item_out(one) for one in found[:limit]])
    return Response(body, media_type="application/json", headers=headers)


async def edit_retry(desk: Desk, call: Call) -> Response:
    """Pause, resume or abort an order. What is leased may still be reported."""
    retry_id, who, at = id_of(call, "retry"), call.who, desk.now()
    body = await desk.read_body(call, _LARGEST_BODY, "edit")
    try:
        given = read_as(_edit, body, desk.recorder.limits.depth, _EDIT_SHAPE)
    finally:
        desk.let_go(body)
    why = checked_why(given.why)

    def edit() -> RetryView:
        retry = service.edit_retry(desk.database, retry_id, given.edit, why, who=who, at=at)
        return service.view_retry(desk.database, retry, at)

    return Response(encode(retry_out(await desk.run(edit))), media_type="application/json")


def uuid_of(text: str, where: str) -> str:
    """A UUID in its one spelling. Raises WrongShape that names the member."""
    try:
        return str(UUID(text))
    except ValueError:
        raise WrongShape(
            f'"{where.rpartition("/")[2]}" is not a UUID.', "Send a UUID.", where=where
        ) from None


def _query(call: Call, known: tuple[str, ...]) -> dict[str, str]:
    """The query's parameters. Raises BadParameter for one that is not known or comes twice."""
    found: dict[str, str] = {}
    for name, text in parse_qsl(
        call.scope["query_string"].decode("latin-1"), keep_blank_values=True
    ):
        if name not in known or name in found:
            what = "is given twice" if name in found else "is not known here"
            raise BadParameter(
                f"{name[:50]!a} {what}.", f"Give {', '.join(known)}, each once.", where=name[:50]
            )
        found[name] = text
    return found


def _states(text: str | None) -> list[str]:
    if text is None:
        return []
    known = [status.value for status in RetryStatus]
    asked = {part.strip() for part in text.split(",")}
    if asked - set(known):
        raise BadParameter(
            "state names none of a retry's.", f"Give some of {', '.join(known)}.", where="state"
        )
    return [state for state in known if state in asked]


def _state(text: str | None) -> MemberState | None:
    if text is None:
        return None
    try:
        return MemberState(text)
    except ValueError:
        raise BadParameter(
            "state is none of an item's in a retry.",
            f"Give one of {', '.join(state.value for state in MemberState)}.",
            where="state",
        ) from None


def _place(cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    found = _PLACE.fullmatch(cursor)
    if found is None:
        raise BadParameter(
            "The cursor is not one of this list's.",
            'Take it from the Link header of the page before (rel="next").',
            where="cursor",
        )
    return int(found[1]), int(found[2])
