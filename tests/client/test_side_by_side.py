"""Two tries of one thing at the same time, in different runs: each has an outcome of its own."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

import snaglist_client
from client.test_in_hand import standing
from support.desks import DeskProcess
from support.importers import run_importer

Block = Callable[[], AbstractContextManager[Any]]
PERSON = {"type": "HumanUser", "id": 3}


def side_by_side(failing: Block, well: Block, tell: Callable[[], object] | None = None) -> Any:
    """One block that fails, or in which it is told, while the other runs, which ends well."""
    begun, failed = threading.Event(), threading.Event()

    def fail() -> None:
        assert begun.wait(20)
        with failing():
            if tell is None:
                raise RuntimeError("409 Conflict: ana@x exists already")
            tell()
        failed.set()

    thread = threading.Thread(target=fail)
    thread.start()
    with well() as item:
        begun.set()
        assert failed.wait(20)
    thread.join()
    return item


@pytest.mark.parametrize("is_recorded", [False, True])
def test_what_fails_in_one_import_may_come_over_in_another(
    snaglist: snaglist_client.Desk, client: httpx.Client, is_recorded: bool
) -> None:
    def record() -> None:
        snaglist.record("409", entity_type="HumanUser", shotgun_id=3)

    with snaglist.run("Big Buck Bunny") as one, snaglist.run("Nebula") as other:
        item = side_by_side(
            lambda: one.item("HumanUser", 3, payload=PERSON),
            lambda: other.item("HumanUser", 3, payload=PERSON),
            record if is_recorded else None,
        )
        assert (item.ok, one.failed, other.failed, other.came_over) == (True, 1, 0, 1)
    assert snaglist.flush(20)
    assert standing(client) == {("3", ""): "resolved"}


def test_a_success_of_one_import_is_no_word_on_what_another_tries(
    snaglist: snaglist_client.Desk,
) -> None:
    def comes_over() -> None:
        with other.item("HumanUser", 3):
            pass

    with snaglist.run("Big Buck Bunny") as one, snaglist.run("Nebula") as other:
        with one.item("HumanUser", 3) as item:
            snaglist.record("409", entity_type="HumanUser", shotgun_id=3)
            thread = threading.Thread(target=comes_over)
            thread.start()
            thread.join()
        assert (item.ok, other.came_over) == (False, 1)


def test_two_events_of_one_attribute_are_two_tries(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    mirror = snaglist.mirror("events")

    def change(number: int) -> dict[str, Any]:
        link = {"type": "Shot", "id": 8}
        return {
            "id": number,
            "event_type": "Shotgun_Shot_Change",
            "attribute_name": "sg_status_list",
            "entity": link,
        }

    event = side_by_side(lambda: mirror.event(change(1)), lambda: mirror.event(change(2)))
    assert event.ok
    assert snaglist.flush(20)
    assert standing(client) == {("8", "sg_status_list"): "resolved"}


def test_what_a_pool_says_of_an_event_in_its_block_is_heard(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    asset = {"type": "Asset", "id": 1}
    entry = {"id": 5, "event_type": "Shotgun_Asset_New", "entity": asset}
    with ThreadPoolExecutor(1) as pool, snaglist.mirror("events") as mirror:
        with mirror.event(entry) as event:
            pool.submit(snaglist.check_returned, asset, []).result()
        assert not event.ok
        with mirror.event(entry) as event:
            snaglist.record("dropped", entity_type="Asset", shotgun_id=1)
            pool.submit(snaglist.check_returned, asset, [{"shotgun_id": 1}]).result()
        assert event.ok
    assert snaglist.flush(20)
    assert standing(client) == {("1", ""): "resolved"}


def test_in_a_program_that_forks_each_target_is_another_matter(
    desk: DeskProcess, client: httpx.Client, spool: Any
) -> None:
    run_importer(
        """
        import multiprocessing
        jira = snaglist_client.Desk(target="jira")

        def fail(_):
            jira.record("no such project", entity_type="Asset", shotgun_id=1)
            jira.flush(20)

        with desk.run("nightly", total=1) as run:
            with run.item("Asset", 1) as item:
                with multiprocessing.get_context("fork").Pool(1) as pool:
                    pool.map(fail, [1])
            assert item.ok
        with desk.run("other") as run:
            with run.item("Asset", 2) as item:
                jira.record("no such project", entity_type="Asset", shotgun_id=2)
            assert item.ok
        desk.flush(20)
        jira.flush(20)
        """,
        desk.url,
        desk.new_token("report"),
        spool,
    )
    found = client.get("/api/v1/items").json()
    assert {(one["target"], one["entity_id"], one["status"]) for one in found} == {
        ("jira", "1", "open"),
        ("jira", "2", "open"),
    }


TWO_PROCESSES = """
import multiprocessing, time
fork = multiprocessing.get_context("fork")
begun, failed = fork.Event(), fork.Event()

def run_both(*functions):
    children = [fork.Process(target=one) for one in functions]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
"""


def run_two(desk: DeskProcess, spool: Any, code: str) -> None:
    """A program of two processes; one waits until the other has `begun`, that until it `failed`."""
    program = TWO_PROCESSES + textwrap.dedent(code)
    run_importer(program, desk.url, desk.new_token("report"), spool)


def test_processes_that_import_side_by_side_speak_each_for_itself(
    desk: DeskProcess, client: httpx.Client, spool: Any
) -> None:
    run_two(
        desk,
        spool,
        """
        def one():
            assert begun.wait(20)
            with desk.run("Big Buck Bunny") as run, run.item("HumanUser", 3):
                raise RuntimeError("409 Conflict: ana@x exists already")
            failed.set()

        def other():
            with desk.run("Nebula") as run:
                with run.item("HumanUser", 3) as item:
                    begun.set()
                    assert failed.wait(20)
                    time.sleep(0.005)  # in one millisecond a failure counts
                assert item.ok
                assert (run.tried, run.failed, run.came_over) == (1, 0, 1)

        run_both(one, other)
        desk.flush(20)
        """,
    )
    assert standing(client) == {("3", ""): "resolved"}


TELLS = [
    'desk.check_returned({"type": "HumanUser", "id": 3}, [])',
    'desk.record("409 Conflict", entity_type="HumanUser", shotgun_id=3)',
]


@pytest.mark.parametrize("tell", TELLS)
def test_a_process_that_outlasts_the_block_it_was_forked_in_speaks_for_it_no_more(
    desk: DeskProcess, client: httpx.Client, spool: Any, tell: str
) -> None:
    """A pool that begins its processes with the first that it is given, in the first block."""
    run_importer(
        f"""
        import logging, multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        logging.getLogger().addHandler(snaglist_client.Handler(desk))

        def bring(project):
            if project == 88:
                {tell}
            logging.getLogger().error(f"no frames of {{project}}")
            desk.flush(20)

        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
            for project in (87, 88):
                with desk.run(f"project {{project}}", project=project) as run:
                    with run.item("HumanUser", 3) as item:
                        time.sleep(0.005)
                        pool.submit(bring, project).result()
                        time.sleep(0.005)
                    assert not (project == 88 and item.ok)
                with desk.run(f"other {{project}}") as run, run.item("Asset", 1) as item:
                    pool.submit(bring, 0).result()
                assert item.ok
        desk.flush(20)
        """,
        desk.url,
        desk.new_token("report"),
        spool,
    )
    found = {(one["entity_id"], one["status"]) for one in client.get("/api/v1/items").json()}
    assert found == {("3", "open"), ("", "open")}


@pytest.mark.parametrize("tell", TELLS)
def test_two_events_of_one_attribute_in_two_processes_are_two_tries(
    desk: DeskProcess, client: httpx.Client, spool: Any, tell: str
) -> None:
    run_two(
        desk,
        spool,
        f"""
        entity = {{"type": "HumanUser", "id": 3}}

        def event(number):
            return {{"id": number, "event_type": "Shotgun_HumanUser_New", "entity": entity}}

        def one():
            assert begun.wait(20)
            with mirror.event(event(1)) as found:
                {tell}
            assert not found.ok
            failed.set()

        def other():
            with mirror.event(event(2)) as found:
                begun.set()
                assert failed.wait(20)
                time.sleep(0.005)
            assert found.ok

        with desk.mirror("events") as mirror:
            run_both(one, other)
        desk.flush(20)
        """,
    )
    assert standing(client) == {("3", ""): "resolved"}
