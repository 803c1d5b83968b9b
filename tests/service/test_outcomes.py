"""What workers report, and what happens from elsewhere to what waits."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from snaglist.domain.edits import Ignore, Resolve
from snaglist.domain.errors import LeaseLost, WrongShape
from snaglist.domain.history import Event
from snaglist.domain.identity import ItemKey
from snaglist.domain.retry import MemberState, RetryStatus
from snaglist.domain.standing import Reason, Status
from snaglist.service.outcomes import Taken
from snaglist.service.records import delete_record
from support.records import new_record, new_sighting
from support.workshop import Workshop, entities

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
    (whole,) = workshop.leases(1)
    assert not whole.item.part

    workshop.reports(workshop.came_over(whole))

    assert {item.reason for item in workshop.items()} == {Reason.CAME_OVER}
    assert (workshop.retry(order).came_over, workshop.retry(order).leased) == (2, 0)
    assert workshop.differences() == []


def test_of_a_part_that_another_worker_has_in_hand_its_own_outcome_tells(
    workshop: Workshop,
) -> None:
    workshop.fails_as("Version", 1)
    workshop.fails_as("Version", 1, part="movie")
    order = workshop.orders(is_probing=False)
    leased = {lease.item.part: lease for lease in workshop.leases(5)}

    workshop.reports(workshop.came_over(leased[""]))
    assert workshop.retry(order).leased == 1
    assert workshop.reports(workshop.failed(leased["movie"])) == [Taken.TAKEN]

    assert {one.part: one.status for one in workshop.items()} == {
        "": Status.RESOLVED,
        "movie": Status.OPEN,
    }
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


@pytest.mark.parametrize("entity_id", ["1", ""])
def test_what_failed_elsewhere_after_it_came_over_here_stays(
    workshop: Workshop, entity_id: str
) -> None:
    def fails() -> None:
        key = ItemKey("shotgun", "kitsu", "Asset", entity_id, "", "", "" if entity_id else "log-in")
        sighting = new_sighting(key=key, fingerprint="1/a", attempted_at=workshop.now())
        workshop.record([new_record(sighting=sighting, created_at=workshop.now())])

    fails()
    order = workshop.orders()
    (lease,) = workshop.leases()
    workshop.ticks(2)
    report = workshop.came_over(lease, occurred_at=workshop.now())
    workshop.ticks(2)
    fails()
    workshop.ticks(2)

    assert workshop.reports(report) == [Taken.TAKEN]

    (item,) = workshop.items()
    assert item.status is Status.OPEN
    now = workshop.retry(order)
    assert (now.came_over, now.leased, now.status) == (1, 0, RetryStatus.DONE)
    assert workshop.differences() == []


def test_a_worker_whose_clock_is_behind_came_to_it_in_its_lease(workshop: Workshop) -> None:
    workshop.fails(1)
    long_ago = workshop.now()
    workshop.ticks(60)
    workshop.fails(1)
    workshop.orders()
    (lease,) = workshop.leases()
    workshop.ticks(2)
    workshop.reports(workshop.came_over(lease, occurred_at=long_ago))
    assert workshop.item(1).status is Status.RESOLVED


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
    now = workshop.retry(order)
    assert (now.waiting, now.leased) == (1, 0)
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
