"""GET of what changed, as it changes: server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Annotated

import msgspec
from msgspec import Meta

from snaglist.api.desk import Desk
from snaglist.api.protocol import is_gone, send_answer, send_stream
from snaglist.api.routes import Call
from snaglist.api.wire import encode
from snaglist.domain.access import Scope
from snaglist.domain.changes import Collection, Mark, read_mark
from snaglist.domain.errors import TooBusy

MOST_STREAMS = 100
"""How many programs may listen at a server; each costs it a connection and some kilobytes."""

BEAT_SECONDS = 15
RETRY_MILLISECONDS = 2_000
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class ChangeOut(msgspec.Struct):
    """The data of an event."""

    changed: Annotated[list[Collection], Meta(description="The lists that may hold something new.")]


async def stream_changes(desk: Desk, call: Call) -> None:
    """Tell what changed since the event before, for as long as the client listens.

    Server-sent events: `event: change`, its `id` a mark, its `data` a JSON object that names the
    lists which may hold something new. A comment comes every 15 s. With `Last-Event-ID` what
    changed since that mark is told at once.
    """
    if call.scope["method"] == "HEAD":
        await send_answer(call.send, 200, _HEADERS, b"")
        return
    if desk.streams >= MOST_STREAMS:
        raise TooBusy(
            f"{desk.streams} programs listen here already.",
            "Close a stream that nobody needs, or ask again in a moment.",
        )
    desk.streams += 1
    try:
        with desk.news.line():
            mark = await desk.news.look()
            call.started = True
            async with contextlib.aclosing(_line(desk, call, mark)) as line:
                await send_stream(call.send, 200, _HEADERS, line)
    finally:
        desk.streams -= 1


async def _line(desk: Desk, call: Call, mark: Mark) -> AsyncGenerator[bytes, None]:
    """What a client is told, from `mark` on, until it is gone, let in no more or the server ends.

    The mark comes first, so that whoever reads the lists then misses nothing.
    """
    last = call.headers.get(b"last-event-id")
    told = mark if last is None else read_mark(last.decode("latin-1"))
    yield f"retry: {RETRY_MILLISECONDS}\nid: {mark.text}\n\n".encode()
    time = asyncio.get_running_loop().time
    beat_at = time()
    while True:
        if mark != told:
            yield _event(mark, told)
            told, beat_at = mark, time()
        elif time() - beat_at >= BEAT_SECONDS:
            yield b": here\n\n"
            beat_at = time()
        if not await desk.news.next_look():
            return
        authorization = call.headers.get(b"authorization")
        if is_gone(call.send) or not desk.gatekeeper.admits_still(authorization, Scope.READ):
            return
        mark = desk.news.mark or mark


def _event(mark: Mark, since: Mark | None) -> bytes:
    data = encode(ChangeOut(mark.changed_since(since)))
    return b"event: change\nid: %s\ndata: %s\n\n" % (mark.text.encode(), data)
