"""Hearing of changes: one look a second for all who listen in this process.

The look is at the database, so those who listen at any of its servers hear of every change.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor

from snaglist.domain.changes import Mark
from snaglist.domain.errors import StoreUnavailable
from snaglist.storage.database import Database
from snaglist.storage.overview import newest_mark

LOOK_SECONDS = 1.0


class News:
    """The newest mark that was seen, and lines that wait for the next look.

    Belongs to the event loop; what blocks runs in `executor`.
    """

    def __init__(self, database: Database, executor: Executor) -> None:
        self._database = database
        self._executor = executor
        self._looked = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._is_over = False
        self.lines = 0
        """How many listen."""
        self.mark: Mark | None = None
        """What the last look saw; None before there was one."""

    async def watch(self) -> None:
        """Look for as long as the server runs; while nobody listens, not at all.

        While the store does not answer, those who listen go on hearing that nothing is new.
        """
        looking: asyncio.Task[None] | None = None
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self.lines:
                continue
            if looking is None or looking.done():
                looking = asyncio.create_task(self._look_if_possible())
            await asyncio.wait([looking], timeout=LOOK_SECONDS)
            self._tell()

    async def look(self) -> Mark:
        """Look now. Raises StoreUnavailable."""
        async with self._one_at_a_time:
            loop = asyncio.get_running_loop()
            mark = await loop.run_in_executor(self._executor, lambda: latest_mark(self._database))
            self.mark = mark
        return mark

    @contextlib.contextmanager
    def line(self) -> Iterator[None]:
        """Somebody listens, for one block."""
        self.lines += 1
        try:
            yield
        finally:
            self.lines -= 1

    async def next_look(self) -> bool:
        """Wait until somebody looked, whether there was news or not; False: nobody will again."""
        if not self._is_over:
            await self._looked.wait()
        return not self._is_over

    def end(self) -> None:
        """The server ends, and with it every line."""
        self._is_over = True
        self._tell()

    def _tell(self) -> None:
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    async def _look_if_possible(self) -> None:
        with contextlib.suppress(StoreUnavailable):
            await self.look()


def latest_mark(database: Database) -> Mark:
    """How far the desk has come; another one whenever something on the list, or a run, changes."""
    return database.read(newest_mark)
