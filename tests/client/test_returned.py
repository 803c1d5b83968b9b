"""Targets that say 200 to what they dropped: what Zou answered, measured, and what the desk has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import snaglist_client

PROJECT = {"type": "Project", "id": 1, "name": "Agent327"}
SEQUENCE = {"type": "Sequence", "id": 404, "name": "S99"}
ZOU_ID = "6abf722e-7abf-4589-a822-5185f7d1343f"


def shot(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "Shot", "id": number, "code": f"SH{number}", "project": PROJECT} | more


def answered(number: int, **more: Any) -> dict[str, Any]:
    """As Zou answers a shot: its own id, the source's as shotgun_id, links as ids of its own."""
    members = {"id": ZOU_ID, "shotgun_id": number, "project_id": ZOU_ID, "parent_id": ZOU_ID}
    return {"name": f"SH{number}", "code": None, "description": None} | members | more


def found(client: httpx.Client) -> dict[tuple[str, str], dict[str, Any]]:
    listed = client.get("/api/v1/items").json()
    return {(one["entity_id"], one["part"]): one for one in listed}


@pytest.fixture(autouse=True)
def _flushed(snaglist: snaglist_client.Desk) -> None:
    snaglist.record("left over", entity_type="Shot", shotgun_id=1)


def test_what_was_dropped_is_recorded_and_the_rest_imported(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    checked = snaglist.check_returned([shot(1), shot(2), shot(3)], [answered(3), answered(1)])
    assert snaglist.flush(10)

    assert checked == ([1, 3], [2], [])
    assert not checked
    items = found(client)
    assert items["1", ""]["reason"] == "came_over"
    assert (items["2", ""]["status"], items["2", ""]["name"]) == ("open", "SH2")
    assert items["2", ""]["project_name"] == "Agent327"
    assert items["2", ""]["cause_title"].startswith("The target kept nothing of what was sent")
    assert ("3", "") not in items


def test_a_link_that_came_back_null_is_a_failure_of_its_part(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """Zou's `unknown sequence`: 200, and a shot without its parent."""
    checked = snaglist.check_returned(
        [shot(26, sg_sequence=SEQUENCE), shot(27, sg_sequence=None), shot(28)],
        [answered(26, parent_id=None), answered(27, parent_id=None), {"shotgun_id": 28}],
    )
    assert snaglist.flush(10)

    assert checked == ([27, 28], [26], [])
    assert set(found(client)) == {("26", "sg_sequence"), ("1", "")}
    assert found(client)["26", "sg_sequence"]["cause_title"].startswith("What this belongs to")


def test_what_lost_a_link_was_tried_and_is_there_but_for_the_link(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    sent = shot(26, sg_sequence=SEQUENCE)
    with snaglist.run("nightly", total=1) as run:
        assert not run.check_returned([sent], [answered(26, parent_id=None)])
        assert run.complete()

    assert found(client)["26", "sg_sequence"]["status"] == "open"


def test_a_link_that_is_lost_every_night_stays_and_the_others_leave(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    sent = shot(26, sg_sequence=SEQUENCE)
    for part in ("project", "movie"):
        snaglist.record("It broke", entity_type="Shot", shotgun_id=26, part=part)
    for _ in range(3):
        with snaglist.run("nightly") as run:
            run.check_returned([sent], [answered(26, parent_id=None)])
        assert snaglist.flush(10)

    items = found(client)
    assert (items["26", "sg_sequence"]["status"], items["26", "sg_sequence"]["failures"]) == (
        *("open", 3),
    )
    assert items["26", "project"]["reason"] == "came_over"
    assert items["26", "movie"]["status"] == "open", "nobody tried it"
    history = client.get(f"/api/v1/items/{items['26', 'sg_sequence']['id']}").json()["history"]
    assert {entry["event"] for entry in history} == {"failed"}, "it never came and went"


def test_what_is_checked_alone_leaves_its_movie_and_takes_its_links(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    sent = shot(26, sg_sequence=SEQUENCE)
    for part in ("sg_sequence", "movie"):
        snaglist.record("It broke", entity_type="Shot", shotgun_id=26, part=part)

    with snaglist.run("nightly") as run, run.item("Shot", 26, payload=sent, alone=True) as item:
        item.check_returned([answered(26)])
    assert snaglist.flush(10)

    assert item.ok
    assert found(client)["26", "sg_sequence"]["reason"] == "came_over"
    assert found(client)["26", "movie"]["status"] == "open"


def test_who_wants_an_exception_gets_one_in_the_same_words() -> None:
    sent = shot(26, sg_sequence=SEQUENCE)
    with pytest.raises(snaglist_client.NotKept, match="1 sent, 0 returned"):
        snaglist_client.kept(sent, [])
    with pytest.raises(snaglist_client.NotKept, match="Sequence S99 not found"):
        snaglist_client.kept(sent, [answered(26, parent_id=None)], part="sg_sequence")
    assert snaglist_client.kept(sent, [answered(26, parent_id=None)], part="movie")


@pytest.mark.parametrize(
    ("member", "name", "title"),
    [
        ("step", "task_type_id", "This task type is not in the target: Anim"),
        ("sg_status_list", "task_status_id", "This status does not exist in the target: wip"),
        ("entity", "entity_id", "What this belongs to has not come over yet"),
        ("project", "project_id", "The project is not in Kitsu yet: Agent327"),
    ],
)
def test_every_link_of_a_task_is_looked_at(
    member: str, name: str, title: str, snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """Zou's `unknown step`, `unknown status`, `unknown entity` and `missing project`: all 200."""
    links = {"task_type_id": "a", "task_status_id": "b", "entity_id": "c", "project_id": "d"}
    task = {
        "type": "Task",
        "id": 61,
        "content": "Animation",
        "step": {"type": "Step", "id": 9, "name": "Anim"},
        "sg_status_list": "wip",
        "entity": {"type": "Asset", "id": 1, "name": "Sheep"},
        "project": PROJECT,
    }
    checked = snaglist.check_returned(task, {"shotgun_id": 61} | links | {name: None})
    assert snaglist.flush(10)

    assert checked == ([], [61], [])
    assert found(client)["61", member]["cause_title"] == title


def test_a_link_that_was_mended_in_the_same_run_is_well(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    sent = {"type": "Version", "id": 9, "sg_task": {"type": "Task", "id": 5, "name": "Comp"}}
    with snaglist.run("nightly") as run:
        assert run.check_returned(sent, [{"shotgun_id": 9, "task_id": None}]).failed == [9]
        assert run.check_returned(sent, [{"shotgun_id": 9, "task_id": "u1"}]).came_over == [9]
    assert snaglist.flush(10)
    (item,) = client.get("/api/v1/items?type=Version").json()
    assert (item["part"], item["status"]) == ("sg_task", "resolved")


def test_a_single_entry_that_failed_is_known(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    checked = snaglist.check_returned(shot(5), ConnectionResetError("reset by peer"))
    assert snaglist.flush(10)

    assert checked == ([], [5], [])
    assert found(client)["5", ""]["message"] == "ConnectionResetError: reset by peer"


def test_an_entry_under_another_ones_id_did_not_come_over(
    snaglist: snaglist_client.Desk,
) -> None:
    """Zou's `dup email` and `similar exists`: 200, and the one that was there before."""
    person = {"type": "HumanUser", "id": 92, "email": "x@y.com"}

    assert snaglist.check_returned(person, [{"shotgun_id": 91}]) == ([], [92], [])


def test_a_connection_comes_back_as_its_project(snaglist: snaglist_client.Desk) -> None:
    sent = {"type": "ProjectUserConnection", "id": 7, "project": PROJECT}

    assert snaglist.check_returned(sent, [{"shotgun_id": 1}]) == ([7], [], [])
    assert snaglist.check_returned(sent, []) == ([], [7], [])


def test_other_targets_name_their_own_links(snaglist: snaglist_client.Desk) -> None:
    sent = [{"id": 5, "epic": "E1"}, {"id": 6, "epic": "E2"}]
    back = [{"shotgun_id": 5, "parent": None}, {"shotgun_id": 6, "parent": "x"}]

    checked = snaglist.check_returned(sent, back, entity_type="Task", links={"epic": "parent"})

    assert checked == ([6], [5], [])


def test_in_a_run_it_counts(snaglist: snaglist_client.Desk, client: httpx.Client) -> None:
    with snaglist.run("nightly", total=2) as run:
        assert not run.check_returned([shot(1), shot(2)], [answered(1)])
        assert run.complete()

    (one,) = client.get("/api/v1/runs").json()
    assert (one["tried"], one["came_over"], one["failed"]) == (2, 1, 1)


def test_an_item_can_be_checked_by_what_was_returned(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly", total=2) as run:
        for number, back in ((1, [answered(1)]), (2, [])):
            with run.item("Shot", number, payload=shot(number)) as item:
                item.check_returned(back)
            assert item.ok == (number == 1)
        assert run.complete()

    assert found(client)["1", ""]["reason"] == "came_over"
    assert found(client)["2", ""]["status"] == "open"


def test_of_one_id_each_answer_is_of_its_own_type_and_of_one_entry(
    snaglist: snaglist_client.Desk,
) -> None:
    both = [{"type": "Asset", "id": 12}, {"type": "Shot", "id": 12}]
    links = [
        {"type": "ProjectUserConnection", "id": number, "project": PROJECT} for number in (1, 2)
    ]

    assert snaglist.check_returned(both, [{"shotgun_id": 12, "type": "Asset"}])[:2] == ([12], [12])
    assert snaglist.check_returned(both, [{"shotgun_id": 12}])[:2] == ([12], [12])
    assert snaglist.check_returned(both, [{"shotgun_id": 12}] * 2).came_over == [12, 12]
    assert snaglist.check_returned(links, [{"shotgun_id": 1}])[:2] == ([1], [2])
    assert snaglist.check_returned(links, [{"shotgun_id": 1}] * 2).came_over == [1, 2]
    assert snaglist.check_returned([shot(7), shot(7)], [answered(7)]).came_over == [7]


def test_a_scene_without_its_sequence_did_not_come_over_whole(
    snaglist: snaglist_client.Desk,
) -> None:
    scene = {"type": "Scene", "id": 3, "sequence_sg_scenes_1_sequences": [SEQUENCE]}
    assert not snaglist.check_returned(scene, [{"shotgun_id": 3, "parent_id": None}])


def test_the_part_of_an_item_is_what_is_reported(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    for part in ("", "movie", "thumbnail"):
        snaglist.record("It broke", entity_type="Version", shotgun_id=9, part=part or None)
    with snaglist.run("nightly") as run:
        with run.item("Version", 9, part="movie", payload={"id": 99}) as item:
            assert item.check_returned([{"shotgun_id": 9}])
        with run.item("Version", 10, part="movie") as missing:
            assert not missing.check_returned([])
    assert snaglist.flush(10)

    items = found(client)
    assert {part: items["9", part]["status"] for part in ("", "movie", "thumbnail")} == {
        "": "open",
        "movie": "resolved",
        "thumbnail": "open",
    }
    assert items["10", "movie"]["status"] == "open"
    assert items["10", "movie"]["standing_record_id"] == missing.record_id
    assert ("99", "") not in items


def test_what_fails_while_it_is_looked_at_is_a_failure(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    def broken() -> Any:
        yield answered(1)
        raise ConnectionError("reset")

    with snaglist.run("nightly") as run, run.item("Shot", 1) as item:
        assert not item.check_returned(broken())
    assert snaglist.flush(10)
    assert found(client)["1", ""]["status"] == "open"
    assert item.record_id


@pytest.mark.parametrize(
    ("sent", "back", "part"),
    [
        ({"type": "Version", "user": {"type": "HumanUser", "id": 4242}}, "person_id", "user"),
        (
            {"type": "Task", "created_by": {"type": "HumanUser", "id": 7}},
            "assigner_id",
            "created_by",
        ),
        ({"type": "Shot", "sg_scene": {"type": "Scene", "id": 7}}, "source_id", "sg_scene"),
    ],
)
def test_the_people_and_scenes_that_zou_nulls_are_links_too(
    snaglist: snaglist_client.Desk,
    client: httpx.Client,
    sent: dict[str, Any],
    back: str,
    part: str,
) -> None:
    checked = snaglist.check_returned({"id": 9, **sent}, [{"shotgun_id": 9, back: None}])
    assert snaglist.flush(10)
    assert checked == ([], [9], [])
    assert ("9", part) in found(client)


def test_a_script_that_made_a_task_is_nobody_to_miss(snaglist: snaglist_client.Desk) -> None:
    sent = {"type": "Task", "id": 9, "created_by": {"type": "ApiUser", "id": 7}}
    back = [{"shotgun_id": 9, "assigner_id": None}]
    assert snaglist.check_returned(sent, back) == ([9], [], [])


class Response:
    """What an HTTP library gives."""

    def __init__(self, status_code: int, body: Any) -> None:
        self.status_code = status_code
        self._body = body

    def json(self) -> Any:
        if self._body is None:
            raise ValueError("no JSON")
        return self._body

    def __iter__(self) -> Iterator[bytes]:
        yield b"[{"


def test_the_answer_of_an_http_library_is_opened(snaglist: snaglist_client.Desk) -> None:
    sent = [shot(1), shot(2)]
    assert snaglist.check_returned(sent, Response(200, [answered(1)])) == ([1], [2], [])
    error = {"error": True, "message": "Internal server error."}
    for answer in (Response(500, error), Response(502, None), Response(200, None)):
        assert snaglist.check_returned(sent, answer) == ([], [], [1, 2])
    with pytest.raises(snaglist_client.NotKept, match="Internal server error"):
        snaglist_client.kept(shot(1), Response(500, error))
    assert snaglist_client.kept(shot(1), Response(200, [answered(1)])) == answered(1)


def test_what_a_retry_finds_dropped_again_has_the_cause_that_it_had(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """`kept` raises what `check_returned` records: a fix that is claimed did not hold."""
    sent = {"Asset": {"type": "Asset", "id": 1, "sg_asset_type": None}, "Note": note(2)}
    with snaglist.run("nightly", project=87) as run:
        for kind, payload in sent.items():
            with run.item(kind, payload["id"], payload=payload) as item:
                item.check_returned([])
    assert snaglist.flush(10)
    before = causes_of(client)
    client.post("/api/v1/retries?project=87", json={"probe": False}).raise_for_status()

    for one in snaglist.retries(wait=False, seconds=30):
        with one:
            snaglist_client.kept(sent[one.entity_type], [])
    assert snaglist.flush(10)

    assert causes_of(client) == before
    assert [one["failures"] for one in client.get("/api/v1/items?project=87").json()] == [2, 2]


def note(number: int) -> dict[str, Any]:
    return {"type": "Note", "id": number, "subject": "n"}


def causes_of(client: httpx.Client) -> dict[str, str]:
    """By what is open, the title of its cause."""
    found = client.get("/api/v1/items?state=open&project=87").json()
    return {one["entity_type"]: one["cause_title"] for one in found}
