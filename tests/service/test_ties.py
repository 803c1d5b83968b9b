"""Of two attempts within one millisecond, which is as fine as the desk's times are."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from snaglist.domain.standing import Reason, Status
from snaglist.storage.database import Database
from support.understanding import Understanding
from support.workshop import Workshop

MISSING = "KeyError: 'sg_cut_in'"
AT = "2026-11-20T02:00:00.500Z"
FINER = ("2026-11-20T02:00:00.500100Z", "2026-11-20T02:00:00.500900Z")


@pytest.fixture
def desk(database: Database) -> Understanding:
    return Understanding(database)


@pytest.mark.parametrize("is_first", [True, False], ids=["failure first", "success first"])
def test_a_part_s_failure_is_seen_in_whatever_order_a_spool_is_sent(
    desk: Understanding, is_first: bool
) -> None:
    desk.fail(MISSING, part="movie", occurred_at="2026-11-19T02:00:00Z")
    if not is_first:
        desk.came_over(occurred_at=FINER[0])
    record = desk.fail(MISSING, part="movie", occurred_at=FINER[1])
    if is_first:
        desk.came_over(occurred_at=FINER[0])

    assert desk.item(record).status is Status.OPEN
    assert desk.differences() == []


def test_a_part_that_is_new_is_seen_as_well(desk: Understanding) -> None:
    desk.came_over(occurred_at=AT)

    assert desk.fail(MISSING, part="movie", occurred_at=AT).status == "open"


def test_what_is_said_of_the_same_thing_counts_in_the_order_of_arrival(
    desk: Understanding,
) -> None:
    for part in ("", "movie"):
        record = desk.fail(MISSING, part=part, occurred_at=AT)
        desk.came_over(part=part, occurred_at=AT)
        then = desk.item(record)
        desk.fail(MISSING, part=part, occurred_at=AT)

        assert (then.reason, desk.item(record).status) == (Reason.CAME_OVER, Status.OPEN)


def test_a_success_without_a_time_of_its_own_counts_in_the_order_of_arrival(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_795_431_192.5)
    desk = Understanding(database)
    part = desk.fail(MISSING, part="movie")

    assert desk.came_over() == 1
    assert desk.item(part).reason is Reason.CAME_OVER


def test_of_a_part_that_failed_while_its_whole_was_leased_the_outcome_says_nothing(
    workshop: Workshop,
) -> None:
    for part in ("", "movie", "thumbnail"):
        workshop.fails_as("Version", 1, part=part)
    workshop.orders(is_probing=False)
    leased = {lease.item.part: lease for lease in workshop.leases(5)}
    failed = workshop.failed(leased["movie"])
    assert failed.record is not None
    clock_behind = replace(failed.record.sighting, attempted_at="2020-01-01T00:00:00.000Z")
    failed = replace(failed, record=replace(failed.record, sighting=clock_behind))

    workshop.reports(workshop.came_over(leased[""]), failed)

    assert {one.part: one.status for one in workshop.items()} == {
        "": Status.RESOLVED,
        "movie": Status.OPEN,
        "thumbnail": Status.RETRYING,
    }
    assert workshop.differences() == []


def test_a_late_failure_of_a_part_after_the_lease_of_its_whole_began_is_seen(
    workshop: Workshop,
) -> None:
    workshop.fails_as("Version", 1)
    workshop.orders(is_probing=False)
    (lease,) = workshop.leases()
    before, during = lease.item.decided_at, workshop.now()
    workshop.reports(workshop.came_over(lease))

    for part, at in (("old", before), ("new", during)):
        key = replace(workshop.failure(1).sighting.key, entity_type="Version", part=part)
        record = workshop.failure(1)
        told = replace(record.sighting, key=key, digest=key.digest, attempted_at=at)
        workshop.record([replace(record, sighting=told)])

    found = {one.part: one.status for one in workshop.items()}
    assert found == {"": Status.RESOLVED, "old": Status.RESOLVED, "new": Status.OPEN}
