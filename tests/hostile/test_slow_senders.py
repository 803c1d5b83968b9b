"""Clients that send next to nothing: cut off in time, and nobody else notices."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from hostile.vitals import MIB, Peak, figure
from hostile.wire import PATHS, Wire, address_of, head
from snaglist.api.protocol import BODY_SECONDS, HEADER_SECONDS
from support.desks import SEED, DeskProcess
from support.waiting import wait_until

DRIPPERS = 250
SLACK_SECONDS = 4.0
SILENT = {
    "says nothing": (b"", b""),
    "keeps alive": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b""),
    "sends a blank line": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n"),
    "sends a body after its refusal": (
        b"POST /import/x/errors HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n",
        b"{}",
    ),
}


class EarlyDesk:
    """A desk with connections that fell silent before the other tests of this module began."""

    def __init__(self, desk: DeskProcess) -> None:
        self._since = time.monotonic()
        request = head(desk, "POST", PATHS[1], f"Content-Length: {16 * MIB}")
        self.stuck = [Wire(desk), Wire(desk)]
        for wire in self.stuck:
            wire.send(request, b" " * (16 * MIB - 1))
        wait_until(lambda: figure(desk, "snaglist_bytes_in_flight") > 31 * MIB, what="both bodies")
        self.silent = {what: Wire(desk) for what in SILENT}
        for what, (opening, later) in SILENT.items():
            wire = self.silent[what]
            if opening:
                wire.send(opening)
                assert wire.answer() is not None
                wire.send(later)
        self._ends: dict[Wire, float] = {}
        self._threads = [
            threading.Thread(target=self._watch, args=(wire,))
            for wire in (*self.stuck, *self.silent.values())
        ]
        for thread in self._threads:
            thread.start()

    def cut_after(self, wire: Wire) -> float:
        """After how many seconds the desk cut this connection; infinite if it did not."""
        for thread in self._threads:
            thread.join()
        return self._ends.get(wire, float("inf"))

    def close(self) -> None:
        """Close all connections."""
        for thread in self._threads:
            thread.join()
        for wire in (*self.stuck, *self.silent.values()):
            wire.close()

    def _watch(self, wire: Wire) -> None:
        wire.socket.settimeout(BODY_SECONDS + SLACK_SECONDS)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while wire.socket.recv(65_536):
                continue
            self._ends[wire] = time.monotonic() - self._since


@pytest.fixture(scope="module", autouse=True)
def early_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EarlyDesk]:
    """The desk with the silent connections; autouse, so that they wait while the others drip."""
    folder = tmp_path_factory.mktemp("early")
    desk = DeskProcess(folder, f"sqlite:///{folder / 'desk.db'}")
    early = EarlyDesk(desk)
    yield early
    early.close()
    desk.close()


@dataclass
class Dripper:
    """One connection that sends a byte a second, and when the desk cut it."""

    socket: socket.socket
    drop: bytes
    since: float = field(default_factory=time.monotonic)
    cut_after: float | None = None


def start(desk: DeskProcess, opening: bytes, drop: bytes) -> Dripper:
    """A dripper that begins with `opening`."""
    connection = socket.create_connection(address_of(desk))
    connection.sendall(opening)
    connection.setblocking(False)
    return Dripper(connection, drop)


def drip_until_cut(drippers: list[Dripper], seconds: float) -> None:
    """Have all of them drip until the desk has cut each, or `seconds` are over."""
    with selectors.DefaultSelector() as ready:
        for one in drippers:
            ready.register(one.socket, selectors.EVENT_READ, one)
        end, next_drop = time.monotonic() + seconds, 0.0
        while ready.get_map() and time.monotonic() < end:
            if time.monotonic() >= next_drop:
                next_drop = time.monotonic() + 1
                for key in list(ready.get_map().values()):
                    send_drop(key.data)
            for key, _ in ready.select(0.1):
                if is_cut(key.data):
                    ready.unregister(key.fileobj)
                    key.data.cut_after = time.monotonic() - key.data.since
                    key.data.socket.close()


def send_drop(one: Dripper) -> None:
    try:
        one.socket.send(one.drop)
    except OSError:
        return  # the desk has closed; reading shows it


def is_cut(one: Dripper) -> bool:
    try:
        return not one.socket.recv(65_536)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def post_in_a_row(desk: DeskProcess, over: threading.Event, seconds: list[float]) -> None:
    """Post until `over`, noting how long each 201 took."""
    headers = {"Authorization": f"Bearer {desk.token}"}
    with httpx.Client(base_url=desk.url, headers=headers, trust_env=False) as client:
        while not over.wait(0.05):
            began = time.monotonic()
            assert client.post(PATHS[0], json=SEED).status_code == 201
            seconds.append(time.monotonic() - began)


def test_500_dripping_clients_are_cut_in_time_and_nobody_else_waits(victim: DeskProcess) -> None:
    in_headers = b"POST /import/shotgun/errors HTTP/1.1\r\nX: "
    in_body = head(victim, "POST", PATHS[0], "Content-Length: 1000") + b'{"error":"'
    over, seconds = threading.Event(), list[float]()
    good = [threading.Thread(target=post_in_a_row, args=(victim, over, seconds)) for _ in range(4)]

    with Peak(victim) as peak:
        drippers = [start(victim, in_headers, b"x") for _ in range(DRIPPERS)]
        drippers += [start(victim, in_body, b"x") for _ in range(DRIPPERS)]
        for thread in good:
            thread.start()
        drip_until_cut(drippers, BODY_SECONDS + SLACK_SECONDS)
        over.set()
        for thread in good:
            thread.join()

    cut = [one.cut_after or float("inf") for one in drippers]
    assert HEADER_SECONDS - 1 < min(cut[:DRIPPERS]) <= max(cut[:DRIPPERS])
    assert max(cut[:DRIPPERS]) < HEADER_SECONDS + SLACK_SECONDS
    assert BODY_SECONDS - 1 < min(cut[DRIPPERS:]) <= max(cut[DRIPPERS:])
    assert max(cut[DRIPPERS:]) < BODY_SECONDS + SLACK_SECONDS
    assert peak.growth < 64 * MIB
    assert len(seconds) > 300
    assert sorted(seconds)[len(seconds) * 99 // 100] < 0.5


def test_who_stops_late_in_a_big_body_does_not_hold_the_others_up_for_minutes(
    early_desk: EarlyDesk,
) -> None:
    """Two such clients use up all the bytes in flight between them."""
    assert max(early_desk.cut_after(wire) for wire in early_desk.stuck) < (
        BODY_SECONDS + SLACK_SECONDS
    )


@pytest.mark.parametrize("what", SILENT)
def test_an_idle_connection_is_closed_whatever_was_said_on_it(
    early_desk: EarlyDesk, what: str
) -> None:
    assert early_desk.cut_after(early_desk.silent[what]) < HEADER_SECONDS + SLACK_SECONDS
