"""An import with the client in it, measured from inside; prints its figures as one JSON line.

`python client_host.py capture|paced URL TOKEN SPOOL COUNT TARGET`; without a URL, `paced` has no
client. TARGET is the port of what it imports into: each item is a POST of its JSON.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

ITEMS_A_SECOND = 100
FAILS_EVERY = 20
PAYLOAD = {
    "type": "Asset",
    "id": 1,
    "code": "owl_main",
    "project": {"type": "Project", "id": 87, "name": "Nebula_EP"},
    "description": "A long text that an artist wrote. " * 8,
    **{f"sg_field_{number}": f"value {number}" for number in range(40)},
}


def main() -> None:
    """Measure what was asked for."""
    kind, url, token, spool, count, target = sys.argv[1:]
    desk = _desk(url, token, spool) if url else None
    if kind == "capture":
        print(json.dumps(_capture(desk, int(count))))
    else:
        print(json.dumps(_paced(desk, int(count), int(target))))


def _desk(url: str, token: str, spool: str) -> Any:
    import snaglist_client

    return snaglist_client.Desk(url, token, target="kitsu", spool=spool, exit_seconds=0.0)


def _capture(desk: Any, count: int) -> dict[str, Any]:
    """As many as it takes, one after the other: failures, then successes."""
    run = desk.run("bench")
    run.begin()
    return {
        "failures": _timed(lambda number: _failing_item(run, number), count),
        "successes": _timed(lambda number: _item(run, number), count),
        "dropped": desk.status().dropped.messages,
    }


def _timed(one: Callable[[int], None], count: int) -> dict[str, float]:
    took = []
    began = time.perf_counter()
    for number in range(count):
        start = time.perf_counter()
        one(number)
        took.append(time.perf_counter() - start)
    rate = count / (time.perf_counter() - began)
    took.sort()
    return {"rate": rate, "p50": took[count // 2], "p99": took[count * 99 // 100], "max": took[-1]}


def _item(run: Any, number: int) -> None:
    with run.item("Asset", number, payload=PAYLOAD):
        pass


def _failing_item(run: Any, number: int) -> None:
    with run.item("Asset", number, payload=PAYLOAD):
        raise ValueError("Missing required field")


def _paced(desk: Any, count: int, target: int) -> dict[str, float]:
    """An import that waits for its target most of the time: `ITEMS_A_SECOND`, some fail."""
    connection = http.client.HTTPConnection("127.0.0.1", target, timeout=30)
    run = desk.run("bench") if desk else contextlib.nullcontext()
    inside = inside_cpu = 0.0
    began, cpu = time.perf_counter(), time.process_time()
    with run:
        for number in range(count):
            before, before_cpu = time.perf_counter(), time.thread_time()
            with contextlib.suppress(ValueError):
                item = run.item("Asset", number, payload=PAYLOAD) if desk else run
                with item:
                    start, start_cpu = time.perf_counter(), time.thread_time()
                    _post(connection, number)
                    before += time.perf_counter() - start
                    before_cpu += time.thread_time() - start_cpu
                    if number % FAILS_EVERY == 0:
                        raise ValueError("Missing required field")
            inside_cpu += time.thread_time() - before_cpu
            inside += time.perf_counter() - before
            time.sleep(max(0.0, began + (number + 1) / ITEMS_A_SECOND - time.perf_counter()))
    wall = time.perf_counter() - began
    return {
        "cpu": (time.process_time() - cpu) / wall,
        "inside": inside / wall,
        "inside_cpu": (inside_cpu + _background_cpu()) / wall,
    }


def _background_cpu() -> float:
    """The CPU seconds of the client's own thread."""
    return sum(
        time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0))
        for thread in threading.enumerate()
        if thread.name == "snaglist-client"
    )


def _post(connection: http.client.HTTPConnection, number: int) -> None:
    body = json.dumps([{**PAYLOAD, "id": number}])
    connection.request("POST", "/import", body, {"Content-Type": "application/json"})
    json.loads(connection.getresponse().read())


if __name__ == "__main__":
    main()
