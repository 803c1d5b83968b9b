"""Ordering retries: which items are frozen, and what is tried before what."""

from __future__ import annotations

import json

from snaglist.domain.dependence import read_order
from snaglist.domain.edits import Resolve
from snaglist.domain.filtering import Filter
from snaglist.domain.history import Event
from snaglist.domain.retry import Retry, RetryStatus
from snaglist.service import ordering, retries
from snaglist.storage.retries import insert_retry
from snaglist.wiring import new_id
from support.workshop import EVERYTHING, Workshop, entities, types

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


def _cut_off(workshop: Workshop, staged: list[tuple[int, int]]) -> str:
    """An order whose maker died when so much of it was frozen."""
    order = Retry(new_id(), workshop.now(), "ana", "", None, 3, None, is_probing=False)
    workshop.database.write(lambda connection: insert_retry(connection, order))
    workshop.database.write(lambda connection: ordering.freeze(connection, order.id, staged))
    return order.id
