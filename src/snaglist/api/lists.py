"""GET of items, causes and records by a filter, of one whole, and of the summary."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.responses import Response

from snaglist.api.desk import Desk
from snaglist.api.edits import etag_of, id_of
from snaglist.api.listed_wire import (
    cause_out,
    cause_view_out,
    found_item_out,
    item_view_out,
    summary_out,
)
from snaglist.api.paging import limit_of
from snaglist.api.routes import Call
from snaglist.api.wire import encode, record_out
from snaglist.domain.errors import BadParameter
from snaglist.domain.filtering import Filter, Subject, read_filter
from snaglist.service import lists as service
from snaglist.storage.found_causes import CAUSE_ORDERS

_NEWEST = "newest"
_HIGHEST = 1 << 62


class Asked(msgspec.Struct, frozen=True):
    """What a list was asked for; `behind` is where its cursor leads on."""

    wanted: Filter
    order: str
    limit: int
    behind: tuple[str | int, int] | None


async def list_items(desk: Desk, call: Call) -> Response:
    """Items that match a filter, those that moved last first."""
    asked = _asked(call, Subject.ITEMS)
    below = None if asked.behind is None else asked.behind[1]
    found = await desk.run(
        lambda: service.find_items(desk.database, asked.wanted, below, asked.limit + 1)
    )
    places = [one.item.rank for one in found.items]
    bodies = [encode(found_item_out(one)) for one in found.items]
    return _page("/api/v1/items", asked, bodies, _end(asked, places, found.further))


async def list_causes(desk: Desk, call: Call) -> Response:
    """Causes that match a filter: `order=newest` by their last failure, `order=items` by size."""
    asked = _asked(call, Subject.CAUSES)
    found = await desk.run(
        lambda: service.find_causes(
            desk.database, asked.wanted, asked.order, asked.behind, asked.limit
        )
    )
    bodies = [encode(cause_out(one)) for one in found.causes]
    return _page("/api/v1/causes", asked, bodies, found.further)


async def list_records(desk: Desk, call: Call) -> Response:
    """Records that match a filter, the newest first. A record matches when its item does."""
    asked = _asked(call, Subject.RECORDS)
    below = None if asked.behind is None else asked.behind[1]
    found = await desk.run(
        lambda: service.find_records(desk.database, asked.wanted, below, asked.limit + 1)
    )
    places = [one.seq for one in found.records]
    bodies = [record_out(one) for one in found.records]
    return _page("/api/v1/records", asked, bodies, _end(asked, places, found.further))


async def get_item(desk: Desk, call: Call) -> Response:
    """One item, with its history and newest records."""
    item_id = id_of(call, "item")
    view = await desk.run(lambda: service.look_at_item(desk.database, item_id))
    return _whole(encode(item_view_out(view)), view.listed.item.version)


async def get_cause(desk: Desk, call: Call) -> Response:
    """One cause: what it means, who can fix it, what it holds up, and its history."""
    cause_id, grouper, at = id_of(call, "cause"), desk.recorder.grouper, desk.now()
    view = await desk.run(lambda: service.look_at_cause(desk.database, grouper, cause_id, at))
    return _whole(encode(cause_view_out(view)), view.cause.version)


async def get_summary(desk: Desk, call: Call) -> Response:
    """What the front page needs, in one call."""
    at = desk.now()
    summary = await desk.run(lambda: service.summarize(desk.database, at))
    return Response(encode(summary_out(summary)), media_type="application/json")


def _whole(body: bytes, version: int) -> Response:
    return Response(body, media_type="application/json", headers={"etag": etag_of(version)})


def _end(asked: Asked, places: Sequence[int], further: int | None) -> tuple[str, int] | None:
    """Where a list goes on: behind what fits the page, or where looking ended."""
    if len(places) > asked.limit:
        return "", places[asked.limit - 1]
    return None if further is None else ("", further)


def _page(
    path: str,
    asked: Asked,
    bodies: Sequence[bytes],
    end: tuple[str | int, int] | None,
) -> Response:
    """The first of `bodies`, and where it goes on, if it does."""
    headers: dict[str, str] = {}
    if end is not None:
        onward = [("limit", str(asked.limit))]
        if asked.order != _NEWEST:
            onward.append(("order", asked.order))
        onward.append(("cursor", _cursor(asked, end)))
        query = "&".join(part for part in (asked.wanted.query, urlencode(onward)) if part)
        headers["link"] = f'<{path}?{query}>; rel="next"'
    body = b"[" + b",".join(bodies[: asked.limit]) + b"]"
    return Response(body, media_type="application/json", headers=headers)


def _asked(call: Call, subject: Subject) -> Asked:
    """What the query asks for. Raises BadParameter."""
    pairs = parse_qsl(call.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    own = ("limit", "cursor", "order") if subject is Subject.CAUSES else ("limit", "cursor")
    given: dict[str, str] = {}
    for name, text in pairs:
        if name in own and name in given:
            raise BadParameter(f"{name} is given twice.", "Give it once.", where=name)
        given[name] = text
    wanted = read_filter(subject, [pair for pair in pairs if pair[0] not in own])
    order = given.get("order", _NEWEST)
    if order not in CAUSE_ORDERS:
        raise BadParameter(
            f"order cannot be {order[:50]!a}.", f"Give {' or '.join(CAUSE_ORDERS)}.", where="order"
        )
    asked = Asked(wanted, order, limit_of(given.get("limit")), None)
    if "cursor" not in given:
        return asked
    return msgspec.structs.replace(asked, behind=_place(given["cursor"], asked))


def _cursor(asked: Asked, place: tuple[str | int, int]) -> str:
    """Where the next page begins, bound to what was asked for."""
    told = encode([asked.wanted.query, asked.order, *place])
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def _place(cursor: str, asked: Asked) -> tuple[str | int, int]:
    try:
        told: Any = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        told = None
    match told:
        case [asked.wanted.query, asked.order, str() | int() as value, int() as seq] if (
            _is_of_order(value, asked.order) and abs(seq) < _HIGHEST
        ):
            return value, seq
    raise BadParameter(
        "The cursor is not one of this list's.",
        'Take it from the Link header of the page before (rel="next"), with the same filter.',
        where="cursor",
    )


def _is_of_order(value: str | int, order: str) -> bool:
    if isinstance(value, str):
        return order == _NEWEST and len(value) <= len("2026-11-23T10:53:05.000Z")
    return order != _NEWEST and abs(value) < _HIGHEST
