"""What a database connection can do, whichever engine is behind it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

Value = str | int | float | bytes | None
Row = tuple[Any, ...]


class Connection(Protocol):
    """One connection, used by one thread at a time.

    Every method raises StoreUnavailable when the store cannot answer now (the connection is
    then of no more use), and RecordRefused when it will not take these values.
    """

    engine: str
    """`sqlite` or `postgresql`."""

    def execute(self, sql: str, **values: Value) -> list[Row]:
        """Run one statement with `:name` parameters and return its rows, [] if it has none."""
        ...

    def insert(self, sql: str, rows: bytes, texts: bytes | None = None) -> None:
        """Run one statement with `:rows`, JSON, and perhaps `:texts`, bytes.

        Python's lock is let go once for it.
        """
        ...

    def script(self, sql: str) -> None:
        """Run several statements without parameters."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: committed durably at the end of the block, undone if it raises.

        Only one transaction at a time runs in a database, whichever process began it, so what
        it reads stays true until it commits, and a sequence grows in the order of commits.
        """
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all reads of the block see the database as it is at one moment.

        Keep it short where others write: SQLite's log grows meanwhile.
        """
        ...

    def close(self) -> None:
        """Give the connection back; never raises."""
        ...


class Engine(Protocol):
    """One kind of database at one address."""

    name: str
    """`sqlite` or `postgresql`."""

    sequence_key: str
    """How this engine declares a primary key that it counts up itself and never reuses."""

    def where(self) -> str:
        """The address, without secrets, for messages."""
        ...

    def exists(self) -> bool:
        """Whether there is a database to connect to; on a server, connecting tells."""
        ...

    def folder(self) -> Path:
        """Where files that belong to this database go: beside it, or the working folder."""
        ...

    def only_server(self) -> AbstractContextManager[None]:
        """Hold the database for one server process, if its kind allows no more than one.

        Raises CannotStart when another one has it.
        """
        ...

    def copy_to(self, target: Path) -> None:
        """Write a backup of the whole database as it is at one moment, durably.

        The file appears under its name only when it is complete, and must not exist before.
        Writers go on meanwhile. Raises CannotStart or StoreUnavailable.
        """
        ...

    def reader(self) -> Connection:
        """A new connection that reads."""
        ...

    def writer(self) -> Connection:
        """A new connection that may write."""
        ...

    def check(self) -> None:
        """Raise CannotStart, with the remedy, if this engine could not keep what it is given."""
        ...
