"""Orders as people give them, and `snaglist-worker` with a studio's function."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

import snaglist_client
from support.desks import DeskProcess, environment
from support.importers import CLIENT

FUNCTION = """
import os, time

def retry(item):
    print("printed by the handler")
    if item.entity_id == 2:
        raise ValueError("still no frame range")
    if item.entity_id == 3:
        os.kill(os.getpid(), 9)
    if item.entity_id == 4:
        time.sleep(600)
    item.target_url = f"https://kitsu.lan/{item.entity_type}/{item.entity_id}"

def leaves(item):
    import subprocess, sys
    if item.entity_id == 0:
        sys.exit("Kitsu said no")
    if item.entity_id == 1:
        assert subprocess.run(["cat"], stdout=subprocess.PIPE).stdout == b""
    if item.entity_id == 2:
        code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
        subprocess.run([sys.executable, "-c", code])

def forks(item):
    if not os.fork():
        return
    os.wait()
    if item.entity_id % 2:
        raise ValueError("odd")

async def later(item):
    if item.entity_id % 2:
        raise ValueError("odd")

def prepared(item):
    import asyncio
    loop = asyncio.new_event_loop()
    return loop.create_future()

def yields(item):
    yield item

def whole(item):
    item.alone = True

def slow(item):
    open("begun", "w").close()
    while not os.path.exists("go on"):
        time.sleep(0.01)

def dropped(item):
    import snaglist_client
    desk = snaglist_client.Desk()
    sent = {"type": item.entity_type, "id": item.entity_id}
    desk.check_returned(sent, [] if item.entity_id % 2 else [{"shotgun_id": item.entity_id}])

def nightly(item):
    import snaglist_client
    with snaglist_client.Desk().run("by hand") as run:
        with run.item(item.entity_type, item.entity_id):
            if item.entity_id % 2:
                raise ValueError("odd")

broken = 3
"""


def order(client: httpx.Client, **body: Any) -> str:
    """Order that all is tried again, with these members; the order's id."""
    answer = client.post("/api/v1/retries", json={"probe": False} | body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def retry_at(client: httpx.Client, retry: str) -> dict[str, Any]:
    """An order as far as it has come."""
    found: dict[str, Any] = client.get(f"/api/v1/retries/{retry}").json()
    return found


def statuses(client: httpx.Client) -> dict[str, str]:
    """The states of the items, by their entities' ids."""
    return {one["entity_id"]: one["status"] for one in client.get("/api/v1/items").json()}


def order_whole(snaglist: snaglist_client.Desk, client: httpx.Client) -> None:
    """Order that a version is tried again of which the movie failed, too."""
    for error, part in (("KeyError: 'sg_task'", ""), ("The movie is empty", "movie")):
        snaglist.record(error, entity_type="Version", shotgun_id=5, part=part)
    assert snaglist.flush(10)
    (whole,) = (one for one in client.get("/api/v1/items").json() if not one["part"])
    answer = client.post(f"/api/v1/retries?cause={whole['cause_id']}", json={"probe": False})
    assert (answer.status_code, answer.json()["total"]) == (201, 1), answer.text


def statuses_of_parts(client: httpx.Client) -> dict[str, str]:
    """The states of one entity's items, by part."""
    return {one["part"]: one["status"] for one in client.get("/api/v1/items").json()}


class WorkerProgram:
    """`snaglist-worker` in a folder with the studio's function."""

    def __init__(
        self,
        folder: Path,
        desk: DeskProcess,
        *arguments: str,
        stdout: int = subprocess.PIPE,
        token: str | None = None,
        **settings: str,
    ) -> None:
        (folder / "studio_import.py").write_text(FUNCTION)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "snaglist_client.worker", *arguments],
            cwd=folder,
            env=environment(
                SNAGLIST_URL=desk.url,
                SNAGLIST_TOKEN=token
                or desk.new_token("report", "work", name=f"w{os.urandom(4).hex()}"),
                SNAGLIST_SPOOL=folder / "worker-spool",
                PYTHONPATH=CLIENT,
                **settings,
            ),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self) -> tuple[int, list[dict[str, Any]], str]:
        """Exit code, what was said, and what went to standard error."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, [json.loads(line) for line in out.splitlines()], err
