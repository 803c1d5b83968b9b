"""Steering orders, the probe, claims, and books that add up, also in a race."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from snaglist.domain.cause import Claim
from snaglist.domain.edits import ClaimFixed
from snaglist.domain.errors import LeaseLost, SnaglistError, WrongState
from snaglist.domain.filtering import Filter
from snaglist.domain.history import Event
from snaglist.domain.retry import RetryStatus
from snaglist.service import ordering, retries
from snaglist.service.leasing import Ask
from snaglist.service.outcomes import Taken
from snaglist.service.workers import list_workers
from snaglist.wiring import new_id
from support.workshop import Workshop

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
    assert "nothing was heard again" in (now.stopped_because or "")


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


def test_a_worker_whose_types_are_not_in_turn_cannot_go_on(workshop: Workshop) -> None:
    for kind in ("Asset", "Shot"):
        workshop.fails_as(kind, 1)
    order = workshop.orders()
    shots = workshop.worker("shots", entity_types=("Shot",))
    assets = workshop.worker("assets", entity_types=("Asset",))
    assert workshop.leases(worker=shots) == []
    view = workshop.whole(order).view
    assert (view.workers, view.untaken) == (0, ("Asset",))

    (lease,) = workshop.leases(worker=assets)
    view = workshop.whole(order).view
    assert (view.workers, view.untaken) == (1, ())
    workshop.reports(workshop.came_over(lease))
    assert workshop.whole(order).view.untaken == ()
    workshop.ticks(61)
    assert workshop.whole(order).view.untaken == ("Shot",)


def test_the_desk_knows_who_is_there_and_what_they_can_do(workshop: Workshop) -> None:
    workshop.fails_as("Shot", 1)
    order = workshop.orders()
    workshop.leases(worker=workshop.worker("assets", entity_types=("Asset",)))
    workshop.leases(worker=workshop.worker("shots", entity_types=("Shot",)), retry_id=new_id())

    assert workshop.whole(order).view.workers == 1
    assert ordering.preview(workshop.database, Filter(), workshop.now()).workers == 0
    workshop.ticks(61)
    assert workshop.whole(order).view.workers == 0
    assert workshop.whole(order).view.untaken == ("Shot",)
    assert [one.name for one, _ in list_workers(workshop.database)] == ["assets", "shots"]
    workshop.ticks(31 * 24 * 3_600)
    assert list_workers(workshop.database) == []


def test_what_waits_in_an_order_is_counted_for_each_cause(workshop: Workshop) -> None:
    workshop.fails(1, 2)
    workshop.fails(3, fingerprint="1/b")
    order = workshop.orders()
    for fingerprint, number in (("1/a", 2), ("1/b", 1)):
        cause = workshop.cause(fingerprint)
        found = retries.orders_of_cause(workshop.database, cause.id, workshop.now())
        assert [(view.retry.id, waiting) for view, waiting in found] == [(order.id, number)]


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
