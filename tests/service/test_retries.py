"""Orders to retry, what workers make of them, and what follows from it, on both engines."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from msgspec.structs import replace

from snaglist.app import new_id
from snaglist.domain.cause import Claim
from snaglist.domain.dependence import read_order
from snaglist.domain.edits import ClaimFixed, Ignore, Resolve
from snaglist.domain.errors import LeaseLost, SnaglistError, WrongShape, WrongState
from snaglist.domain.filtering import Filter
from snaglist.domain.history import Event
from snaglist.domain.identity import ItemKey
from snaglist.domain.item import Reason, Status
from snaglist.domain.retry import MemberState, Retry, RetryStatus
from snaglist.service import ordering, retries
from snaglist.service.leasing import Ask, Lease
from snaglist.service.outcomes import Taken
from snaglist.service.records import delete_record
from snaglist.service.workers import list_workers
from snaglist.storage.database import Database
from snaglist.storage.retries import insert_retry, lanes_of
from support.records import new_record, new_sighting
from support.workshop import EVERYTHING, Workshop


@pytest.fixture
def workshop(database: Database) -> Workshop:
    """A list to work on, on each engine in turn."""
    return Workshop(database)


def entities(leases: list[Lease]) -> list[str]:
    return [lease.item.entity_id for lease in leases]


def types(leases: list[Lease]) -> set[str]:
    return {lease.item.entity_type for lease in leases}


# Orders


def test_only_what_is_open_and_in_no_other_order_is_tried(workshop: Workshop) -> None:
    workshop.fails(1, 2, 3)
    workshop.edits(1, Resolve(reason="not_meant"))
    first = workshop.orders(Filter(words=("sheep",)))
    workshop.fails(4)

    said = ordering.preview(workshop.database, EVERYTHING, workshop.now())
    second = workshop.orders()

    assert (first.total, second.total) == (2, 1)
    assert (said.matching, said.would_try, said.not_open, said.in_another) == (4, 1, 1, 2)
    assert workshop.differences() == []


def test_what_fails_later_is_not_of_the_order(workshop: Workshop) -> None:
    workshop.fails(1)
    order = workshop.orders(is_probing=False)

    workshop.fails(2)

    assert entities(workshop.leases(5)) == ["1"]
    assert workshop.retry(order).total == 1


def test_the_same_order_again_is_that_order(workshop: Workshop) -> None:
    workshop.fails(1)
    order = workshop.orders()
    workshop.fails(2)

    again = workshop.orders(id=order.id)

    assert again == order
    assert len(workshop.story(order)) == 1


def test_an_order_that_was_cut_off_is_made_whole_when_it_comes_again(workshop: Workshop) -> None:
    workshop.fails(*range(1, 6))
    places = [item.seq for item in workshop.items()]
    (staged,) = ordering.staged(workshop.database, places, read_order(()))
    cut_off = _cut_off(workshop, staged[:2])
    assert workshop.leases(5) == []

    again = workshop.orders(id=cut_off)

    assert (again.status, again.total, again.waiting) == (RetryStatus.WORKING, 5, 5)
    assert workshop.differences() == []


def test_an_order_that_never_came_to_be_lets_its_items_go(workshop: Workshop) -> None:
    workshop.fails(*range(1, 4))
    places = [item.seq for item in workshop.items()]
    (staged,) = ordering.staged(workshop.database, places, read_order(()))
    cut_off = _cut_off(workshop, staged)

    workshop.ticks(590)
    assert workshop.orders().total == 0
    workshop.ticks(20)

    assert workshop.orders().total == 3
    dead = retries.get_retry(workshop.database, cut_off, workshop.now())
    assert (dead.view.retry.status, dead.view.retry.skipped) == (RetryStatus.ABORTED, 3)
    assert [one.event for one in dead.history] == [Event.ABORTED]
    assert workshop.differences() == []


def test_an_order_of_nothing_is_done_at_once(workshop: Workshop) -> None:
    assert workshop.orders().status is RetryStatus.DONE


# The order of dependency


def test_nothing_is_tried_before_what_it_depends_on(workshop: Workshop) -> None:
    for entity, entity_type in enumerate(
        [
            *("Note", "Task", "Shot", "Asset", "Scene", "Sequence", "Episode"),
            *("ProjectUserConnection", "HumanUser", "Status", "Step", "Project", "Tool"),
        ],
        1,
    ):
        workshop.fails_as(entity_type, entity)
    workshop.fails_as("Version", 99)
    workshop.orders(is_probing=False)

    stages: list[set[str]] = []
    while leases := workshop.leases(100):
        stages.append(types(leases))
        assert workshop.leases(100) == []
        workshop.reports(*map(workshop.came_over, leases))

    assert stages == [
        {"Project"},
        {"Status", "Step", "HumanUser"},
        {"ProjectUserConnection"},
        {"Episode"},
        {"Sequence"},
        {"Scene"},
        {"Asset"},
        {"Shot"},
        {"Task"},
        {"Version", "Note"},
        {"Tool"},
    ]


def test_assets_come_behind_their_parents(workshop: Workshop) -> None:
    def payload(*parents: int) -> str:
        links = [{"type": "Asset", "id": parent} for parent in parents]
        return json.dumps({"error": "no", "details": {"payload": {"parents": links}}})

    workshop.fails_as("Asset", 1, event_data=payload(2, 77))
    workshop.fails_as("Asset", 2, event_data=payload(3))
    workshop.fails_as("Asset", 3, 4)
    workshop.orders(is_probing=False)

    found: list[list[str]] = []
    while leases := workshop.leases(100):
        found.append(entities(leases))
        workshop.reports(*map(workshop.came_over, leases))

    assert found == [["3", "4"], ["2"], ["1"]]


def test_a_failure_blocks_nobody(workshop: Workshop) -> None:
    workshop.fails_as("Project", 1)
    workshop.fails_as("Shot", 2)
    workshop.orders(is_probing=False)

    workshop.reports(workshop.failed(*workshop.leases()))

    assert entities(workshop.leases()) == ["2"]


def test_the_order_can_be_another_for_a_target(workshop: Workshop) -> None:
    workshop.retrying.order = read_order(["kitsu=Task > Shot Asset"])
    for entity, entity_type in enumerate(["Shot", "Task", "Project"], 1):
        workshop.fails_as(entity_type, entity)
    workshop.orders(is_probing=False)

    found = []
    while leases := workshop.leases(100):
        found.append(types(leases))
        workshop.reports(*map(workshop.came_over, leases))

    assert found == [{"Task"}, {"Shot"}, {"Project"}]


# Leases


def test_a_worker_gets_only_what_it_takes(workshop: Workshop) -> None:
    workshop.fails_as("Shot", 1)
    workshop.fails_as("Asset", 2)
    workshop.orders(is_probing=False)

    shots = workshop.worker("w1", entity_types=("Shot",))
    jira = workshop.worker("w2", targets=("jira",))

    assert workshop.leases(5, worker=jira) == []
    assert workshop.leases(5, worker=shots) == []  # the asset comes first
    workshop.reports(*map(workshop.came_over, workshop.leases(5)))
    assert entities(workshop.leases(5, worker=shots)) == ["1"]


def test_what_is_leased_is_nobody_elses_and_says_who_has_it(workshop: Workshop) -> None:
    workshop.fails(1)
    order = workshop.orders()

    (lease,) = workshop.leases(5)

    assert workshop.leases(5, worker=workshop.worker("w2")) == []
    assert workshop.item(1).status is Status.RETRYING
    last = workshop.history(workshop.item(1))[-1]
    assert (last.event, last.who, last.why, last.edit_id) == (
        *(Event.LEASED, "farm", "by w1", order.id),
    )
    assert lease.attempt == 1
    assert workshop.differences() == []


def test_a_lease_that_runs_out_frees_its_item_and_counts_as_an_attempt(
    workshop: Workshop,
) -> None:
    workshop.fails(1, 2)
    order = workshop.orders(is_probing=False)
    (lost,) = workshop.leases(1, 60)

    workshop.ticks(61)

    assert workshop.item(1).status is Status.OPEN
    assert workshop.told(workshop.item(1))[-1] == ("lease_ended", "retrying", "open")
    assert isinstance(workshop.reports(workshop.came_over(lost))[0], LeaseLost)
    assert workshop.item(1).status is Status.OPEN
    second, first = workshop.leases(5)
    assert (first.item.entity_id, first.attempt, second.attempt) == ("1", 2, 1)
    assert workshop.retry(order).leased == 2
    assert workshop.differences() == []


def test_what_used_its_attempts_is_left_alone_with_the_reason(workshop: Workshop) -> None:
    workshop.fails_as("Asset", 1)
    workshop.fails_as("Shot", 2)
    order = workshop.orders(attempts=2, is_probing=False)

    for _ in range(2):
        assert entities(workshop.leases()) == ["1"]
        workshop.ticks(61)

    (member,) = workshop.members(order, MemberState.FAILED)
    assert (member.attempts, member.cause_id) == (2, None)
    assert "Leased 2 times" in (member.reason or "")
    assert workshop.item(1).status is Status.OPEN
    assert entities(workshop.leases()) == ["2"]
    assert workshop.differences() == []


def test_a_lease_can_be_kept_for_longer(workshop: Workshop) -> None:
    workshop.fails(1)
    workshop.orders()
    (lease,) = workshop.leases(1, 60)

    workshop.ticks(50)
    (until,) = workshop.renews(lease)
    workshop.ticks(50)

    assert until is not None
    assert until > (lease.member.leased_until or "")
    assert workshop.item(1).status is Status.RETRYING
    assert workshop.renews(lease, worker="w2") == [None]
    workshop.ticks(61)
    assert workshop.renews(lease) == [None]


def test_no_more_are_leased_in_a_minute_than_the_rate(workshop: Workshop) -> None:
    workshop.fails(*range(10))
    workshop.orders(rate=4, is_probing=False)

    assert len(workshop.leases(3)) == 3
    assert len(workshop.leases(3)) == 1
    assert workshop.leases(3) == []
    workshop.ticks(60)
    assert len(workshop.leases(10, 600)) == 4


def test_thousands_of_strange_types_make_no_thousands_of_lanes(workshop: Workshop) -> None:
    sightings = [
        new_record(
            sighting=new_sighting(
                key=ItemKey("shotgun", "kitsu", f"Strange{number}", "1", "", "87"),
                attempted_at=workshop.now(),
            )
        )
        for number in range(1_200)
    ]
    workshop.record(sightings)
    order = workshop.orders(is_probing=False)

    lanes = workshop.database.read(lambda connection: lanes_of(connection, [order.id]))

    assert len(lanes[order.id]) == ordering.MOST_LANES + 1
    found = 0
    while leases := workshop.leases(100, 3_600):
        found += len(leases)
    assert found == order.total == 1_200
    assert workshop.differences() == []


def test_a_worker_may_ask_for_one_order_alone(workshop: Workshop) -> None:
    workshop.fails(1)
    workshop.orders()
    workshop.fails(2)
    second = workshop.orders()

    assert entities(workshop.leases(5, retry_id=second.id)) == ["2"]
    assert workshop.leases(5, retry_id=new_id()) == []


# Outcomes


def test_what_came_over_is_resolved_whatever_the_clocks_say(workshop: Workshop) -> None:
    workshop.fails(1)
    order = workshop.orders()
    (lease,) = workshop.leases()
    workshop.seconds -= 3_600  # this server's clock is behind

    assert workshop.reports(workshop.came_over(lease, target_url="https://kitsu/1")) == [
        Taken.TAKEN
    ]

    item = workshop.item(1)
    assert item.reason is Reason.CAME_OVER
    last = workshop.history(item)[-1]
    assert (last.event, last.who, last.edit_id) == (Event.CAME_OVER, "farm", order.id)
    assert workshop.retry(order).status is RetryStatus.DONE
    assert workshop.differences() == []


def test_a_whole_entity_that_came_over_resolves_its_parts(workshop: Workshop) -> None:
    workshop.fails_as("Version", 1)
    workshop.fails_as("Version", 1, part="movie")
    order = workshop.orders(is_probing=False)
    (whole,) = (one for one in workshop.leases(5) if not one.item.part)

    workshop.reports(workshop.came_over(whole))

    assert {item.reason for item in workshop.items()} == {Reason.CAME_OVER}
    assert (workshop.retry(order).came_over, workshop.retry(order).leased) == (2, 0)
    assert workshop.differences() == []


def test_what_failed_again_is_open_perhaps_for_another_cause(workshop: Workshop) -> None:
    workshop.fails(1)
    order = workshop.orders()
    (lease,) = workshop.leases()

    report = workshop.failed(lease, "1/b", title="Another thing")
    assert workshop.reports(report) == [Taken.TAKEN]

    item = workshop.item(1)
    assert (item.status, item.failures, item.fingerprint) == (Status.OPEN, 2, "1/b")
    (member,) = workshop.members(order)
    assert report.record is not None
    assert (member.state, member.record_id) == (MemberState.FAILED, report.record.id)
    assert member.cause_id == item.cause_id
    last = workshop.history(item)[-1]
    assert (last.event, last.record_id, last.edit_id) == (
        *(Event.FAILED, report.record.id, order.id),
    )
    assert workshop.whole(order).causes == [(item.cause_id, "Another thing", 1)]
    assert len(workshop.items()) == 1
    assert workshop.differences() == []


def test_an_outage_is_counted_and_does_not_shuffle_the_cause(workshop: Workshop) -> None:
    workshop.fails(1)
    order = workshop.orders()
    (lease,) = workshop.leases()

    workshop.reports(workshop.failed(lease, "1/outage", is_transient=True))

    item = workshop.item(1)
    assert (item.status, item.failures, item.fingerprint) == (Status.OPEN, 2, "1/a")
    assert workshop.members(order)[0].cause_id == workshop.cause("1/outage").id
    assert workshop.differences() == []


def test_what_fails_for_a_cause_that_is_set_aside_is_set_aside_with_it(
    workshop: Workshop,
) -> None:
    workshop.fails(1, 2)
    workshop.fails(2, fingerprint="1/b")
    workshop.edits_cause(workshop.cause("1/b"), Ignore())
    order = workshop.orders()
    (lease,) = workshop.leases(5)

    workshop.reports(workshop.failed(lease, "1/b"))

    assert workshop.item(1).status is Status.IGNORED
    assert workshop.retry(order).failed == 1
    assert workshop.differences() == []


def test_what_is_given_back_was_not_tried(workshop: Workshop) -> None:
    workshop.fails(1, 2)
    order = workshop.orders(attempts=1, is_probing=False)
    (lease,) = workshop.leases()

    assert workshop.reports(workshop.returned(lease)) == [Taken.TAKEN]

    assert workshop.item(1).status is Status.OPEN
    assert workshop.retry(order).waiting == 2
    assert [one.attempt for one in workshop.leases(5)] == [1, 1]
    assert workshop.reports(workshop.returned(lease)) == [Taken.REPEATED]
    assert workshop.item(1).status is Status.RETRYING
    assert workshop.differences() == []


def test_every_outcome_can_be_sent_twice_also_together(workshop: Workshop) -> None:
    workshop.fails(1, 2, 3)
    workshop.orders(is_probing=False)
    one, two, three = workshop.leases(5)
    reports = [workshop.came_over(one), workshop.failed(two), workshop.returned(three)]

    assert workshop.reports(*reports, *reports) == [Taken.TAKEN] * 3 + [Taken.REPEATED] * 3
    assert workshop.reports(*reports) == [Taken.REPEATED] * 3

    assert workshop.item(2).failures == 2
    assert workshop.differences() == []


def test_another_outcome_for_what_was_reported_changes_nothing(workshop: Workshop) -> None:
    workshop.fails(1, 2)
    workshop.orders(is_probing=False)
    one, two = workshop.leases(5)
    workshop.reports(workshop.came_over(one), workshop.failed(two))

    late = workshop.reports(workshop.failed(one), workshop.came_over(two), workshop.returned(two))

    assert all(isinstance(result, LeaseLost) for result in late)
    assert (workshop.item(1).reason, workshop.item(1).failures) == (Reason.CAME_OVER, 1)
    assert workshop.item(2).status is Status.OPEN
    assert workshop.differences() == []


def test_a_faulty_record_harms_no_other_outcome(workshop: Workshop) -> None:
    workshop.fails(1, 2, 3)
    workshop.orders(is_probing=False)
    one, two, three = workshop.leases(5)
    there = workshop.failure(9)
    workshop.record([there])

    results = workshop.reports(
        workshop.failed(one),
        workshop.failed(two, id=there.id, id_given=True, event_data='{"another": "thing"}'),
        workshop.came_over(three),
    )

    assert results[0] is results[2] is Taken.TAKEN
    assert isinstance(results[1], WrongShape)
    assert workshop.item(2).status is Status.RETRYING
    assert workshop.differences() == []


def test_a_failure_that_was_recorded_before_its_outcome_is_counted_once(
    workshop: Workshop,
) -> None:
    workshop.fails(1)
    order = workshop.orders()
    (lease,) = workshop.leases()
    workshop.now()
    report = workshop.failed(lease, id_given=True)
    assert report.record is not None
    sent = replace(
        report.record,
        sighting=replace(
            report.record.sighting, key=workshop.failure(1).sighting.key, digest=lease.item.key
        ),
    )
    workshop.record([sent])
    assert workshop.item(1).status is Status.RETRYING

    assert workshop.reports(report) == [Taken.TAKEN]

    assert (workshop.item(1).status, workshop.item(1).failures) == (Status.OPEN, 2)
    assert workshop.members(order)[0].record_id == sent.id
    assert workshop.differences() == []


# From elsewhere


def test_a_success_from_elsewhere_fulfils_what_waits_and_what_is_leased(
    workshop: Workshop,
) -> None:
    workshop.fails(1, 2, 3)
    order = workshop.orders(is_probing=False)
    (lease,) = workshop.leases()

    workshop.imports(1)
    workshop.imports(2)

    now = workshop.retry(order)
    assert (now.came_over, now.waiting, now.leased) == (2, 1, 0)
    assert isinstance(workshop.reports(workshop.failed(lease))[0], LeaseLost)
    assert workshop.item(1).failures == 1
    assert entities(workshop.leases(5)) == ["3"]
    assert workshop.differences() == []


def test_what_people_take_off_the_list_is_skipped_with_the_reason(workshop: Workshop) -> None:
    workshop.fails(1, 2, 3)
    order = workshop.orders(is_probing=False)

    workshop.edits(1, Resolve(reason="by_hand"))
    workshop.edits(2, Ignore())
    standing = workshop.item(3).standing_record_id
    assert standing is not None
    delete_record(workshop.database, "shotgun", standing, who="ana", at=workshop.now())

    assert [one.reason for one in workshop.members(order)] == [
        "It was made by hand.",
        "It was set aside.",
        "Its standing record was deleted.",
    ]
    assert workshop.retry(order).status is RetryStatus.DONE
    assert workshop.differences() == []


def test_an_undo_does_not_give_back_a_lease(workshop: Workshop) -> None:
    workshop.fails(1)
    order = workshop.orders()
    workshop.leases()
    edit = workshop.edits_all(Ignore())

    workshop.undoes(edit.id)

    assert workshop.item(1).status is Status.OPEN
    assert workshop.retry(order).skipped == 1
    assert workshop.differences() == []


def test_a_failure_from_elsewhere_ends_neither_wait_nor_lease(workshop: Workshop) -> None:
    workshop.fails(1, 2)
    order = workshop.orders(is_probing=False)
    (lease,) = workshop.leases()

    workshop.fails(1, 2, fingerprint="1/b")

    now = workshop.retry(order)
    assert (now.leased, now.waiting) == (1, 1)
    assert workshop.reports(workshop.came_over(lease)) == [Taken.TAKEN]
    assert workshop.differences() == []


# The probe


def test_three_are_tried_first_and_it_stops_if_they_all_fail_alike(workshop: Workshop) -> None:
    workshop.fails(*range(10))
    order = workshop.orders()

    leases = workshop.leases(100)
    assert len(leases) == 3
    workshop.reports(*map(workshop.failed, leases))

    now = workshop.retry(order)
    assert (now.status, now.waiting) == (RetryStatus.STOPPED, 7)
    assert now.stopped_because == "The first 3 all failed again: It failed"
    assert workshop.leases(100) == []
    assert [one.event for one in workshop.story(order)] == [Event.ORDERED, Event.STOPPED]
    assert workshop.edits_retry(order, "resume").status is RetryStatus.WORKING
    assert len(workshop.leases(100)) == 7
    assert workshop.differences() == []


@pytest.mark.parametrize("way", ["another cause", "an outcome", "elsewhere"])
def test_any_good_news_ends_the_probe(workshop: Workshop, way: str) -> None:
    workshop.fails(*range(10))
    order = workshop.orders()
    one, two, three = workshop.leases(100)

    match way:
        case "another cause":
            workshop.reports(*map(workshop.failed, (one, two)), workshop.failed(three, "1/b"))
        case "an outcome":
            workshop.reports(*map(workshop.failed, (one, two)), workshop.came_over(three))
        case "elsewhere":
            workshop.imports(9)

    assert not workshop.retry(order).is_probing
    assert len(workshop.leases(100)) == (6 if way == "elsewhere" else 7)


def test_three_workers_that_end_on_their_item_stop_it_too(workshop: Workshop) -> None:
    workshop.fails(*range(10))
    order = workshop.orders(attempts=1)

    assert len(workshop.leases(100)) == 3
    workshop.ticks(61)

    now = workshop.retry(order)
    assert now.status is RetryStatus.STOPPED
    assert "no outcome came" in (now.stopped_because or "")


def test_an_order_of_fewer_than_three_just_ends(workshop: Workshop) -> None:
    workshop.fails(1, 2)
    order = workshop.orders()

    workshop.reports(*map(workshop.failed, workshop.leases(5)))

    assert workshop.retry(order).status is RetryStatus.DONE


# Pause, resume, abort


def test_a_pause_gives_nothing_out_until_it_is_resumed(workshop: Workshop) -> None:
    workshop.fails(*range(5))
    order = workshop.orders(is_probing=False)
    (lease,) = workshop.leases()

    workshop.edits_retry(order, "pause")
    assert workshop.leases(5) == []
    assert workshop.reports(workshop.came_over(lease)) == [Taken.TAKEN]
    workshop.edits_retry(order, "pause")
    workshop.edits_retry(order, "resume")

    assert len(workshop.leases(5)) == 4
    assert [one.event for one in workshop.story(order)] == [
        *(Event.ORDERED, Event.PAUSED, Event.RESUMED),
    ]


def test_what_an_abort_leaves_untried_is_open_and_free(workshop: Workshop) -> None:
    workshop.fails(*range(5))
    order = workshop.orders(is_probing=False)
    one, two, three = workshop.leases(3)

    aborted = workshop.edits_retry(order, "abort")
    assert (aborted.status, aborted.ended_at) == (RetryStatus.ABORTED, None)
    assert workshop.leases(5) == []
    assert workshop.reports(workshop.came_over(one), workshop.returned(two)) == [Taken.TAKEN] * 2
    workshop.ticks(61)

    now = workshop.retry(order)
    assert (now.came_over, now.skipped, now.waiting, now.leased) == (1, 4, 0, 0)
    assert now.ended_at is not None
    assert isinstance(workshop.reports(workshop.came_over(three))[0], LeaseLost)
    assert workshop.orders().total == 4
    assert workshop.differences() == []


def test_what_has_ended_cannot_be_edited(workshop: Workshop) -> None:
    order = workshop.orders()

    for edit in ("pause", "resume", "abort"):
        with pytest.raises(WrongState):
            workshop.edits_retry(order, edit)


# Claims and workers


@pytest.mark.parametrize("held", [True, False])
def test_an_outcome_shows_whether_a_claim_held(workshop: Workshop, held: bool) -> None:
    workshop.fails(1)
    workshop.edits_cause(workshop.cause(), ClaimFixed())
    assert workshop.cause().claim is Claim.WAITING
    workshop.orders()
    (lease,) = workshop.leases()

    workshop.reports(workshop.came_over(lease) if held else workshop.failed(lease))

    assert workshop.cause().claim is (Claim.HELD if held else Claim.DID_NOT_HOLD)


def test_the_desk_knows_who_is_there_and_what_they_can_do(workshop: Workshop) -> None:
    workshop.fails_as("Shot", 1)
    order = workshop.orders()
    workshop.leases(worker=workshop.worker("assets", entity_types=("Asset",)))
    workshop.leases(worker=workshop.worker("shots", entity_types=("Shot",)), retry_id=new_id())

    assert workshop.whole(order).view.workers == 1
    assert ordering.preview(workshop.database, Filter(), workshop.now()).workers == 0
    workshop.ticks(61)
    assert workshop.whole(order).view.workers == 0
    assert [one.name for one, _ in list_workers(workshop.database)] == ["assets", "shots"]
    workshop.ticks(31 * 24 * 3_600)
    assert list_workers(workshop.database) == []


def test_a_poll_for_nothing_writes_nothing(workshop: Workshop) -> None:
    workshop.leases(worker=workshop.worker())
    ask = Ask(workshop.worker())

    prospect = workshop.retrying.leasing.prospect(ask)
    assert (prospect.is_any, prospect.is_news) == (False, False)
    workshop.seconds += 10
    assert workshop.retrying.leasing.prospect(Ask(workshop.worker())).is_news


# The books


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("UPDATE retries SET waiting = waiting + 1", "waiting of retry"),
        ("UPDATE retries SET total = total - 1", "total of retry"),
        ("UPDATE retry_lanes SET leased = 0", "lane of retry"),
        ("UPDATE retries SET ended_at = at", "end of retry"),
        ("UPDATE items SET status = 'open' WHERE status = 'retrying'", "lease of item"),
        ("UPDATE items SET status = 'ignored' WHERE status = 'open'", "lease of item"),
    ],
)
def test_books_that_do_not_add_up_are_found(workshop: Workshop, fault: str, check: str) -> None:
    workshop.fails(1, 2)
    workshop.orders()
    workshop.leases()
    assert workshop.differences() == []

    workshop.database.write(lambda connection: connection.execute(fault))

    assert check in {one.check for one in workshop.differences()}


# Races


def test_sixteen_workers_never_hold_one_item(workshop: Workshop) -> None:
    workshop.fails(*range(200))
    order = workshop.orders(is_probing=False)
    had: list[str] = []
    faults: list[Any] = []

    def work(number: int) -> None:
        worker = workshop.worker(f"w{number}")
        while leases := workshop.retrying.leasing.lease(Ask(worker, 1 + number % 3)):
            had.extend(lease.item.id for lease in leases)
            results = workshop.retrying.outcomes.take(
                *(
                    workshop.came_over(lease)
                    if int(lease.item.entity_id) % 4
                    else workshop.failed(lease, f"1/{number}")
                    for lease in leases
                )
            )
            faults.extend(one for one in results if isinstance(one, SnaglistError))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert len(had) == len(set(had)) == 200
    now = workshop.retry(order)
    assert (now.status, now.came_over, now.failed) == (RetryStatus.DONE, 150, 50)
    assert workshop.differences() == []


def _cut_off(workshop: Workshop, staged: list[tuple[int, int]]) -> str:
    """An order whose maker died when so much of it was frozen."""
    order = Retry(new_id(), workshop.now(), "ana", "", None, 3, None, is_probing=False)
    workshop.database.write(lambda connection: insert_retry(connection, order))
    workshop.database.write(lambda connection: ordering.freeze(connection, order.id, staged))
    return order.id
