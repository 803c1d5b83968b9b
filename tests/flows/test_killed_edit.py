"""An edit of many items, with the desk killed in the middle of it, and its undo."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import httpx

from conftest import open_database
from snaglist.service.edits import list_edits
from snaglist.service.recount import recounted
from support.desks import DeskProcess
from support.waiting import wait_until

ITEMS = 10_000


def test_an_edit_survives_the_kill_of_its_desk_and_is_undone(desk: DeskProcess, store: str) -> None:
    with desk.client() as client:
        cause_id = _many_failures(client)
    resolve = {"edit": "resolve", "reason": "not_meant", "why": "the old show"}
    _kill_midway(desk, store, f"/api/v1/causes/{cause_id}/edits", resolve)

    with desk.client() as client:
        edit = _ended(client)
        assert (edit["changed"], edit["skipped"]) == (ITEMS, 0)
        assert _cause(client, cause_id)["status"] == "done"
    _kill_midway(desk, store, f"/api/v1/edits/{edit['edit_id']}/undo", {})

    with desk.client() as client:
        undone = _ended(client)
        assert (undone["undoes"], undone["changed"]) == (edit["edit_id"], ITEMS)
        cause = _cause(client, cause_id)
        assert (cause["status"], cause["open_items"], cause["times_back"]) == ("open", ITEMS, 0)
    assert desk.stop() == 0
    with open_database(store) as database:
        assert database.read(recounted) == []


def _kill_midway(desk: DeskProcess, store: str, path: str, body: dict[str, str]) -> None:
    """Somebody asks for this; the desk is killed while it is at it, and started again."""

    def ask() -> None:
        with contextlib.suppress(httpx.TransportError), desk.client() as asking:
            asking.post(path, json=body)

    asking = threading.Thread(target=ask)
    with desk.client() as client:
        known = len(_edits(client))
        asking.start()
        wait_until(
            lambda: len(edits := _edits(client)) > known and edits[0]["changed"] > 0,
            20,
            "the first slice",
        )
        desk.kill()
    asking.join()
    with open_database(store) as database:
        (edit,) = list_edits(database, None, 1)
    assert 0 < edit.changed < ITEMS
    desk.start()


def _many_failures(client: httpx.Client) -> str:
    """`ITEMS` assets fail for one cause; its id."""
    records = [
        {"event_data": {"error": "No rig", "details": {"shotgun_id": one, "entity_type": "Asset"}}}
        for one in range(ITEMS)
    ]
    results = client.post("/api/v1/records", json=records).json()["results"]
    cause_id: str = client.get(f"/api/v1/records/{results[0]['id']}").json()["cause_id"]
    return cause_id


def _edits(client: httpx.Client) -> list[dict[str, Any]]:
    """All edits, the newest first."""
    edits: list[dict[str, Any]] = client.get("/api/v1/edits").json()
    return edits


def _ended(client: httpx.Client) -> dict[str, Any]:
    """The newest edit, once it has ended."""
    wait_until(lambda: _edits(client)[0]["status"] == "done", 60, "the edit's end")
    return _edits(client)[0]


def _cause(client: httpx.Client, cause_id: str) -> dict[str, Any]:
    """A cause as it is."""
    path = f"/api/v1/causes/{cause_id}/edits"
    cause: dict[str, Any] = client.post(path, json={"edit": "note", "text": ""}).json()["cause"]
    return cause
