"""Many big bodies at once: what the desk holds is bounded, counted and let go again."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from hostile.vitals import MIB, Peak, assert_listed, assert_unharmed, figure, holds_nothing
from hostile.wire import PATHS, Answer, Wire, assert_problem, chunked, head, post
from support.desks import DeskProcess
from support.waiting import wait_until

IN_FLIGHT = 8 * MIB
CLIENTS = 64
BODY = b'{"error":"' + b"x" * (MIB - 12) + b'"}'


@pytest.fixture
def small_desk(own_desk: Callable[..., DeskProcess]) -> DeskProcess:
    """A desk that holds 8 MiB of bodies at most."""
    return own_desk(SNAGLIST_MAX_BYTES_IN_FLIGHT=str(IN_FLIGHT))


def all_at_once(desk: DeskProcess, request: bytes) -> list[Answer | None]:
    """What each of 64 clients hears that send the same at the same time."""
    answers: list[Answer | None] = []
    together = threading.Barrier(CLIENTS)

    def send() -> None:
        with Wire(desk, seconds=30) as wire:
            together.wait()
            wire.send(request)
            answers.append(wire.answer())

    threads = [threading.Thread(target=send) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_64_clients_with_a_mebibyte_each_stay_within_bounds(small_desk: DeskProcess) -> None:
    with Peak(small_desk) as peak:
        answers = all_at_once(small_desk, post(small_desk, BODY))

    stored = [one for one in answers if one is not None and one.status == 201]
    for refused in [one for one in answers if one not in stored]:
        assert_problem(refused, 500, code="too_busy")
    assert stored
    # A body in flight is there as bytes, as text and as the row being written, and each
    # connection has the part that was read ahead, up to 64 KiB and one read of 256 KiB.
    assert peak.growth < 6 * IN_FLIGHT + CLIENTS * MIB // 2
    assert_unharmed(small_desk)
    assert_listed(small_desk, "shotgun")


def test_bodies_that_stop_halfway_are_bounded_and_refuse_the_rest_by_the_book(
    small_desk: DeskProcess,
) -> None:
    half = [Wire(small_desk) for _ in range(CLIENTS)]

    with Peak(small_desk) as peak:
        for wire in half:
            wire.send(head(small_desk, "POST", PATHS[0], f"Content-Length: {MIB}"))
            wire.send(BODY[: MIB // 2])
        wait_until(
            lambda: figure(small_desk, "snaglist_bytes_in_flight") > IN_FLIGHT - MIB,
            what="a full desk",
        )
        client = small_desk.client()
        single = client.post(PATHS[0], content=BODY)
        batch = client.post(PATHS[1], content=BODY)

    assert (single.status_code, single.json()["code"]) == (500, "too_busy")
    assert (batch.status_code, batch.json()["code"]) == (503, "too_busy")
    assert int(batch.headers["retry-after"]) > 0
    assert peak.growth < 2 * IN_FLIGHT + CLIENTS * MIB // 2
    for wire in half:
        wire.close()
    assert_unharmed(small_desk)
    assert_listed(small_desk, "shotgun")


def test_a_client_that_vanishes_in_mid_body_leaves_nothing_behind(victim: DeskProcess) -> None:
    for path in PATHS:
        with Wire(victim) as wire:
            wire.send(head(victim, "POST", path, f"Content-Length: {MIB}"), BODY[:400_000])
            wait_until(
                lambda: figure(victim, "snaglist_bytes_in_flight") > 300_000, what="half a body"
            )
        assert holds_nothing(victim)


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 1000"], b"{" * 1_000),
        ([f"Content-Length: {64 * MIB}"], b" " * (64 * MIB)),
        (["Transfer-Encoding: chunked"], b"".join(chunked([b" " * MIB] * 20))),
        (["Transfer-Encoding: chunked"], b"5\r\n{\r\n\r\nnonsense\r\n"),
        (["Content-Encoding: gzip", f"Content-Length: {MIB}"], b" " * MIB),
        (["Idempotency-Key: \x7f", f"Content-Length: {MIB}"], b" " * MIB),
        (["Authorization: Bearer nobody", f"Content-Length: {MIB}"], b" " * MIB),
    ],
    ids=["no JSON", "too large", "too large in chunks", "bad chunks", "gzip", "bad key", "nobody"],
)
@pytest.mark.parametrize("path", PATHS)
def test_a_refused_body_is_let_go(
    victim: DeskProcess, path: str, lines: list[str], body: bytes
) -> None:
    with Peak(victim) as peak, Wire(victim) as wire:
        wire.send(head(victim, "POST", path, *lines), body)
        assert (answer := wire.answer()) is None or answer.status < 500
    assert peak.growth < 96 * MIB
    assert holds_nothing(victim)
