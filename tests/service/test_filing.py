"""Records are filed to items and causes, and what is on the list is what must be there."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from conftest import open_database
from snaglist.domain.cause import CauseStatus
from snaglist.domain.errors import RecordRefused
from snaglist.domain.standing import Reason, Status
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.history import entries_of_item
from support.desks import SEED
from support.understanding import Understanding

OUTAGE = "HTTPConnectionPool(host='kitsu.lan', port=80): Read timed out. (read timeout=30)"
MISSING = "KeyError: 'sg_cut_in'"
OTHER = "KeyError: 'sg_sort_order'"
NIGHT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def desk(database: Database) -> Understanding:
    return Understanding(database)


def moment(hours: float) -> str:
    """So many hours after the night of the tests began."""
    return (NIGHT + timedelta(hours=hours)).isoformat()


def test_the_same_failure_180_nights_in_a_row_is_one_item(desk: Understanding) -> None:
    records = [record for _ in range(180) for record in desk.record(SEED)]

    assert len({record.item_id for record in records}) == 1
    item = desk.item(records[0])
    assert (item.failures, item.status, item.entity_type) == (180, Status.OPEN, "Asset")
    assert item.standing_record_id == records[-1].id
    assert desk.count("SELECT count(*) FROM items") == 1
    assert desk.differences() == []


def test_an_hour_of_outage_leaves_400_standing_failures_where_they_were(
    desk: Understanding,
) -> None:
    before = [
        desk.fail(MISSING if number % 2 else OTHER, shotgun_id=number, occurred_at=moment(0))
        for number in range(400)
    ]
    causes = [desk.item(record).cause_id for record in before]

    outage = [desk.fail(OUTAGE, shotgun_id=number, occurred_at=moment(1)) for number in range(400)]

    assert [desk.item(record).cause_id for record in before] == causes
    assert {record.cause_id for record in outage}.isdisjoint(causes)
    away = desk.cause(outage[0].cause_id)
    assert (away.failures, away.open_items) == (400, 0)
    assert all(desk.item(record).failures == 2 for record in before)
    assert desk.differences() == []


def test_a_spool_that_arrives_a_day_late_reopens_nothing(desk: Understanding) -> None:
    first = desk.fail(MISSING, occurred_at=moment(0))
    assert desk.came_over(occurred_at=moment(24)) == 1

    late = desk.fail(MISSING, occurred_at=moment(12))

    item = desk.item(late)
    assert late.item_id == first.item_id
    assert (item.status, item.reason, item.failures) == (Status.RESOLVED, Reason.CAME_OVER, 2)
    assert late.status == "resolved"


def test_a_late_failure_of_what_came_over_before_it_was_known_stays_off_the_list(
    desk: Understanding,
) -> None:
    assert desk.came_over(occurred_at=moment(24)) == 0

    late = desk.fail(MISSING, occurred_at=moment(12), part="movie")
    newer = desk.fail(MISSING, occurred_at=moment(36))

    assert (late.status, newer.status) == ("resolved", "open")
    assert desk.item(late).reason is Reason.CAME_OVER
    assert desk.differences() == []


def test_a_success_of_the_whole_resolves_all_parts_and_one_of_a_part_only_that(
    desk: Understanding,
) -> None:
    whole, movie, thumbnail = (
        desk.fail(MISSING, **{"part": part} if part else {}) for part in ("", "movie", "thumbnail")
    )

    assert desk.came_over(part="movie") == 1
    assert [desk.item(one).status for one in (whole, movie, thumbnail)] == [
        Status.OPEN,
        Status.RESOLVED,
        Status.OPEN,
    ]
    assert desk.came_over() == 2
    assert desk.differences() == []


def test_a_success_resolves_what_failed_without_saying_its_type(desk: Understanding) -> None:
    (untyped,) = desk.record({"error": "It broke", "details": {"shotgun_id": 12345}})
    (other,) = desk.record({"error": "It broke", "details": {"shotgun_id": 54321}})

    assert desk.item(untyped).entity_type == ""
    assert desk.came_over() == 1
    assert desk.item(other).status is Status.OPEN


def test_a_success_of_another_type_target_or_source_moves_nothing(desk: Understanding) -> None:
    record = desk.fail(MISSING)

    assert desk.came_over("Shot") == 0
    assert desk.came_over(target="jira") == 0
    assert desk.item(record).status is Status.OPEN


def test_a_clock_that_is_ahead_cannot_freeze_an_item(desk: Understanding) -> None:
    record = desk.fail(MISSING, occurred_at="2099-01-01T00:00:00Z")

    assert desk.came_over() == 1
    assert desk.item(record).reason is Reason.CAME_OVER


def test_deleting_the_standing_record_takes_the_item_off_and_nothing_older_comes_back(
    desk: Understanding,
) -> None:
    desk.fail(MISSING, occurred_at=moment(0))
    newest = desk.fail(MISSING, occurred_at=moment(2))

    desk.delete(newest)
    desk.fail(MISSING, occurred_at=moment(1))

    item = desk.item(newest)
    assert (item.status, item.reason, item.failures) == (Status.RESOLVED, Reason.DELETED, 3)
    assert desk.came_over() == 0
    desk.fail(MISSING)
    assert desk.item(newest).status is Status.OPEN
    assert desk.differences() == []


def test_deleting_an_older_record_leaves_the_item_as_it_is(desk: Understanding) -> None:
    older = desk.fail(MISSING, occurred_at=moment(0))
    desk.fail(MISSING, occurred_at=moment(2))

    desk.delete(older)

    assert desk.item(older).status is Status.OPEN
    assert desk.differences() == []


def test_the_audit_trail_says_who_and_when_and_nobody_can_edit_it(desk: Understanding) -> None:
    record = desk.fail(MISSING)
    desk.came_over()

    assert record.item_id is not None
    item_id = record.item_id
    entries = desk.database.read(lambda one: entries_of_item(one, item_id))
    assert [(one.event, one.who, one.before, one.after) for one in entries] == [
        ("failed", "importer", None, "open"),
        ("came_over", "importer", "open", "came_over"),
    ]
    for change in ("UPDATE audit SET who = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(RecordRefused):
            desk.database.write(lambda one, change=change: one.execute(change))  # type: ignore[misc]
    assert desk.count("SELECT count(*) FROM audit WHERE who = 'importer'") == 2


def test_a_cause_is_done_when_its_items_came_over_and_came_back_when_one_fails_again(
    desk: Understanding,
) -> None:
    records = [desk.fail(MISSING, shotgun_id=number) for number in (1, 2)]
    for number in (1, 2):
        desk.came_over(shotgun_id=number)
    done = desk.cause(records[0].cause_id)

    desk.fail(MISSING, shotgun_id=2)
    back = desk.cause(records[0].cause_id)

    assert (done.status, done.open_items, done.resolved_items) == (CauseStatus.DONE, 0, 2)
    assert (back.status, back.open_items, back.times_back) == (CauseStatus.OPEN, 1, 1)


def test_a_cause_has_moved_on_when_its_items_fail_for_another(desk: Understanding) -> None:
    first = desk.fail(MISSING)
    then = desk.fail(OTHER)

    cause = desk.cause(first.cause_id)

    assert (cause.status, cause.moved_to) == (CauseStatus.MOVED_ON, then.cause_id)
    assert desk.cause(then.cause_id).open_items == 1
    assert desk.differences() == []


def test_64_clients_failing_one_item_make_one_item_with_64_failures(store: str) -> None:
    with open_database(store) as database:
        desk = Understanding(database)
        start = threading.Barrier(64)

        def fail(number: int) -> str | None:
            start.wait(30)
            return desk.fail(MISSING, attempt=number).item_id

        with ThreadPoolExecutor(64) as clients:
            found = set(clients.map(fail, range(64)))

        assert len(found) == 1
        assert desk.count("SELECT failures FROM items") == 64
        assert desk.differences() == []


def test_a_resolve_while_records_arrive_ends_as_the_newest_attempt_says(store: str) -> None:
    with open_database(store) as database:
        desk = Understanding(database)
        record = desk.fail(MISSING, occurred_at=moment(0))

        def fail(hour: int) -> None:
            desk.fail(MISSING, occurred_at=moment(hour))

        def succeed(hour: int) -> None:
            desk.came_over(occurred_at=moment(hour))

        with ThreadPoolExecutor(8) as clients:
            for hour in range(1, 60):
                clients.submit(fail if hour % 2 else succeed, hour)
            clients.shutdown(wait=True)
        item = desk.item(record)
        assert item.failures == 31
        # Hour 59 failed and hour 58 came over; whatever the order of arrival, it is open.
        assert (item.status, item.decided_at) == (Status.OPEN, "2026-11-22T13:00:00.000Z")
        assert desk.differences() == []


def test_two_servers_meeting_the_same_new_causes_make_each_once(postgres_store: str) -> None:
    url = postgres_store
    with open_database(url) as one, open_database(url) as other:
        desks = [Understanding(one), Understanding(other)]
        start = threading.Barrier(2)

        def fail(desk: Understanding) -> None:
            start.wait(30)
            for number in range(100):
                desk.fail(f"KeyError: 'sg_field_{'abcdefghij'[number % 10]}'", shotgun_id=number)

        with ThreadPoolExecutor(2) as servers:
            for done in [servers.submit(fail, desk) for desk in desks]:
                done.result(60)

        assert desks[0].count("SELECT count(*) FROM causes") == 10
        assert desks[0].count("SELECT count(*) FROM items") == 100
        assert desks[0].count("SELECT sum(failures) FROM causes") == 200
        assert desks[0].differences() == []


def test_a_wrong_count_is_found(desk: Understanding) -> None:
    desk.fail(MISSING)

    def change(connection: Connection) -> None:
        connection.execute("UPDATE item_counts SET items = items + 1")
        connection.execute("UPDATE causes SET open_items = 7, failures = 7")
        connection.execute("UPDATE items SET failures = 7")

    desk.database.write(change)

    assert {one.check for one in desk.differences()} == {
        "failures",
        "count of items",
        "open_items of cause",
        "failures of cause",
    }
