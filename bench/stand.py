"""What stands under a measurement: desks on both engines, the no-op, PostgreSQL, bodies, a disk."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw

from bench.bodies import Bodies, batch_bodies, corpus_bodies, corpus_texts, seed_bodies
from bench.growing import grow
from bench.loads import Load, LoadFailed, wrk
from support.desks import DeskProcess, snaglist
from support.postgres import Postgres
from support.waiting import wait_until

ENGINES = ("sqlite", "postgresql")
NOOP_TOKEN = "bench"
_REST_SECONDS = 2.5
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Scale:
    """How long and how often: seconds of a load and of a warm-up, rounds, and what is many."""

    seconds: int
    warm_up: int
    rounds: int
    million: int
    starts: int
    answers: int


FULL = Scale(seconds=4, warm_up=2, rounds=3, million=1_000_000, starts=5, answers=200)
QUICK = Scale(seconds=1, warm_up=1, rounds=1, million=20_000, starts=3, answers=50)


class Desk:
    """A desk under load; after each load its rows are counted against what it acknowledged."""

    def __init__(self, stand: Stand, engine: str, folder: Path, database: str) -> None:
        self._stand = stand
        self.engine = engine
        self.database = database
        self.own_causes = folder / "causes"
        self.own_causes.mkdir()
        self.process = DeskProcess(folder, database, SNAGLIST_CAUSES=str(self.own_causes))

    def load(self, bodies: Bodies, clients: int, seconds: int) -> Load:
        """Post to it. Raises LoadFailed if fewer rows were added than were acknowledged."""
        before = self.rows()
        load = wrk(self.process.url, self.process.token, bodies, clients, seconds)
        self.settle()
        added = self.rows() - before
        if added < load.acknowledged:
            raise LoadFailed(
                f"LOST: {load.acknowledged} records were acknowledged, {added} are stored"
                f" ({self.engine}, {bodies.name}, {clients} clients)"
            )
        return load

    def fill(self, rows: int) -> None:
        """Post batches until it holds at least so many records."""
        while (missing := rows - self.rows()) > 0:
            self.load(self._stand.batches, 2, max(1, min(10, missing // 20_000)))

    def rows(self) -> int:
        """How many records are in its database."""
        count = "SELECT count(*) FROM records"
        if self.engine == "postgresql":
            return int(self._stand.postgres.execute(count, self.database_name)[0][0])
        connection = apsw.Connection(str(self.file), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(5_000)
            return int(next(iter(connection.execute(count)))[0])
        finally:
            connection.close()

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return self.process.folder / self.database.removeprefix("sqlite:///")

    @property
    def database_name(self) -> str:
        """The name of the PostgreSQL database."""
        found = re.search(r"@/(\w+)", self.database)
        assert found is not None
        return found[1]

    def settle(self) -> None:
        """Wait until nothing waits to be stored; what clients left unread may still have."""
        with self.process.client() as client:
            wait_until(lambda: "snaglist_writes_waiting 0.0" in client.get("/metrics").text)

    def rest(self) -> None:
        """Wait until it does nothing by itself any more: no commit for some seconds."""
        seen = ("", 0.0)

        def rests() -> bool:
            nonlocal seen
            figures = client.get("/metrics").text.splitlines()
            commits = next(one for one in figures if one.startswith("snaglist_commits_total"))
            if commits != seen[0]:
                seen = (commits, time.monotonic())
            return time.monotonic() - seen[1] > _REST_SECONDS

        with self.process.client() as client:
            wait_until(rests, 120)

    def resident(self, what: str = "VmRSS") -> float:
        """Its resident memory in MB; `VmHWM` for the most since the start."""
        return resident_of(self.process.pid, what)

    def restart(self) -> None:
        """Stop it in order and start it anew on the same database."""
        self.process.stop(30)
        self.process.start()

    def close(self) -> None:
        """End it."""
        self.process.close()


class Stand:
    """Makes what measurements need, and ends and removes it all."""

    def __init__(self, scale: Scale, corpus: Path | None, disk: Path | None) -> None:
        self.scale = scale
        self._stack = contextlib.ExitStack()
        parent = str(disk) if disk else None
        self.disk = Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(prefix="snag-bench-", dir=parent))
        )
        kind = subprocess.run(
            ["stat", "-f", "-c", "%T", str(self.disk)], capture_output=True, text=True, check=True
        ).stdout.strip()
        if kind == "tmpfs":
            raise SystemExit(f"{self.disk} is in memory, not on a disk; name one with --folder")
        self.texts = corpus_texts(corpus)
        self.seed = seed_bodies(self.disk)
        self.corpus = corpus_bodies(self.disk, self.texts, corpus.name if corpus else "made up")
        self.batches = batch_bodies(self.disk, self.texts)
        self._postgres: Postgres | None = None
        self._full: dict[str, Desk] = {}
        self._grown: dict[str, Desk] = {}
        self._count = 0

    def __enter__(self) -> Stand:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def postgres(self) -> Postgres:
        """One PostgreSQL for all, started when it is first asked for."""
        if self._postgres is None:
            self._postgres = Postgres()
            self._stack.callback(self._postgres.close)
        return self._postgres

    def new_folder(self) -> Path:
        """An empty folder of its own."""
        self._count += 1
        folder = self.disk / str(self._count)
        folder.mkdir()
        return folder

    def new_database(self, engine: str) -> str:
        """The address of a database without records; PostgreSQL's has the schema already."""
        if engine == "sqlite":
            return "sqlite:///desk.db"
        database = self.postgres.new_database()
        done = snaglist("migrate", "--database", database, folder=self.disk)
        if done.returncode != 0:
            raise LoadFailed(f"`snaglist migrate` failed: {done.stderr.strip()}")
        return database

    @contextlib.contextmanager
    def desk(self, engine: str) -> Iterator[Desk]:
        """A desk on an empty database, for one block."""
        desk = Desk(self, engine, self.new_folder(), self.new_database(engine))
        try:
            yield desk
        finally:
            desk.close()

    def full_desk(self, engine: str) -> Desk:
        """The desk that holds 1,000,000 records; filled when it is first asked for."""
        if engine not in self._full:
            desk = self._stack.enter_context(self.desk(engine))
            desk.fill(self.scale.million)
            self._full[engine] = desk
        return self._full[engine]

    def grown_desk(self, engine: str) -> Desk:
        """The desk of 1,000,000 records, each copy of the bodies of entities of its own."""
        if engine not in self._grown:
            desk = self._stack.enter_context(self.desk(engine))
            self.grow(desk, self.scale.million)
            self._grown[engine] = desk
        return self._grown[engine]

    def grow(self, desk: Desk, records: int) -> None:
        """Post so many records, of ever more entities."""
        grow(desk.process.url, desk.process.token, self.texts, records)

    @contextlib.contextmanager
    def noop(self) -> Iterator[str]:
        """The URL of the bare no-op, for one block."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.noop"],
            cwd=_ROOT,
            env=os.environ | {"BENCH_TOKEN": NOOP_TOKEN},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait(10)

    def sync_milliseconds(self, times: int = 300) -> float:
        """The median time of fdatasync after appending 4,096 bytes, on the databases' disk."""
        taken = []
        page = os.urandom(4096)
        file = self.disk / "sync"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            for _ in range(times):
                os.write(descriptor, page)
                began = time.perf_counter()
                os.fdatasync(descriptor)
                taken.append(time.perf_counter() - began)
        finally:
            os.close(descriptor)
            file.unlink()
        return statistics.median(taken) * 1e3


def resident_of(pid: int, what: str = "VmRSS") -> float:
    """A line of /proc/PID/status in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise LoadFailed(f"process {pid} is gone")


def free_port() -> int:
    """A port of 127.0.0.1 where nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
