"""A project that importers name now by its id, now by its name alone, is one project."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.desks import DeskProcess

NEBULA, KESTREL = {"id": 87, "name": "Nebula_EP"}, {"id": 88, "name": "Kestrel"}
BOTH = [NEBULA, "Nebula_EP"]
ERROR = "KeyError: 'sg_cut_in'"


@pytest.fixture
def client(desk: DeskProcess) -> httpx.Client:
    """A desk on which shots 1 and 2 are Nebula's, told by its id and by its name; 3 is not."""
    client = desk.client()
    for number, project in enumerate([*BOTH, KESTREL], 1):
        fails(client, number, project)
    return client


def fails(client: httpx.Client, shot: int, project: Any, **members: Any) -> None:
    """A shot of a project fails."""
    details = {"entity_type": "Shot", "shotgun_id": shot, "project": project}
    member = {"event_data": {"error": ERROR, "details": details}, **members}
    assert client.post("/api/v1/records", json=[member]).is_success


def found(client: httpx.Client, project: str, path: str = "items") -> set[str]:
    """The entities that a filter by project finds."""
    rows = client.get(f"/api/v1/{path}", params={"project": project}).json()
    if path == "records":
        return {str(one["event_data"]["details"]["shotgun_id"]) for one in rows}
    return {one["entity_id"] for one in rows}


@pytest.mark.parametrize("path", ["items", "records"])
def test_a_filter_finds_what_was_told_by_id_and_by_name(client: httpx.Client, path: str) -> None:
    assert found(client, "Nebula_EP", path) == {"1", "2"}
    assert found(client, "87", path) == {"1", "2"}
    assert found(client, "88", path) == {"3"}


def test_a_bulk_edit_by_id_reaches_what_was_told_by_name(client: httpx.Client) -> None:
    note = {"edit": "note", "text": "seen"}
    asked = {"project": "87"}
    preview = client.post("/api/v1/items/edits/preview", json=note, params=asked).json()
    done = client.post("/api/v1/items/edits", json=note, params=asked).json()

    assert preview["would_change"] == done["changed"] == 2


def test_a_name_that_several_ids_have_follows_from_none_of_them(client: httpx.Client) -> None:
    fails(client, 4, {"id": 99, "name": "Nebula_EP"})

    assert found(client, "87") == {"1"}
    assert found(client, "99") == {"4"}
    assert found(client, "Nebula_EP") == {"1", "2", "4"}


def test_an_id_of_another_source_with_the_same_name_does_not_matter(client: httpx.Client) -> None:
    fails(client, 4, {"id": 12, "name": "Nebula_EP"}, source="csv")

    assert found(client, "87") == {"1", "2"}


def test_a_cause_counts_it_once(client: httpx.Client) -> None:
    (cause,) = client.get("/api/v1/causes").json()
    counts = client.get(f"/api/v1/causes/{cause['id']}").json()["counts"]

    told = {(one["project"], one["project_name"], one["items"]) for one in counts}
    assert told == {("87", "Nebula_EP", 2), ("88", "Kestrel", 1)}


def test_a_cause_counts_ids_of_the_same_name_apart(client: httpx.Client) -> None:
    fails(client, 4, {"id": 99, "name": "Nebula_EP"})
    (cause,) = client.get("/api/v1/causes").json()
    counts = client.get(f"/api/v1/causes/{cause['id']}").json()["counts"]

    told = {(one["project"], one["items"]) for one in counts}
    assert told == {("87", 1), ("99", 1), ("Nebula_EP", 1), ("88", 1)}


def test_the_summary_counts_it_once(client: httpx.Client) -> None:
    projects = client.get("/api/v1/summary").json()["projects"]

    assert [(one["project"], one["name"], one["items"]) for one in projects] == [
        ("87", "Nebula_EP", {"open": 2}),
        ("88", "Kestrel", {"open": 1}),
    ]


def test_a_run_counts_it_once(client: httpx.Client) -> None:
    for number, project in enumerate(BOTH, 1):
        fails(client, number, project, run="night")
    counts = client.get("/api/v1/runs/night").json()["counts"]

    assert [(one["project"], one["project_name"], one["failed"]) for one in counts] == [
        ("87", "Nebula_EP", 2)
    ]


def test_a_complete_run_of_the_id_takes_what_was_told_by_name_off_the_list(
    client: httpx.Client,
) -> None:
    client.post("/api/v1/runs", json={"label": "all", "project": 87})
    other = {"entity_type": "Shot", "shotgun_id": 9, "run": "all"}
    client.post("/import/shotgun/imported", json=other).raise_for_status()
    assert client.post("/api/v1/runs/all/complete", json={}).is_success

    resolved = client.get("/api/v1/items", params={"state": "not_failing"}).json()
    assert {one["entity_id"] for one in resolved} == {"1", "2"}
