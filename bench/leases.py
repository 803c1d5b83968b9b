"""Leases and outcomes at 16 workers, with 100,000 items waiting beside 1,000."""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from bench.loads import LoadFailed
from bench.report import Table
from bench.stand import ENGINES, Desk, Stand

WORKERS = 16
FEW, MANY = 1_000, 100_000
_ROUND = 192
_ROUNDS = 5
_TOGETHER = 100
_TIMES_TOGETHER = 4
_BATCH = 1_000
_LEAST = 0.8


def measure_leases(stand: Stand) -> Table:
    """Leases/s and outcomes/s, one at a time and many at once, by how many wait."""
    many = min(MANY, stand.scale.million)
    table = Table(
        f"leases: {WORKERS} workers, with {FEW:,} and {many:,} items waiting",
        f"{_ROUNDS} rounds of {_ROUND} leases, each reported on; then {_TOGETHER} at once.",
    )
    for engine in ENGINES:
        few, plenty = _measured(stand, engine, FEW), _measured(stand, engine, many)
        for what, rate in few.items():
            table.add(f"{engine}, {FEW:,} waiting, {what}", f"{rate:,.0f}/s")
        for what, rate in plenty.items():
            flat = rate / few[what] if what in few else None
            beside = "" if flat is None else f" = {flat:.2f} x"
            table.add(
                f"{engine}, {many:,} waiting, {what}",
                f"{rate:,.0f}/s{beside}",
                "" if flat is None else f">= {_LEAST} x",
                None if flat is None else flat >= _LEAST,
            )
    return table


def _measured(stand: Stand, engine: str, waiting: int) -> dict[str, float]:
    with stand.desk(engine) as desk:
        _fail(desk, waiting)
        began = time.perf_counter()
        order = _asked(desk, "/api/v1/retries", {"probe": False})
        frozen = waiting / (time.perf_counter() - began)
        if order["total"] != waiting:
            raise LoadFailed(f"{order['total']} of {waiting} items are in the order ({engine})")
        desk.restart()  # what filling left to write is written,
        desk.rest()  # and what it left to merge is merged
        rates: dict[str, list[float]] = {"leases": [], "outcomes": []}
        for _ in range(_ROUNDS):
            leases, taken = _at_once(desk, _ROUND // WORKERS, _lease_one)
            rates["leases"].append(len(leases) / taken)
            done, taken = _at_once(desk, 1, _report_each, leases)
            rates["outcomes"].append(len(done) / taken)
        found = {what: statistics.median(rate) for what, rate in rates.items()}
        if waiting > FEW:
            leases, taken = _at_once(desk, _TIMES_TOGETHER, _lease_many)
            found[f"leases, {_TOGETHER} at once"] = len(leases) / taken
            done, taken = _at_once(desk, 1, _report_together, leases)
            found[f"outcomes, {_TOGETHER} at once"] = len(done) / taken
            found["freezing"] = frozen
        ended = _asked(desk, f"/api/v1/retries/{order['id']}")
        if ended["waiting"] + ended["came_over"] != waiting:
            raise LoadFailed(f"{ended} does not add up ({engine})")
        return found


class _Worker:
    """One worker with a connection of its own."""

    def __init__(self, desk: Desk, number: int) -> None:
        parts = urlsplit(desk.process.url)
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        self._headers = {"Authorization": f"Bearer {desk.process.token}"}
        self._worker = {"id": str(uuid.uuid4()), "name": f"worker {number}"}

    def lease(self, limit: int) -> list[str]:
        """The ids of so many leases."""
        body = {"worker": self._worker, "limit": limit, "seconds": 3_600}
        return [one["lease_id"] for one in self.post("/api/v1/leases", body)["leases"]]

    def report(self, leases: list[str]) -> list[str]:
        """That these came over. Raises LoadFailed unless all were taken."""
        outcomes = [{"lease_id": one, "outcome": "came_over"} for one in leases]
        results = self.post("/api/v1/outcomes", outcomes)["results"]
        if any(one["status"] != "taken" for one in results):
            raise LoadFailed(f"an outcome was not taken: {results[:3]}")
        return leases

    def post(self, path: str, body: Any) -> Any:
        """The answer to this. Raises LoadFailed for any refusal."""
        self._connection.request("POST", path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise LoadFailed(f"{path}: {answer.status} {text[:300]!r}")
        return json.loads(text)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _lease_one(worker: _Worker, _: list[str]) -> list[str]:
    return worker.lease(1)


def _lease_many(worker: _Worker, _: list[str]) -> list[str]:
    return worker.lease(_TOGETHER)


def _report_each(worker: _Worker, leases: list[str]) -> list[str]:
    return [one for lease in leases for one in worker.report([lease])]


def _report_together(worker: _Worker, leases: list[str]) -> list[str]:
    parts = [leases[first : first + _TOGETHER] for first in range(0, len(leases), _TOGETHER)]
    return [one for part in parts for one in worker.report(part)]


def _at_once(
    desk: Desk,
    times: int,
    work: Callable[[_Worker, list[str]], list[str]],
    leases: Sequence[str] = (),
) -> tuple[list[str], float]:
    """What all workers did so many times each, at once, and the seconds that it took.

    Each gets its share of `leases`.
    """
    workers = [_Worker(desk, number) for number in range(WORKERS)]
    for worker in workers:
        worker.post("/api/v1/leases/renew", {"worker": str(uuid.uuid4()), "leases": []})
    done: list[list[str]] = [[] for _ in workers]
    faults: list[BaseException] = []

    def run(number: int) -> None:
        try:
            for _ in range(times):
                done[number] += work(workers[number], list(leases[number::WORKERS]))
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WORKERS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - began
    for worker in workers:
        worker.close()
    if faults:
        raise LoadFailed(f"a worker failed: {faults[0]}")
    return [one for part in done for one in part], taken


def _fail(desk: Desk, items: int) -> None:
    """So many shots fail."""
    for first in range(0, items, _BATCH):
        _asked(
            desk,
            "/api/v1/records",
            [
                {
                    "event_data": {
                        "error": "KeyError: 'sg_cut_in'",
                        "details": {
                            "entity_type": "Shot",
                            "shotgun_id": number,
                            "name": f"SH{number:06}",
                            "project": {"type": "Project", "id": number % 20},
                        },
                    }
                }
                for number in range(first, min(first + _BATCH, items))
            ],
        )


def _asked(desk: Desk, path: str, body: Any = None) -> Any:
    with desk.process.client() as client:
        client.timeout = 600
        answer = client.get(path) if body is None else client.post(path, json=body)
        if not answer.is_success:
            raise LoadFailed(f"{path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()
