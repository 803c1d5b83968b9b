"""Batches that a target answered with an error: an item for each project, nothing of entries."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

import snaglist_client
from client.test_returned import answered, found, shot


def test_a_batch_that_broke_off_tells_which_was_not_tried(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """Zou's 500 in a batch: what is before it is saved, what is behind was not tried."""
    snaglist.record("left over", entity_type="Shot", shotgun_id=1)
    checked = snaglist.check_returned(
        [shot(1), shot(2), shot(3), shot(4)],
        [answered(1)],
        error={"error": True, "message": "Internal server error."},
    )
    assert snaglist.flush(10)

    assert checked == ([1], [2], [3, 4])
    assert set(found(client)) == {("1", ""), ("2", "")}
    assert found(client)["1", ""]["reason"] == "came_over"
    assert found(client)["2", ""]["message"] == "Internal server error."


def test_a_batch_of_which_nothing_is_known_is_one_failure(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    checked = snaglist.check_returned([shot(11), shot(12)], 500)
    assert snaglist.flush(10)

    assert checked == ([], [], [11, 12])
    assert set(found(client)) == {("", "")}


@pytest.mark.parametrize("scope", [{"projects": 87, "entity_types": "Asset"}, {"projects": 87}, {}])
def test_a_batch_that_failed_leaves_with_a_complete_run_of_its_type(
    snaglist: snaglist_client.Desk, client: httpx.Client, scope: dict[str, Any]
) -> None:
    assets = [{"type": "Asset", "id": one, "code": f"char_{one}"} for one in (1, 2, 3)]
    with snaglist.run("one", project=87) as run:
        assert run.check_returned(assets, 500).not_tried == [1, 2, 3]
    assert snaglist.flush(10)
    (batch,) = client.get("/api/v1/items?type=Asset").json()
    assert (batch["entity_type"], batch["project"], batch["name"]) == ("Asset", "87", "3 at once")

    with snaglist.run("other", project=87) as other:
        other.check_returned([{"type": "Shot", "id": 4}], [{"shotgun_id": 4}])
        assert other.complete(projects=87, entity_types="Shot").not_failing == 0
    with snaglist.run("two", project=87) as run:
        run.check_returned(assets, [{"shotgun_id": one["id"]} for one in assets])
        assert run.complete(**scope).not_failing == 1
    assert client.get("/api/v1/items?state=open&type=Asset").json() == []


def test_a_batch_of_two_projects_leaves_with_runs_that_are_complete_for_them(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    assets = [
        {"type": "Asset", "id": one, "project": {"type": "Project", "id": project}}
        for one, project in ((1, 87), (2, 88), (3, 87))
    ]
    with snaglist.run("one") as run:
        run.check_returned(assets, 500)
    assert snaglist.flush(10)
    batches = client.get("/api/v1/items?type=Asset").json()
    assert {(one["project"], one["name"]) for one in batches} == {
        ("87", "2 at once"),
        ("88", "1 at once"),
    }
    with snaglist.run("two") as run:
        run.check_returned(assets, [{"shotgun_id": one["id"]} for one in assets])
        assert run.complete(projects=[87, 88]).not_failing == 2
