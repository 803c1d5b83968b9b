"""What is told outside of any run while a thing is tried: it may be of that very try, so it stays.

By a program that the block starts, by an importer of before that posts to Zou's endpoint itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

import snaglist_client
from client.test_in_hand import standing
from support.desks import DeskProcess
from support.orders import order, retry_at, statuses
from support.waiting import wait_until

FAILED = {
    "error": "409 Conflict: the name is taken",
    "details": {"entity_type": "Asset", "shotgun_id": 3, "target": "kitsu"},
}
NewSnaglist = Callable[..., snaglist_client.Desk]


def fail(client: httpx.Client) -> None:
    """As an importer does it that only knows Zou's endpoint."""
    client.post("/import/shotgun/errors", json=FAILED).raise_for_status()


def let_pass() -> None:
    """A try takes some time, and a failure in it is no older than it."""
    time.sleep(0.01)


def test_what_a_function_posts_itself_stays_until_the_next_try(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly") as run, run.item("Asset", 3):
        let_pass()
        fail(client)
        let_pass()
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


def test_what_another_program_tells_late_is_on_the_list(
    desk: DeskProcess, client: httpx.Client, new_snaglist: NewSnaglist, tmp_path: object
) -> None:
    """Its spool is another, and may arrive behind the block's end."""
    importer = new_snaglist(desk.url, desk.token)
    other = new_snaglist(desk.url, desk.token, spool=f"{tmp_path}/other")
    for comes_late in (True, True, False):  # first when nothing is known of it, then as it is over
        with importer.run("nightly") as run:
            with run.item("Asset", 3):
                let_pass()
                other.record("no frames", entity_type="Asset", shotgun_id=3)
                let_pass()
            if comes_late:
                assert importer.flush(20)
            assert other.flush(20)
            assert importer.flush(20)
            assert standing(client) == {("3", ""): "open"}
            assert run.complete()
            assert standing(client) == {("3", ""): "open"}
            with run.item("Asset", 3):
                let_pass()
            assert importer.flush(20)
            assert standing(client) == {("3", ""): "resolved"}


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
    assert retry_at(client, retry)["status"] == "done"


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
        with run.item("Asset", 3):
            let_pass()
            fail(client)
            let_pass()
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
