"""Running wrk: one load on one address, for a bounded time, and what came of it."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.bodies import Bodies

_SCRIPT = Path(__file__).with_name("load.lua")


class LoadFailed(Exception):
    """A load that was not answered as it should be; no figure may come of it."""


@dataclass(frozen=True)
class Load:
    """What wrk saw. `acknowledged` counts the records that were answered with success."""

    clients: int
    acknowledged: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Records acknowledged per second."""
        return self.acknowledged / self.seconds


def require_wrk() -> None:
    """SystemExit with the remedy if wrk is missing."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk, the load tool, is missing: apt install wrk")


def wrk(url: str, token: str, bodies: Bodies, clients: int, seconds: int) -> Load:
    """Post bodies for some seconds; latencies in ms. Raises LoadFailed for any refusal."""
    done = subprocess.run(
        [
            *("wrk", "--threads", "1", "--connections", str(clients), "--timeout", "30s"),
            *("--duration", f"{seconds}s", "--script", str(_SCRIPT), url + bodies.path),
        ],
        env=os.environ
        | {
            "BENCH_BODIES": str(bodies.file),
            "BENCH_TOKEN": token,
            "BENCH_CONTENT_TYPE": bodies.content_type,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    _, marker, tail = done.stdout.partition("RESULT ")
    if done.returncode != 0 or not marker:
        raise LoadFailed(f"wrk failed: {(done.stderr or done.stdout).strip()[:500]}")
    seen = json.loads(tail.splitlines()[0])
    if seen["refused"] or seen["cut"]:
        raise LoadFailed(
            f"{seen['refused']} of {seen['answers']} requests were refused and {seen['cut']} cut"
            f" ({clients} clients, {bodies.name}, {url})"
        )
    if not seen["answers"]:
        raise LoadFailed(f"nothing was answered ({clients} clients, {bodies.name}, {url})")
    return Load(
        clients,
        seen["answers"] * bodies.records_each,
        seen["microseconds"] / 1e6,
        seen["p50"] / 1e3,
        seen["p99"] / 1e3,
    )


def median_rate(loads: Iterable[Load]) -> float:
    """The median of their rates."""
    return statistics.median(load.rate for load in loads)


def median_p50(loads: Iterable[Load]) -> float:
    """The median of their p50, in ms."""
    return statistics.median(load.p50 for load in loads)


def median_p99(loads: Iterable[Load]) -> float:
    """The median of their p99, in ms."""
    return statistics.median(load.p99 for load in loads)
