"""Trying again what people order, from a loop of one's own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import snaglist_client
from support.desks import DeskProcess
from support.orders import order, order_whole, retry_at, statuses, statuses_of_parts
from support.waiting import wait_until


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


def test_a_loop_that_tells_nothing_of_its_items_is_told_so_and_does_not_race(
    desk: DeskProcess,
    new_snaglist: Callable[..., snaglist_client.Desk],
    failed: Callable[[int], None],
    client: httpx.Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    failed(1)
    order(client)
    snaglist = new_snaglist(desk.url, desk.new_token("report", "work"))
    retries = snaglist.retries()
    for number, _ in enumerate(retries):
        if number == 2:  # it came twice again, and between the last two there was a pause
            retries.stop()
    assert "nobody told of" in caplog.text


def test_a_worker_for_an_order_that_there_is_not_says_so(
    desk: DeskProcess, new_snaglist: Callable[..., snaglist_client.Desk]
) -> None:
    snaglist = new_snaglist(desk.url, desk.new_token("report", "work"))
    retries = snaglist.retries(retry="01990000-0000-7000-8000-000000000001")
    assert list(retries) == []
    assert "There is no such retry" in retries.shut_out


def test_what_a_pool_tries_is_told_of_whenever_the_loop_asks_for_more(
    desk: DeskProcess,
    new_snaglist: Callable[..., snaglist_client.Desk],
    failed: Callable[[int], None],
    client: httpx.Client,
) -> None:
    failed(4)
    retry = order(client)
    snaglist = new_snaglist(desk.url, desk.new_token("report", "work"))
    begun, ended = threading.Semaphore(0), threading.Event()

    def work(item: snaglist_client.RetryItem) -> None:
        with item:
            begun.release()
            ended.wait(60)
            assert item.entity_id != 2, "still no frame range"

    with ThreadPoolExecutor(4) as pool:
        for number, item in enumerate(snaglist.retries(), 1):
            pool.submit(work, item)
            begun.acquire(timeout=60)
            if number == 4:
                break
        assert retry_at(client, retry)["leased"] == 4
        ended.set()
    assert snaglist.flush(20)
    found = retry_at(client, retry)
    assert (found["status"], found["came_over"], found["failed"]) == ("done", 3, 1)


def test_what_is_tried_after_it_was_given_back_is_told_of_all_the_same(
    desk: DeskProcess,
    new_snaglist: Callable[..., snaglist_client.Desk],
    failed: Callable[[int], None],
    client: httpx.Client,
) -> None:
    failed(2)
    retry = order(client)
    snaglist = new_snaglist(desk.url, desk.new_token("report", "work"))
    worker = snaglist.worker("w")
    for item in worker.lease(2)[0]:
        item.give_back()
        with item:
            assert item.entity_id, "the first breaks"
    assert snaglist.flush(20)
    assert statuses(client) == {"0": "open", "1": "resolved"}
    found = retry_at(client, retry)
    assert (found["came_over"], found["waiting"]) == (1, 1)
