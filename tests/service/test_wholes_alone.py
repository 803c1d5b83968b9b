"""Successes that speak for a whole entity alone, and leave its parts to be told of apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from snaglist.domain.cause import CauseStatus
from snaglist.domain.edits import Ignore
from snaglist.domain.standing import Reason, Status
from snaglist.service.edits import edit_item
from snaglist.storage.database import Database
from support.understanding import Understanding
from support.workshop import Workshop

EMPTY = "ValueError: SH010.mov is an empty file"
FIRST_NIGHT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def desk(database: Database) -> Understanding:
    return Understanding(database)


def moment(hours: float) -> str:
    """So many hours after the first night."""
    return (FIRST_NIGHT + timedelta(hours=hours)).isoformat()


def a_night(desk: Understanding, number: int, **members: bool) -> str | None:
    """A version comes over, then its movie fails; the movie's item."""
    desk.came_over("Version", 5, occurred_at=moment(24 * number), **members)
    details = {"entity_type": "Version", "shotgun_id": 5, "part": "movie"}
    return desk.fail(EMPTY, occurred_at=moment(24 * number + 0.1), **details).item_id


def test_a_movie_that_fails_for_three_nights_is_one_cause_that_never_left(
    desk: Understanding,
) -> None:
    for night in range(3):
        a_night(desk, night, alone=True)

    (record,) = desk.record({"error": EMPTY, "details": {"entity_type": "Version"}})
    cause = desk.cause(record.cause_id)
    assert (cause.status, cause.failures, cause.times_back) == (CauseStatus.OPEN, 4, 0)
    assert desk.count("SELECT count(*) FROM audit WHERE event = 'came_over'") == 0
    assert desk.differences() == []


def test_without_being_alone_every_night_resolves_and_reopens_it(desk: Understanding) -> None:
    for night in range(3):
        a_night(desk, night)

    assert desk.count("SELECT count(*) FROM audit WHERE event = 'came_over'") == 2
    assert desk.count("SELECT times_back FROM causes") == 2


def test_a_part_that_is_set_aside_stays_so_night_after_night(desk: Understanding) -> None:
    item_id = a_night(desk, 0, alone=True)
    assert item_id is not None
    edit_item(desk.database, item_id, Ignore(), None, who="ana", at=moment(12))

    for night in (1, 2, 3):
        a_night(desk, night, alone=True)

    (record,) = desk.record({"error": EMPTY, "details": {"entity_type": "Version"}})
    assert desk.count("SELECT count(*) FROM items WHERE status = 'ignored'") == 1
    assert desk.cause(record.cause_id).ignored_items == 1
    assert desk.differences() == []


def test_it_resolves_the_whole_and_the_untyped_of_its_id_but_no_part(desk: Understanding) -> None:
    whole, movie = desk.fail(EMPTY), desk.fail(EMPTY, part="movie")
    untyped, part_of_untyped = (
        desk.record({"error": "It broke", "details": {"shotgun_id": 12345, **part}})[0]
        for part in ({}, {"part": "movie"})
    )

    assert desk.came_over(alone=True) == 2

    told = [desk.item(one).status for one in (whole, untyped, movie, part_of_untyped)]
    assert told == [Status.RESOLVED, Status.RESOLVED, Status.OPEN, Status.OPEN]
    assert desk.came_over() == 2
    assert desk.differences() == []


def test_of_a_part_it_says_nothing_new(desk: Understanding) -> None:
    movie, thumbnail = (desk.fail(EMPTY, part=part) for part in ("movie", "thumbnail"))

    assert desk.came_over(part="movie", alone=True) == 1

    assert desk.item(movie).reason is Reason.CAME_OVER
    assert desk.item(thumbnail).status is Status.OPEN
    late = desk.fail(EMPTY, part="movie", shotgun_id=7, occurred_at=moment(0))
    assert late.status == "open"


def test_a_late_failure_of_a_part_is_not_swallowed_by_it(desk: Understanding) -> None:
    desk.came_over(occurred_at=moment(24), alone=True)

    movie = desk.fail(EMPTY, part="movie", occurred_at=moment(12))
    whole = desk.fail(EMPTY, occurred_at=moment(12))

    assert (movie.status, whole.status) == ("open", "resolved")
    assert desk.item(whole).decided_at == "2026-11-21T02:00:00.000Z"


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_a_late_failure_of_a_part_is_held_beside_the_last_that_spoke_for_it(
    desk: Understanding, order: tuple[bool, bool]
) -> None:
    """The success of all was 24 hours after the first night, of the whole alone 48."""
    for alone in order:
        desk.came_over(occurred_at=moment(48 if alone else 24), alone=alone)

    older = desk.fail(EMPTY, part="movie", occurred_at=moment(12))
    between = desk.fail(EMPTY, part="thumbnail", occurred_at=moment(36))
    whole = desk.fail(EMPTY, occurred_at=moment(36))

    assert (older.status, between.status, whole.status) == ("resolved", "open", "resolved")


def test_both_kinds_in_one_report_are_both_remembered(desk: Understanding) -> None:
    desk.fail(EMPTY)
    desk.fail(EMPTY, part="movie")

    desk.report(
        [
            {"shotgun_id": 12345, "entity_type": "Asset", "alone": True},
            {"shotgun_id": 12345, "entity_type": "Asset", "occurred_at": moment(24)},
        ]
    )

    late = desk.fail(EMPTY, part="thumbnail", occurred_at=moment(12))
    assert late.status == "resolved"
    assert desk.count("SELECT count(*) FROM successes") == 2


def test_a_worker_may_say_it_of_what_it_tried_again(workshop: Workshop) -> None:
    workshop.fails_as("Version", 1)
    workshop.fails_as("Version", 1, part="movie")
    order = workshop.orders(is_probing=False)
    leases = workshop.leases(5)
    (whole,) = (one for one in leases if not one.item.part)
    (movie,) = (one for one in leases if one.item.part)

    workshop.reports(workshop.came_over(whole, is_alone=True))

    assert {one.part: one.status for one in workshop.items()} == {
        "": Status.RESOLVED,
        "movie": Status.RETRYING,
    }
    workshop.reports(workshop.came_over(movie, is_alone=True))
    assert {item.reason for item in workshop.items()} == {Reason.CAME_OVER}
    assert workshop.retry(order).came_over == 2
    assert workshop.differences() == []
