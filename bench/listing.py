"""The whole list of 1,000,000 records: the server's memory, and POSTs beside it."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.loads import Load, LoadFailed, median_p50, median_p99, median_rate
from bench.report import Table
from bench.stand import ENGINES, Desk, Stand

MOST_GROWTH_MB = 30
MOST_SLOWER = 3
_CLIENTS = 8
_ROOT = Path(__file__).resolve().parent.parent


def measure_list(stand: Stand) -> Table:
    """GET of all records: resident memory, speed, the WAL, and the p99 of POSTs beside it."""
    table = Table(
        f"list: GET /import/shotgun/errors of at least {stand.scale.million:,} records",
        f"A freshly started desk; POSTs from {_CLIENTS} clients, without and beside, in turns.",
    )
    for engine in ENGINES:
        desk = stand.full_desk(engine)
        desk.restart()
        desk.load(stand.corpus, _CLIENTS, stand.scale.warm_up)
        _measure_alone(table, desk)
        _measure_beside(table, stand, desk)
    return table


def _measure_alone(table: Table, desk: Desk) -> None:
    before, there = desk.resident(), desk.rows()
    with watched(desk) as peak, _reading(desk, 1) as reader:
        output, _ = reader.communicate(timeout=300)
    if reader.returncode != 0:
        raise LoadFailed(f"the list was not read to its end ({desk.engine})")
    seen = json.loads(output)
    if seen["records"] < there:
        raise LoadFailed(f"the list had {seen['records']} of {there} records ({desk.engine})")
    grown = peak[0] - before
    megabytes = seen["bytes"] / 1e6
    table.add(
        f"{desk.engine}, list alone",
        f"{seen['records']:,} records, {megabytes:,.0f} MB in {seen['seconds']:.1f} s"
        f" = {megabytes / seen['seconds']:.0f} MB/s",
    )
    _add_growth(table, f"{desk.engine}, resident memory, list alone", before, grown)


def _measure_beside(table: Table, stand: Stand, desk: Desk) -> None:
    without: list[Load] = []
    beside: list[Load] = []
    wal_before, wal_most = _wal_megabytes(desk), 0.0
    before, most = desk.resident(), 0.0
    for _ in range(stand.scale.rounds):
        without.append(desk.load(stand.corpus, _CLIENTS, stand.scale.seconds))
        with watched(desk) as peak, _reading(desk, 100):
            beside.append(desk.load(stand.corpus, _CLIENTS, stand.scale.seconds))
            wal_most = max(wal_most, _wal_megabytes(desk))
        most = max(most, peak[0])
    _add_growth(table, f"{desk.engine}, resident memory, list and POSTs", before, most - before)
    slower = statistics.median(
        ours.p99 / other.p99 for ours, other in zip(beside, without, strict=True)
    )
    for name, loads in (("without", without), ("beside", beside)):
        table.add(
            f"{desk.engine}, POSTs {name} the list",
            f"{median_rate(loads):,.0f}/s, p50 {median_p50(loads):.2f},"
            f" p99 {median_p99(loads):.2f} ms",
        )
    table.add(
        f"{desk.engine}, p99 beside the list",
        f"{slower:.1f} x",
        f"<= {MOST_SLOWER} x",
        slower <= MOST_SLOWER,
    )
    if desk.engine == "sqlite":
        table.add("sqlite, WAL", f"{wal_before:.0f} MB before, {wal_most:.0f} MB after")


def _add_growth(table: Table, what: str, before: float, grown: float) -> None:
    table.add(
        what,
        f"{before:.0f} MB before, +{grown:.1f} MB at most",
        f"<= +{MOST_GROWTH_MB} MB",
        grown <= MOST_GROWTH_MB,
    )


@contextlib.contextmanager
def _reading(desk: Desk, times: int) -> Iterator[subprocess.Popen[str]]:
    """A process that reads the list, so many times or until the block ends."""
    reader = subprocess.Popen(
        [sys.executable, "-m", "bench.reader", desk.process.url, str(times)],
        cwd=_ROOT,
        env=os.environ | {"BENCH_TOKEN": desk.process.token, "PYTHONPATH": str(_ROOT / "tests")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield reader
    finally:
        if reader.poll() is None:
            reader.kill()
        reader.wait()
        if reader.stdout is not None:
            reader.stdout.close()


@contextlib.contextmanager
def watched(desk: Desk) -> Iterator[list[float]]:
    """Look at the desk's resident memory all the time; the list holds the most so far."""
    peak, ended = [desk.resident()], threading.Event()

    def watch() -> None:
        while not ended.is_set():
            peak[0] = max(peak[0], desk.resident())
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def _wal_megabytes(desk: Desk) -> float:
    wal = Path(f"{desk.file}-wal")
    return wal.stat().st_size / 1e6 if desk.engine == "sqlite" and wal.exists() else 0.0
