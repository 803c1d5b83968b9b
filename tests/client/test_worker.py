"""The worker program: what it gives the studio's function, and what a function cannot do to it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

import snaglist_client
from support.desks import DeskProcess
from support.orders import WorkerProgram, order, order_whole, retry_at, statuses, statuses_of_parts
from support.waiting import wait_until


@pytest.fixture
def new_worker(desk: DeskProcess, tmp_path: Path) -> Iterator[Callable[..., WorkerProgram]]:
    """Starts the worker program with these arguments."""
    started: list[WorkerProgram] = []

    def start(*arguments: str) -> WorkerProgram:
        started.append(WorkerProgram(tmp_path, desk, *arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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


@pytest.mark.parametrize("function", ["dropped", "nightly"])
def test_what_a_worker_s_function_itself_tells_of_its_item_is_its_outcome(
    client: httpx.Client,
    failed: Callable[[int], None],
    new_worker: Callable[..., WorkerProgram],
    function: str,
) -> None:
    failed(4)
    retry = order(client)

    code, said, err = new_worker(f"studio_import:{function}", "--once").finish()

    assert code == 0, err
    assert said[-1] == {"done": {"came_over": 2, "failed": 2}}
    found = retry_at(client, retry)
    assert (found["status"], found["came_over"], found["failed"]) == ("done", 2, 2)
    assert statuses(client) == {"0": "resolved", "1": "open", "2": "resolved", "3": "open"}


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


def read_to_its_end(terminal: int) -> str:
    """What was written to a terminal that nobody writes to any more."""
    shown = b""
    with contextlib.suppress(OSError):  # so its end is told
        while part := os.read(terminal, 8192):
            shown += part
    os.close(terminal)
    return shown.decode()


def test_a_worker_in_a_terminal_shows_how_far_it_is(
    desk: DeskProcess, client: httpx.Client, failed: Callable[[int], None], tmp_path: Path
) -> None:
    failed(3)
    order(client)
    ours, its = os.openpty()
    worker = WorkerProgram(tmp_path, desk, "studio_import:whole", "--once", stdout=its)
    _, err = worker.process.communicate(timeout=60)
    os.close(its)
    shown = read_to_its_end(ours)

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
    shown = read_to_its_end(ours)

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


def test_a_coroutine_is_run_to_its_end_and_what_does_nothing_yet_is_no_success(
    client: httpx.Client, failed: Callable[[int], None], new_worker: Callable[..., WorkerProgram]
) -> None:
    failed(4)
    order(client)
    code, _, err = new_worker("studio_import:later", "--once").finish()
    assert code == 0, err
    assert statuses(client) == {"0": "resolved", "1": "open", "2": "resolved", "3": "open"}

    order(client)
    code, said, err = new_worker("studio_import:prepared", "--once").finish()
    assert {one["outcome"] for one in said if "outcome" in one} == {"failed"}, err
    assert statuses(client)["1"] == "open"

    code, _, err = new_worker("studio_import:yields", "--once").finish()
    assert code == 2
    assert "would do nothing" in err
