"""`snaglist-worker` killed on its items, again and again: each comes over, and is reported once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import snaglist_client
from conftest import is_torture, open_database
from snaglist.service.recount import recounted
from support.desks import DeskProcess, environment
from support.importers import CLIENT
from support.waiting import wait_until

FUNCTION = """
import os, time

def retry(item):
    with open("begun", "a") as file:
        file.write(f"{item.entity_id}\\n")
    while not os.path.exists("go on"):
        time.sleep(0.01)
    with open("imported", "a") as file:
        file.write(f"{item.entity_id}\\n")
"""


@pytest.mark.torture
def test_a_worker_killed_on_its_item_loses_and_doubles_nothing(
    desk: DeskProcess,
    client: httpx.Client,
    snaglist: snaglist_client.Desk,
    spool: Path,
    tmp_path: Path,
    store: str,
) -> None:
    kills = 100 if is_torture() else 4
    items = kills + 20
    for number in range(items):
        snaglist.record("It broke", entity_type="Shot", shotgun_id=number, project=87)
    assert snaglist.flush(30)
    order = client.post("/api/v1/retries", json={"probe": False, "attempts": 20}).json()["id"]
    folder = tmp_path / "worker"
    folder.mkdir()
    (folder / "studio.py").write_text(FUNCTION)
    begun = folder / "begun"
    begun.touch()

    for killed in range(kills):
        worker = _worker(desk, folder, spool)
        wait_until(
            lambda many=killed + 1: len(begun.read_text().splitlines()) >= many,  # type: ignore[misc]
            what="the worker's item",
        )
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    (folder / "go on").touch()
    last = [_worker(desk, folder, spool) for _ in range(2)]
    ended = wait_until(
        lambda: (one := client.get(f"/api/v1/retries/{order}").json())["ended_at"] and one,
        120,
        "the end of the retry",
    )
    for worker in last:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0

    assert (ended["came_over"], ended["failed"], ended["skipped"]) == (items, 0, 0)
    imported = (folder / "imported").read_text().splitlines()
    assert sorted(int(one) for one in imported) == list(range(items))
    history = [
        entry["event"]
        for one in client.get("/api/v1/items?limit=200").json()
        for entry in client.get(f"/api/v1/items/{one['id']}").json()["history"]
    ]
    assert history.count("came_over") == items
    assert history.count("leased") == items + kills
    assert desk.stop() == 0
    with open_database(store) as database:
        assert database.read(recounted) == []


def _worker(desk: DeskProcess, folder: Path, spool: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "snaglist_client.worker", "studio:retry", "--lease", "5"],
        cwd=folder,
        env=environment(
            SNAGLIST_URL=desk.url,
            SNAGLIST_TOKEN=desk.token,
            SNAGLIST_SPOOL=spool,
            PYTHONPATH=f"{CLIENT}:{folder}",
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
