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
        told = [(one["event"], one["edit_id"]) for one in item["history"]]
        assert told == [("failed", None), ("leased", order["id"]), ("failed", order["id"])]
    assert desk.run("doctor", "--deep").returncode == 0
