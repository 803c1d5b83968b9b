"""Looking a desk's store over: each finding with what it means and what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from snaglist.domain.errors import SnaglistError
from snaglist.domain.moment import utc_text
from snaglist.service.recount import recounted, told_shortly
from snaglist.storage.connection import Connection, Engine
from snaglist.storage.migrations import missing_migrations
from snaglist.storage.postgres import PostgresEngine
from snaglist.storage.sqlite import SqliteEngine, sqlite_version

T = TypeVar("T")
LITTLE_DISK = 1 << 30
LARGE_WAL = 512 << 20
_EARLIEST = "2026-01-01T00:00:00.000Z"
_MOST_SKEW_SECONDS = 5
_NETWORK_FILE_SYSTEMS = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "beegfs"),
    *("glusterfs", "fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "gpfs", "ocfs2", "virtiofs"),
}


class Verdict(StrEnum):
    """How a finding is meant."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at."""

    name: str
    verdict: Verdict
    says: str
    remedy: str = ""


def examine(engine: Engine, at: float, *, deep: bool = False) -> Iterator[Finding]:
    """Everything that can be known of this store, one finding after the other.

    `deep` counts again what is kept counted, which reads everything.
    """
    match engine:
        case SqliteEngine():
            yield from _of_sqlite(engine)
        case PostgresEngine():
            yield from _of_postgresql(engine, at)
    yield _looked_at("schema", lambda: _schema(engine))
    yield _looked_at("clock", lambda: _clock(engine, at))
    if deep:
        yield _looked_at("counts", lambda: _counts(engine))


def _of_sqlite(engine: SqliteEngine) -> Iterator[Finding]:
    version = ".".join(map(str, sqlite_version()))
    try:
        engine.check()
        yield Finding("sqlite version", Verdict.GOOD, version)
    except SnaglistError as error:
        yield Finding("sqlite version", Verdict.BAD, str(error), error.remedy)
    yield _file_system(engine.folder())
    yield _free_disk(engine.folder())
    if not engine.path.exists():
        yield Finding(
            "database",
            Verdict.WARNING,
            f"there is no {engine.path} yet",
            "`snaglist serve` makes it; or name another one with --database.",
        )
        return
    yield _looked_at("journal mode", lambda: _journal(engine))
    yield _looked_at("integrity", lambda: _integrity(engine))
    yield _write_ahead_log(engine.path)


def _of_postgresql(engine: PostgresEngine, at: float) -> Iterator[Finding]:
    def reach() -> Finding:
        engine.check()
        return Finding("reachable and durable", Verdict.GOOD, engine.where())

    def skew(connection: Connection) -> Finding:
        there = float(connection.execute("SELECT extract(epoch FROM clock_timestamp())")[0][0])
        apart = abs(there - at)
        if apart > _MOST_SKEW_SECONDS:
            return Finding(
                "clock of postgresql",
                Verdict.WARNING,
                f"{apart:.0f} s apart from this machine's",
                "Let both machines follow the same time server.",
            )
        return Finding("clock of postgresql", Verdict.GOOD, "agrees with this machine's")

    yield _looked_at("reachable and durable", reach)
    yield _looked_at("clock of postgresql", lambda: _with_reader(engine, skew))


def _file_system(folder: Path) -> Finding:
    kind = file_system_of(folder)
    if kind in _NETWORK_FILE_SYSTEMS:
        return Finding(
            "file system",
            Verdict.BAD,
            f"{folder} is on {kind}, where SQLite's locks and syncs cannot be relied on",
            "Move the database to a local disk, or use PostgreSQL.",
        )
    return Finding("file system", Verdict.GOOD, kind or "not known")


def file_system_of(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The type of the file system that holds this folder, as Linux names it; "" elsewhere."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        place = fields[1].replace("\\040", " ")
        if len(place) >= len(best) and folder.is_relative_to(place):
            best, kind = place, fields[2]
    return kind


def _free_disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    says = f"{free / (1 << 30):.1f} GiB free"
    if free < LITTLE_DISK:
        return Finding(
            "disk", Verdict.WARNING, says, "Free some: a full disk stops the desk from recording."
        )
    return Finding("disk", Verdict.GOOD, says)


def _journal(engine: SqliteEngine) -> Finding:
    mode = str(_with_reader(engine, lambda one: one.execute("PRAGMA journal_mode"))[0][0])
    if mode != "wal":
        return Finding(
            "journal mode", Verdict.WARNING, mode, "`snaglist serve` sets WAL at its start."
        )
    return Finding("journal mode", Verdict.GOOD, "wal, every commit synced")


def _integrity(engine: SqliteEngine) -> Finding:
    rows = _with_reader(engine, lambda one: one.execute("PRAGMA quick_check(3)"))
    if rows != [("ok",)]:
        return Finding(
            "integrity",
            Verdict.BAD,
            "; ".join(str(row[0]) for row in rows),
            "Stop the desk and restore the newest backup; keep this file for recovery.",
        )
    return Finding("integrity", Verdict.GOOD, "the file is sound")


def _write_ahead_log(path: Path) -> Finding:
    wal = path.with_name(path.name + "-wal")
    size = wal.stat().st_size if wal.exists() else 0
    says = f"{size / (1 << 20):.0f} MiB"
    if size > LARGE_WAL:
        return Finding(
            "write-ahead log",
            Verdict.WARNING,
            says,
            "Something holds a long read open, a backup tool perhaps; end it.",
        )
    return Finding("write-ahead log", Verdict.GOOD, says)


def _schema(engine: Engine) -> Finding:
    missing = _with_reader(engine, lambda one: missing_migrations(one, engine))
    if missing:
        return Finding(
            "schema",
            Verdict.WARNING,
            f"{len(missing)} migrations are missing",
            "`snaglist migrate` applies them; on SQLite, `snaglist serve` does so too.",
        )
    return Finding("schema", Verdict.GOOD, "as this version has it")


def _counts(engine: Engine) -> Finding:
    found = _with_reader(engine, lambda one: recounted(one))
    if found:
        return Finding(
            "counts",
            Verdict.BAD,
            told_shortly(found),
            "This is a fault of the desk: keep a backup and report it with these words.",
        )
    return Finding("counts", Verdict.GOOD, "every count is what its items and records say")


def _clock(engine: Engine, at: float) -> Finding:
    now = utc_text(at)
    if now < _EARLIEST:
        return Finding("clock", Verdict.BAD, f"it says {now}", "Set this machine's clock.")
    rows = _with_reader(
        engine, lambda one: one.execute("SELECT created_at FROM records ORDER BY seq DESC LIMIT 1")
    )
    newest = rows[0][0] if rows else ""
    if newest > utc_text(at + _MOST_SKEW_SECONDS):
        return Finding(
            "clock",
            Verdict.WARNING,
            f"it says {now}, but the newest record is of {newest}",
            "Set this machine's clock, and let it follow a time server.",
        )
    day = datetime.fromtimestamp(at, UTC)
    return Finding("clock", Verdict.GOOD, f"{day:%Y-%m-%d %H:%M:%S} UTC")


def _with_reader(engine: Engine, look: Callable[[Connection], T]) -> T:
    connection = engine.reader()
    try:
        return look(connection)
    finally:
        connection.close()


def _looked_at(name: str, look: Callable[[], Finding]) -> Finding:
    """The finding, or what kept it from being made."""
    try:
        return look()
    except SnaglistError as error:
        return Finding(name, Verdict.BAD, str(error), error.remedy)
    except Exception as error:
        return Finding(
            name,
            Verdict.BAD,
            f"cannot be told ({type(error).__name__}: {error})",
            "If the database is new, run `snaglist migrate` or `snaglist serve` first.",
        )
