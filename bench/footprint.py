"""What a desk costs by itself: resident memory, and the time until its first 201."""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import time
from pathlib import Path

from bench.bodies import SINGLE_PATH
from bench.loads import LoadFailed
from bench.report import Table
from bench.stand import ENGINES, Stand, free_port
from support.desks import COMMAND, SEED, environment

_LOOK_SECONDS = 0.002
_MOST_SECONDS = 30
_BODY = json.dumps(SEED).encode()


def measure_memory(stand: Stand) -> Table:
    """Resident memory idle and after 1,000,000 POSTs, one record each."""
    many = stand.scale.million
    table = Table(
        f"memory: resident memory before and after {many:,} POSTs",
        "One record per request, 64 clients; every acknowledged record was found.",
    )
    for engine in ENGINES:
        with stand.desk(engine) as desk:
            idle, acknowledged = desk.resident(), 0
            seconds = 2 * stand.scale.seconds
            while acknowledged < many:
                acknowledged += desk.load(stand.corpus, 64, seconds).acknowledged
            after, most = desk.resident(), desk.resident("VmHWM")
            table.add(f"{engine}, idle", f"{idle:.0f} MB")
            table.add(f"{engine}, after {acknowledged:,}", f"{after:.0f} MB, {most:.0f} MB at most")
    return table


def measure_start(stand: Stand) -> Table:
    """Seconds from the process's start to its first 201."""
    table = Table(
        "start: from the start of the process to the first 201",
        f"Medians of {stand.scale.starts}; the database's server runs already.",
    )
    for engine in ENGINES:
        fresh, again = [], []
        for _ in range(stand.scale.starts):
            folder, database = stand.new_folder(), stand.new_database(engine)
            fresh.append(_seconds_to_first_201(folder, database))
            again.append(_seconds_to_first_201(folder, database))
        table.add(f"{engine}, fresh database", f"{statistics.median(fresh) * 1e3:.0f} ms")
        table.add(f"{engine}, existing database", f"{statistics.median(again) * 1e3:.0f} ms")
    return table


def _seconds_to_first_201(folder: Path, database: str) -> float:
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port), "--database", database],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _records(port, folder / "snaglist-admin-token"):
            if process.poll() is not None or time.perf_counter() > began + _MOST_SECONDS:
                raise LoadFailed(f"the desk did not come to its first 201 ({database})")
            time.sleep(_LOOK_SECONDS)
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(_MOST_SECONDS)


def _records(port: int, token_file: Path) -> bool:
    """Whether a POST is answered with 201 now."""
    try:
        headers = {"Authorization": f"Bearer {token_file.read_text().strip()}"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("POST", SINGLE_PATH, _BODY, headers)
        return connection.getresponse().status == 201
    except OSError:
        return False
