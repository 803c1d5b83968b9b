"""Clients that do not read what they asked for: recording goes on, and nothing piles up."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from hostile.vitals import MIB, Peak, assert_listed, assert_unharmed
from hostile.wire import PATHS, Wire, head
from support.desks import DeskProcess

BATCHES, BATCH = 25, 2_000
LARGEST_WAL = 64 * MIB
READERS = 40


def batch_of(size: int) -> bytes:
    """A batch of records of about half a kilobyte."""
    member = {"event_data": {"error": "x" * 400, "details": {"shotgun_id": 1}}}
    return json.dumps([member] * size).encode()


def test_recording_goes_on_behind_readers_that_stop(own_desk: Callable[..., DeskProcess]) -> None:
    desk = own_desk()
    client, batch = desk.client(), batch_of(BATCH)
    for _ in range(5):
        assert client.post(PATHS[1], content=batch).status_code == 200
    stuck = [Wire(desk, receive_bytes=8_192) for _ in range(8)]
    for wire in stuck:
        wire.send(head(desk, "GET", PATHS[0]))
        assert wire.socket.recv(1_000)

    largest, wal = 0, Path(f"{desk.folder / 'desk.db'}-wal")
    with Peak(desk) as peak:
        for _ in range(BATCHES):
            stuck[0].socket.recv(1_000)
            assert client.post(PATHS[1], content=batch).status_code == 200
            largest = max(largest, wal.stat().st_size)

    assert largest < LARGEST_WAL + 8 * MIB
    assert peak.growth < 96 * MIB
    for wire in stuck:
        wire.close()
    assert len(client.get(PATHS[0]).json()) == (5 + BATCHES) * BATCH
    assert_unharmed(desk)
    assert_listed(desk, "shotgun")


def test_who_reads_slowly_gets_the_whole_list_as_it_was(
    own_desk: Callable[..., DeskProcess],
) -> None:
    desk = own_desk()
    client, batch = desk.client(), batch_of(BATCH)
    for _ in range(3):
        client.post(PATHS[1], content=batch)

    with Wire(desk, receive_bytes=65_536) as wire:
        wire.send(head(desk, "GET", PATHS[0]))
        time.sleep(0.5)  # to be slow is the point here
        client.post(PATHS[1], content=batch)
        answer = wire.answer("GET")

    assert answer is not None
    assert len(answer.json()) == 3 * BATCH


def test_documents_that_nobody_reads_do_not_stay_in_memory(victim: DeskProcess) -> None:
    """No token is needed for these, and the largest is over a megabyte."""
    bundle = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
    readers = [Wire(victim, receive_bytes=4_096) for _ in range(READERS)]
    with Peak(victim) as peak:
        for wire in readers:
            wire.send(bundle * 4)
        for wire in readers:
            assert wire.socket.recv(1_000)

    assert peak.growth < 32 * MIB
    for wire in readers:
        wire.close()
