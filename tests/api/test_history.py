"""An item's history: one line of attempts, runs and retries, each with what it belonged to."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from support.desks import DeskProcess

MISSING = "KeyError: 'sg_cut_in'"
NO_TYPE = "Task type not found: Layout Final"
OUTAGE = "502 Bad Gateway"


def fails(client: httpx.Client, error: str, run: str | None = None) -> str:
    """Record that a shot failed; its item's id."""
    details = {"shotgun_id": 5, "entity_type": "Shot", "name": "SH0005"}
    member: dict[str, Any] = {"event_data": {"error": error, "details": details}}
    if run is not None:
        member["run"] = run
    (told,) = client.post("/api/v1/records", json=[member]).json()["results"]
    item_id: str = client.get(f"/api/v1/records/{told['id']}").json()["item_id"]
    return item_id


def comes_over(client: httpx.Client, run: str | None = None) -> None:
    """Report that the shot came over."""
    told = {"shotgun_id": 5, "entity_type": "Shot"} | ({} if run is None else {"run": run})
    assert client.post("/import/shotgun/imported", json=told).json()["resolved"] == 1


def history(client: httpx.Client, item_id: str) -> list[dict[str, Any]]:
    """What happened to an item."""
    told: list[dict[str, Any]] = client.get(f"/api/v1/items/{item_id}").json()["history"]
    return told


def test_what_a_run_tried_says_which_run_it_was(desk: DeskProcess) -> None:
    with desk.client() as client:
        run = client.post("/api/v1/runs", json={"label": "night", "name": "Nightly"}).json()
        item_id = fails(client, MISSING, "night")
        comes_over(client, "night 2")
        told = history(client, item_id)

    assert [(one["event"], one["run_name"]) for one in told] == [
        ("failed", "Nightly"),
        ("came_over", "night 2"),
    ]
    assert told[0]["run_id"] == run["id"]
    assert all(one["retry_id"] is None and one["edit_id"] is None for one in told)


def test_what_a_retry_tried_says_which_retry_it_was(desk: DeskProcess) -> None:
    worker = {"id": str(uuid.uuid4()), "name": "farm-1"}
    with desk.client() as client:
        item_id = fails(client, MISSING)
        orders = []
        for outcome in ({"outcome": "failed"}, {"outcome": "came_over"}):
            orders.append(client.post("/api/v1/retries", json={}).json()["id"])
            (lease,) = client.post("/api/v1/leases", json={"worker": worker}).json()["leases"]
            report = {"lease_id": lease["lease_id"], **outcome}
            if outcome["outcome"] == "failed":
                report["record"] = {"event_data": {"error": NO_TYPE}}
            assert client.post("/api/v1/outcomes", json=report).is_success
        told = history(client, item_id)

    assert [(one["event"], one["retry_id"]) for one in told] == [
        ("failed", None),
        ("leased", orders[0]),
        ("failed", orders[0]),
        ("leased", orders[1]),
        ("came_over", orders[1]),
    ]
    assert all(one["edit_id"] is None for one in told)


def test_a_cause_is_told_where_it_changed(desk: DeskProcess) -> None:
    with desk.client() as client:
        item_id = fails(client, MISSING)
        comes_over(client)
        fails(client, MISSING)
        fails(client, NO_TYPE)
        told = history(client, item_id)
        item = client.get(f"/api/v1/items/{item_id}").json()

    assert [one["event"] for one in told] == ["failed", "came_over", "failed", "failed"]
    first, success, again, other = (one["cause_id"] for one in told)
    assert success is again is None
    assert first not in (None, other)
    assert other == item["cause_id"]
    assert told[3]["cause_title"] == item["cause_title"]
    assert told[2]["cause_title"] == ""


def test_what_went_well_says_nothing_of_a_cause(desk: DeskProcess) -> None:
    """It failed for one cause, then for an outage, and came over."""
    with desk.client() as client:
        item_id = fails(client, MISSING)
        fails(client, OUTAGE)
        comes_over(client)
        told = history(client, item_id)

    assert [one["event"] for one in told] == ["failed", "failed", "came_over"]
    assert all(one["cause_title"] for one in told[:2])
    assert told[2]["cause_id"] is None


def test_failures_that_moved_nothing_are_told_together_by_their_run(desk: DeskProcess) -> None:
    with desk.client() as client:
        item_id = fails(client, MISSING, "night 1")
        for run in ("night 2", "night 2", "night 3"):
            fails(client, MISSING, run)
        fails(client, OUTAGE, "night 3")
        fails(client, MISSING, "night 4")
        comes_over(client)
        told = history(client, item_id)

    assert [(one["event"], one["run_name"], one["times"]) for one in told] == [
        ("failed", "night 1", 1),
        ("failed", "night 2", 2),
        ("failed", "night 3", 1),
        ("failed", "night 3", 1),
        ("failed", "night 4", 1),
        ("came_over", "", 1),
    ]
    assert [one["after"] for one in told] == ["open", None, None, None, None, "came_over"]
    causes = [one["cause_id"] for one in told]
    assert causes[3] is not None, "the outage"
    assert causes[4] == causes[0], "what stands again"
    assert (causes[1], causes[2], causes[5]) == (None, None, None)


def test_a_merged_cause_does_not_look_like_another_one(desk: DeskProcess) -> None:
    with desk.client() as client:
        item_id = fails(client, MISSING)
        fails(client, MISSING)
        other = client.get(f"/api/v1/items/{item_id}").json()["cause_id"]
        fails(client, NO_TYPE)
        into = client.get(f"/api/v1/items/{item_id}").json()["cause_id"]
        merge = {"edit": "merge", "into": into}
        assert client.post(f"/api/v1/causes/{other}/edits", json=merge).is_success
        told = history(client, item_id)

    assert [one["cause_id"] is not None for one in told] == [True, False, False]


def test_a_complete_run_says_that_it_passed(desk: DeskProcess) -> None:
    with desk.client() as client:
        item_id = fails(client, MISSING)
        client.post("/api/v1/runs", json={"label": "all"})
        others = {"entity_type": "Shot", "shotgun_id": 9, "run": "all"}
        client.post("/import/shotgun/imported", json=others).raise_for_status()
        assert client.post("/api/v1/runs/all/complete", json={}).is_success
        told = history(client, item_id)[-1]

    assert (told["event"], told["run_name"]) == ("not_failing", "all")
    assert told["edit_id"] is not None
