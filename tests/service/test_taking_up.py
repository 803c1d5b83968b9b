"""What an order passed over, and what people then put back on the list: it is tried after all."""

from __future__ import annotations

import pytest

from snaglist.domain.edits import Ignore, Reopen, Resolve
from snaglist.domain.retry import RetryStatus
from support.workshop import Workshop, entities

DAY = 86_400


@pytest.mark.parametrize("way", ["undo", "undo of done", "each", "with its cause"])
def test_what_was_passed_over_and_put_back_is_tried(workshop: Workshop, way: str) -> None:
    workshop.fails(1, 2)
    order = workshop.orders()
    match way:
        case "undo":
            workshop.undoes(workshop.edits_all(Ignore()).id)
        case "undo of done":
            workshop.undoes(workshop.edits_all(Resolve(reason="by_hand")).id)
        case "each":
            for entity in (1, 2):
                workshop.edits(entity, Ignore())
            assert workshop.retry(order).status is RetryStatus.DONE
            for entity in (1, 2):
                workshop.edits(entity, Reopen())
        case _:
            workshop.edits_cause(workshop.cause(), Ignore())
            workshop.edits_cause(workshop.cause(), Reopen())

    now = workshop.retry(order)
    assert (now.status, now.waiting, now.skipped) == (RetryStatus.WORKING, 2, 0)
    assert now.ended_at is None
    leases = workshop.leases(5)
    assert sorted(entities(leases)) == ["1", "2"]
    workshop.reports(*map(workshop.came_over, leases))
    assert workshop.retry(order).status is RetryStatus.DONE
    assert workshop.differences() == []


def test_an_order_that_was_paused_stays_so(workshop: Workshop) -> None:
    workshop.fails(1)
    order = workshop.orders()
    workshop.edits_retry(order, "pause")
    workshop.undoes(workshop.edits_all(Ignore()).id)

    assert workshop.retry(order).status is RetryStatus.PAUSED
    assert workshop.leases(5) == []
    workshop.edits_retry(order, "resume")
    assert len(workshop.leases(5)) == 1


def test_an_order_that_was_aborted_tries_nothing_more(workshop: Workshop) -> None:
    workshop.fails(1, 2)
    order = workshop.orders()
    workshop.edits(1, Ignore())
    workshop.edits_retry(order, "abort")
    workshop.edits(1, Reopen())

    assert workshop.retry(order).status is RetryStatus.ABORTED
    assert workshop.leases(5) == []


def test_an_order_of_the_day_before_yesterday_is_over(workshop: Workshop) -> None:
    workshop.fails(1)
    order = workshop.orders()
    edit = workshop.edits_all(Ignore())
    workshop.ticks(DAY)
    workshop.undoes(edit.id)

    assert workshop.retry(order).status is RetryStatus.DONE


def test_what_is_in_another_order_by_then_waits_there(workshop: Workshop) -> None:
    workshop.fails(1)
    first = workshop.orders()
    workshop.edits(1, Ignore())
    workshop.edits(1, Reopen())
    assert workshop.retry(first).waiting == 1
    workshop.edits(1, Ignore())
    workshop.fails(2)
    second = workshop.orders()
    assert workshop.retry(second).waiting == 1
    workshop.edits(1, Reopen())
    assert (workshop.retry(first).waiting, workshop.retry(second).waiting) == (1, 1)
    assert workshop.differences() == []
