"""Orders to retry, leases and outcomes over HTTP, on both engines."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from support.desks import DeskProcess


def _fail(client: httpx.Client, *ids: int, entity_type: str = "Asset", **details: Any) -> None:
    for entity in ids:
        body = {
            "error": f"Failed to import {entity_type.lower()}",
            "details": {
                "entity_type": entity_type,
                "shotgun_id": entity,
                "reason": "Missing required field",
                **details,
            },
        }
        assert client.post("/import/shotgun/errors", json=body).status_code == 201


def _worker(**members: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "name": "maya-7", **members}


def test_an_order_is_leased_worked_on_and_comes_to_an_end(desk: DeskProcess) -> None:
    with desk.client() as client:
        _fail(client, 1, 2)

        said = client.post("/api/v1/retries/preview?state=open").json()
        assert said == {
            "matching": 2,
            "would_try": 2,
            "not_open": 0,
            "in_another": 0,
            "workers": 0,
        }
        ordered = client.post("/api/v1/retries?state=open", json={"why": "the field is there now"})
        assert ordered.status_code == 201, ordered.text
        order = ordered.json()
        assert (order["status"], order["total"], order["waiting"]) == ("working", 2, 2)

        asked = client.post("/api/v1/leases", json={"worker": _worker(), "limit": 5})
        assert asked.status_code == 200, asked.text
        first, second = asked.json()["leases"]
        assert first["item"]["entity_id"] == "1"
        assert first["attempt"] == 1

        results = client.post(
            "/api/v1/outcomes",
            json=[
                {"lease_id": first["lease_id"], "outcome": "came_over"},
                {
                    "lease_id": second["lease_id"],
                    "outcome": "failed",
                    "record": {"event_data": {"error": "500 Internal Server Error"}},
                },
            ],
        )
        assert results.status_code == 200, results.text
        assert [one["status"] for one in results.json()["results"]] == ["taken", "taken"]

        whole = client.get(f"/api/v1/retries/{order['id']}").json()
        assert (whole["status"], whole["came_over"], whole["failed"]) == ("done", 1, 1)
        assert [one["event"] for one in whole["history"]] == ["ordered"]
        item = client.get(f"/api/v1/items/{second['item']['id']}").json()
        assert (item["status"], item["failures"]) == ("open", 2)
        told = [(one["event"], one["retry_id"]) for one in item["history"]]
        assert told == [("failed", None), ("leased", order["id"]), ("failed", order["id"])]
    assert desk.run("doctor", "--deep").returncode == 0


def test_an_order_can_be_sent_twice(desk: DeskProcess) -> None:
    with desk.client() as client:
        _fail(client, 1)
        body = {"id": str(uuid.uuid4()), "attempts": 5, "rate": 60, "probe": False}

        first = client.post("/api/v1/retries?type=Asset", json=body)
        second = client.post("/api/v1/retries?type=Asset", json=body | {"id": body["id"].upper()})

        assert (first.status_code, second.status_code) == (201, 200)
        assert second.json()["id"] == body["id"]
        assert first.headers["location"] == f"/api/v1/retries/{body['id']}"
        assert first.json()["filter"] == "type=Asset"
        assert (first.json()["attempts"], first.json()["rate"]) == (5, 60)
        assert len(client.get("/api/v1/retries").json()) == 1


def test_what_a_run_left_behind_is_tried_again(desk: DeskProcess) -> None:
    with desk.client() as client:
        _fail(client, 1)
        batch = [{"event_data": {"error": "no", "details": {"shotgun_id": 2}}, "run": "last night"}]
        assert client.post("/api/v1/records", json=batch).is_success

        made = client.post("/api/v1/retries?run=last+night", json={}).json()

        assert made["total"] == 1


def test_orders_and_their_items_are_paged(desk: DeskProcess) -> None:
    with desk.client() as client:
        for number in range(3):
            _fail(client, number, number + 10)
            client.post("/api/v1/retries", json={})
        whole = client.get("/api/v1/retries", params={"limit": 2})
        rest = client.get(whole.links["next"]["url"])
        assert [one["total"] for one in whole.json() + rest.json()] == [2, 2, 2]
        assert "next" not in rest.links
        assert client.get("/api/v1/retries?state=done").json() == []

        path = f"/api/v1/retries/{rest.json()[0]['id']}/items"
        first = client.get(path, params={"limit": 1, "state": "waiting"})
        second = client.get(first.links["next"]["url"])
        assert [one["item"]["entity_id"] for one in first.json() + second.json()] == ["0", "10"]
        for bad in ("state=strange", "limit=0", "cursor=x", "cursor=1-1&cursor=1-1", "what=1"):
            assert client.get(f"{path}?{bad}").json()["code"] == "bad_parameter", bad


def test_an_edit_that_cannot_be_is_refused(desk: DeskProcess) -> None:
    with desk.client() as client:
        _fail(client, 1)
        made = client.post("/api/v1/retries", json={}).json()
        path = f"/api/v1/retries/{made['id']}/edits"

        assert client.post(path, json={"edit": "pause"}).json()["status"] == "paused"
        aborted = client.post(path, json={"edit": "abort", "why": "no use"}).json()
        assert aborted["status"] == "aborted"
        refused = client.post(path, json={"edit": "resume"})

        assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
        assert client.post(path, json={"edit": "undo"}).status_code == 400
        history = client.get(f"/api/v1/retries/{made['id']}").json()["history"]
        assert [(one["event"], one["why"]) for one in history] == [
            ("ordered", None),
            ("paused", None),
            ("aborted", "no use"),
        ]
        assert client.get(f"/api/v1/retries/{uuid.uuid4()}").status_code == 404


def test_one_bad_outcome_harms_no_other(desk: DeskProcess) -> None:
    with desk.client() as client:
        _fail(client, 1, 2, 3)
        client.post("/api/v1/retries", json={"probe": False})
        asked = client.post("/api/v1/leases", json={"worker": _worker(), "limit": 3}).json()
        one, two, three = (lease["lease_id"] for lease in asked["leases"])
        outcomes: list[Any] = [
            {"lease_id": one, "outcome": "failed"},
            {"lease_id": one, "outcome": "failed", "record": {"event_data": [1]}},
            {"lease_id": one, "outcome": "failed", "record": {"event_data": {}, "id": "x"}},
            {"lease_id": one, "outcome": "came_over", "record": {"event_data": {}}},
            {"lease_id": two, "outcome": "came_over", "target_url": "javascript:alert(1)"},
            {"lease_id": "x", "outcome": "came_over"},
            {"lease_id": two, "outcome": "vanished"},
            "nonsense",
            {"lease_id": str(uuid.uuid4()), "outcome": "came_over"},
            {"lease_id": three, "outcome": "came_over", "target_url": "https://kitsu.lan/3"},
        ]

        results = client.post("/api/v1/outcomes", json=outcomes).json()["results"]

        assert [one["index"] for one in results] == list(range(10))
        assert [one["status"] for one in results] == [*["invalid"] * 8, "lost", "taken"]
        assert [one["problem"]["code"] for one in results[:9]] == [
            *["wrong_shape"] * 8,
            "lease_lost",
        ]
        assert "problem" not in results[9]
        states = [item["status"] for item in client.get("/api/v1/items?state=retrying").json()]
        assert len(states) == 2
        (over,) = client.get("/api/v1/items?state=came_over").json()
        assert client.get(f"/api/v1/items/{over['id']}").json()["target_url"].endswith("/3")
        too_many = client.post("/api/v1/outcomes", json=[{}] * 1_001)
        assert too_many.status_code == 413
        assert client.post("/api/v1/outcomes", content=b"{").json()["code"] == "not_json"


def test_secrets_of_what_failed_again_are_taken_out(desk: DeskProcess) -> None:
    with desk.client() as client:
        _fail(client, 1)
        client.post("/api/v1/retries", json={})
        asked = client.post("/api/v1/leases", json={"worker": _worker()}).json()
        outcome = {
            "lease_id": asked["leases"][0]["lease_id"],
            "outcome": "failed",
            "record": {"id": str(uuid.uuid4()), "event_data": {"error": "no", "password": "x"}},
        }

        client.post("/api/v1/outcomes", json=outcome)

        record = client.get(f"/api/v1/records/{outcome['record']['id']}").json()
        assert record["event_data"] == {"error": "no", "password": "[redacted]"}
        assert record["item_id"] == asked["leases"][0]["item"]["id"]


def test_a_lease_is_kept_by_who_has_it_alone(desk: DeskProcess) -> None:
    with desk.client() as client:
        _fail(client, 1)
        client.post("/api/v1/retries", json={})
        worker = _worker()
        (lease,) = client.post("/api/v1/leases", json={"worker": worker}).json()["leases"]
        ids = [lease["lease_id"], str(uuid.uuid4())]

        mine = client.post(
            "/api/v1/leases/renew", json={"worker": worker["id"], "leases": ids, "seconds": 600}
        ).json()["results"]
        others = client.post(
            "/api/v1/leases/renew", json={"worker": str(uuid.uuid4()), "leases": ids}
        ).json()["results"]

        assert [one["status"] for one in mine] == ["renewed", "lost"]
        assert mine[0]["until"] > lease["until"]
        assert [one["status"] for one in others] == ["lost", "lost"]


def test_a_worker_says_who_it_is_and_is_listed(desk: DeskProcess) -> None:
    with desk.client() as client:
        worker = _worker(host="farm-1", targets=["kitsu"], entity_types=["shots"])
        asked = client.post("/api/v1/leases", json={"worker": worker}).json()
        (listed,) = client.get("/api/v1/workers").json()

        assert asked["leases"] == []
        assert asked["poll_seconds"] > 0
        assert listed["entity_types"] == ["Shot"]
        assert (listed["name"], listed["host"], listed["is_connected"]) == (
            *("maya-7", "farm-1", True),
        )
        for bad in (
            {"id": "x", "name": "n"},
            {"id": str(uuid.uuid4()), "name": "\x00"},
            {"id": str(uuid.uuid4()), "name": "n", "sources": ["No Slug"]},
        ):
            assert client.post("/api/v1/leases", json={"worker": bad}).status_code == 400
        for bad_ask in ({"limit": 101}, {"seconds": 1}, {"retry": "x"}):
            body = {"worker": worker, **bad_ask}
            assert client.post("/api/v1/leases", json=body).status_code == 400


def test_work_alone_neither_orders_nor_reads(desk: DeskProcess) -> None:
    secret = desk.new_token("work", name="farm")
    with desk.client() as admin, desk.client(secret) as farm:
        _fail(admin, 1)
        admin.post("/api/v1/retries", json={})

        assert farm.post("/api/v1/retries", json={}).status_code == 403
        assert farm.get("/api/v1/workers").status_code == 403
        (lease,) = farm.post("/api/v1/leases", json={"worker": _worker()}).json()["leases"]
        outcome = {"lease_id": lease["lease_id"], "outcome": "came_over"}
        assert farm.post("/api/v1/outcomes", json=outcome).json()["results"][0]["status"] == "taken"
        (item,) = admin.get("/api/v1/items").json()
        history = admin.get(f"/api/v1/items/{item['id']}").json()["history"]
        assert [one["who"] for one in history] == ["admin", "farm", "farm"]
