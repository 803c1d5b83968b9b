"""Runs over HTTP: announced, counted from what arrives, ended, complete, abandoned."""

from __future__ import annotations

from typing import Any

import httpx

from support.desks import DeskProcess
from support.waiting import wait_until


def test_a_run_shows_what_it_tried_as_it_arrives(desk: DeskProcess) -> None:
    client = desk.client()
    run = _begun(client, name="nightly", project=87, total={"Asset": 3, "shots": 1})

    _fail(client, run, "Asset", 1)
    _came_over(client, run, "Asset", 2)
    _came_over(client, run, "Shot", 7)

    now = client.get(f"/api/v1/runs/{run}").json()
    assert (now["status"], now["total"], now["tried"]) == ("running", 4, 3)
    assert (now["came_over"], now["failed"], now["not_tried"]) == (2, 1, 1)
    assert [(one["entity_type"], one["came_over"], one["failed"]) for one in now["counts"]] == [
        ("Asset", 1, 1),
        ("Shot", 1, 0),
    ]


def test_what_is_sent_twice_is_counted_once_by_its_newest_attempt(desk: DeskProcess) -> None:
    client = desk.client()
    run = _begun(client, name="nightly")
    for _ in range(2):
        _fail(client, run, "Asset", 1, at="2026-11-24T02:00:00Z")
        _came_over(client, run, "Asset", 1, at="2026-11-24T02:05:00Z")
    _fail(client, run, "Asset", 1, at="2026-11-24T02:01:00Z")

    now = client.get(f"/api/v1/runs/{run}").json()
    assert (now["tried"], now["came_over"], now["failed"]) == (1, 1, 0)


def test_an_announcement_can_be_repeated(desk: DeskProcess) -> None:
    client = desk.client()
    asked = {"id": "01a20938-2ec1-74f6-af4e-24bf1ef3f97a", "name": "nightly", "total": 5}
    first = client.post("/api/v1/runs", json=asked)
    again = client.post("/api/v1/runs", json=asked)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["location"] == f"/api/v1/runs/{asked['id']}"
    assert len(client.get("/api/v1/runs").json()) == 1


def test_a_label_that_no_run_has_makes_one_and_an_announcement_fills_it_in(
    desk: DeskProcess,
) -> None:
    client = desk.client()
    posted = client.post(
        "/import/shotgun/errors",
        json={"error": "no", "details": {"entity_type": "Asset", "id": 1, "run": "night 24/11"}},
    ).json()
    made = client.get("/api/v1/runs/night%2024%2F11").json()
    assert made["id"] == posted["run_id"]
    assert (made["name"], made["failed"], made["total"]) == ("night 24/11", 1, None)

    told = client.post("/api/v1/runs", json={"label": "night 24/11", "name": "Night", "total": 9})
    assert told.status_code == 200
    assert (told.json()["id"], told.json()["name"], told.json()["not_tried"]) == (
        made["id"],
        "Night",
        8,
    )


def test_a_label_is_unquoted_once(desk: DeskProcess) -> None:
    client = desk.client()
    other = _begun(client, label="xA")
    for label, path in (("x%41", "x%2541"), ("nightly 2026/11/24", "nightly%202026%2F11%2F24")):
        run = _begun(client, label=label)
        ended = client.post(f"/api/v1/runs/{path}/end", json={"fault": "oops"}).json()
        assert (ended["id"], ended["status"]) == (run, "failed")
    assert _status(client, other) == "running"


def test_a_complete_run_takes_what_did_not_fail_in_it_off_the_list(desk: DeskProcess) -> None:
    client = desk.client()
    for number in (1, 2):
        _fail(client, None, "Asset", number, project=87)
    _fail(client, None, "Asset", 3, project=88)
    _fail(client, None, "Shot", 4, project=87)
    run = _begun(client, name="nightly", project=87, total=2)
    _fail(client, run, "Asset", 1, project=87)
    _came_over(client, run, "Asset", 9)

    done = client.post(f"/api/v1/runs/{run}/complete", json={"entity_types": ["assets"]})

    assert done.status_code == 200
    assert done.json()["edit"]["changed"] == 1
    assert done.json()["run"]["completed"]["projects"] == ["87"]
    states = {
        (one["entity_type"], one["entity_id"]): one["reason"] or one["status"]
        for one in client.get("/api/v1/items").json()
    }
    assert states == {
        ("Asset", "1"): "open",
        ("Asset", "2"): "not_failing",
        ("Asset", "3"): "open",
        ("Shot", "4"): "open",
    }


def test_that_a_run_was_complete_can_be_taken_back(desk: DeskProcess) -> None:
    client = desk.client()
    _fail(client, None, "Asset", 1)
    run = _begun(client, name="nightly")
    _came_over(client, run, "Asset", 5)
    edit = client.post(f"/api/v1/runs/{run}/complete", json={}).json()["edit"]
    assert client.get("/api/v1/items?state=open").json() == []

    client.post(f"/api/v1/edits/{edit['edit_id']}/undo", json={}).raise_for_status()

    assert len(client.get("/api/v1/items?state=open").json()) == 1
    now = client.get(f"/api/v1/runs/{run}").json()
    assert (now["status"], now["completed"]) == ("ended", None)


def test_a_run_that_tried_less_than_it_was_to_is_not_complete(desk: DeskProcess) -> None:
    client = desk.client()
    _fail(client, None, "Asset", 1)
    run = _begun(client, name="nightly", total=2)
    _came_over(client, run, "Asset", 5)
    _came_over(client, run, "Version", 6, part="movie")

    refused = client.post(f"/api/v1/runs/{run}/complete", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert "2 things" in refused.json()["message"]
    assert "1 arrived" in refused.json()["message"]

    _came_over(client, run, "Asset", 6)
    unsent = client.post(f"/api/v1/runs/{run}/complete", json={"tried": 3})
    assert unsent.status_code == 409
    assert client.post(f"/api/v1/runs/{run}/complete", json={"tried": 2}).status_code == 200
    assert client.get("/api/v1/items?state=open").json() == []


def test_a_run_that_tried_less_of_a_type_than_it_was_to_is_not_complete(desk: DeskProcess) -> None:
    client = desk.client()
    _fail(client, None, "Shot", 1)
    run = _begun(client, name="nightly", total={"Asset": 2, "Shot": 2})
    for number in range(4):
        _came_over(client, run, "Asset", 10 + number)

    for scope in ({}, {"entity_types": ["Shot"]}):
        refused = client.post(f"/api/v1/runs/{run}/complete", json=scope)
        assert refused.status_code == 409
        assert "2 of the type Shot, and 0 arrived" in refused.json()["message"]

    assert len(client.get("/api/v1/items?state=open").json()) == 1
    done = client.post(f"/api/v1/runs/{run}/complete", json={"entity_types": ["Asset"]})
    assert done.status_code == 200


def test_what_a_run_tried_nothing_of_stays_on_the_list(desk: DeskProcess) -> None:
    client = desk.client()
    _fail(client, None, "Shot", 1, project=87)
    _fail(client, None, "Asset", 2, project=87)
    _fail(client, None, "Asset", 3, project=88)
    run = _begun(client, name="nightly")
    nothing = client.post(f"/api/v1/runs/{run}/complete", json={})
    assert (nothing.status_code, "tried nothing" in nothing.json()["detail"]) == (409, True)
    _came_over(client, run, "Asset", 9, project=87)
    for scope in ({"entity_types": ["Shot"]}, {"projects": [88]}):
        refused = client.post(f"/api/v1/runs/{run}/complete", json=scope)
        assert (refused.status_code, "tried nothing of" in refused.json()["detail"]) == (409, True)

    both = {"entity_types": ["Shot", "Asset"], "projects": [87, 88]}
    done = client.post(f"/api/v1/runs/{run}/complete", json=both)

    assert done.json()["edit"]["changed"] == 1
    left = client.get("/api/v1/items?state=open").json()
    assert {(one["entity_type"], one["entity_id"]) for one in left} == {
        ("Shot", "1"),
        ("Asset", "3"),
    }


def test_what_failed_without_a_type_leaves_when_everything_was_tried(desk: DeskProcess) -> None:
    client = desk.client()
    batch = {"error": "500 Server Error", "details": {"batch": 3}}
    client.post("/import/shotgun/errors", json=batch).raise_for_status()
    run = _begun(client, name="nightly")
    _came_over(client, run, "Asset", 1)
    assets = client.post(f"/api/v1/runs/{run}/complete", json={"entity_types": ["Asset"]})
    assert assets.json()["edit"]["changed"] == 0

    run = _begun(client, name="nightly")
    _came_over(client, run, "Asset", 1)
    assert client.post(f"/api/v1/runs/{run}/complete", json={}).json()["edit"]["changed"] == 1
    assert client.get("/api/v1/items?state=open").json() == []


def test_a_run_of_parts_alone_counts_them(desk: DeskProcess) -> None:
    client = desk.client()
    run = _begun(client, name="movies", total=2)
    for number in range(2):
        refused = client.post(f"/api/v1/runs/{run}/complete", json={})
        assert refused.status_code == 409
        _came_over(client, run, "Version", number, part="movie")
    assert client.post(f"/api/v1/runs/{run}/complete", json={}).status_code == 200


def test_an_empty_scope_is_not_everything(desk: DeskProcess) -> None:
    client = desk.client()
    _fail(client, None, "Asset", 1)
    run = _begun(client, name="nightly")
    _came_over(client, run, "Asset", 9)
    for scope in ({"projects": []}, {"entity_types": []}):
        refused = client.post(f"/api/v1/runs/{run}/complete", json=scope)
        assert (refused.status_code, "names nothing" in refused.json()["detail"]) == (400, True)
    assert len(client.get("/api/v1/items?state=open").json()) == 1


def test_what_failed_in_the_run_before_it_was_announced_stays(desk: DeskProcess) -> None:
    """A record whose clock says that it was tried before the run began, but names the run."""
    client = desk.client()
    run = _begun(client, name="nightly")
    _fail(client, run, "Asset", 1, at="2026-11-01T00:00:00Z")
    done = client.post(f"/api/v1/runs/{run}/complete", json={}).json()
    assert done["edit"]["changed"] == 0
    assert len(client.get("/api/v1/items?state=open").json()) == 1


def test_the_parts_of_what_failed_as_a_whole_stay_on_the_list(desk: DeskProcess) -> None:
    client = desk.client()
    _fail(client, None, "Version", 1, part="movie", at="2026-11-01T00:00:00Z")
    run = _begun(client, name="nightly")
    _fail(client, run, "Version", 1)
    done = client.post(f"/api/v1/runs/{run}/complete", json={}).json()
    assert done["edit"]["changed"] == 0
    assert len(client.get("/api/v1/items?state=open").json()) == 2


def test_a_mirror_tells_how_far_it_is_and_is_never_complete(desk: DeskProcess) -> None:
    client = desk.client()
    mirror = _begun(client, name="events", kind="mirror")
    _fail(client, mirror, "Asset", 1)
    beat = {"last_event_id": 41233, "last_event_at": "2026-11-24T09:00:00+01:00", "unsent": 4}
    now = client.post(f"/api/v1/runs/{mirror}/beats", json=beat).json()
    assert (now["last_event_id"], now["last_event_at"]) == ("41233", "2026-11-24T08:00:00.000Z")
    assert (now["unsent"], now["tried"]) == (4, 0)
    assert client.post(f"/api/v1/runs/{mirror}/complete", json={}).status_code == 409
    assert [one["name"] for one in client.get("/api/v1/runs?kind=mirror").json()] == ["events"]


def test_that_some_of_a_run_was_lost_stays_known(desk: DeskProcess) -> None:
    client = desk.client()
    run = _begun(client, label="night")

    client.post("/api/v1/runs/night/beats", json={"has_gaps": True})
    client.post("/api/v1/runs/night/beats", json={"has_gaps": False})
    client.post("/api/v1/runs", json={"label": "night", "name": "Nightly"})
    refused = client.post(f"/api/v1/runs/{run}/complete", json={})

    assert client.get(f"/api/v1/runs/{run}").json()["has_gaps"] is True
    assert refused.status_code == 409
    assert "lost on its way" in refused.json()["detail"]


def test_what_left_with_a_complete_run_is_back_when_some_of_it_was_lost(desk: DeskProcess) -> None:
    client = desk.client()
    _fail(client, None, "Shot", 1, at="2026-11-01T00:00:00Z")
    run = _begun(client, label="night")
    _came_over(client, run, "Shot", 9)
    client.post(f"/api/v1/runs/{run}/complete", json={}).raise_for_status()
    assert client.get("/api/v1/items?state=open").json() == []

    beat = client.post(f"/api/v1/runs/{run}/beats", json={"has_gaps": True})

    assert (beat.json()["status"], beat.json()["completed"]) == ("ended", None)
    (item,) = client.get("/api/v1/items?state=open").json()
    assert item["entity_id"] == "1"
    again = client.post(f"/api/v1/runs/{run}/beats", json={"has_gaps": True})
    assert again.json()["status"] == "ended"


def test_a_run_that_falls_silent_is_abandoned_until_it_is_heard_again(
    desk: DeskProcess,
) -> None:
    desk.stop()
    desk._settings["SNAGLIST_RUN_SECONDS"] = "1"
    desk.start()
    client = desk.client()
    run = _begun(client, name="nightly")
    wait_until(lambda: _status(client, run) == "abandoned", what="the run to be abandoned")
    assert client.post(f"/api/v1/runs/{run}/beats", json={}).json()["status"] == "running"


def test_an_end_counts_once_and_says_what_went_wrong(desk: DeskProcess) -> None:
    client = desk.client()
    run = _begun(client, name="nightly")
    ended = client.post(f"/api/v1/runs/{run}/end", json={"fault": "KeyError: 'code'\n\x1b[2J"})
    assert (ended.json()["status"], ended.json()["fault"]) == ("failed", "KeyError: 'code' [2J")
    assert client.post(f"/api/v1/runs/{run}/end", json={}).json()["status"] == "failed"
    assert client.get("/api/v1/runs?state=failed").json()[0]["id"] == run


def test_items_are_found_by_the_run_that_reported_them(desk: DeskProcess) -> None:
    client = desk.client()
    run = _begun(client, name="nightly")
    _fail(client, None, "Asset", 1)
    _fail(client, run, "Asset", 2)
    _fail(client, run, "Shot", 3)
    found = client.get(f"/api/v1/items?run={run}").json()
    assert [one["entity_id"] for one in found] == ["3", "2"]
    few = client.get(f"/api/v1/items?run={run}&q=shot%203").json()
    assert [one["entity_id"] for one in few] == ["3"]
    page = client.get(f"/api/v1/items?run={run}&limit=1")
    assert [one["entity_id"] for one in page.json()] == ["3"]
    onward = client.get(page.links["next"]["url"])
    assert [one["entity_id"] for one in onward.json()] == ["2"]


def test_runs_go_by_pages_the_newest_first(desk: DeskProcess) -> None:
    client = desk.client()
    for number in range(3):
        _begun(client, name=f"night {number}")
    page = client.get("/api/v1/runs?limit=2&state=running")
    assert [one["name"] for one in page.json()] == ["night 2", "night 1"]
    assert [one["name"] for one in client.get(page.links["next"]["url"]).json()] == ["night 0"]


def test_what_a_run_cannot_be_is_refused_with_its_member(desk: DeskProcess) -> None:
    client = desk.client()
    for asked, where in (
        ({"total": -1}, "/total"),
        ({"source": "No Slug"}, "/source"),
        ({"id": "nightly"}, "/id"),
        ({"label": "a\nb"}, "/label"),
        ({"kind": "pass"}, "/kind"),
    ):
        refused = client.post("/api/v1/runs", json=asked)
        assert refused.status_code == 400, asked
        assert refused.json()["where"] == where, asked
    assert client.get("/api/v1/runs?state=sleeping").status_code == 400
    for path in ("end", "beats", "complete"):
        assert client.post(f"/api/v1/runs/no-such/{path}", json={}).status_code == 404


def test_doctor_finds_every_count_of_a_run_right(desk: DeskProcess) -> None:
    client = desk.client()
    run = _begun(client, name="nightly")
    for number in range(20):
        _fail(client, run, "Asset", number % 7)
        _came_over(client, run, "Shot", number % 5, project=number % 2)
    done = desk.run("doctor", "--deep")
    assert done.returncode == 0, done.stdout + done.stderr


def _begun(client: httpx.Client, **asked: Any) -> str:
    answer = client.post("/api/v1/runs", json=asked)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _status(client: httpx.Client, run: str) -> str:
    return str(client.get(f"/api/v1/runs/{run}").json()["status"])


def _fail(
    client: httpx.Client,
    run: str | None,
    entity_type: str,
    entity_id: int,
    *,
    project: int = 87,
    part: str = "",
    at: str | None = None,
) -> None:
    details = {"entity_type": entity_type, "shotgun_id": entity_id, "project": {"id": project}}
    details |= {"part": part}
    envelope = {"event_data": {"error": "Read timed out.", "details": details}}
    further = {"run": run, "occurred_at": at}
    envelope |= {name: value for name, value in further.items() if value is not None}
    answer = client.post("/api/v1/records", json=[envelope])
    assert answer.json()["results"][0]["status"] == "recorded", answer.text


def _came_over(
    client: httpx.Client,
    run: str,
    entity_type: str,
    entity_id: int,
    *,
    at: str | None = None,
    **further: Any,
) -> None:
    told = {"entity_type": entity_type, "shotgun_id": entity_id, "run": run, **further}
    if at is not None:
        told["occurred_at"] = at
    client.post("/import/shotgun/imported", json=told).raise_for_status()
