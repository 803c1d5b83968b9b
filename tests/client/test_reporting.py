"""What an import tells through the client arrives at the desk as it was meant."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

import snaglist_client
from support.waiting import wait_until


def items(client: httpx.Client, **query: Any) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The items by type, id and part."""
    answer = client.get("/api/v1/items", params=query)
    assert answer.status_code == 200, answer.text
    return {(one["entity_type"], one["entity_id"], one["part"]): one for one in answer.json()}


def run_at(client: httpx.Client) -> dict[str, Any]:
    (found,) = client.get("/api/v1/runs").json()
    run: dict[str, Any] = found
    return run


def asset(number: int) -> dict[str, Any]:
    project = {"type": "Project", "id": 87, "name": "Owl"}
    return {"type": "Asset", "id": number, "code": f"owl_{number}", "project": project}


def test_the_loop_goes_on_and_what_raised_is_on_the_list(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    ok = []

    with snaglist.run("nightly", project=87, total=10) as run:
        for one in map(asset, range(10)):
            with run.item("Asset", one["id"], payload=one) as item:
                if one["id"] == 7:
                    raise KeyError("sg_asset_type")
            ok.append(item.ok)
    assert snaglist.flush(10)

    ((key, found),) = items(client).items()
    record = client.get(f"/api/v1/records/{found['standing_record_id']}").json()
    details = record["event_data"]["details"]
    assert ok == [True] * 7 + [False] + [True] * 2
    assert key == ("Asset", "7", "")
    assert (found["name"], found["project"], found["project_name"]) == ("owl_7", "87", "Owl")
    assert found["cause_title"] == "The importer did not send a field: sg_asset_type"
    assert details["exception_type"] == "KeyError"
    assert details["payload"] == asset(7)
    assert 'raise KeyError("sg_asset_type")' in details["traceback"]
    assert run_at(client)["status"] == "ended"
    assert [run_at(client)[name] for name in ("total", "tried", "came_over", "failed")] == [
        *(10, 10, 9, 1)
    ]


def test_a_payload_says_which_thing_it_is_and_what_nothing_names_is_not_in_the_way(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly", project=87) as run:
        with run.item(None, None, payload=asset(7)):
            raise KeyError("sg_asset_type")
        with run.item(None, None, payload=asset(8)):
            pass
        with run.item("Asset", None) as nameless:
            pass
        with run.item(None, ""):
            pass
        done = run.complete()

    assert done, done.reason
    assert nameless.ok
    assert list(items(client)) == [("Asset", "7", "")]
    assert [run_at(client)[name] for name in ("tried", "came_over", "failed")] == [2, 1, 1]
    assert snaglist.status().refused == 0


def test_what_comes_over_leaves_the_list(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("first") as run, run.item("Shot", 12):
        raise ValueError("no frame range")
    with snaglist.run("second") as run, run.item("Shot", 12) as shot:
        shot.target_url = "https://kitsu.lan/shots/12"
    assert snaglist.flush(10)

    listed = items(client)["Shot", "12", ""]
    item = client.get(f"/api/v1/items/{listed['id']}").json()
    assert listed["reason"] == "came_over"
    assert item["target_url"] == "https://kitsu.lan/shots/12"


def test_a_part_fails_and_comes_over_by_itself(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly") as run:
        with run.item("Version", 5):
            pass
        for part in ("movie", "thumbnail"):
            with run.item("Version", 5, part=part):
                raise OSError(f"{part} cannot be read")
    snaglist.imported("Version", 5, part="thumbnail")
    assert snaglist.flush(10)

    found = items(client)
    assert found["Version", "5", "movie"]["status"] == "open"
    assert found["Version", "5", "thumbnail"]["reason"] == "came_over"
    assert len(found) == 2


def test_a_movie_that_fails_every_night_stays_where_it_is(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    for night in range(3):
        with snaglist.run(f"night {night}") as run:
            with run.item("Version", 5, alone=True) as version:
                pass
            assert version.ok
            with run.item("Version", 5, part="movie", alone=True):
                raise ValueError("the movie is an empty file")
        assert snaglist.flush(10)

    (listed,) = items(client).values()
    item = client.get(f"/api/v1/items/{listed['id']}").json()
    (cause,) = client.get("/api/v1/causes").json()
    assert (listed["part"], listed["status"], listed["failures"]) == ("movie", "open", 3)
    assert {entry["event"] for entry in item["history"]} == {"failed"}, "it never came and went"
    assert (cause["status"], cause["times_back"]) == ("open", 0)
    assert snaglist.imported("Version", 5, part="movie", alone=True)
    assert snaglist.flush(10)
    assert items(client)["Version", "5", "movie"]["reason"] == "came_over"


def test_what_is_said_within_one_millisecond_counts_in_its_order(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    for number in range(50):
        snaglist.imported("Shot", number)
        snaglist.record("It broke", entity_type="Shot", shotgun_id=number, part="movie")
        snaglist.record("It broke", entity_type="Version", shotgun_id=number)
        snaglist.imported("Version", number)
        snaglist.record("It broke", entity_type="Task", shotgun_id=number, part="step")
        snaglist.imported("Task", number)
    assert snaglist.flush(10)

    statuses = {(key[0], one["status"]) for key, one in items(client, limit=200).items()}
    assert statuses == {("Shot", "open"), ("Version", "resolved"), ("Task", "resolved")}
    assert len(items(client, limit=200)) == 150


def test_an_exception_can_be_had_back(snaglist: snaglist_client.Desk, client: httpx.Client) -> None:
    with (
        pytest.raises(ValueError, match="frame"),
        snaglist.run("nightly") as run,
        run.item("Shot", 1, reraise=True),
    ):
        raise ValueError("no frame range")
    assert snaglist.flush(10)

    assert ("Shot", "1", "") in items(client)
    assert run_at(client)["fault"] == "ValueError: no frame range"
    assert run_at(client)["status"] == "failed"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_passes_and_is_no_failure(
    snaglist: snaglist_client.Desk, client: httpx.Client, kind: type[BaseException]
) -> None:
    with pytest.raises(kind), snaglist.run("nightly") as run, run.item("Shot", 1) as item:
        raise kind
    assert snaglist.flush(10)

    assert not item.ok
    assert items(client) == {}
    assert run_at(client)["tried"] == 0


def test_an_item_can_fail_without_an_exception(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly") as run, run.item("Task", 3) as item:
        item.fail("Step Rig not found in Kitsu", step={"name": "Rig"})
    assert snaglist.flush(10)

    assert not item.ok
    assert items(client)["Task", "3", ""]["message"] == "Step Rig not found in Kitsu"


def test_errors_outside_of_a_run_are_recorded_too(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    record_id = snaglist.record("It broke", entity_type="Shot", shotgun_id=4, project=87)
    assert snaglist.flush(10)

    assert client.get(f"/api/v1/records/{record_id}").json()["event_data"] == {
        "error": "It broke",
        "details": {"entity_type": "Shot", "shotgun_id": 4, "project": 87},
    }
    assert items(client)["Shot", "4", ""]["target"] == "kitsu"


def test_a_run_that_tried_everything_takes_what_did_not_fail_off_the_list(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    snaglist.record("It broke", entity_type="Asset", shotgun_id=99, project=87)
    assert snaglist.flush(10)
    time.sleep(0.002)  # the desk's times are milliseconds

    with snaglist.run("nightly", project=87, total=3) as run:
        for number in range(3):
            with run.item("Asset", number, part="" if number else None):
                if number == 2:
                    raise ValueError("no")
        done = run.complete(entity_types="Asset")

    assert done, done.reason
    assert done.not_failing == 1
    assert snaglist.flush(10)
    assert items(client)["Asset", "99", ""]["reason"] == "not_failing"
    assert items(client)["Asset", "2", ""]["status"] == "open"
    assert run_at(client)["status"] == "complete"


def test_a_run_that_tried_too_little_is_not_complete(snaglist: snaglist_client.Desk) -> None:
    with snaglist.run("nightly", total=3) as run:
        with run.item("Asset", 1):
            pass
        done = run.complete()

    assert not done
    assert "3" in done.reason


def test_a_mirror_follows_events_and_says_how_far_it_is(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    def entry(number: int, attribute: str | None) -> dict[str, Any]:
        return {
            "type": "EventLogEntry",
            "id": number,
            "event_type": "Shotgun_Shot_Change",
            "attribute_name": attribute,
            "entity": {"type": "Shot", "id": 12, "name": "SH010"},
            "project": {"type": "Project", "id": 87, "name": "Owl"},
            "meta": {"attribute_name": attribute},
            "created_at": "2026-11-23T10:53:12Z",
        }

    with snaglist.mirror("events") as mirror:
        for number, attribute in enumerate(("sg_status_list", "sg_cut_in", "description"), 1):
            with mirror.event(entry(number, attribute)) as event:
                if attribute != "description":
                    raise ValueError(f"{attribute} cannot be set")
        with mirror.event(entry(4, "sg_cut_in")):
            pass
        assert event.ok
        assert snaglist.flush(10)

    found = items(client)
    assert found["Shot", "12", "sg_status_list"]["status"] == "open"
    assert found["Shot", "12", "sg_status_list"]["name"] == "SH010"
    assert found["Shot", "12", "sg_cut_in"]["reason"] == "came_over"
    assert len(found) == 2
    assert run_at(client)["kind"] == "mirror"
    assert run_at(client)["last_event_id"] == "4"

    with snaglist.mirror("events") as mirror, mirror.event(entry(5, None)):
        pass
    assert snaglist.flush(10)
    assert run_at(client)["status"] == "running"


def test_a_single_event_is_recorded_whole(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    entry = {"type": "EventLogEntry", "id": 1, "event_type": "Shotgun_Task_New", "entity": None}
    entry["meta"] = {"entity_type": "Task", "entity_id": 31}
    record_id = snaglist.record_event(entry, ValueError("no step"))
    assert snaglist.flush(10)

    event_data = client.get(f"/api/v1/records/{record_id}").json()["event_data"]
    assert event_data == {
        "error": "ValueError: no step",
        **entry,
        "details": {"exception_type": "ValueError"},
    }
    assert ("Task", "31", "") in items(client)


def test_a_run_that_is_busy_with_one_item_says_that_it_is_alive(
    snaglist: snaglist_client.Desk, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snaglist_client.courier.BEAT_SECONDS", 0.2)

    with snaglist.run("nightly"):
        wait_until(lambda: client.get("/api/v1/runs").json(), what="the run")
        first = run_at(client)["beat_at"]
        wait_until(lambda: run_at(client)["beat_at"] > first, what="a sign of life")

    assert snaglist.flush(10)
    last = run_at(client)
    assert last["status"] == "ended"


def test_what_is_captured_arrives_without_being_asked(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    snaglist.record("It broke", entity_type="Shot", shotgun_id=4)

    wait_until(lambda: items(client), what="the record")


def test_a_run_that_the_desk_does_not_know_holds_nothing_up(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    snaglist._courier.capture(b"end:no-such-run {}\n")
    snaglist.record("It broke", entity_type="Shot", shotgun_id=4)

    assert snaglist.flush(10)
    assert items(client)


def test_an_event_that_brings_nothing_over_takes_nothing_off(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    for part in (None, "sg_status_list"):
        snaglist.record("It broke", entity_type="Shot", shotgun_id=12, part=part)
    shot = {"type": "Shot", "id": 12}
    with snaglist.mirror("events") as mirror:
        with mirror.event({"id": 1, "event_type": "Shotgun_Reading_Change", "entity": shot}):
            pass
        with mirror.event({"id": 2, "event_type": "Shotgun_Shot_New", "entity": shot}) as event:
            event.skip()
        assert snaglist.flush(10)
        left = {key[2] for key, one in items(client).items() if one["status"] == "open"}
        with mirror.event({"id": 3, "event_type": "Shotgun_Shot_New", "entity": shot}):
            pass
    assert snaglist.flush(10)

    assert left == {"", "sg_status_list"}
    assert {one["status"] for one in items(client).values()} == {"resolved"}


def test_an_event_of_its_own_kind_clears_what_the_same_kind_left(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    entry = {"id": 1, "event_type": "Custom_Publish", "entity": {"type": "Shot", "id": 12}}
    retired = {"id": 2, "event_type": "Shotgun_Shot_Retirement", "entity": entry["entity"]}
    snaglist.record("It broke", entity_type="Shot", shotgun_id=12)
    with snaglist.mirror("events") as mirror:
        with mirror.event(entry):
            raise ValueError("no publish")
        assert snaglist.flush(10)
        assert items(client)["Shot", "12", "Custom_Publish"]["status"] == "open"
        for one in (entry, retired):
            with mirror.event(one):
                pass
    assert snaglist.flush(10)

    found = {key[2]: one["status"] for key, one in items(client).items()}
    assert found == {"": "open", "Custom_Publish": "resolved"}


def test_a_part_or_an_id_of_another_type_is_the_same_thing_everywhere(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    snaglist.record("It broke", entity_type="Shot", shotgun_id=5.0, part=5)
    snaglist.imported("Shot", 5.0, part=5)
    assert snaglist.flush(10)
    ((key, item),) = items(client).items()
    assert (key, item["status"]) == (("Shot", "5", "5"), "resolved")
