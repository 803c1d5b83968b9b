"""What hangs on what failed: nobody came to try it, so no complete run takes it off the list."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

import snaglist_client
from support.desks import DeskProcess

SHOT = {"type": "Shot", "id": 11, "sg_sequence": {"type": "Sequence", "id": 1}}
TASK = {"type": "Task", "id": 21, "entity": {"type": "Shot", "id": 11}}


@pytest.fixture
def snaglist(desk: DeskProcess, new_snaglist: Any) -> snaglist_client.Desk:
    """The client of a desk, that may do retries, too."""
    made: snaglist_client.Desk = new_snaglist(desk.url, desk.new_token("report", "work"))
    return made


def night(
    desk: snaglist_client.Desk, *tried: tuple[dict[str, Any], bool]
) -> snaglist_client.Completion:
    """A run that tries these, of which some fail, and says that it tried everything."""
    with desk.run("nightly", project=87) as run:
        for entity, is_well in tried:
            with run.item(entity["type"], entity["id"], payload=entity):
                assert is_well, "it broke"
        done = run.complete(projects=87)
    assert done, done.reason
    return done


def left(client: httpx.Client) -> set[str]:
    """The types and ids of what is on the list."""
    found = client.get("/api/v1/items?state=open").json()
    return {f"{one['entity_type']} {one['entity_id']}" for one in found}


def sequence(number: int) -> dict[str, Any]:
    return {"type": "Sequence", "id": number}


def test_what_hangs_on_what_was_not_come_to_stays(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """Two levels: the shot came over before, and is not tried, since its sequence failed."""
    night(snaglist, (sequence(1), True), (SHOT, True), (TASK, False))
    other = ({**SHOT, "id": 12}, True), ({**TASK, "id": 22}, True)
    night(snaglist, (sequence(1), False), *other)
    assert left(client) == {"Sequence 1", "Task 21"}
    night(snaglist, (sequence(1), True), (SHOT, True), *other)
    assert left(client) == set()


@pytest.mark.parametrize(
    ("failed", "stays"),
    [
        ({"type": "Version", "id": 5}, False),
        ({"type": "Task", "id": 5}, False),
        ({"type": "Sequence", "id": 5}, True),
        ({"type": "Playlist", "id": 5}, False),
        ({"type": "Sequence", "id": 5, "project": {"type": "Project", "id": 88}}, False),
    ],
)
def test_what_hangs_on_what_is_gone_leaves_unless_something_above_it_failed(
    snaglist: snaglist_client.Desk, client: httpx.Client, failed: dict[str, Any], stays: bool
) -> None:
    """A retired shot and its task are tried no more, and nothing that fails is to blame."""
    night(snaglist, (SHOT, True), (TASK, False))
    other = {**TASK, "id": 22, "entity": {"type": "Shot", "id": 12}}
    night(snaglist, ({**SHOT, "id": 12}, True), (other, True), (failed, False))
    assert ("Task 21" in left(client)) == stays


def test_what_hangs_on_what_was_not_come_to_stays_if_nothing_of_its_kind_was(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """The project's only sequence fails, so that no shot is tried at all."""
    asset = {"type": "Asset", "id": 5}, True
    night(snaglist, asset, (sequence(1), True), (SHOT, True), (TASK, False))
    night(snaglist, asset, (sequence(1), False), ({**TASK, "id": 25, "entity": asset[0]}, True))
    assert left(client) == {"Sequence 1", "Task 21"}


def test_a_task_hangs_on_an_entity_of_a_studio_s_own_type(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    def level(number: int) -> dict[str, Any]:
        return {"type": "CustomEntity01", "id": number, "tasks": [{"type": "Task", "id": 20}]}

    def task(number: int, entity: int) -> dict[str, Any]:
        return {"type": "Task", "id": number, "entity": {"type": "CustomEntity01", "id": entity}}

    night(snaglist, (level(10), True), (task(20, 10), False))
    night(snaglist, (level(10), False), (level(11), True), (task(21, 11), True))
    assert left(client) == {"CustomEntity01 10", "Task 20"}
    night(snaglist, (level(11), True), (task(21, 11), True))
    assert left(client) == set()


def test_a_note_hangs_on_its_version(snaglist: snaglist_client.Desk, client: httpx.Client) -> None:
    def note(number: int, version: int) -> dict[str, Any]:
        return {"type": "Note", "id": number, "note_links": [{"type": "Version", "id": version}]}

    night(snaglist, ({"type": "Version", "id": 10}, True), (note(20, 10), False))
    others = ({"type": "Version", "id": 11}, True), (note(21, 11), True)
    night(snaglist, ({"type": "Version", "id": 10}, False), *others)
    assert left(client) == {"Version 10", "Note 20"}


def test_what_hangs_on_what_failed_in_another_run_stays(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """Shots and tasks by two scripts: the second does not come to tasks of shots not there."""
    night(snaglist, (TASK, False))
    night(snaglist, (SHOT, False))
    other = {**TASK, "id": 22, "entity": {"type": "Shot", "id": 12}}
    night(snaglist, (other, True))
    assert left(client) == {"Shot 11", "Task 21"}


def test_what_is_retired_with_all_that_hangs_on_it_leaves_at_once(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    person = {"type": "HumanUser", "id": 9}
    task = {**TASK, "task_assignees": [person]}
    night(snaglist, (task, False), (SHOT, False), (person, False))
    assert left(client) == {"Shot 11", "Task 21", "HumanUser 9"}
    other = {**TASK, "id": 22, "entity": {"type": "Shot", "id": 12}}
    night(snaglist, ({**SHOT, "id": 12}, True), (other, True))
    assert left(client) == {"HumanUser 9"}


@pytest.mark.parametrize(
    "entities",
    [
        [
            {"type": "Sequence", "id": 4, "shots": [{"type": "Shot", "id": 1}]},
            {"type": "Shot", "id": 1, "sg_sequence": {"type": "Sequence", "id": 4}},
        ],
        [
            {"type": "Asset", "id": number, "parents": [{"type": "Asset", "id": number + 1}]}
            | {"assets": [{"type": "Asset", "id": number - 1}]}
            for number in (1, 2, 3)
        ],
        [
            {"type": "Version", "id": 1, "notes": [{"type": "Note", "id": 2}]},
            {"type": "Note", "id": 2, "note_links": [{"type": "Version", "id": 1}]},
        ],
        [
            {"type": "Playlist", "id": 1, "versions": [{"type": "Version", "id": 2}]},
            {"type": "Version", "id": 2, "playlists": [{"type": "Playlist", "id": 1}]},
        ],
    ],
    ids=lambda entities: " ".join(sorted({one["type"] for one in entities})),
)
def test_what_links_to_each_other_and_is_retired_leaves(
    snaglist: snaglist_client.Desk, client: httpx.Client, entities: list[dict[str, Any]]
) -> None:
    night(snaglist, *((entity, False) for entity in entities))
    night(snaglist, *(({"type": kind, "id": 99}, True) for kind in {e["type"] for e in entities}))
    assert left(client) == set()


def test_a_project_on_the_list_keeps_nothing_of_it_there(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    project = {"type": "Project", "id": 87}
    night(snaglist, (project, False))
    night(snaglist, ({**SHOT, "project": project}, False))
    night(snaglist, ({**SHOT, "id": 12, "project": project}, True))
    assert left(client) == {"Project 87"}


def test_a_nightly_that_tells_of_failures_alone_lets_go_of_what_is_well(
    client: httpx.Client,
) -> None:
    """With curl: what came over is not told of, so nobody knows what it did not come to."""

    def fails(night: str, *entities: dict[str, Any]) -> None:
        for one in entities:
            details = {"entity_type": one["type"], "shotgun_id": one["id"], "payload": one}
            body = {"error": "it broke", "details": {**details, "run": night}}
            client.post("/import/shotgun/errors", json=body).raise_for_status()
        client.post(f"/api/v1/runs/{night}/complete", json={}).raise_for_status()

    fails("monday", sequence(1), SHOT, TASK, {**TASK, "id": 25, "entity": {**SHOT, "id": 16}})
    other = {**TASK, "id": 22, "entity": {"type": "Shot", "id": 12}}
    fails("tuesday", sequence(9), {"type": "Shot", "id": 12}, other)
    assert left(client) == {"Sequence 9", "Shot 12", "Task 22"}


def test_a_failed_retry_does_not_hide_on_what_something_hangs(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    night(snaglist, (SHOT, True), (TASK, False))
    client.post("/api/v1/retries", json={"probe": False}).raise_for_status()
    for item in snaglist.retries(wait=False):
        with item:
            raise ValueError("still not")
    assert snaglist.flush(10)
    other = {**TASK, "id": 22, "entity": {"type": "Shot", "id": 12}}
    night(snaglist, (SHOT, False), (other, True))
    assert left(client) == {"Shot 11", "Task 21"}


def returned(desk: snaglist_client.Desk, *shots: dict[str, Any], loses: int) -> None:
    """A run in which the target gave these shots back, one without its sequence; tasks follow."""
    with desk.run("nightly", project=87) as run:
        for shot in shots:
            with run.item("Shot", shot["id"], payload=shot) as item:
                parent = None if shot["id"] == loses else "a sequence"
                item.check_returned([{"shotgun_id": shot["id"], "parent_id": parent}])
            task = {**TASK, "id": shot["id"] + 10, "entity": {"type": "Shot", "id": shot["id"]}}
            if item.ok:
                with run.item("Task", task["id"], payload=task):
                    pass
        assert run.complete(projects=87)


def test_what_hangs_on_what_came_over_without_a_link_stays(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """To check_returned such a shot failed, so that its tasks are passed."""
    other = {**SHOT, "id": 12}
    night(snaglist, (SHOT, True), (TASK, False))
    returned(snaglist, SHOT, other, loses=11)
    assert left(client) == {"Shot 11", "Task 21"}
    returned(snaglist, SHOT, other, loses=12)
    assert left(client) == {"Shot 12"}


@pytest.mark.parametrize("kind", ["Sequence", "Shot"])
def test_what_hangs_on_what_failed_in_a_part_stays(
    snaglist: snaglist_client.Desk, client: httpx.Client, kind: str
) -> None:
    """A sequence without its episode, after which its shots are passed; or a shot in a part."""
    failing = {"Sequence": sequence(1), "Shot": SHOT}[kind]
    night(snaglist, (sequence(1), True), (SHOT, True), (TASK, False))
    with snaglist.run("nightly", project=87) as run:
        for entity in (sequence(1), SHOT)[: 1 if kind == "Sequence" else 2]:
            with run.item(entity["type"], entity["id"], payload=entity, alone=True):
                pass
        with run.item(kind, failing["id"], payload=failing, part="episode"):
            raise AssertionError("no link")
        with run.item("Task", 22, payload={**TASK, "id": 22, "entity": {**SHOT, "id": 12}}):
            pass
        assert run.complete(projects=87)
    assert left(client) == {f"{kind} {failing['id']}", "Task 21"}


def test_two_levels_below_what_a_studio_made_itself_stay(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    version = {"type": "Version", "id": 31, "sg_task": {"type": "Task", "id": 21}}
    level = {"type": "CustomEntity01", "id": 1}
    night(snaglist, (level, True), ({**TASK, "entity": level}, True), (version, False))
    other = {**TASK, "id": 22, "entity": {**level, "id": 2}}
    well = {**version, "id": 32, "sg_task": {"type": "Task", "id": 22}}
    night(snaglist, (level, False), ({**level, "id": 2}, True), (other, True), (well, True))
    assert left(client) == {"CustomEntity01 1", "Version 31"}


def test_a_whole_that_is_tried_behind_its_part_stays_if_that_fails(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    night(snaglist, ({"type": "Version", "id": 5}, False))
    with snaglist.run("nightly", project=87) as run:
        with run.item("Version", 5, part="movie"):
            raise AssertionError("no file")
        with run.item("Version", 6):
            pass
        assert run.complete(projects=87)
    assert left(client) == {"Version 5"}
    assert len(client.get("/api/v1/items?state=open").json()) == 2


def _raised(_desk: snaglist_client.Desk, _run: snaglist_client.Run) -> None:
    raise ValueError("no task type")


def _logged(desk: snaglist_client.Desk, _run: snaglist_client.Run, **extra: Any) -> None:
    log = logging.getLogger("studio.import")
    handler = snaglist_client.Handler(desk)
    log.addHandler(handler)
    log.error("no task type", extra=extra)
    log.removeHandler(handler)


def _logged_by_name(desk: snaglist_client.Desk, run: snaglist_client.Run) -> None:
    _logged(desk, run, entity_type="Task", shotgun_id=21)


def _recorded(desk: snaglist_client.Desk, _run: snaglist_client.Run) -> None:
    desk.record("no task type")


def _recorded_by_name(desk: snaglist_client.Desk, _run: snaglist_client.Run) -> None:
    desk.record("no task type", entity_type="Task", shotgun_id=21)


def _nested(_desk: snaglist_client.Desk, run: snaglist_client.Run) -> None:
    with run.item("Task", 21):
        raise ValueError("no task type")


def _dropped(desk: snaglist_client.Desk, _run: snaglist_client.Run) -> None:
    desk.check_returned({"type": "Task", "id": 21, "sg_body": "as the target takes it"}, [])


@pytest.mark.parametrize(
    "tell", [_raised, _logged, _logged_by_name, _recorded, _recorded_by_name, _nested, _dropped]
)
def test_what_a_block_knows_goes_with_what_is_told_in_it(
    snaglist: snaglist_client.Desk, client: httpx.Client, tell: Any
) -> None:
    """So the desk knows on what it hangs, and in which project."""
    with snaglist.run("nightly", project=87) as run, run.item("Task", 21, payload=TASK):
        tell(snaglist, run)
    assert snaglist.flush(20)
    (record,) = client.get("/import/shotgun/errors").json()
    assert record["event_data"]["details"]["payload"]["entity"] == TASK["entity"]
    (item,) = client.get("/api/v1/items").json()
    assert (item["entity_id"], item["project"]) == ("21", "87")
    night(snaglist, (SHOT, False), ({**SHOT, "id": 12}, True))
    assert left(client) == {"Shot 11", "Task 21"}
