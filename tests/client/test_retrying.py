"""Trying again what people order: from a loop of one's own, and with the worker program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import snaglist_client
from support.desks import DeskProcess, environment
from support.importers import CLIENT
from support.waiting import wait_until

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

def whole(item):
    item.alone = True

def slow(item):
    open("begun", "w").close()
    while not os.path.exists("go on"):
        time.sleep(0.01)

broken = 3
"""


@pytest.fixture
def failed(snaglist: snaglist_client.Desk) -> Callable[[int], None]:
    """Has so many shots fail."""

    def fail(count: int) -> None:
        for number in range(count):
            snaglist.record("It broke", entity_type="Shot", shotgun_id=number, project=87)
        assert snaglist.flush(10)

    return fail


def order(client: httpx.Client, **body: Any) -> str:
    answer = client.post("/api/v1/retries", json={"probe": False} | body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def retry_at(client: httpx.Client, retry: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/retries/{retry}").json()
    return found


def statuses(client: httpx.Client) -> dict[str, str]:
    return {one["entity_id"]: one["status"] for one in client.get("/api/v1/items").json()}


def test_each_item_is_tried_and_reported(
    snaglist: snaglist_client.Desk, client: httpx.Client, failed: Callable[[int], None]
) -> None:
    failed(4)
    retry = order(client)
    seen = []

    for item in snaglist.retries(wait=False, seconds=30):
        seen.append((item.entity_type, item.entity_id, item.message, item.project))
        with item:
            if item.entity_id == 2:
                raise ValueError("still no frame range")
    assert snaglist.flush(10)

    assert sorted(seen) == [("Shot", number, "It broke", "87") for number in range(4)]
    assert statuses(client) == {"0": "resolved", "1": "resolved", "2": "open", "3": "resolved"}
    found = retry_at(client, retry)
    assert (found["status"], found["came_over"], found["failed"]) == ("done", 3, 1)
    messages = {one["message"] for one in client.get("/api/v1/items").json()}
    assert "ValueError: still no frame range" in messages


def order_whole(snaglist: snaglist_client.Desk, client: httpx.Client) -> None:
    """Order that a version is tried again of which the movie failed, too."""
    for error, part in (("KeyError: 'sg_task'", ""), ("The movie is empty", "movie")):
        snaglist.record(error, entity_type="Version", shotgun_id=5, part=part)
    assert snaglist.flush(10)
    (whole,) = (one for one in client.get("/api/v1/items").json() if not one["part"])
    answer = client.post(f"/api/v1/retries?cause={whole['cause_id']}", json={"probe": False})
    assert (answer.status_code, answer.json()["total"]) == (201, 1), answer.text


def statuses_of_parts(client: httpx.Client) -> dict[str, str]:
    return {one["part"]: one["status"] for one in client.get("/api/v1/items").json()}


def test_a_whole_that_was_tried_alone_leaves_its_parts(
    snaglist: snaglist_client.Desk, client: httpx.Client, spool: Path
) -> None:
    order_whole(snaglist, client)

    (item,) = snaglist.worker(seconds=30).lease()[0]
    with item:
        item.alone = True
    written = "".join(path.read_text() for path in spool.glob("*/*.jsonl"))
    assert snaglist.flush(10)

    assert written.count('"alone":true') == 2, "also in what is said when the lease is over"
    assert statuses_of_parts(client) == {"": "resolved", "movie": "open"}


def test_a_worker_s_function_may_say_that_it_tried_the_whole_alone(
    snaglist: snaglist_client.Desk,
    client: httpx.Client,
    new_worker: Callable[..., WorkerProgram],
) -> None:
    order_whole(snaglist, client)

    code, _, err = new_worker("studio_import:whole", "--once").finish()

    assert code == 0, err
    assert statuses_of_parts(client) == {"": "resolved", "movie": "open"}


def test_a_fork_that_a_worker_s_function_makes_answers_for_no_item(
    client: httpx.Client, failed: Callable[[int], None], new_worker: Callable[..., WorkerProgram]
) -> None:
    failed(4)
    order(client)

    code, _, err = new_worker("studio_import:forks", "--once").finish()

    assert code == 0, err
    assert statuses(client) == {"0": "resolved", "1": "open", "2": "resolved", "3": "open"}


def test_what_was_not_tried_waits_again(
    snaglist: snaglist_client.Desk, client: httpx.Client, failed: Callable[[int], None]
) -> None:
    failed(2)
    retry = order(client)

    for _ in snaglist.retries(wait=False):
        break
    item = next(iter(snaglist.retries(wait=False)))
    with pytest.raises(KeyboardInterrupt), item:
        raise KeyboardInterrupt
    assert snaglist.flush(10)

    assert retry_at(client, retry)["waiting"] == 2


def test_an_outcome_that_comes_after_its_lease_is_not_lost(
    snaglist: snaglist_client.Desk, client: httpx.Client, failed: Callable[[int], None]
) -> None:
    failed(2)
    retry = order(client)
    worker = snaglist.worker(seconds=5)
    items, _ = worker.lease(2)
    client.post(f"/api/v1/retries/{retry}/edits", json={"edit": "abort"})
    wait_until(
        lambda: retry_at(client, retry)["leased"] == 0, seconds=30, what="the leases to run out"
    )

    first, second = items
    with first:
        pass
    with second:
        raise ValueError("another reason")
    assert snaglist.flush(10)

    assert statuses(client)[str(first.entity_id)] == "resolved"
    listed = {one["entity_id"]: one for one in client.get("/api/v1/items").json()}
    assert listed[str(second.entity_id)]["failures"] == 2
    assert snaglist.status().is_clear


def test_a_failure_of_a_lost_lease_reopens_nothing_that_came_over_since(
    snaglist: snaglist_client.Desk, client: httpx.Client, failed: Callable[[int], None]
) -> None:
    failed(1)
    retry = order(client)
    (late,), _ = snaglist.worker(seconds=5).lease(1)
    wait_until(
        lambda: retry_at(client, retry)["waiting"] == 1, seconds=30, what="the lease to run out"
    )
    (item,), _ = snaglist.worker().lease(1)
    with item:
        pass
    assert snaglist.flush(10)

    late.fail(ValueError("late"))
    assert snaglist.flush(10)

    assert snaglist.status().waiting == 0
    (listed,) = client.get("/api/v1/items").json()
    assert (listed["status"], listed["failures"]) == ("resolved", 2)


def test_a_token_without_the_scope_ends_the_loop_quietly(
    desk: DeskProcess, new_snaglist: Callable[..., snaglist_client.Desk]
) -> None:
    narrow = new_snaglist(desk.url, desk.new_token("report"))

    assert list(narrow.retries()) == []


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


@pytest.fixture
def new_worker(desk: DeskProcess, tmp_path: Path) -> Iterator[Callable[..., WorkerProgram]]:
    started: list[WorkerProgram] = []

    def start(*arguments: str) -> WorkerProgram:
        started.append(WorkerProgram(tmp_path, desk, *arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


def test_the_worker_costs_only_the_items_that_crash_or_hang(
    client: httpx.Client, failed: Callable[[int], None], new_worker: Callable[..., WorkerProgram]
) -> None:
    failed(8)
    retry = order(client)

    code, said, err = new_worker(
        "studio_import:retry", "--once", "--jobs", "3", "--seconds", "1"
    ).finish()

    assert code == 0, err
    found = retry_at(client, retry)
    assert (found["status"], found["came_over"], found["failed"]) == ("done", 5, 3)
    told = {one["entity_id"]: one for one in said if "entity_id" in one}
    assert said[-1] == {"done": {"came_over": 5, "failed": 3}}
    assert told[2]["error"] == "ValueError: still no frame range"
    assert told[3]["error"] == "The handler's process crashed: signal 9"
    assert told[4]["error"] == "The handler did not end within 1 s"
    assert "printed by the handler" in err
    listed = client.get("/api/v1/items", params={"state": "resolved"}).json()
    item = client.get(f"/api/v1/items/{listed[0]['id']}").json()
    assert item["target_url"] == f"https://kitsu.lan/Shot/{item['entity_id']}"


def test_what_a_function_began_ends_with_its_time_and_an_exit_is_its_failure(
    client: httpx.Client,
    failed: Callable[[int], None],
    new_worker: Callable[..., WorkerProgram],
    tmp_path: Path,
) -> None:
    failed(3)
    order(client)

    code, said, err = new_worker("studio_import:leaves", "--once", "--seconds", "5").finish()

    assert code == 0, err
    told = {one["entity_id"]: one for one in said if "entity_id" in one}
    assert told[0]["error"] == "SystemExit: Kitsu said no"
    assert told[1]["outcome"] == "came_over"
    assert told[2]["error"] == "The handler did not end within 5 s"
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not is_running(pid), what="what the function began to end")


def test_a_worker_whose_token_gets_no_leases_says_so_and_ends_with_1(
    desk: DeskProcess, tmp_path: Path
) -> None:
    token = desk.new_token("report", name="narrow")
    worker = WorkerProgram(tmp_path, desk, "studio_import:whole", token=token)
    code, _, err = worker.finish()
    assert code == 1
    assert "work" in err.splitlines()[-1]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_in_a_terminal_shows_how_far_it_is(
    desk: DeskProcess, client: httpx.Client, failed: Callable[[int], None], tmp_path: Path
) -> None:
    failed(3)
    order(client)
    ours, its = os.openpty()
    worker = WorkerProgram(tmp_path, desk, "studio_import:whole", "--once", stdout=its)
    _, err = worker.process.communicate(timeout=60)
    os.close(its)
    shown = os.read(ours, 8192).decode()
    os.close(ours)

    assert worker.process.returncode == 0, err
    assert "[##########--------------------] 1 came over, 0 failed, 2 waiting" in shown
    assert f"[{'#' * 30}] 3 came over, 0 failed  done" in shown


def test_a_worker_in_a_terminal_of_few_letters_shows_what_it_can(
    snaglist: snaglist_client.Desk, client: httpx.Client, desk: DeskProcess, tmp_path: Path
) -> None:
    snaglist.record("It broke", entity_type="Shot", shotgun_id="Sch\u00f6n \u2603")
    assert snaglist.flush(10)
    retry = order(client)
    ours, its = os.openpty()

    worker = WorkerProgram(
        tmp_path, desk, "studio_import:whole", "--once", stdout=its, PYTHONIOENCODING="ascii"
    )
    _, err = worker.process.communicate(timeout=60)
    os.close(its)
    shown = os.read(ours, 4096).decode()
    os.close(ours)

    assert worker.process.returncode == 0, err
    assert "Traceback" not in err
    assert "Sch\\xf6n" in shown
    assert retry_at(client, retry)["came_over"] == 1


def test_sigterm_ends_the_worker_after_the_item_in_hand(
    client: httpx.Client,
    failed: Callable[[int], None],
    new_worker: Callable[..., WorkerProgram],
    tmp_path: Path,
) -> None:
    failed(5)
    retry = order(client)
    worker = new_worker("studio_import:slow", "--lease", "5")
    wait_until((tmp_path / "begun").exists, what="the first item")

    worker.process.send_signal(signal.SIGTERM)
    (tmp_path / "go on").touch()
    code, said, err = worker.finish()

    assert code == 0, err
    assert said[-1] == {"done": {"came_over": 1, "failed": 0}}
    found = retry_at(client, retry)
    assert (found["came_over"], found["waiting"], found["leased"]) == (1, 4, 0)


def test_an_item_that_takes_longer_than_its_lease_keeps_it(
    client: httpx.Client,
    failed: Callable[[int], None],
    new_worker: Callable[..., WorkerProgram],
    tmp_path: Path,
) -> None:
    failed(1)
    retry = order(client)
    worker = new_worker("studio_import:slow", "--lease", "5", "--once")
    wait_until((tmp_path / "begun").exists, what="the item")
    began = time.monotonic()
    wait_until(lambda: time.monotonic() > began + 7, what="a time longer than the lease")
    found = retry_at(client, retry)
    assert (found["leased"], found["waiting"]) == (1, 0)

    (tmp_path / "go on").touch()
    code, _, err = worker.finish()

    assert code == 0, err
    assert retry_at(client, retry)["came_over"] == 1


def test_a_function_that_is_not_there_is_said_to_be_so(
    new_worker: Callable[..., WorkerProgram],
) -> None:
    for name in ("studio_import:nothing", "no_such_module:retry", "studio_import:broken"):
        code, said, err = new_worker(name).finish()

        assert (code, said) == (2, [])
        assert f"{name} cannot be loaded" in err
