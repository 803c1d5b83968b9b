"""Making all causes of 1,000,000 records again: memory, a kill on the way, and POSTs beside."""

from __future__ import annotations

import statistics
import time
from typing import Any

import httpx

from bench.listing import MOST_GROWTH_MB, watched
from bench.loads import Load, median_p50, median_p99, median_rate
from bench.report import Table
from bench.stand import ENGINES, Desk, Stand

_CLIENTS = 8
_MOST_SECONDS = 3_600
# Everything that a studio could call its own: all records of these types get another cause.
_OWN_CAUSES = "".join(
    f"""
[[cause]]
id = "bench-{kind.lower()}"
title = "All that fails of {kind}"
meaning = "A rule of the bench."
fix = "None."
who = "td"
rank = 1
[[cause.when]]
entity_type = "{kind}"
regex = "."
[[cause.example]]
json = '{{"error": "KeyError", "details": {{"entity_type": "{kind}"}}}}'
"""
    for kind in ("Note", "Scene", "Version")
)


def measure_regroup(stand: Stand) -> Table:
    """A regroup that changes nothing, one that moves many and is killed on its way, and POSTs."""
    table = Table(
        f"regroup: of {stand.scale.million:,} records",
        f"POSTs from {_CLIENTS} clients beside it, and before it.",
    )
    for engine in ENGINES:
        desk = stand.grown_desk(engine)
        desk.restart()
        desk.load(stand.corpus, _CLIENTS, stand.scale.warm_up)
        before, began = desk.resident(), time.perf_counter()
        with watched(desk) as peak:
            ended = _end_of(desk, _order(desk))
        table.add(f"{engine}, nothing changes", _told(ended, time.perf_counter() - began))
        _add_growth(table, f"{engine}, resident memory", before, peak[0])
        _measure_killed(table, stand, desk)
    return table


def _measure_killed(table: Table, stand: Stand, desk: Desk) -> None:
    (desk.own_causes / "bench.toml").write_text(_OWN_CAUSES)
    alone = [desk.load(stand.corpus, _CLIENTS, stand.scale.seconds) for _ in range(3)]
    began = time.perf_counter()
    regroup_id = _order(desk)
    beside: list[Load] = []
    while (now := _look(desk, regroup_id))["phase"] == "counting" and now["progress"] < 0.5:
        beside.append(desk.load(stand.corpus, _CLIENTS, stand.scale.seconds))
    desk.process.kill()
    desk.process.start()
    again = _look(desk, regroup_id)
    before = desk.resident()
    with watched(desk) as peak:
        ended = _end_of(desk, regroup_id)
    table.add(
        f"{desk.engine}, many move, kill -9 on the way",
        f"{_told(ended, time.perf_counter() - began)};"
        f" {again['records']:,} records in when it was back",
        "goes on",
        again["records"] >= now["records"] and ended["phase"] == "done",
    )
    _add_growth(table, f"{desk.engine}, resident memory", before, peak[0])
    for name, loads in (("before it", alone), ("beside it", beside)):
        table.add(
            f"{desk.engine}, POSTs {name}",
            f"{median_rate(loads):,.0f}/s, p50 {median_p50(loads):.2f},"
            f" p99 {median_p99(loads):.2f} ms",
        )
    slower = median_p99(beside) / statistics.median(load.p99 for load in alone)
    table.add(f"{desk.engine}, p99 beside it", f"{slower:.1f} x")


def _order(desk: Desk) -> str:
    with _client(desk) as client:
        answer = client.post("/api/v1/regroups", json={})
        answer.raise_for_status()
        return str(answer.json()["id"])


def _look(desk: Desk, regroup_id: str) -> Any:
    with _client(desk) as client:
        return client.get(f"/api/v1/regroups/{regroup_id}").raise_for_status().json()


def _end_of(desk: Desk, regroup_id: str) -> Any:
    began = time.perf_counter()
    while True:
        now = _look(desk, regroup_id)
        if now["ended_at"] or time.perf_counter() - began > _MOST_SECONDS:
            return now
        time.sleep(0.5)


def _client(desk: Desk) -> httpx.Client:
    headers = {"Authorization": f"Bearer {desk.process.token}"}
    return httpx.Client(base_url=desk.process.url, headers=headers, timeout=60, trust_env=False)


def _told(ended: Any, seconds: float) -> str:
    return (
        f"{ended['records']:,} records, {ended['moved']:,} moved, in {seconds:.0f} s"
        f" = {ended['records'] / seconds:,.0f}/s"
    )


def _add_growth(table: Table, what: str, before: float, most: float) -> None:
    table.add(
        what,
        f"{before:.0f} MB before, +{most - before:.1f} MB at most",
        f"<= +{MOST_GROWTH_MB} MB",
        most - before <= MOST_GROWTH_MB,
    )
