"""Having items tried again, as people type it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import uuid
from typing import Any

import httpx

from support.desks import COMMAND, SEED, DeskProcess, environment, snaglist
from support.waiting import wait_until


def run(desk: DeskProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    return snaglist(
        *arguments, folder=desk.folder, SNAGLIST_URL=desk.url, SNAGLIST_TOKEN=desk.token
    )


def fail(client: httpx.Client, numbers: range) -> None:
    for number in numbers:
        details = SEED["details"] | {"shotgun_id": number, "entity_type": "Asset"}  # type: ignore[operator]
        assert client.post("/import/shotgun/errors", json={**SEED, "details": details}).is_success


def lease(client: httpx.Client, limit: int = 100) -> list[dict[str, Any]]:
    worker = {"id": str(uuid.uuid5(uuid.NAMESPACE_DNS, "w")), "name": "\x1b[31mfarm-1"}
    asked = client.post("/api/v1/leases", json={"worker": worker, "limit": limit})
    assert asked.is_success, asked.text
    return list(asked.json()["leases"])


def report(client: httpx.Client, leases: list[dict[str, Any]], outcome: str) -> None:
    record = (
        {"record": {"event_data": {"error": "It broke\x1b[31m"}}} if outcome == "failed" else {}
    )
    reports = [{"lease_id": one["lease_id"], "outcome": outcome, **record} for one in leases]
    assert client.post("/api/v1/outcomes", json=reports).is_success


def test_a_retry_says_first_what_it_would_do_and_who_is_there(desk: DeskProcess) -> None:
    with desk.client() as client:
        fail(client, range(3))
        dry = run(desk, "retry", "--state", "open", "--dry-run")
        asked = run(desk, "retry", "--state", "open")
        bare = run(desk, "retry")

        assert dry.stdout == "3 items match, 3 would be tried.\n"
        assert "No worker is connected" in dry.stderr
        assert "Try 3 items again?" in asked.stderr
        assert asked.returncode == 1  # nobody answered
        assert "Nothing says which items" in bare.stderr
        assert client.get("/api/v1/retries").json() == []

        lease(client)
        done = run(desk, "retry", "--state", "open", "--yes", "--json", "--why", "fixed")
        assert json.loads(done.stdout)["workers"] == 1
        again = run(desk, "retry", "--type", "asset", "--yes")
        assert "0 would be tried; 3 are in another retry" in again.stdout


def test_a_watched_retry_is_told_to_its_end_line_by_line(desk: DeskProcess) -> None:
    with desk.client() as client:
        fail(client, range(4))
        watching = _watch(desk)
        report(client, wait_until(lambda: lease(client, 2)), "came_over")
        report(client, wait_until(lambda: lease(client, 2)), "failed")
        out, _ = watching.communicate(timeout=20)

    assert watching.returncode == 0, out
    lines = out.decode().splitlines()
    assert "4 items match, 4 would be tried." in lines[0]
    assert re.fullmatch(r"Retry [0-9a-f-]{36}: 4 items\.", lines[1])
    assert "Done: 2 came over, 2 failed again." in lines
    assert lines[-1].split()[0] == "2"
    assert "\x1b" not in out.decode()


def test_on_a_terminal_one_line_moves(desk: DeskProcess) -> None:
    with desk.client() as client:
        fail(client, range(2))
        reader, terminal = pty.openpty()
        watching = _watch(desk, stdout=terminal)
        report(client, wait_until(lambda: lease(client)), "came_over")
        watching.communicate(timeout=20)
        assert watching.returncode == 0
        os.close(terminal)
        shown = os.read(reader, 1 << 16).decode()
        os.close(reader)

    assert "\r\x1b[K" in shown
    assert "Done: 2 came over, 0 failed again." in shown


def test_a_retry_is_watched_beyond_the_desks_own_end(desk: DeskProcess) -> None:
    with desk.client() as client:
        fail(client, range(2))
        watching = _watch(desk)
        leases = wait_until(lambda: lease(client))
    port = desk.port
    desk.kill()
    assert watching.stderr is not None
    assert b"Waiting for it" in wait_until(watching.stderr.readline, what="a word of it")
    desk.start(port)
    with desk.client() as client:
        report(client, leases, "came_over")
    out, _ = watching.communicate(timeout=20)
    assert watching.returncode == 0, out
    assert b"Done: 2 came over, 0 failed again." in out


def test_what_there_is_not_is_not_tried_again(desk: DeskProcess) -> None:
    for what in (("--run", "last night"), ("--cause", str(uuid.uuid4()))):
        done = run(desk, "retry", *what, "--yes")
        assert done.returncode == 1
        assert "There is no such" in done.stderr


def test_what_is_stopped_says_why_and_what_to_do(desk: DeskProcess) -> None:
    with desk.client() as client:
        fail(client, range(5))
        watching = _watch(desk, "--json")
        report(client, wait_until(lambda: lease(client)), "failed")
        out, err = watching.communicate(timeout=20)

        assert watching.returncode == 1
        last = json.loads(out.decode().splitlines()[-1])
        assert (last["status"], last["failed"], last["waiting"]) == ("stopped", 3, 2)
        assert "The first 3 all failed again" in err.decode()
        assert f"snaglist resume {last['id']}" in err.decode()
        shown = run(desk, "retries")
        assert "stopped" in shown.stdout
        resumed = run(desk, "resume", last["id"], "--why", "others may do")
        assert "is working: 0 came over, 3 failed again, 2 waiting." in resumed.stdout
        assert "is paused" in run(desk, "pause", last["id"]).stdout
        assert "is aborted" in run(desk, "abort", last["id"]).stdout
        refused = run(desk, "resume", last["id"])
        assert refused.returncode == 1
        assert "cannot be resumed" in refused.stderr


def test_workers_are_listed_harmlessly(desk: DeskProcess) -> None:
    assert run(desk, "workers").stdout == "No worker has called yet.\n"
    with desk.client() as client:
        lease(client)

    shown = run(desk, "workers").stdout

    assert "farm-1" in shown
    assert "yes" in shown
    assert "\x1b" not in shown


def _watch(
    desk: DeskProcess, *arguments: str, stdout: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, "retry", "--state", "open", "--yes", "--watch", *arguments],
        cwd=desk.folder,
        env=environment(SNAGLIST_URL=desk.url, SNAGLIST_TOKEN=desk.token),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )
