"""How a desk is: its memory, its figures, and whether an attack left a mark."""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from pathlib import Path
from types import TracebackType

import httpx

from support.desks import DeskProcess
from support.waiting import wait_until

MIB = 1 << 20


def resident_bytes(desk: DeskProcess) -> int:
    """The memory that the desk's process holds now."""
    status = Path(f"/proc/{desk.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


class Peak:
    """The most memory that a desk takes within a block, above what it had at the beginning."""

    def __init__(self, desk: DeskProcess) -> None:
        self._desk = desk
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._before = self._most = 0

    def __enter__(self) -> Peak:
        self._before = self._most = resident_bytes(self._desk)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    @property
    def growth(self) -> int:
        """Bytes above the beginning."""
        return self._most - self._before

    def _watch(self) -> None:
        while not self._over.wait(0.005):
            self._most = max(self._most, resident_bytes(self._desk))


@lru_cache(maxsize=8)
def client_of(desk: DeskProcess, url: str) -> httpx.Client:  # noqa: ARG001 - a key
    """A client for looking on, kept until the desk is started anew at another address."""
    return desk.client()


def figure(desk: DeskProcess, name: str) -> float:
    """One figure of `/metrics`."""
    for line in client_of(desk, desk.url).get("/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise AssertionError(f"there is no figure {name}")


def holds_nothing(desk: DeskProcess) -> bool:
    """Whether no body is counted as being worked on; waits for it."""
    return wait_until(lambda: figure(desk, "snaglist_bytes_in_flight") == 0, what="an empty desk")


def assert_unharmed(desk: DeskProcess) -> None:
    """The desk serves, records and lists, it holds nothing, its log has no traceback."""
    client = client_of(desk, desk.url)
    assert client.get("/readyz").json() == {"status": "ready"}
    assert client.post("/import/after/errors", json={"error": "one more"}).status_code == 201
    assert_listed(desk, "after")
    assert holds_nothing(desk)
    assert_quiet(desk)


def assert_listed(desk: DeskProcess, source: str) -> None:
    """All that this source left behind is listed, in JSON."""
    answer = client_of(desk, desk.url).get(f"/import/{source}/errors")
    assert isinstance(json.loads(answer.content), list)


def assert_quiet(desk: DeskProcess) -> None:
    """The log of the desk has no traceback and nothing that could steer a terminal."""
    log = desk.log.read_text()
    assert "Traceback" not in log, log[-3000:]
    assert log.isprintable() or all(line.isprintable() for line in log.split("\n"))
