"""What is told outside of any run while a thing is tried: it may be of that very try, so it stays.

By a program that the block starts, by an importer of before that posts to Zou's endpoint itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

import snaglist_client
from client.test_in_hand import standing
from snaglist_client.moments import utc_now
from support.desks import DeskProcess
from support.importers import run_importer
from support.orders import order, retry_at, statuses
from support.waiting import wait_until

FAILED: dict[str, Any] = {
    "error": "409 Conflict: the name is taken",
    "details": {"entity_type": "Asset", "shotgun_id": 3, "target": "kitsu"},
}


def fail(client: httpx.Client) -> None:
    """As an importer does it that only knows Zou's endpoint."""
    client.post("/import/shotgun/errors", json=FAILED).raise_for_status()


def tell(client: httpx.Client, failed_at: str) -> None:
    """As another program's spool brings it."""
    told = {"event_data": FAILED, "target": "kitsu", "occurred_at": failed_at}
    client.post("/api/v1/records", json=[told]).raise_for_status()


def let_pass() -> None:
    """A try takes some time, and a failure in it is no older than it."""
    time.sleep(0.01)


def nothing() -> None:
    """What happens in most tries."""


def tries(block: AbstractContextManager[Any], meanwhile: Callable[[], None] = nothing) -> str:
    """A try that goes well, for all that its block hears; a moment in it."""
    with block:
        let_pass()
        moment = utc_now()
        meanwhile()
        let_pass()
    return moment


def night(snaglist: snaglist_client.Desk, meanwhile: Callable[[], None] = nothing) -> str:
    """A run with such a try."""
    with snaglist.run("nightly") as run:
        return tries(run.item("Asset", 3), meanwhile)


def test_what_a_function_posts_itself_stays_until_the_next_try(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    night(snaglist, lambda: fail(client))
    assert snaglist.flush(20)
    assert standing(client) == {("3", ""): "open"}

    with snaglist.run("nightly") as run, run.item("Asset", 3):
        let_pass()
    assert snaglist.flush(20)
    assert standing(client) == {("3", ""): "resolved"}


def test_what_failed_before_it_was_begun_is_over(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    fail(client)
    let_pass()
    with snaglist.run("nightly") as run, run.item("Asset", 3):
        let_pass()
    assert snaglist.flush(20)
    assert standing(client) == {("3", ""): "resolved"}


def test_what_another_program_told_may_arrive_late(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """Behind the block's end: first when nothing is known of the thing, then as it is over."""
    for comes_late in (True, True, False):
        with snaglist.run("nightly") as run:
            failed_at = tries(run.item("Asset", 3))
            if comes_late:
                assert snaglist.flush(20)
            tell(client, failed_at)
            assert snaglist.flush(20)
            assert standing(client) == {("3", ""): "open"}
            assert run.complete()
            assert standing(client) == {("3", ""): "open"}
            tries(run.item("Asset", 3))
            assert snaglist.flush(20)
            assert standing(client) == {("3", ""): "resolved"}


@pytest.mark.parametrize("comes_late", [True, False])
@pytest.mark.parametrize("most", [None, 2, 3])
def test_what_was_set_aside_stays_so(
    snaglist: snaglist_client.Desk, client: httpx.Client, comes_late: bool, most: int | None
) -> None:
    """In whatever order the two arrive; until so many more failures, if that was said."""
    fail(client)
    (item,) = client.get("/api/v1/items").json()
    asked = {"edit": "ignore", "failures": most}
    client.post(f"/api/v1/items/{item['id']}/edits", json=asked).raise_for_status()
    for _ in range(2):
        failed_at = night(snaglist)
        if comes_late:
            assert snaglist.flush(20)
        tell(client, failed_at)
        assert snaglist.flush(20)

    assert standing(client) == {("3", ""): "open" if most == 2 else "ignored"}


def test_what_came_over_once_is_open_when_it_fails_the_next_night(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """Though it was set aside before it came over, and its order is done."""
    fail(client)
    retry = order(client)
    (item,) = client.get("/api/v1/items").json()
    client.post(f"/api/v1/items/{item['id']}/edits", json={"edit": "ignore"}).raise_for_status()
    for which in (1, 2):
        failed_at = night(snaglist)
        assert snaglist.flush(20)
        assert standing(client) == {("3", ""): "resolved"}, which

    tell(client, failed_at)

    assert standing(client) == {("3", ""): "open"}
    assert retry_at(client, retry)["status"] == "done"


OTHER = """
import sys, snaglist_client
desk = snaglist_client.Desk(target="kitsu", spool=sys.argv[1])
print("there")
for line in sys.stdin:
    desk.record("no such file", entity_type="Asset", shotgun_id=int(line))
    print("told")
desk.flush(20)
"""


def test_what_fails_at_once_is_of_its_block(
    desk: DeskProcess, client: httpx.Client, spool: Path, tmp_path: Path
) -> None:
    """Within its first millisecond, in a process that was there before and is not forked."""
    program = tmp_path / "other.py"
    program.write_text(OTHER)
    told = run_importer(
        """
        import subprocess
        other = subprocess.Popen(
            [sys.executable, "-u", os.environ["OTHER"], os.environ["OTHER"] + "-spool"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        other.stdout.readline()
        with desk.run("nightly") as run:
            for number in range(40):
                with run.item("Asset", number):
                    other.stdin.write(b"%d" % number + bytes([10]))
                    other.stdout.readline()
            desk.flush(20)
            other.communicate()
            say(str(run.failed))
        """,
        *(desk.url, desk.new_token("report"), spool),
        OTHER=program,
    )
    assert told.strip() == "0"
    assert standing(client) == {(str(number), ""): "open" for number in range(40)}


@pytest.mark.parametrize("is_told", [True, False])
def test_a_retry_whose_function_posts_its_failure_leaves_it_on_the_list(
    snaglist: snaglist_client.Desk, client: httpx.Client, is_told: bool
) -> None:
    fail(client)
    retry = order(client)

    for item in snaglist.retries(wait=False, seconds=30):
        with item:
            if is_told:
                let_pass()
                fail(client)
            let_pass()
    assert snaglist.flush(20)

    assert statuses(client) == {"3": "open" if is_told else "resolved"}
    found = retry_at(client, retry)
    assert (found["status"], found["failed"], found["came_over"]) == ("done", is_told, not is_told)


@pytest.mark.parametrize("ahead", [-7200, -0.2, 0.2, 7200])
def test_no_clock_of_the_importer_hides_what_is_posted_in_a_block(
    snaglist: snaglist_client.Desk,
    client: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    ahead: float,
) -> None:
    true_time = time.time_ns
    monkeypatch.setattr("snaglist_client.moments._last", 0)
    monkeypatch.setattr(
        "snaglist_client.moments.time.time_ns", lambda: true_time() + int(ahead * 1e9)
    )
    with snaglist.run("nightly") as run:
        tries(run.item("Asset", 3), lambda: fail(client))
        assert snaglist.flush(20)
        assert standing(client) == {("3", ""): "open"}
        assert run.complete()
    assert standing(client) == {("3", ""): "open"}


def test_a_retry_whose_lease_is_over_leaves_what_its_function_posted_on_the_list(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    fail(client)
    retry = order(client)
    (item,) = snaglist.worker(seconds=5).lease()[0]
    with item:
        client.post(f"/api/v1/retries/{retry}/edits", json={"edit": "abort"}).raise_for_status()
        wait_until(lambda: statuses(client) == {"3": "open"}, 30, what="the end of the lease")
        let_pass()
        fail(client)
        let_pass()
    assert snaglist.flush(20)

    assert statuses(client) == {"3": "open"}


def test_what_came_back_in_a_block_does_not_speak_for_what_was_posted_in_it(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly") as run, run.item("Asset", 3, payload={"id": 3}) as item:
        let_pass()
        fail(client)
        let_pass()
        item.check_returned([{"id": "a1", "shotgun_id": 3}])
    assert item.ok
    assert snaglist.flush(20)
    assert standing(client) == {("3", ""): "open"}


def test_what_came_back_in_a_retry_does_not_speak_for_what_was_posted_in_it(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    fail(client)
    retry = order(client)
    for item in snaglist.retries(wait=False, seconds=30):
        with item:
            let_pass()
            fail(client)
            let_pass()
            asset = {"type": "Asset", "id": 3}
            assert snaglist.check_returned(asset, [{"id": "a1", "shotgun_id": 3}])
    assert snaglist.flush(20)

    assert statuses(client) == {"3": "open"}
    assert retry_at(client, retry)["failed"] == 1


def test_an_order_waits_again_for_what_a_nightly_did_not_bring_over(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    fail(client)
    retry = order(client)
    failed_at = night(snaglist)
    assert snaglist.flush(20)
    assert (retry_at(client, retry)["came_over"], retry_at(client, retry)["status"]) == (1, "done")

    tell(client, failed_at)

    found = retry_at(client, retry)
    assert (found["came_over"], found["waiting"], found["status"]) == (0, 1, "working")
    (item,) = snaglist.worker(seconds=30).lease()[0]
    failed_at = tries(item)
    assert snaglist.flush(20)
    assert retry_at(client, retry)["came_over"] == 1

    tell(client, failed_at)

    found = retry_at(client, retry)
    assert (found["came_over"], found["failed"], found["status"]) == (0, 1, "done")
    assert statuses(client) == {"3": "open"}


def test_an_order_of_a_part_waits_again_when_its_whole_was_not_all_of_it(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    """Another order's worker brought the whole over, and so the part; then the part's failure."""
    of_part = {"error": "no frames", "details": {**FAILED["details"], "part": "movie"}}
    fail(client)
    client.post("/import/shotgun/errors", json=of_part).raise_for_status()
    orders = {}
    for item in client.get("/api/v1/items").json():
        ordered = client.post(f"/api/v1/retries?cause={item['cause_id']}", json={"probe": False})
        orders[item["part"]] = ordered.json()["id"]
    (whole,) = snaglist.worker(seconds=30).lease(1, retry=orders[""])[0]
    failed_at = tries(whole)
    assert snaglist.flush(20)
    assert retry_at(client, orders["movie"])["came_over"] == 1

    told = {"event_data": of_part, "target": "kitsu", "occurred_at": failed_at}
    client.post("/api/v1/records", json=[told]).raise_for_status()

    assert standing(client) == {("3", ""): "resolved", ("3", "movie"): "open"}
    found = retry_at(client, orders["movie"])
    assert (found["came_over"], found["waiting"], found["status"]) == (0, 1, "working")
