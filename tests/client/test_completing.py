"""When a run says that it tried everything, and when it must not be believed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

import snaglist_client
from support.desks import DeskProcess

NewSnaglist = Callable[..., snaglist_client.Desk]


@pytest.fixture
def standing(snaglist: snaglist_client.Desk) -> snaglist_client.Desk:
    """The client of a desk on which two shots and an asset failed before."""
    for kind, number, project in (("Shot", 1, 87), ("Shot", 2, 88), ("Asset", 3, 87)):
        snaglist.record("It broke", entity_type=kind, shotgun_id=number, project=project)
    assert snaglist.flush(10)
    return snaglist


def left(client: httpx.Client) -> set[tuple[str, str]]:
    """What is on the list still."""
    found = client.get("/api/v1/items?state=open").json()
    return {(one["entity_type"], one["entity_id"]) for one in found}


ALL = {("Shot", "1"), ("Shot", "2"), ("Asset", "3")}


@pytest.mark.parametrize(
    "scope",
    [
        {"projects": []},
        {"projects": [None]},
        {"projects": {"type": "Project", "name": None}},
        {"projects": True},
        {"projects": ""},
        {"entity_types": []},
        {"entity_types": set()},
        {"entity_types": [""]},
    ],
)
def test_a_scope_that_names_nothing_is_not_everything(
    standing: snaglist_client.Desk, client: httpx.Client, scope: dict[str, Any]
) -> None:
    with standing.run("nightly") as run:
        for kind in ("Shot", "Asset"):
            with run.item(kind, 9, project=87):
                pass
        done = run.complete(**scope)

    assert not done
    assert "names nothing" in done.reason
    assert left(client) == ALL


@pytest.mark.parametrize(
    "types", [{"Shot": 1}.keys, lambda: iter(["shots"]), lambda: ("Shot",), lambda: "Shot"]
)
def test_a_scope_may_be_whatever_can_be_gone_through(
    standing: snaglist_client.Desk, client: httpx.Client, types: Callable[[], Any]
) -> None:
    with standing.run("nightly", project=87) as run:
        with run.item("Shot", 9):
            pass
        done = run.complete(entity_types=types())

    assert done, done.reason
    assert left(client) == ALL - {("Shot", "1")}


@pytest.mark.parametrize(
    ("total", "reason"),
    [
        *((one, "was to try 5") for one in (5.0, "5", ["a"] * 5, {"Shot": 5.0}, {"Shot": [0] * 5})),
        *((one, "total cannot be read") for one in ("many", -1, 10**10, True, {"Shot": {"a": 1}})),
    ],
)
def test_a_total_is_understood_or_stands_in_the_way(
    standing: snaglist_client.Desk, client: httpx.Client, total: Any, reason: str
) -> None:
    with standing.run("nightly", total=total) as run:
        with run.item("Shot", 9):
            pass
        done = run.complete()

    assert not done
    assert reason in done.reason
    assert left(client) == ALL
    assert standing.status().refused == 0


def test_what_the_client_knows_was_not_tried_keeps_a_run_from_being_complete(
    standing: snaglist_client.Desk, client: httpx.Client
) -> None:
    with standing.run("nightly", project=87) as run:
        with run.item("Shot", 9):
            pass
        checked = run.check_returned([{"type": "Shot", "id": number} for number in (1, 2)], 500)
        assert checked.not_tried == [1, 2]
        done = run.complete(entity_types="Shot")
        assert "broken off" in done.reason
        for number in (1, 2):
            with run.item("Shot", number):
                pass
        again = run.complete(entity_types="Shot")

    assert not done
    assert again, again.reason
    assert ("Asset", "3") in left(client)


def test_what_was_interrupted_was_not_tried(
    standing: snaglist_client.Desk, client: httpx.Client
) -> None:
    with standing.run("nightly") as run:
        with run.item("Shot", 9):
            pass
        with pytest.raises(KeyboardInterrupt), run.item("Shot", 1):
            raise KeyboardInterrupt
        done = run.complete()

    assert not done
    assert left(client) == ALL


def test_a_part_that_was_broken_off_and_tried_again_is_in_nobody_s_way(
    snaglist: snaglist_client.Desk,
) -> None:
    with snaglist.run("movies", total=1) as run:
        with pytest.raises(KeyboardInterrupt), run.item("Version", 1, part="movie"):
            raise KeyboardInterrupt
        assert not run.complete()
        with run.item("Version", 1, part="movie"):
            pass
        done = run.complete()

    assert done, done.reason


def test_types_of_which_there_are_none_today_may_be_named(
    standing: snaglist_client.Desk, client: httpx.Client
) -> None:
    with standing.run("nightly", total={"Shot": 1, "Episode": 0}, project=87) as run:
        with run.item("shots", 9):
            pass
        done = run.complete(entity_types=["Episode", "Shot"])

    assert done, done.reason
    assert left(client) == ALL - {("Shot", "1")}


def test_the_parts_of_what_lost_a_link_are_not_taken_off(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    snaglist.record("It broke", entity_type="Version", shotgun_id=5, part="movie")
    assert snaglist.flush(10)
    version = {"type": "Version", "id": 5, "sg_task": {"type": "Task", "id": 1}}
    with snaglist.run("nightly") as run:
        with run.item("Version", 5, payload=version) as item:
            assert not item.check_returned([{"shotgun_id": 5, "task_id": None}])
        with run.item("Version", 6):
            pass
        done = run.complete()

    assert done, done.reason
    open_items = client.get("/api/v1/items?state=open").json()
    assert {one["part"] for one in open_items} == {"movie", "sg_task"}


def test_a_runs_end_by_sys_exit_is_no_fault(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    for code, status in ((0, "ended"), (2, "failed")):
        with pytest.raises(SystemExit), snaglist.run(f"nightly {code}"):
            raise SystemExit(code)
        assert snaglist.flush(10)
        assert client.get("/api/v1/runs").json()[0]["status"] == status


def parts_left(client: httpx.Client) -> set[tuple[str, str]]:
    """Which parts of which versions are on the list still; "" is the whole."""
    found = client.get("/api/v1/items?state=open&type=Version").json()
    return {(one["entity_id"], one["part"]) for one in found}


def test_a_run_of_parts_leaves_wholes_and_other_parts_alone(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """Two scripts on the same versions, night by night: what the other does is not theirs."""
    for number, part in ((1, ""), (1, "movie"), (2, "movie"), (2, "thumbnail")):
        details = {"entity_type": "Version", "shotgun_id": number, "part": part, "project": 87}
        snaglist.record("It broke", **details)
    assert snaglist.flush(10)

    with snaglist.run("movies", project=87) as movies:
        with movies.item("Version", 3, part="movie"):
            pass
        assert movies.complete(projects=87, entity_types="Version").not_failing == 2
    assert parts_left(client) == {("1", ""), ("2", "thumbnail")}

    with snaglist.run("versions", project=87) as versions:
        with versions.item("Version", 3, alone=True):
            pass
        assert versions.complete(projects=87, entity_types="Version").not_failing == 1
    assert parts_left(client) == {("2", "thumbnail")}

    with snaglist.run("all", project=87) as everything:
        with everything.item("Version", 3):
            pass
        assert everything.complete(projects=87).not_failing == 1
    assert parts_left(client) == set()


def test_an_import_of_wholes_that_all_failed_says_nothing_of_parts(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    snaglist.record("It broke", entity_type="Version", shotgun_id=2, part="movie", project=87)
    assert snaglist.flush(10)
    with snaglist.run("versions", project=87) as run:
        with run.item("Version", 1):
            raise ValueError("no")
        assert run.complete().not_failing == 0
    assert parts_left(client) == {("1", ""), ("2", "movie")}


def test_the_tasks_of_an_asset_that_failed_are_not_said_to_be_well(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """No tasks for an asset that is not there: nobody tried them."""

    def task(number: int, asset: int) -> dict[str, Any]:
        return {"type": "Task", "id": number, "entity": {"type": "Asset", "id": asset}}

    with snaglist.run("monday", project=87) as run:
        for number, asset in ((101, 1), (102, 2)):
            with run.item("Task", number, payload=task(number, asset)):
                raise ValueError("no task type")
    assert snaglist.flush(10)
    with snaglist.run("tuesday", project=87, total=2) as run:
        with run.item("Asset", 1):
            raise ValueError("it broke")
        with run.item("Asset", 2):
            pass
        with run.item("Task", 103, payload=task(103, 2)):
            pass
        assert run.complete(projects=87).not_failing == 1
    assert left(client) == {("Asset", "1"), ("Task", "101")}


def test_a_total_is_of_the_types_that_are_named(
    standing: snaglist_client.Desk, client: httpx.Client
) -> None:
    with standing.run("nightly", project=87, total=4) as run:
        for number in (1, 2):
            with run.item("Asset", number), run.item("Task", number):
                pass
        done = run.complete(projects=87, entity_types="Asset")
        assert not done
        assert "was to try 4, and 2 of the types that are named" in done.reason
        assert run.complete(projects=87, entity_types=["Asset", "Task"])
    assert ("Shot", "1") in left(client)


@pytest.mark.parametrize("order", ["inside", "before"])
def test_a_part_that_fails_is_not_cleared_by_its_whole(
    snaglist: snaglist_client.Desk, client: httpx.Client, order: str
) -> None:
    with snaglist.run("nightly", project=87) as run:
        if order == "before":
            with run.item("Version", 1, part="movie"):
                raise OSError("no movie")
        with run.item("Version", 1):
            if order == "inside":
                with run.item("Version", 1, part="movie"):
                    raise OSError("no movie")
        with run.item("Version", 2):
            pass
        assert run.complete(projects=87)
    assert parts_left(client) == {("1", "movie")}


def test_a_token_that_the_desk_does_not_know_is_told_at_once(
    desk: DeskProcess, new_snaglist: NewSnaglist
) -> None:
    """Waiting would not help: it would take all its seconds, which are more than a test's."""
    snaglist = new_snaglist(desk.url, "snag_of_another_desk")
    with snaglist.run("nightly") as run:
        with run.item("Shot", 1):
            raise ValueError("It broke")
        done = run.complete(seconds=3_600)
    assert not done
    assert "The desk does not know the token" in done.reason


def test_each_project_of_a_night_does_not_wait_for_a_desk_that_is_away(
    new_snaglist: NewSnaglist, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second would take all its seconds, which are more than a test's."""
    monkeypatch.setattr("snaglist_client.completion._AGAIN_SECONDS", 0.1)
    snaglist = new_snaglist()
    for seconds in (0.1, 3_600, 3_600):
        with snaglist.run("nightly") as run:
            with run.item("Shot", 1):
                pass
            done = run.complete(seconds=seconds)
        assert not done
        assert "unsent" in done.reason
