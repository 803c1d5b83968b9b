"""SQLite, through apsw: one file, WAL, every commit synced before it is acknowledged."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from snaglist.domain.errors import CannotStart, RecordRefused, SnaglistError, StoreUnavailable
from snaglist.storage.connection import Row, Value
from snaglist.storage.files import new_file

OLDEST_SAFE = (3, 51, 3)
"""Older ones can corrupt a WAL database when it is reset: https://sqlite.org/wal.html#walresetbug"""

BUSY_MILLISECONDS = 5000
_WRITER_CACHE_KIB = 16_000
_READER_CACHE_KIB = 8_000
_CHECKPOINT_PAGES = 4_000
_LARGEST_IDLE_WAL = 64 << 20

_REFUSALS = (apsw.ConstraintError, apsw.TooBigError, apsw.MismatchError, apsw.RangeError)


class SqliteEngine:
    """A desk in one SQLite file. `vfs` names an apsw VFS, for tests of what a disk may do."""

    name = "sqlite"
    sequence_key = "INTEGER PRIMARY KEY AUTOINCREMENT"

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        self.path = Path(os.path.realpath(path))
        self._vfs = vfs

    def where(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        return self.path.exists()

    def folder(self) -> Path:
        return self.path.parent

    def check(self) -> None:
        version = sqlite_version()
        if version < OLDEST_SAFE:
            raise CannotStart(
                f"SQLite {'.'.join(map(str, version))} can corrupt a database in WAL mode.",
                f"Install an apsw that brings SQLite {'.'.join(map(str, OLDEST_SAFE))} or newer: "
                "run `make install`.",
            )
        if not self.path.parent.is_dir():
            raise CannotStart(
                f"There is no folder {self.path.parent} for the database.",
                "Create it, or name another file with --database.",
            )

    def reader(self) -> SqliteConnection:
        connection = self._open(apsw.SQLITE_OPEN_READWRITE, _READER_CACHE_KIB)
        connection.execute("PRAGMA query_only = 1")
        return connection

    def writer(self) -> SqliteConnection:
        connection = self._open(
            apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE, _WRITER_CACHE_KIB
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_IDLE_WAL}")
            mode = connection.execute("PRAGMA journal_mode")[0][0]
        except SnaglistError:
            connection.close()
            raise
        if mode != "wal":
            connection.close()
            raise StoreUnavailable(f"SQLite will not use WAL mode at {self.where()} ({mode}).")
        return connection

    def _open(self, flags: int, cache_kib: int) -> SqliteConnection:
        with _translated():
            raw = apsw.Connection(str(self.path), flags=flags, vfs=self._vfs)
            raw.set_busy_timeout(BUSY_MILLISECONDS)
        connection = SqliteConnection(raw)
        for pragma in ("mmap_size = 0", f"cache_size = -{cache_kib}", "trusted_schema = 0"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    @contextmanager
    def only_server(self) -> Iterator[None]:
        lock_path = Path(f"{self.path}.lock")
        try:
            lock = lock_path.open("a+", encoding="utf-8")
        except OSError as error:
            raise CannotStart(
                f"{lock_path} cannot be opened: {error.strerror}.",
                "Let the desk's user write in this folder.",
            ) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                holder = lock.read(20).strip()
                raise CannotStart(
                    f"Another desk{f' (process {holder})' if holder.isdigit() else ''} "
                    f"serves {self.path}.",
                    "Stop it first, or name another file with --database. "
                    "Several servers at once need PostgreSQL.",
                ) from None
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield

    def copy_to(self, target: Path) -> None:
        with new_file(target) as part:
            source = self.reader().raw
            try:
                with _translated():
                    copy = apsw.Connection(str(part))
                    with copy.backup("main", source, "main") as backup:
                        while not backup.done:
                            backup.step(-1)
                    copy.execute("PRAGMA journal_mode = DELETE")
                    verdict = copy.execute("PRAGMA integrity_check").fetchall()
                    copy.close()
            finally:
                source.close()
            if verdict != [("ok",)]:
                raise StoreUnavailable(
                    "The copy does not pass SQLite's integrity check.",
                    "The database itself may be damaged: run `snaglist doctor`.",
                )


class SqliteConnection:
    """One SQLite connection."""

    engine = "sqlite"

    def __init__(self, raw: apsw.Connection) -> None:
        self.raw = raw

    def execute(self, sql: str, **values: Value) -> list[Row]:
        with _translated():
            return self.raw.execute(sql, values or None).fetchall()

    def insert(self, sql: str, rows: bytes, texts: bytes | None = None) -> None:
        with _translated():
            self.raw.execute(sql, {"rows": rows.decode(), "texts": texts})

    def script(self, sql: str) -> None:
        with _translated():
            for _ in self.raw.execute(sql):
                pass

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with _translated():
            self.raw.execute("BEGIN IMMEDIATE")
        try:
            yield
            with _translated():
                self.raw.execute("COMMIT")
        except BaseException:
            with suppress(apsw.Error):
                if self.raw.in_transaction:
                    self.raw.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with _translated():
            self.raw.execute("BEGIN")
        try:
            yield
        finally:
            with suppress(apsw.Error):
                self.raw.execute("ROLLBACK")

    def close(self) -> None:
        with suppress(apsw.Error):
            self.raw.close()


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite inside apsw."""
    return tuple(int(part) for part in apsw.sqlite_lib_version().split("."))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _REFUSALS as error:
        raise RecordRefused(f"SQLite refuses it: {error}.") from error
    except apsw.FullError as error:
        raise StoreUnavailable(
            "The disk is full.", "Free space on the database's disk; the desk goes on by itself."
        ) from error
    except apsw.BusyError as error:
        raise StoreUnavailable(
            f"Another process has held the database for {BUSY_MILLISECONDS // 1000} s."
        ) from error
    except apsw.SQLError:
        raise
    except apsw.Error as error:
        raise StoreUnavailable(f"SQLite cannot use the database: {error}.") from error
