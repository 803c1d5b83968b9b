"""Telling open pages that something changed, and how soon to ask for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.responses import Response, StreamingResponse

from snaglist.service.news import News

LEAST_PACE = 2_000
"""How many milliseconds a page waits at least between asking for its content anew."""

PACE_OF_A_PAGE = 330
"""So much longer for each page that is open: together they ask for three a second at most."""

BEAT_LOOKS = 15
"""After so many looks without news a page is told that the line still stands."""


SESSION_LOOKS = 5
"""After so many looks it is asked whether who has the page open is signed in still."""


class Live:
    """The open pages, and their lines to what is new."""

    def __init__(self, news: News) -> None:
        self._news = news
        self._pages = 0

    async def answer(self, may_look: Callable[[], Awaitable[bool]]) -> Response:
        """A line on which a page hears of changes, while whoever has it open may look."""
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        line = self._line(may_look)
        return StreamingResponse(line, media_type="text/event-stream", headers=headers)

    async def _line(self, may_look: Callable[[], Awaitable[bool]]) -> AsyncIterator[str]:
        self._pages += 1
        told, looks, all_looks = None, 0, 0
        try:
            with self._news.line():
                yield "retry: 2000\n\n"
                while await self._news.next_look():
                    looks, all_looks = looks + 1, all_looks + 1
                    if all_looks % SESSION_LOOKS == 0 and not await may_look():
                        return
                    mark = self._news.mark
                    if mark is not None and mark != told:
                        told, looks = mark, 0
                        pace = max(LEAST_PACE, PACE_OF_A_PAGE * self._pages)
                        yield f"event: change\ndata: {pace} {mark.text}\n\n"
                    elif looks >= BEAT_LOOKS:
                        looks = 0
                        yield "event: here\ndata:\n\n"
        finally:
            self._pages -= 1
