"""SIGTERM in the thick of it: all that was taken is stored and answered, and the exit is clean."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from hostile.vitals import MIB, assert_quiet, figure
from hostile.wire import PATHS, Answer, Wire, assert_problem, head, post
from support.desks import DeskProcess
from support.waiting import wait_until

LONGEST_SECONDS = 5.0
Start = Callable[..., DeskProcess]


class Poster:
    """A client that posts without end: what it sent, and what was acknowledged of it."""

    def __init__(self, desk: DeskProcess, name: int) -> None:
        self._desk = desk
        self._name = name
        self.sent: list[str] = []
        self.acknowledged: list[str] = []
        self.refused: list[httpx.Response] = []
        self._thread = threading.Thread(target=self._post)
        self._thread.start()

    def join(self) -> None:
        """Wait until the desk is gone for it."""
        self._thread.join()

    def _post(self) -> None:
        headers = {"Authorization": f"Bearer {self._desk.token}"}
        with httpx.Client(base_url=self._desk.url, headers=headers, trust_env=False) as client:
            for number in range(100_000):
                text = f"{self._name}-{number}"
                self.sent.append(text)
                try:
                    response = client.post(PATHS[0], json={"error": text})
                except httpx.TransportError:
                    return
                if response.status_code == 201:
                    self.acknowledged.append(text)
                else:
                    self.refused.append(response)


def stop(desk: DeskProcess) -> float:
    """SIGTERM; how long the desk took, which must end with exit code 0 and a quiet log."""
    began = time.monotonic()
    assert desk.stop() == 0, desk.log.read_text()[-3000:]
    assert_quiet(desk)
    return time.monotonic() - began


def stored_texts(desk: DeskProcess) -> list[str]:
    """The error texts that are there after a restart."""
    desk.start()
    return [one["event_data"]["error"] for one in desk.client().get(PATHS[0]).json()]


def test_a_stop_under_load_loses_nothing_and_answers_all_it_stored(own_desk: Start) -> None:
    desk = own_desk()
    posters = [Poster(desk, number) for number in range(16)]
    wait_until(lambda: sum(len(one.acknowledged) for one in posters) > 500, what="load")

    seconds = stop(desk)
    for one in posters:
        one.join()

    acknowledged = [text for one in posters for text in one.acknowledged]
    assert seconds < LONGEST_SECONDS
    assert sorted(stored_texts(desk)) == sorted(acknowledged)
    assert all(one.status_code == 500 for poster in posters for one in poster.refused)


def test_a_stop_closes_idle_connections_at_once(own_desk: Start) -> None:
    desk = own_desk()
    with Wire(desk) as idle, Wire(desk) as silent:
        idle.send(head(desk, "GET", "/healthz"))
        assert idle.answer("GET") is not None

        assert stop(desk) < 1.5

        assert idle.is_closed()
        assert silent.is_closed()


def test_a_dripping_body_does_not_hold_a_stop_up(own_desk: Start) -> None:
    desk = own_desk()
    with Wire(desk) as wire, Wire(desk) as other:
        wire.send(head(desk, "POST", PATHS[0], "Content-Length: 1000"), b"{" * 500)
        other.send(head(desk, "POST", PATHS[1], "Content-Length: 1000"), b"{" * 500)
        wait_until(lambda: figure(desk, "snaglist_bytes_in_flight") == 1000, what="both halves")

        assert stop(desk) < LONGEST_SECONDS

        for answer in (wire.answer(), other.answer()):
            if answer is not None:
                assert_problem(answer, 400, 408, 500, 503)


@pytest.fixture
def long_list(own_desk: Start) -> DeskProcess:
    """A desk with a list of some 30 MB."""
    desk = own_desk()
    member = {"event_data": {"error": "x" * 3_000}}
    batch = json.dumps([member] * 2_000)
    for _ in range(5):
        assert desk.client().post(PATHS[1], content=batch).status_code == 200
    return desk


def test_a_slow_reader_of_a_list_does_not_hold_a_stop_up(long_list: DeskProcess) -> None:
    with Wire(long_list, receive_bytes=8_192) as wire:
        wire.send(head(long_list, "GET", PATHS[0]))
        assert wire.socket.recv(1_000)

        assert stop(long_list) < LONGEST_SECONDS

        rest = b"".join(iter_until_cut(wire))
    assert not rest.endswith(b"0\r\n\r\n"), "a list that is not whole looks whole"


def iter_until_cut(wire: Wire) -> Iterator[bytes]:
    """What still comes on a connection until it ends."""
    try:
        while data := wire.socket.recv(MIB):
            yield data
    except ConnectionError:
        return


def test_a_batch_of_10_000_that_was_taken_is_answered_in_a_stop(own_desk: Start) -> None:
    desk = own_desk()
    members = [
        {"event_data": {"error": str(n), "details": {"shotgun_id": n}}} for n in range(10_000)
    ]
    request = post(desk, json.dumps(members).encode(), path=PATHS[1])
    answers: list[Answer | None] = []

    def send() -> None:
        with Wire(desk) as wire:
            wire.send(request)
            answers.append(wire.answer())

    thread = threading.Thread(target=send)
    thread.start()
    wait_until(lambda: figure(desk, "snaglist_bytes_in_flight") > MIB / 2 or answers, what="a body")
    assert stop(desk) < LONGEST_SECONDS
    thread.join()

    (answer,) = answers
    assert answer is not None
    recorded = [one["index"] for one in answer.json()["results"] if one["status"] == "recorded"]
    assert sorted(map(int, stored_texts(desk))) == recorded


def test_a_second_signal_does_no_harm(own_desk: Start) -> None:
    desk = own_desk()
    posters = [Poster(desk, number) for number in range(4)]
    wait_until(lambda: sum(len(one.acknowledged) for one in posters) > 50, what="load")

    desk.process.send_signal(signal.SIGTERM)
    desk.process.send_signal(signal.SIGINT)
    assert desk.process.wait(LONGEST_SECONDS) == 0
    for one in posters:
        one.join()

    stored = set(stored_texts(desk))
    assert stored >= {text for one in posters for text in one.acknowledged}
