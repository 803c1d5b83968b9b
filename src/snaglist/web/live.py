"""Telling open pages that something changed: one look a second for all of them together.

The look is at the database, so pages of every server that shares one hear of every change.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from snaglist.domain.errors import StoreUnavailable
from snaglist.service.lists import latest_change
from snaglist.web.pages import Pages

LOOK_SECONDS = 1.0
LEAST_PACE = 2_000
"""How many milliseconds a page waits at least between asking for its content anew."""

PACE_OF_A_PAGE = 330
"""So much longer for each page that is open: together they ask for three a second at most."""

BEAT_LOOKS = 15
"""After so many looks without news a page is told that the line still stands."""


class Live:
    """The open pages, and the newest change that they were told of.

    `is_stopping` says that the server ends, and every line with it.
    """

    def __init__(self, pages: Pages, is_stopping: Callable[[], bool]) -> None:
        self._pages = pages
        self._is_stopping = is_stopping
        self._change = ""
        self._listeners = 0
        self._news = asyncio.Condition()

    async def watch(self) -> None:
        """Look for changes for as long as the server runs; without listeners, not at all."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._listeners:
                with contextlib.suppress(StoreUnavailable):
                    change = await self._pages.run(lambda: latest_change(self._pages.database))
                    self._change = change
                async with self._news:
                    self._news.notify_all()

    async def answer(self, request: Request) -> Response:
        """A line on which a page hears of changes."""
        del request
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._line(), media_type="text/event-stream", headers=headers)

    async def _line(self) -> AsyncIterator[str]:
        self._listeners += 1
        told, looks = None, 0
        try:
            yield "retry: 2000\n\n"
            while not self._is_stopping():
                async with self._news:
                    await self._news.wait()
                looks += 1
                if self._change != told:
                    told, looks = self._change, 0
                    pace = max(LEAST_PACE, PACE_OF_A_PAGE * self._listeners)
                    yield f"event: change\ndata: {pace} {told}\n\n"
                elif looks >= BEAT_LOOKS:
                    looks = 0
                    yield ": here\n\n"
        finally:
            self._listeners -= 1
