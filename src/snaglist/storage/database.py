"""One open database: many readers, one writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, TypeVar

from snaglist.domain.errors import CannotStart, StoreUnavailable
from snaglist.storage.connection import Connection, Engine
from snaglist.storage.postgres import PostgresEngine
from snaglist.storage.sqlite import SqliteEngine
from snaglist.storage.writer import Write, Writer

T = TypeVar("T")


def engine_for(url: str, *, allow_unsafe: bool = False) -> SqliteEngine | PostgresEngine:
    """The engine of a database address.

    `sqlite:///desk.db` is relative to the working folder, `sqlite:////srv/desk.db` absolute;
    `postgresql://user@host/name` is PostgreSQL's own. Raises CannotStart for anything else.
    """
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return SqliteEngine(Path(url.removeprefix("sqlite:///")))
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresEngine(url, allow_unsafe=allow_unsafe)
    scheme = url.split(":", 1)[0][:20]
    raise CannotStart(
        f"A database address cannot begin with {scheme!r}.",
        "Use sqlite:///desk.db, sqlite:////absolute/desk.db or postgresql://user@host/name.",
    )


class Database:
    """Reads in the caller's thread, writes through the one writer."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self.engine = engine
        self.writer = writer
        self._readers: LifoQueue[Connection] = LifoQueue()

    def read(self, query: Callable[[Connection], T]) -> T:
        """What `query` finds. Raises StoreUnavailable; a connection gone stale is replaced once."""
        with suppress(Empty):
            connection = self._readers.get_nowait()
            try:
                return self._kept(connection, query)
            except StoreUnavailable:
                self._drop_readers()
        return self._kept(self.engine.reader(), query)

    def write(self, change: Callable[[Connection], T]) -> T:
        """Make a change in a transaction of its own and wait for its commit.

        The one way to write for whoever may block; raises what `change` raises, and
        StoreUnavailable.
        """
        promise: Future[Sequence[T | BaseException]] = Future()

        def work(connection: Connection, _: Sequence[Any]) -> Sequence[T]:
            with connection.transaction():
                return [change(connection)]

        self.writer.submit(Write(work, (None,), promise))
        (outcome,) = promise.result()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def close(self, seconds: float = 5) -> bool:
        """Commit what waits and close; False if that took longer than `seconds`."""
        stopped = self.writer.stop(seconds)
        self._drop_readers()
        return stopped

    def _kept(self, connection: Connection, query: Callable[[Connection], T]) -> T:
        try:
            found = query(connection)
        except BaseException:
            connection.close()
            raise
        self._readers.put(connection)
        return found

    def _drop_readers(self) -> None:
        with suppress(Empty):
            while True:
                self._readers.get_nowait().close()
