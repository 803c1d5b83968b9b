"""Moves of orders and their items, and what must come over before what."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from snaglist.domain.dependence import depths, parents_of, read_order
from snaglist.domain.errors import BadParameter, LeaseLost, WrongState
from snaglist.domain.moment import moment_after
from snaglist.domain.retry import Lane, Member, MemberState, Retry, RetryStatus, open_lanes
from snaglist.domain.worker import Worker

PAGE = (Path(__file__).parents[2] / "docs" / "states.md").read_text("utf-8")
AT, LATER, LATEST = (f"2026-11-25T09:0{minute}:00.000Z" for minute in (0, 2, 4))


def order(status: str = "working", **members: object) -> Retry:
    new = Retry("r", AT, "ana", "", None, 3, None)
    plain = {"status": RetryStatus(status), "is_probing": False, "total": 9, "waiting": 9}
    return replace(new, **(plain | members))


def member(state: str = "waiting") -> Member:
    new = Member("r", "i", 0, 1)
    return new if state == "waiting" else new.leased("l", "w", LATER)


def lane(number: int, stage: int, target: str = "kitsu", waiting: int = 1, leased: int = 0) -> Lane:
    return Lane("r", number, target, stage, "shotgun", "Shot", waiting, leased)


@pytest.mark.parametrize("state", [*RetryStatus, *MemberState])
def test_every_state_is_told_on_the_page(state: str) -> None:
    assert f"| `{state}` |" in PAGE


@pytest.mark.parametrize(
    ("status", "pause", "resume", "abort"),
    [
        ("preparing", None, None, "aborted"),
        ("working", "paused", "working", "aborted"),
        ("paused", "paused", "working", "aborted"),
        ("stopped", None, "working", "aborted"),
        ("aborted", None, None, "aborted"),
        ("done", None, None, None),
    ],
)
def test_what_people_make_of_an_order(
    status: str, pause: str | None, resume: str | None, abort: str | None
) -> None:
    one = order(status, ended_at=AT if status == "done" else None)
    for move, outcome in (
        (one.paused, pause),
        (one.resumed, resume),
        (lambda: one.aborted(AT), abort),
    ):
        if outcome is None:
            with pytest.raises(WrongState) as refused:
                move()
            assert refused.value.remedy
        else:
            assert move().status == outcome


@pytest.mark.parametrize("status", RetryStatus)
def test_only_what_is_worked_on_is_leased(status: RetryStatus) -> None:
    assert order(status).room(AT) == (9 if status == "working" else 0)


def test_an_order_has_ended_when_nothing_waits_or_is_leased() -> None:
    assert order(waiting=0, leased=1).settled(AT).ended_at is None
    for status in ("working", "paused", "stopped"):
        assert order(status, waiting=0).settled(AT).status is RetryStatus.DONE
    ended = order("aborted", waiting=0).settled(AT)
    assert (ended.status, ended.ended_at) == (RetryStatus.ABORTED, AT)
    assert ended.settled(LATER) is ended


def test_a_rate_is_kept_to_evenly() -> None:
    one = order(rate=2).took(1, AT)

    assert one.room(AT) == 0
    with pytest.raises(WrongState):
        one.took(1, AT)
    assert (one.room(moment_after(AT, 29)), one.room(moment_after(AT, 30))) == (0, 1)
    assert order(rate=120).room(AT) == 2


@pytest.mark.parametrize("move", ["returned", "ran_out", "came_over", "failed"])
def test_what_is_not_leased_has_no_outcome(move: str) -> None:
    moves = {
        "returned": lambda one: one.returned(2),
        "ran_out": lambda one: one.ran_out(3, 2),
        "came_over": lambda one: one.came_over(),
        "failed": lambda one: one.failed("rec", "c"),
    }

    with pytest.raises(LeaseLost):
        moves[move](member())
    assert moves[move](member("leased")).state is not MemberState.LEASED


def test_what_is_leased_is_not_leased_again_nor_kept_by_another() -> None:
    with pytest.raises(WrongState):
        member("leased").leased("l2", "w2", LATER)
    with pytest.raises(LeaseLost):
        member("leased").renewed("w2", LATEST)
    assert member("leased").renewed("w", LATEST).leased_until == LATEST
    assert member("leased").renewed("w", AT).leased_until == LATER


def test_a_stage_waits_for_what_comes_before_it_in_its_target_alone() -> None:
    lanes = [
        lane(0, 100, waiting=0, leased=1),
        lane(1, 200),
        lane(2, 300, "jira", waiting=0),
        lane(3, 400, "jira"),
        lane(4, 400, "jira"),
        lane(5, 500, "jira"),
    ]

    assert [one.lane for one in open_lanes(lanes)] == [3, 4]
    assert [one.lane for one in open_lanes(lanes[1:])] == [1, 3, 4]


def test_an_order_of_types_is_read_as_people_write_it() -> None:
    read = read_order(["jira=Project > assets Shots>Task", "Shot > Asset"])

    assert read.stage("jira", "Asset") == read.stage("jira", "Shot") < read.stage("jira", "Task")
    assert read.stage("jira", "Task") < read.stage("jira", "") == read.stage("jira", "Scene")
    assert read.stage("kitsu", "Shot") < read.stage("kitsu", "Asset")
    assert read.stage("kitsu", "Asset", 98) < read.stage("kitsu", "Asset", 99)
    assert read.stage("kitsu", "Asset", 5_000) < read.stage("kitsu", "Tool")


@pytest.mark.parametrize("text", ["", "jira=", "Shot >> Asset", "No Slug=Shot", "=Shot"])
def test_an_order_that_is_none_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(BadParameter) as refused:
        read_order([text])
    assert "Project > Asset" in refused.value.remedy


@pytest.mark.parametrize(
    "event",
    [
        {"details": {"payload": {"parents": [{"type": "Asset", "id": 7}, {"id": "8"}]}}},
        {"details": {"parents": [{"type": "Asset", "id": 7}, {"type": "Asset", "id": 8}]}},
        {"parents": [{"id": 7}, {"id": 8}, {"type": "Shot", "id": 9}, None, 4, {"id": [1]}]},
        {"details": {"parent": {"id": 7}}, "entity": {"parents": [{"id": 8}]}},
    ],
)
def test_parents_are_found_wherever_a_payload_lies(event: dict[str, object]) -> None:
    assert sorted(parents_of(event)) == ["7", "8"]


def test_an_asset_is_as_deep_as_its_longest_line_of_parents() -> None:
    found = depths({"a": ["b", "d"], "b": ["c"], "c": ["x"], "d": []})

    assert found == {"a": 2, "b": 1, "c": 0, "d": 0}


NAMES = st.sampled_from("abcdef")


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=4)))
def test_circles_of_parents_end(parents: dict[str, list[str]]) -> None:
    found = depths(parents)

    assert found.keys() == parents.keys()
    assert all(0 <= depth < len(parents) for depth in found.values())


def test_a_line_of_a_thousand_parents_is_followed() -> None:
    line = {str(one): [str(one + 1)] for one in range(1_000)}

    assert max(depths(line).values()) >= 99


def test_a_worker_is_connected_for_a_minute_after_its_call() -> None:
    worker = Worker("w", "maya", "", "farm", (), ("kitsu",), ("Shot",), AT, AT)

    assert worker.is_connected("2026-11-25T09:01:00.000Z")
    assert not worker.is_connected("2026-11-25T09:01:00.001Z")
    assert worker.can_do("csv", "kitsu", "Shot")
    assert not worker.can_do("csv", "kitsu", "Asset")
    assert not worker.is_news(worker)
    assert worker.is_news(None)
    assert replace(worker, seen_at=LATER).is_news(worker)
    assert replace(worker, targets=()).is_news(worker)
