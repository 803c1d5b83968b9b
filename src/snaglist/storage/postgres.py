"""PostgreSQL, through psycopg: several servers may share one database, one writes at a time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult

from snaglist.domain.errors import CannotStart, RecordRefused, StoreUnavailable
from snaglist.storage.connection import Row, Value
from snaglist.storage.files import new_file

OLDEST = 150000
WRITE_TURN = 0x736E6167  # "snag": the advisory lock that every write transaction holds
STATEMENT_SECONDS = 15
_FORMATS = [Format.TEXT, Format.BINARY]
_GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_BEGIN = f"BEGIN; SELECT pg_advisory_xact_lock({WRITE_TURN})".encode()
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)\b|%")
_REFUSALS = (psycopg.DataError, psycopg.IntegrityError, pg.ProgramLimitExceeded)
_PROGRAM_SETTINGS = {
    *("host", "hostaddr", "port", "dbname", "user", "password", "passfile", "service"),
    *("sslmode", "sslcert", "sslkey", "sslrootcert", "connect_timeout"),
}
_CONNECTION_DEFAULTS: dict[str, str | int] = {
    "application_name": "snaglist",
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class PostgresEngine:
    """A desk in one PostgreSQL database. `allow_unsafe` takes one that loses commits."""

    name = "postgresql"
    sequence_key = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"

    def __init__(self, url: str, *, allow_unsafe: bool = False) -> None:
        try:
            given = conninfo_to_dict(url)
        except psycopg.Error as error:
            raise CannotStart(
                f"The database address cannot be read: {str(error).strip()}.",
                "Write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE.",
            ) from None
        self._settings: dict[str, Any] = {**_CONNECTION_DEFAULTS, **given}
        self._allow_unsafe = allow_unsafe
        self.url = url

    def where(self) -> str:
        host = self._settings.get("host") or "the local socket"
        name = self._settings.get("dbname") or self._settings.get("user") or "the default database"
        return f"PostgreSQL at {host}, database {name}"

    def exists(self) -> bool:
        return True

    def folder(self) -> Path:
        return Path.cwd()

    def only_server(self) -> AbstractContextManager[None]:
        return nullcontext()

    def copy_to(self, target: Path) -> None:
        program = shutil.which("pg_dump")
        if program is None:
            raise CannotStart(
                "pg_dump is not on this machine's PATH.",
                "Install PostgreSQL's client programs, or take the backup on the database's host.",
            )
        with new_file(target) as part:
            done = subprocess.run(
                [program, "--format=custom", f"--file={part}"],
                env={**os.environ, **self._environment()},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            if done.returncode != 0:
                reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
                raise StoreUnavailable(
                    f"pg_dump failed: {reason}.", "Nothing was written. Correct this and repeat."
                )

    def _environment(self) -> dict[str, str]:
        """The connection's settings for PostgreSQL's own programs; no password among arguments."""
        names = {"dbname": "PGDATABASE", "application_name": "PGAPPNAME"}
        return {
            names.get(name, f"PG{name.upper()}"): str(value)
            for name, value in self._settings.items()
            if name in _PROGRAM_SETTINGS
        }

    def check(self) -> None:
        connection = self._open()
        try:
            if connection.raw.info.server_version < OLDEST:
                raise CannotStart(
                    f"{self.where()} is version {connection.raw.info.server_version // 10000}.",
                    f"Use PostgreSQL {OLDEST // 10000} or newer.",
                )
            encoding = connection.execute("SHOW server_encoding")[0][0]
            if encoding != "UTF8":
                raise CannotStart(
                    f"{self.where()} stores text as {encoding}.",
                    "Create the database with ENCODING 'UTF8'.",
                )
            self._check_durable(connection)
        finally:
            connection.close()

    def reader(self) -> PostgresConnection:
        connection = self._open()
        connection.execute("SET default_transaction_read_only = on")
        return connection

    def writer(self) -> PostgresConnection:
        connection = self._open()
        self._check_durable(connection)
        connection.execute("SET idle_in_transaction_session_timeout = '10s'")
        # Whatever is written is found by a key. A plan made while a table was small would read
        # it whole for as long as the connection lives.
        for join in ("seqscan", "hashjoin", "mergejoin"):
            connection.execute(f"SET enable_{join} = off")
        return connection

    def unsafe_settings(self, connection: PostgresConnection) -> list[str]:
        """The settings of this server by which it may lose what it has committed."""
        return [
            name
            for name in ("fsync", "synchronous_commit", "full_page_writes")
            if connection.execute(f"SHOW {name}")[0][0] == "off"
        ]

    def _check_durable(self, connection: PostgresConnection) -> None:
        unsafe = [] if self._allow_unsafe else self.unsafe_settings(connection)
        if unsafe:
            connection.close()
            raise CannotStart(
                f"{self.where()} may lose what it acknowledged: {' and '.join(unsafe)} is off.",
                "Turn it on in postgresql.conf; or, where losing records is acceptable, set "
                "SNAGLIST_ALLOW_UNSAFE_POSTGRESQL=yes.",
            )

    def _open(self) -> PostgresConnection:
        try:
            raw = psycopg.connect(**self._settings, autocommit=True)
        except psycopg.Error as error:
            raise StoreUnavailable(
                f"{self.where()} does not answer: {_first_line(error)}"
            ) from error
        raw.prepare_threshold = 2
        connection = PostgresConnection(raw)
        connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
        return connection


class PostgresConnection:
    """One PostgreSQL connection, in autocommit outside of `transaction`.

    What the writer does for every batch goes straight to libpq: each such call lets go of
    Python's lock once, psycopg's own way of waiting several times.
    """

    engine = "postgresql"

    def __init__(self, raw: psycopg.Connection[Row]) -> None:
        self.raw = raw
        self._cursor = raw.cursor()
        self._prepared: dict[str, bytes] = {}

    def execute(self, sql: str, **values: Value) -> list[Row]:
        with _translated():
            cursor = self._cursor.execute(_pyformat(sql), values or None)
            return cursor.fetchall() if cursor.description else []

    def insert(self, sql: str, rows: bytes, texts: bytes | None = None) -> None:
        libpq = self.raw.pgconn
        parameters = [rows] if texts is None else [rows, texts]
        with _translated():
            name = self._prepared.get(sql)
            if name is None:
                name = f"snaglist_insert_{len(self._prepared)}".encode()
                numbered = sql.replace(":rows", "$1").replace(":texts", "$2")
                self._check(libpq.prepare(name, numbered.encode()))
                self._prepared[sql] = name
            self._check(libpq.exec_prepared(name, parameters, _FORMATS[: len(parameters)]))

    def script(self, sql: str) -> None:
        with _translated():
            self.raw.execute(sql.encode())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        libpq = self.raw.pgconn
        with _translated():
            self._check(libpq.exec_(_BEGIN))
        try:
            yield
            with _translated():
                done = libpq.exec_(b"COMMIT")
                self._check(done)
                if done.command_status != b"COMMIT":
                    raise psycopg.OperationalError("the transaction was aborted, not committed")
        except BaseException:
            with suppress(psycopg.Error):
                libpq.exec_(b"ROLLBACK")
            raise

    def _check(self, result: PGresult) -> None:
        if result.status in _GOOD:
            return
        if self.raw.pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError(result.get_error_message())
        raise pg.error_from_result(result)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0")
        try:
            yield
        finally:
            with suppress(psycopg.Error):
                self.raw.execute("ROLLBACK")

    def close(self) -> None:
        with suppress(psycopg.Error):
            self.raw.close()


@lru_cache(maxsize=256)
def _pyformat(sql: str) -> bytes:
    """The statement with psycopg's `%(name)s` in place of `:name`."""
    return _PARAMETER.sub(lambda m: f"%({m[1]})s" if m[1] else "%%", sql).encode()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _REFUSALS as error:
        raise RecordRefused(f"PostgreSQL refuses it: {_first_line(error)}") from error
    except pg.DiskFull as error:
        raise StoreUnavailable(
            "The disk of PostgreSQL is full.", "Free space there; the desk goes on by itself."
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, pg.ReadOnlySqlTransaction) as error:
        raise StoreUnavailable(f"PostgreSQL cannot answer: {_first_line(error)}") from error


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".") + "."
