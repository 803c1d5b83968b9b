"""Leases: who gets what, how long it is kept, and what a worker that ends costs."""

from __future__ import annotations

from snaglist.domain.errors import LeaseLost
from snaglist.domain.history import Event
from snaglist.domain.identity import ItemKey
from snaglist.domain.retry import MemberState
from snaglist.domain.standing import Status
from snaglist.service import ordering
from snaglist.storage.retries import lanes_of
from snaglist.wiring import new_id
from support.records import new_record, new_sighting
from support.workshop import Workshop, entities

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
    assert "Given to a worker 2 times" in (member.reason or "")
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
    taken: list[float] = []

    for second in range(0, 200, 5):
        taken += [second] * len(workshop.leases(3, 3_600))
        workshop.ticks(5)

    assert taken[:5] == [0, 15, 30, 45, 60]
    assert len(taken) == 10


def test_a_large_rate_gives_several_at_once_and_no_more_in_any_minute(workshop: Workshop) -> None:
    workshop.fails(*range(900))
    workshop.orders(rate=240, is_probing=False)
    taken: list[int] = []

    assert len(workshop.leases(100, 3_600)) == 4
    taken.append(4)
    for _ in range(120):
        workshop.ticks(1)
        taken.append(len(workshop.leases(100, 3_600)))

    assert max(sum(taken[first : first + 60]) for first in range(60)) <= 240
    assert sum(taken) > 440


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
