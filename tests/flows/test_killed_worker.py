"""A retry with its workers killed on their items, and the desk killed in the middle of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from conftest import open_database
from snaglist.service.recount import recounted
from support import retrier
from support.desks import DeskProcess
from support.waiting import wait_until

ITEMS = 60
DEADLY = "7"


def test_a_kill_costs_an_attempt_and_nothing_else(
    desk: DeskProcess, store: str, tmp_path: Path
) -> None:
    folder = tmp_path / "worker"
    folder.mkdir()
    (folder / "tried").touch()
    (folder / "deadly").write_text(DEADLY)
    (folder / "url").write_text(desk.url)
    secret = desk.new_token("work", name="farm")
    with desk.client() as client:
        _failures(client)
        order = client.post("/api/v1/retries", json={"attempts": 2}).json()["id"]

    with _worker(folder, secret, "steady-1") as one, _worker(folder, secret, "steady-2") as two:
        wait_until(lambda: len(_tried(folder)) > 5, what="the first attempts")
        desk.kill()
        desk.start()
        (folder / "url").write_text(desk.url)
        for process in (one, two):
            process.wait(60)  # each meets the deadly item: two leases run out
    with _worker(folder, secret, "third"), desk.client() as client:
        ended = wait_until(lambda: _ended(client, order), 60, "the end of the retry")
        failed = client.get(f"/api/v1/retries/{order}/items?state=failed").json()
        (open_item,) = client.get("/api/v1/items?state=open").json()

    assert (ended["status"], ended["came_over"], ended["failed"]) == ("done", ITEMS - 1, 1)
    assert (failed[0]["item"]["entity_id"], failed[0]["attempts"]) == (DEADLY, 2)
    assert "nothing was heard again" in failed[0]["reason"]
    assert open_item["entity_id"] == DEADLY
    assert {entity for _, entity, _ in _tried(folder)} == {str(one) for one in range(ITEMS)}
    assert sum(entity == DEADLY for _, entity, _ in _tried(folder)) == 2
    assert desk.stop() == 0
    with open_database(store) as database:
        assert database.read(recounted) == []


@contextmanager
def _worker(folder: Path, token: str, name: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, str(retrier.__file__), str(folder), token, name],
        stdin=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _failures(client: httpx.Client) -> None:
    records = [
        {"event_data": {"error": "No rig", "details": {"shotgun_id": one, "entity_type": "Asset"}}}
        for one in range(ITEMS)
    ]
    assert client.post("/api/v1/records", json=records).is_success


def _tried(folder: Path) -> list[list[str]]:
    """Who tried what, in the order of attempts."""
    return [line.split() for line in (folder / "tried").read_text().splitlines()]


def _ended(client: httpx.Client, order: str) -> dict[str, Any] | None:
    whole: dict[str, Any] = client.get(f"/api/v1/retries/{order}").json()
    return whole if whole["ended_at"] else None
