"""What is said of one thing counts in the order in which it was said, whatever clocks do."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from snaglist_client.delivery import portions_of
from support.desks import DeskProcess
from support.importers import run_importer

HOURS = 3600 * 10**9
AHEAD = f"""
real = time.time_ns
time.time_ns = lambda: real() + {HOURS}
"""
SET_BACK = f"""
real, moment = time.time_ns, [0]
time.time_ns = lambda: real() - moment[0]
desk.imported("Shot", 1)
desk.imported("Shot", 3, part="movie")
moment[0] = {HOURS}
"""
SAY = """
desk.imported("Shot", 1)
desk.record("It broke", entity_type="Shot", shotgun_id=1, part="movie")
desk.record("It broke", entity_type="Shot", shotgun_id=2, part="movie")
desk.imported("Shot", 2)
desk.record("It broke", entity_type="Shot", shotgun_id=3)
desk.imported("Shot", 3)
desk.record("It broke", entity_type="Shot", shotgun_id="3")
assert desk.flush(20)
"""


@pytest.mark.parametrize("clock", ["", AHEAD, SET_BACK], ids=["right", "ahead", "set back"])
def test_the_last_word_counts_whatever_the_host_s_clock(
    clock: str, desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    run_importer(clock + SAY, desk.url, desk.token, spool)

    listed = client.get("/api/v1/items").json()
    assert {(one["entity_id"], one["part"]): one["status"] for one in listed} == {
        ("1", "movie"): "open",
        ("2", "movie"): "resolved",
        ("3", ""): "open",
    }


def test_what_was_said_after_the_clock_was_set_back_is_not_older(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    """Through a spool that arrives with another program."""
    run_importer(
        SET_BACK + SAY.replace("assert desk.flush(20)", ""), desk.url, "not-the-token", spool
    )
    run_importer("assert desk.flush(20)", desk.url, desk.token, spool)

    listed = client.get("/api/v1/items").json()
    assert {(one["entity_id"], one["part"]): one["status"] for one in listed} == {
        ("1", "movie"): "open",
        ("2", "movie"): "resolved",
        ("3", ""): "open",
    }


def test_failures_and_successes_of_many_entities_share_their_requests() -> None:
    lines = [b'begin {"id":"r"}']
    for number in range(40):
        lines += [
            b'imported:shotgun {"shotgun_id":%d,"entity_type":"Version"}' % number,
            b'record {"event_data":{"details":{"shotgun_id":%d,"part":"movie"}}}' % number,
            b'record {"event_data":{"entity":{"id":%d}}}' % (number + 100),
            b'imported:shotgun {"shotgun_id":"%d","entity_type":"Shot"}' % (number + 100),
        ]
    lines += [b"end:r {}", b'outcome {"lease_id":"1"}']

    portions = portions_of(lines, lambda line, why: pytest.fail(f"{line!r} {why}"))

    assert [(one.kind, len(one.bodies)) for one in portions] == [
        (b"begin", 1),
        (b"record", 40),
        (b"imported", 80),
        (b"record", 40),
        (b"outcome", 1),
        (b"end", 1),
    ]


def test_an_event_that_failed_after_its_entity_came_over_is_sent_behind_it() -> None:
    for link in (b'"entity":{"type":"Shot","id":7}', b'"entity":null,"meta":{"entity_id":7}'):
        lines = [
            b'imported:shotgun {"shotgun_id":7,"entity_type":"Shot"}',
            b'record {"event_data":{"error":"It broke",' + link + b"}}",
        ]

        portions = portions_of(lines, lambda line, why: pytest.fail(f"{line!r} {why}"))

        assert [one.kind for one in portions] == [b"imported", b"record"]
