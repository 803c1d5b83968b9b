"""The one writer of a process: a thread that commits all that waits in one transaction."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from snaglist.domain.errors import RecordRefused, SnaglistError, StoreUnavailable, TooBusy
from snaglist.storage.connection import Connection, Engine

log = logging.getLogger("snaglist.storage")

PROBE_SECONDS = 0.5
Work = Callable[[Connection, Sequence[Any]], Sequence[Any]]


class Promise(Protocol):
    """Where outcomes go: an asyncio future, a concurrent one, or a group of them."""

    def done(self) -> bool: ...
    def set_result(self, result: Any, /) -> None: ...
    def set_exception(self, exception: Any, /) -> None: ...


class Write:
    """Work that waits for its commit.

    `work` gets a connection and the arguments of all neighbouring writes with the same `work`,
    makes one transaction of them, and returns one outcome for each argument; an outcome that
    is an exception fails that argument alone. The promise gets the outcomes of `arguments`, in
    order, or StoreUnavailable for all of them.
    """

    __slots__ = ("arguments", "outcomes", "promise", "since", "work")

    def __init__(self, work: Work, arguments: Sequence[Any], promise: Promise) -> None:
        self.work = work
        self.arguments = arguments
        self.promise = promise
        self.since = time.monotonic()
        self.outcomes: Sequence[Any] | StoreUnavailable = ()


def settle(batch: Sequence[Write]) -> None:
    """Hand each write its outcomes. Runs in the thread to which its promise belongs."""
    for write in batch:
        if write.promise.done():
            continue
        if isinstance(write.outcomes, StoreUnavailable):
            write.promise.set_exception(write.outcomes)
        else:
            write.promise.set_result(write.outcomes)


class Writer:
    """Queues writes, commits them in groups, and refuses at once what cannot be stored.

    After a failure of the store it is *down*: every new write is refused while a probe tries,
    twice a second, whether the store takes writes again. `deliver` gets each group when it is
    done; the default hands out the outcomes in the writer's own thread.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        deliver: Callable[[Sequence[Write]], object] = settle,
        most_waiting: int = 10_000,
        most_together: int = 1_000,
    ) -> None:
        self._engine = engine
        self._deliver = deliver
        self._most_waiting = most_waiting
        self._most_together = most_together
        self._queue: deque[Write] = deque()
        self._current: Sequence[Write] = ()
        self._wake = threading.Event()
        self._stopping = False
        self._ended = False
        self._down: StoreUnavailable | None = None
        self._connection: Connection | None = None
        self._thread: threading.Thread | None = None
        self.commits = 0

    @property
    def fault(self) -> StoreUnavailable | None:
        """Why writes are refused now; None while all is well."""
        return self._down

    @property
    def waiting(self) -> int:
        """How many writes wait for their commit."""
        return len(self._queue) + len(self._current)

    def start(self) -> None:
        """Open the connection, so that what is wrong with it is told here, and begin."""
        self._connection = self._engine.writer()
        self._thread = threading.Thread(target=self._run, name="snaglist-writer", daemon=True)
        self._thread.start()

    def check_open(self) -> None:
        """Raise StoreUnavailable or TooBusy if a write would be refused now."""
        if self._down is not None:
            raise StoreUnavailable(str(self._down), self._down.remedy)
        if self._stopping:
            raise TooBusy("The desk is stopping.", "Send it again when the desk is back.")
        if len(self._queue) >= self._most_waiting:
            raise TooBusy(f"{len(self._queue)} requests wait to be stored already.")

    def submit(self, write: Write) -> None:
        """Queue a write. Raises StoreUnavailable or TooBusy at once when it cannot be taken."""
        self.check_open()
        self._queue.append(write)
        if not self._wake.is_set():
            self._wake.set()
        if self._ended:
            self._turn_away()

    def give_up(self, older_than: float) -> list[Write]:
        """The writes that have waited since before `older_than` (monotonic seconds).

        They get StoreUnavailable for an outcome, to be settled by the caller; what of them
        has not begun is not stored any more, what has begun may be. Until the store answers,
        all else is refused.
        """
        late = [
            write
            for write in [*self._current, *list(self._queue)]
            if write.since < older_than and not write.promise.done()
        ]
        if late:
            waited = f"{time.monotonic() - late[0].since:.0f} s"
            fault = StoreUnavailable(
                f"The store has not answered for {waited}; it is not known whether this is stored."
            )
            if self._down is None:
                log.error(
                    "the store has not answered for %s; refusing writes until it does", waited
                )
                self._down = fault
            for write in late:
                write.outcomes = fault
        return late

    def stop(self, seconds: float) -> bool:
        """Take nothing more, commit all that waits, and end; False if that took too long."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)
            return not self._thread.is_alive()
        return True

    def _run(self) -> None:
        while not (self._stopping and not self._queue):
            self._wake.wait(PROBE_SECONDS if self._down else None)
            self._wake.clear()
            if self._down is not None and not self._queue:
                self._probe()
            while self._queue:
                batch = self._gather()
                if batch:
                    self._commit(batch)
        self._ended = True
        self._turn_away()
        if self._connection is not None:
            self._connection.close()

    def _turn_away(self) -> None:
        """Refuse what was queued while the writer ended."""
        late: list[Write] = []
        while self._queue:
            late.append(self._queue.popleft())
            late[-1].outcomes = TooBusy("The desk is stopping.")
        self._deliver(late)

    def _gather(self) -> list[Write]:
        """The next writes that can share a transaction, in the order they came."""
        batch: list[Write] = []
        rows = 0
        while self._queue:
            head = self._queue[0]
            rows += len(head.arguments)
            if batch and (head.work is not batch[0].work or rows > self._most_together):
                break
            self._queue.popleft()
            if not head.promise.done():
                batch.append(head)
        return batch

    def _commit(self, batch: list[Write]) -> None:
        self._current = batch
        arguments = [one for write in batch for one in write.arguments]
        outcomes: list[Any] = []
        fault: StoreUnavailable | None = None
        try:
            connection = self._connection or self._reconnect()
            self._store(connection, batch[0].work, arguments, outcomes)
            if self._down is not None:
                self._came_back()
        except Exception as error:  # every write gets its answer, whatever went wrong
            fault = self._went_down(error)
        self._current = ()
        start = 0
        for write in batch:
            end = start + len(write.arguments)
            write.outcomes = outcomes[start:end] if end <= len(outcomes) or not fault else fault
            start = end
        if fault is not None:
            while self._queue:
                batch.append(self._queue.popleft())
                batch[-1].outcomes = fault
        self._deliver(batch)

    def _store(
        self, connection: Connection, work: Work, arguments: Sequence[Any], outcomes: list[Any]
    ) -> None:
        """Add an outcome for each argument; if the store refuses the lot, try it in halves."""
        try:
            outcomes += work(connection, arguments)
        except StoreUnavailable:
            raise
        except Exception as error:
            if len(arguments) > 1:
                middle = len(arguments) // 2
                self._store(connection, work, arguments[:middle], outcomes)
                self._store(connection, work, arguments[middle:], outcomes)
                return
            if not isinstance(error, SnaglistError):
                log.exception("a write failed")
                error = RecordRefused(f"The store refuses it ({type(error).__name__}).")
            outcomes.append(error)
            return
        self.commits += 1

    def _probe(self) -> None:
        try:
            connection = self._connection or self._reconnect()
            with connection.transaction():
                connection.execute(
                    "INSERT INTO desk_state (name, value) VALUES ('probe', '0') "
                    "ON CONFLICT (name) DO UPDATE SET value = "
                    "CASE desk_state.value WHEN '0' THEN '1' ELSE '0' END"
                )
            self._came_back()
        except Exception as error:
            self._went_down(error)

    def _reconnect(self) -> Connection:
        self._connection = self._engine.writer()
        return self._connection

    def _went_down(self, error: Exception) -> StoreUnavailable:
        if isinstance(error, StoreUnavailable):
            fault = error
        elif isinstance(error, SnaglistError):
            fault = StoreUnavailable(str(error), error.remedy)
        else:
            log.error("the writer failed", exc_info=error)
            fault = StoreUnavailable(f"The store failed ({type(error).__name__}).")
        if self._down is None:
            log.error("the store takes no writes: %s", fault)
        self._down = fault
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return fault

    def _came_back(self) -> None:
        log.warning("the store takes writes again")
        self._down = None
