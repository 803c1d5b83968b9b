"""GET and DELETE of records."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from snaglist.api.desk import Desk
from snaglist.api.protocol import send_answer, send_stream
from snaglist.api.routes import Call
from snaglist.api.wire import record_out
from snaglist.domain.errors import BadParameter
from snaglist.domain.record import Record
from snaglist.service import records as service

MOST_A_PAGE = 100_000
_JSON = (b"content-type", b"application/json")


async def list_errors(desk: Desk, call: Call) -> None:
    """Every record of a source as one JSON array, in order of arrival, streamed.

    With `limit` it is a page, and `Link` leads to the next one. A list that fails midway is
    cut: its end is missing.
    """
    query = dict(parse_qsl(call.scope["query_string"].decode("latin-1")))
    limit, after = _limit(query.get("limit")), place_of_cursor(query.get("cursor"))
    source = call.params["source"]
    stretch = await desk.run(lambda: service.find_stretch(desk.database, source, after, limit))
    headers = [_JSON]
    if not stretch.is_whole:
        further = urlencode({"limit": limit, "cursor": cursor_of_place(stretch.last)})
        headers.append((b"link", f'</import/{source}/errors?{further}>; rel="next"'.encode()))
    if call.scope["method"] == "HEAD":
        await send_answer(call.send, 200, headers, b"")
        return
    pages = _rendered(service.pages_of(desk.database, stretch))
    first = await desk.run(lambda: next(pages))

    async def chunks() -> AsyncIterator[bytes]:
        chunk = first
        while chunk:
            yield chunk
            chunk = await desk.run(lambda: next(pages, b""))

    call.started = True
    await send_stream(call.send, 200, headers, chunks())


async def get_error(desk: Desk, call: Call) -> Response:
    """One record of this source."""
    id_text, source = call.params["id"], call.params["source"]
    record = await desk.run(lambda: service.get_record(desk.database, id_text, source))
    return Response(record_out(record), media_type="application/json")


async def get_record(desk: Desk, call: Call) -> Response:
    """One record, of whatever source."""
    id_text = call.params["id"]
    record = await desk.run(lambda: service.get_record(desk.database, id_text))
    return Response(record_out(record), media_type="application/json")


async def delete_error(desk: Desk, call: Call) -> Response:
    """Delete a record of this source for good."""
    id_text, source = call.params["id"], call.params["source"]
    who, at = call.who, desk.now()
    await desk.run(lambda: service.delete_record(desk.database, source, id_text, who=who, at=at))
    return Response(status_code=204)


def cursor_of_place(seq: int) -> str:
    """The cursor that leads on behind this place."""
    return base64.urlsafe_b64encode(f"seq:{seq}".encode()).decode().rstrip("=")


def place_of_cursor(cursor: str | None) -> int:
    """The place behind which this cursor leads on; 0, the beginning, without one.

    Raises BadParameter.
    """
    if cursor is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        name, _, place = text.partition(":")
        if name == "seq" and place.isdecimal() and len(place) < 19:
            return int(place)
    except (binascii.Error, ValueError):
        pass
    raise BadParameter(
        "The cursor is not one of this desk's.",
        'Take it from the Link header of the page before (rel="next").',
        where="cursor",
    )


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    if not (
        text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MOST_A_PAGE
    ):
        raise BadParameter(
            "limit is not a number of records.", f"Give 1 to {MOST_A_PAGE}.", where="limit"
        )
    return int(text)


def _rendered(pages: Iterator[list[Record]]) -> Iterator[bytes]:
    """The JSON array of all records, a page at a time."""
    opening = b"["
    for page in pages:
        yield opening + b",".join([record_out(record) for record in page])
        opening = b","
    yield b"]" if opening == b"," else b"[]"
