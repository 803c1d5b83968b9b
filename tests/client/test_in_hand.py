"""What a function tells of an item in whose block it is called: the block's end says the same."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import snaglist_client
from snaglist_client import in_hand
from support.desks import DeskProcess

ASSET = {"type": "Asset", "id": 1, "code": "A1", "project": {"type": "Project", "id": 87}}
SHOT = {"type": "Shot", "id": 1, "sg_sequence": {"type": "Sequence", "id": 4, "name": "S99"}}
Told = Callable[[snaglist_client.Desk, snaglist_client.Run], object]


def standing(client: httpx.Client) -> dict[tuple[str, str], str]:
    """How each item stands, by the entity's id and part."""
    found = client.get("/api/v1/items").json()
    return {(one["entity_id"], one["part"]): one["status"] for one in found}


def _nested(_desk: snaglist_client.Desk, run: snaglist_client.Run) -> None:
    with run.item("Asset", 1):
        raise ValueError("no rig")


def _in_a_run_of_its_own(desk: snaglist_client.Desk, _run: snaglist_client.Run) -> None:
    with desk.run("one asset") as other:
        _nested(desk, other)


def _in_another_thread(desk: snaglist_client.Desk, _run: snaglist_client.Run) -> None:
    thread = threading.Thread(target=desk.check_returned, args=(ASSET, []))
    thread.start()
    thread.join()


def _logged(desk: snaglist_client.Desk, _run: snaglist_client.Run) -> None:
    log = logging.getLogger("studio.tools")
    handler = snaglist_client.Handler(desk)
    log.addHandler(handler)
    log.error("no rig")
    log.removeHandler(handler)


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda desk, _run: desk.check_returned(ASSET, []), id="dropped"),
        pytest.param(lambda _desk, run: run.check_returned(ASSET, []), id="dropped, by the run"),
        pytest.param(lambda desk, _run: desk.check_returned(ASSET, {"error": True}), id="500"),
        pytest.param(
            lambda desk, _run: desk.record("no rig", entity_type="Asset", shotgun_id=1), id="record"
        ),
        pytest.param(
            lambda desk, _run: desk.record("no rig", entity={"type": "Asset", "id": 1}), id="link"
        ),
        pytest.param(lambda desk, _run: desk.record("no rig", shotgun_id=1), id="id alone"),
        pytest.param(lambda desk, _run: desk.record("no rig", payload=ASSET), id="payload"),
        pytest.param(lambda desk, _run: desk.record("no rig", asset=ASSET), id="nothing named"),
        _nested,
        _in_a_run_of_its_own,
        _in_another_thread,
        _logged,
    ],
)
def test_what_failed_in_its_block_did_not_come_over(
    snaglist: snaglist_client.Desk, client: httpx.Client, tell: Told
) -> None:
    with snaglist.run("nightly", total=2) as run:
        with run.item("Asset", 1, payload=ASSET) as item:
            tell(snaglist, run)
        with run.item("Asset", 2) as other:
            pass
        done = run.complete()

    assert not item.ok
    assert item.record_id
    assert other.ok
    assert done, done.reason
    assert standing(client) == {("1", ""): "open"}


def test_of_another_thing_a_block_says_nothing(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly", project=87) as run, run.item("Asset", 1, payload=ASSET) as item:
        snaglist.record("no rig", entity_type="Asset", shotgun_id=2)
        snaglist.record("no thumbnail", shotgun_id=3)
    assert snaglist.flush(10)
    assert item.ok
    assert standing(client) == {("2", ""): "open", ("3", ""): "open"}
    assert {one["project"] for one in client.get("/api/v1/items").json()} == {""}


def test_the_last_word_of_a_block_counts(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly") as run:
        with run.item("Asset", 1, payload=ASSET) as first:
            assert first.check_returned([{"shotgun_id": 1}])
            snaglist.record("but later it broke", entity_type="Asset", shotgun_id=1)
        with run.item("Asset", 2) as second:
            second.fail("not yet")
            with run.item("Asset", 2):
                pass
        with run.item("Asset", 3) as third:
            third.fail("no")
    assert snaglist.flush(10)
    assert [first.ok, second.ok, third.ok] == [False, True, False]
    assert standing(client) == {("1", ""): "open", ("2", ""): "resolved", ("3", ""): "open"}


def test_what_failed_in_its_block_and_then_came_over_did_so(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly") as run:
        with run.item("Asset", 1) as item:
            for attempt in range(2):
                with run.item("Asset", 1):
                    assert attempt, "the first time it breaks"
        with run.item("Asset", 2) as other:
            snaglist.record("no rig", entity_type="Asset", shotgun_id=2)
            snaglist.imported("Asset", 2)
    assert snaglist.flush(10)

    assert item.ok
    assert other.ok
    assert standing(client) == {("1", ""): "resolved", ("2", ""): "resolved"}


@pytest.mark.parametrize("of_the_run", [True, False])
def test_a_link_that_was_lost_in_a_block_stays_lost(
    snaglist: snaglist_client.Desk, client: httpx.Client, of_the_run: bool
) -> None:
    with snaglist.run("nightly") as run, run.item("Shot", 1) as item:
        who = run if of_the_run else snaglist
        who.check_returned(SHOT, [{"shotgun_id": 1, "parent_id": None}])
    assert snaglist.flush(10)
    assert item.ok
    assert standing(client) == {("1", "sg_sequence"): "open"}


def test_what_is_not_known_to_have_been_tried_did_not_come_over(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly") as run:
        with run.item("Asset", 1) as item:
            snaglist.check_returned([{**ASSET, "id": 9}, ASSET], {"error": True})
        done = run.complete()
    assert not item.ok
    assert not done
    assert "broken off" in done.reason
    assert ("1", "") not in standing(client)


def test_where_the_whole_failed_nobody_came_to_its_part(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly") as run:
        for number in (1, 2):
            with run.item("Version", number, part="movie") as movie:
                with run.item("Version", number, alone=True):
                    raise ValueError("no task")
                if number == 2:
                    with run.item("Version", 2, part="movie"):
                        pass
            assert movie.ok == (number == 2)
    assert snaglist.flush(10)
    assert standing(client) == {("1", ""): "open", ("2", ""): "open"}


def test_what_has_no_id_is_not_taken_for_something_else(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    run = snaglist.run("nightly")
    with run.item("Playlist", None, name="all") as all_of_them:
        with run.item("Playlist", None, name="p1"):
            raise ValueError("no")
        assert all_of_them.failure is None
    assert all_of_them.ok
    assert snaglist.flush(10)
    assert [one["name"] for one in client.get("/api/v1/items").json()] == ["p1"]


def test_what_has_no_id_makes_up_for_nothing_that_was_broken_off(
    snaglist: snaglist_client.Desk,
) -> None:
    with snaglist.run("nightly") as run:
        run._reporter.broken_off("", None)
        with run.item("Playlist", None, name="p1"):
            raise ValueError("no")
        done = run.complete()
    assert "broken off" in done.reason


def test_a_run_is_not_complete_while_something_of_it_is_being_tried(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    snaglist.record("no rig", entity_type="Asset", shotgun_id=1)
    assert snaglist.flush(10)
    with snaglist.run("nightly") as run, snaglist.run("other") as other:
        with run.item("Asset", 2), other.item("Asset", 3):
            pass
        with run.item("Asset", 1):
            inside = run.complete()
            elsewhere = other.complete(entity_types="Asset")
            assert left_of(client) == set()
            snaglist.record("no rig", entity_type="Asset", shotgun_id=1)
        after = run.complete()
    assert "still being tried" in inside.reason
    assert elsewhere
    assert after
    assert standing(client) == {("1", ""): "open"}


def left_of(client: httpx.Client) -> set[str]:
    """The ids of what is on the list."""
    return {one["entity_id"] for one in client.get("/api/v1/items?state=open").json()}


def test_another_target_of_the_same_thing_is_another_matter(
    snaglist: snaglist_client.Desk,
    client: httpx.Client,
    new_snaglist: Callable[..., snaglist_client.Desk],
) -> None:
    other = new_snaglist(snaglist.url, client.headers["authorization"][7:], target="flow")
    with snaglist.run("nightly") as run, run.item("Asset", 1) as item:
        other.record("no rig", entity_type="Asset", shotgun_id=1)
    assert item.ok
    assert snaglist.flush(10)
    assert other.flush(10)
    assert [one["target"] for one in client.get("/api/v1/items?state=open").json()] == ["flow"]


def test_an_event_that_was_recorded_in_its_block_did_not_come_over(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    link = {"type": "Shot", "id": 1, "name": "SH1"}
    entry: dict[str, Any] = {"id": 5, "event_type": "Shotgun_Shot_Change", "entity": link}
    entry["attribute_name"] = "sg_cut_in"
    with snaglist.mirror("events") as mirror, mirror.event(entry) as event:
        snaglist.record_event(entry, "no such field")
    assert snaglist.flush(10)
    assert not event.ok
    assert standing(client) == {("1", "sg_cut_in"): "open"}


def test_a_revival_says_nothing_of_attributes(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    link = {"type": "Shot", "id": 1, "name": "SH1"}
    change = {"id": 5, "event_type": "Shotgun_Shot_Change", "entity": link}
    with snaglist.mirror("events") as mirror:
        with mirror.event({**change, "attribute_name": "sg_cut_in"}):
            raise ValueError("no such field")
        with mirror.event({"id": 6, "event_type": "Shotgun_Shot_Revival", "entity": link}):
            pass
    assert snaglist.flush(10)
    assert standing(client) == {("1", "sg_cut_in"): "open"}


def test_a_mirror_keeps_nothing_of_what_is_behind_it(
    new_snaglist: Callable[..., snaglist_client.Desk],
) -> None:
    link = {"type": "Shot", "id": 1}
    mirror = new_snaglist().mirror("events")
    for number in range(100):
        entry = {"id": number, "event_type": "Shotgun_Shot_New", "entity": {**link, "id": number}}
        with mirror.event(entry):
            assert number % 2, "it broke"
    reporter = mirror._reporter
    assert (reporter.came_over, reporter.failed, reporter.tried) == (50, 50, 0)
    assert not in_hand.everything
    assert not in_hand.noted


def test_the_values_of_a_secret_attribute_are_not_kept(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    meta = {"new_value": "hunter2", "old_value": "hunter1", "entity_id": 7, "entity_type": "Shot"}
    entry = {"id": 5, "attribute_name": "sg_password", "entity": None, "meta": meta}
    snaglist.record_event(entry, "no such field")
    assert snaglist.flush(10)
    (record,) = client.get("/import/shotgun/errors").json()
    assert "hunter" not in str(record)
    assert record["event_data"]["meta"]["entity_id"] == 7


def test_an_item_that_is_tried_again_in_its_run_may_come_over(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly") as run:
        item = run.item("Shot", 1)
        with item:
            raise ValueError("it broke")
        with item:
            pass
    assert item.ok
    assert snaglist.flush(10)
    assert standing(client) == {("1", ""): "resolved"}


def test_a_retry_that_was_recorded_as_failed_failed_again(
    desk: DeskProcess,
    client: httpx.Client,
    new_snaglist: Callable[..., snaglist_client.Desk],
) -> None:
    snaglist = new_snaglist(desk.url, desk.new_token("report", "work"))
    for number in (1, 2):
        snaglist.record("no rig", entity_type="Asset", shotgun_id=number)
    assert snaglist.flush(10)
    client.post("/api/v1/retries", json={"probe": False}).raise_for_status()
    for item in snaglist.retries(wait=False):
        with item:
            answered = [{"shotgun_id": 2}] if item.entity_id == 2 else []
            snaglist.check_returned({"type": "Asset", "id": item.entity_id}, answered)
    assert snaglist.flush(10)
    (order,) = client.get("/api/v1/retries").json()
    assert (order["came_over"], order["failed"]) == (1, 1)
    assert standing(client) == {("1", ""): "open", ("2", ""): "resolved"}


def test_what_outlasts_its_block_speaks_of_nothing(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    log = logging.getLogger("studio.pool")
    handler = snaglist_client.Handler(snaglist)

    async def keep_alive(go_on: asyncio.Event) -> None:
        await go_on.wait()
        log.error("connection lost")

    async def night() -> None:
        go_on = asyncio.Event()
        with snaglist.run("nightly") as run:
            with run.item("Asset", 1):
                task = asyncio.create_task(keep_alive(go_on))
            go_on.set()
            await task

    def assets(run: snaglist_client.Run, number: int) -> Iterator[None]:
        with run.item("Asset", number):
            yield

    log.addHandler(handler)
    try:
        thread = threading.Thread(target=lambda: asyncio.run(night()))  # this one may have a loop
        thread.start()
        thread.join()
        with snaglist.run("crossed") as run:
            for _ in range(3):
                for _ in zip(assets(run, 2), assets(run, 3), strict=True):
                    pass
            log.error("about nothing")
    finally:
        log.removeHandler(handler)
    assert snaglist.flush(10)
    assert standing(client) == {("", ""): "open"}
