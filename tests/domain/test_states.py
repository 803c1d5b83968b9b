"""Every state by every event, as docs/states.md says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from snaglist.domain.errors import WrongState
from snaglist.domain.identity import ItemKey
from snaglist.domain.item import Failure, Item, new_item
from snaglist.domain.standing import Reason, Status

PAGE = (Path(__file__).parents[2] / "docs" / "states.md").read_text("utf-8")
KEY = ItemKey("shotgun", "kitsu", "Asset", "12345", "", "87")
EARLY, BEFORE, DECIDED, LATER, NOW = (f"2026-11-23T1{hour}:00:00.000Z" for hour in range(5))


def failure(at: str = LATER, cause: str = "c1", *, transient: bool = False, ignored: bool = False):
    return Failure("r2", at, f"1/{cause}", cause, transient, ignored, "Sheep", "87")


def item(state: str) -> Item:
    """An item in this state, decided at `DECIDED`."""
    new = new_item("i1", KEY, failure(DECIDED), DECIDED)
    match state:
        case "open":
            return new
        case "retrying":
            return new.leased(DECIDED)
        case "ignored":
            return new.ignore(DECIDED)
        case "resolved":
            return new.resolve(Reason.BY_HAND, DECIDED)
        case "deleted":
            return new.standing_deleted(DECIDED)
    raise AssertionError(state)


def first(given: Failure, came_over_at: str | None = None) -> Item:
    return new_item("i1", KEY, given, NOW, came_over_at)


def fails(given: Failure) -> Callable[[Item | None], Item]:
    return lambda one: first(given) if one is None else one.failed(given, NOW)


def late(one: Item | None) -> Item:
    return first(failure(BEFORE), DECIDED) if one is None else one.failed(failure(BEFORE), NOW)


def of_ignored_cause(one: Item | None) -> Item:
    return fails(failure(cause="c2", ignored=True))(one)


EVENTS: dict[str, Callable[[Item | None], Item]] = {
    "a failure": fails(failure()),
    "a failure that is the last of N it was ignored for": lambda one: one.ignore(
        DECIDED, failures=1
    ).failed(failure(), NOW),  # type: ignore[union-attr]
    "a failure of another cause, set aside with its cause": lambda one: one.ignore(
        DECIDED, with_cause=True
    ).failed(failure(cause="c2"), NOW),  # type: ignore[union-attr]
    "a failure of a cause that is set aside": of_ignored_cause,
    "a failure that clears by itself": fails(failure(transient=True)),
    "a late failure": late,
    "a success": lambda one: one.came_over(LATER, NOW),  # type: ignore[union-attr]
    "a late success": lambda one: one.came_over(BEFORE, NOW),  # type: ignore[union-attr]
    "a worker leases it": lambda one: one.leased(NOW),  # type: ignore[union-attr]
    "its worker reports that it failed": lambda one: one.failed_again(failure(), NOW),  # type: ignore[union-attr]
    "the lease ends": lambda one: one.lease_ended(NOW),  # type: ignore[union-attr]
    "a person resolves it": lambda one: one.resolve(Reason.BY_HAND, NOW),  # type: ignore[union-attr]
    "a person sets it aside": lambda one: one.ignore(NOW),  # type: ignore[union-attr]
    "the time it was set aside for is over": lambda one: one.ignore_ended(NOW),  # type: ignore[union-attr]
    "a person reopens it": lambda one: one.reopen(NOW),  # type: ignore[union-attr]
    "a complete run passed without it": lambda one: one.not_failing(LATER, NOW),  # type: ignore[union-attr]
    "a complete run that began before it was last tried": lambda one: one.not_failing(BEFORE, NOW),  # type: ignore[union-attr]
    "its standing record is deleted": lambda one: one.standing_deleted(NOW),  # type: ignore[union-attr]
}


def cells() -> list[tuple[str, str, str]]:
    """Event, state and outcome of every cell of the page's table."""
    table = PAGE.split("## The whole table")[1].split("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    states = [cell.strip() for cell in lines[0].strip("|").split("|")][1:]
    found: list[tuple[str, str, str]] = []
    for line in lines[2:]:
        event, *outcomes = (cell.strip() for cell in line.strip("|").split("|"))
        found += [(event, *pair) for pair in zip(states, outcomes, strict=True)]
    return found


def as_told(one: Item) -> str:
    """How the page's table calls this item's state."""
    if one.reason is Reason.DELETED:
        return "deleted"
    return one.bucket


@pytest.mark.parametrize(("event", "state", "outcome"), cells())
def test_the_table_of_the_page_is_true(event: str, state: str, outcome: str) -> None:
    before = None if state == "new" else item(state)
    if outcome == "-":
        return
    if outcome == "refused":
        with pytest.raises(WrongState) as refused:
            EVENTS[event](before)
        assert refused.value.remedy
        return

    after = EVENTS[event](before)

    assert as_told(after) == ("by_hand" if outcome == "resolved" else outcome)


def test_the_table_is_whole() -> None:
    told = cells()

    assert {event for event, _, _ in told} == set(EVENTS)
    assert len(told) == len(EVENTS) * 6


@pytest.mark.parametrize("state", ["open", "retrying", "ignored", "resolved", "deleted"])
@pytest.mark.parametrize("at", [EARLY, DECIDED, LATER])
def test_every_failure_is_counted_and_none_twice(state: str, at: str) -> None:
    before = item(state)

    after = before.failed(failure(at), NOW)

    assert after.failures == before.failures + 1
    assert after.first_failed_at == min(at, DECIDED)
    assert after.last_failed_at == max(at, DECIDED)


def test_a_failure_that_clears_by_itself_displaces_no_standing_one() -> None:
    before = item("open")

    after = before.failed(failure(cause="outage", transient=True), NOW)

    assert (after.cause_id, after.standing_record_id) == ("c1", before.standing_record_id)
    assert after.decided_at == LATER
    assert after.version == before.version


def test_after_an_outage_the_next_true_failure_stands() -> None:
    outage = first(failure(DECIDED, cause="outage", transient=True))

    after = outage.failed(failure(LATER), NOW)

    assert after.cause_id == "c1"


def test_an_outage_reopens_what_had_come_over() -> None:
    after = item("resolved").failed(failure(cause="outage", transient=True), NOW)

    assert (after.status, after.cause_id) == (Status.OPEN, "outage")


def test_of_two_attempts_at_one_moment_the_later_arrival_decides() -> None:
    came_over = item("open").came_over(DECIDED, NOW)
    failed_again = came_over.failed(failure(DECIDED), NOW)

    assert came_over.reason is Reason.CAME_OVER
    assert failed_again.status is Status.OPEN


def test_what_yields_does_not_decide_over_another_of_its_moment() -> None:
    for state in ("open", "retrying", "ignored"):
        same = item(state).came_over(DECIDED, NOW, yields=True)
        later = item(state).came_over(LATER, NOW, yields=True)

        assert (as_told(same), as_told(later)) == (state, "came_over")


def test_a_count_of_further_failures_begins_when_it_is_set_aside() -> None:
    one = item("open").failed(failure(), NOW).ignore(NOW, failures=2)

    once = one.failed(failure(NOW), NOW)
    twice = once.failed(failure(NOW), NOW)

    assert (once.status, twice.status) == (Status.IGNORED, Status.OPEN)


def test_a_person_cannot_say_that_it_came_over() -> None:
    for reason in (Reason.CAME_OVER, Reason.NOT_FAILING, Reason.DELETED):
        with pytest.raises(WrongState):
            item("open").resolve(reason, NOW)


def test_counting_alone_makes_no_new_version() -> None:
    before = item("open")

    assert before.failed(failure(), NOW).version == before.version
    assert before.failed(failure(cause="c2"), NOW).version == before.version + 1
    assert replace(before).came_over(LATER, NOW).version == before.version + 1
