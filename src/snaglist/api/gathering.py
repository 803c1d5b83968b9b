"""Joining the records that arrive in one turn of the event loop into one write."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from snaglist.domain.errors import StoreUnavailable
from snaglist.domain.record import NewRecord
from snaglist.service.recording import Recorder
from snaglist.storage.records import Outcome


class Gathering:
    """Hands the writer one group for each turn of the loop, so that it is woken once for all."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._loop: asyncio.AbstractEventLoop | None = None
        self._group: Group | None = None

    def record(self, record: NewRecord) -> asyncio.Future[Outcome]:
        """The outcome to come of one record.

        Raises StoreUnavailable or TooBusy at once when the store cannot take it.
        """
        self._recorder.check_open()
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        loop = self._loop
        if self._group is None:
            self._group = Group()
            loop.call_soon(self._hand_over)
        future: asyncio.Future[Outcome] = loop.create_future()
        self._group.records.append(record)
        self._group.futures.append(future)
        return future

    def _hand_over(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            try:
                self._recorder.submit(group.records, group)
            except StoreUnavailable as error:
                group.set_exception(error)


class Group:
    """Records that are stored together, and the future of each: the promise of their write."""

    def __init__(self) -> None:
        self.records: list[NewRecord] = []
        self.futures: list[asyncio.Future[Outcome]] = []
        self._settled = False

    def done(self) -> bool:
        """Whether the outcomes have been handed out."""
        return self._settled

    def set_result(self, outcomes: Sequence[Outcome]) -> None:
        """Hand each future the outcome of its record."""
        self._settled = True
        for future, outcome in zip(self.futures, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    def set_exception(self, error: StoreUnavailable) -> None:
        """Fail all futures."""
        self._settled = True
        for future in self.futures:
            if not future.done():
                future.set_exception(error)
