"""What the forked processes of a run tell each other: a whole's end does not speak over them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from client.test_in_hand import standing
from snaglist_client.things import heard_from_above, told_to_forks
from support.desks import DeskProcess
from support.importers import run_importer


@pytest.mark.parametrize(
    "tell",
    [
        'desk.record("no rig", entity_type="Asset", shotgun_id=1)',
        "failing()",
        "logging.getLogger().error('no rig')",
    ],
)
@pytest.mark.parametrize("block", ['run.item("Asset", 1)', "leased()"])
def test_what_a_fork_tells_of_what_is_in_hand_is_heard(
    desk: DeskProcess, client: httpx.Client, spool: Any, tell: str, block: str
) -> None:
    if block == "leased()":
        failure = {"entity_type": "Asset", "shotgun_id": 1, "target": "kitsu"}
        client.post("/import/shotgun/errors", json={"error": "no rig", **failure})
        client.post("/api/v1/retries", json={"probe": False}).raise_for_status()
    run_importer(
        f"""
        import logging, multiprocessing
        logging.getLogger().addHandler(snaglist_client.Handler(desk))

        def failing():
            with run.item("Asset", 1):
                raise ValueError("no rig")

        def leased():
            (item,) = desk.worker("w").lease()[0]
            return item

        def tell(_):
            {tell}
            desk.flush(20)

        with desk.run("nightly") as run:
            with {block} as item:
                with multiprocessing.get_context("fork").Pool(1) as pool:
                    pool.map(tell, [1])
            assert not item.ok
            with run.item("Asset", 2) as other:
                pass
            assert other.ok
        desk.flush(20)
        """,
        desk.url,
        desk.new_token("report", "work", "read"),
        spool,
    )
    assert standing(client) == {("1", ""): "open"}


@pytest.mark.parametrize(
    ("ending", "begins"),
    [
        ("sys.exit(1)", "run.begin()"),
        ("os.kill(os.getpid(), 9)", "run.begin()"),
        ("os._exit(0)", "run.begin()"),
        ("os.kill(os.getpid(), 9)", "pass"),
    ],
)
def test_a_run_in_whose_fork_something_was_broken_off_is_not_complete(
    desk: DeskProcess, client: httpx.Client, spool: Any, ending: str, begins: str
) -> None:
    """Whether it was begun before it was forked, or by the first item of each fork."""
    client.post(
        "/import/shotgun/errors",
        json={"error": "no rig", "entity_type": "Asset", "shotgun_id": 2, "target": "kitsu"},
    ).raise_for_status()
    told = run_importer(
        f"""
        run = desk.run("nightly")
        {begins}
        for number in (1, 2, 3):
            child = os.fork()
            if not child:
                with run.item("Asset", number):
                    if number == 2:
                        {ending}
                desk.flush(20)
                os._exit(0)
            os.waitpid(child, 0)
        desk.flush(20)
        say(str(run.complete().reason))
        run.end()
        """,
        desk.url,
        desk.token,
        spool,
    )
    assert "begun in another process" in str(told)
    assert standing(client) == {("2", ""): "open"}


def test_a_part_that_failed_in_a_fork_is_not_spoken_for_by_its_whole(
    desk: DeskProcess, client: httpx.Client, spool: Any
) -> None:
    run_importer(
        """
        with desk.run("nightly") as run:
            with run.item("Version", 1):
                child = os.fork()
                if not child:
                    with run.item("Version", 1, part="movie"):
                        raise OSError("no codec")
                    desk.flush(20)
                    os._exit(0)
                os.waitpid(child, 0)
            desk.flush(20)
        """,
        desk.url,
        desk.token,
        spool,
    )
    assert standing(client) == {("1", "movie"): "open"}


@pytest.mark.parametrize(
    "tell",
    [
        'desk.check_returned({"type": "Asset", "id": number}, [])',
        'desk.record("no rig", entity_type="Asset", shotgun_id=number)',
        "log.error('no rig', extra={'entity_type': 'Asset', 'shotgun_id': number})",
    ],
)
def test_what_a_pool_of_before_tells_is_of_the_run_in_whose_block_it_is(
    desk: DeskProcess, client: httpx.Client, spool: Any, tell: str
) -> None:
    """So the run's counts are right, and it is complete."""
    run_importer(
        f"""
        import logging, multiprocessing
        log = logging.getLogger("studio")
        log.addHandler(snaglist_client.Handler(desk))

        def convert(number):
            if number == 2:
                {tell}
                desk.flush(20)

        with multiprocessing.get_context("fork").Pool(1) as pool:
            pool.map(convert, [1])
            with desk.run("nightly", project=87, total=3) as run:
                for number in (1, 2, 3):
                    with run.item("Asset", number) as item:
                        pool.map(convert, [number])
                    assert item.ok == (number != 2)
                assert (run.tried, run.failed, run.came_over) == (3, 1, 2)
                done = run.complete()
                assert done, done.reason
        desk.flush(20)
        """,
        desk.url,
        desk.new_token("report"),
        spool,
    )
    assert standing(client) == {("2", ""): "open"}
    (run,) = client.get("/api/v1/runs").json()
    assert (run["tried"], run["failed"], run["came_over"]) == (3, 1, 2)


@pytest.mark.parametrize(
    ("part", "tell", "left"),
    [
        ("", 'desk.record("no file", **version, part="movie")', {("1", "movie")}),
        ("movie", 'desk.record("no frames", **version)', {("1", ""), ("1", "movie")}),
        ("", 'desk.record("1", **version); desk.imported("Version", 1)', set()),
    ],
)
def test_a_pool_of_before_tells_of_parts_wholes_and_what_came_over_at_last(
    desk: DeskProcess, client: httpx.Client, spool: Any, part: str, tell: str, left: set[Any]
) -> None:
    """In the block of a whole, or a part; the part failed yesterday."""
    run_importer(
        f"""
        import multiprocessing
        version = {{"entity_type": "Version", "shotgun_id": 1}}

        def convert(_):
            {tell}
            desk.flush(20)

        desk.record("no file", **version, part="movie", project=87)
        time.sleep(0.005)
        with multiprocessing.get_context("fork").Pool(1) as pool:
            pool.map(abs, [1])
            with desk.run("nightly", project=87) as run:
                with run.item("Version", 1, part={part!r},) as item:
                    pool.map(convert, [1])
                    time.sleep(0.005)
        desk.flush(20)
        """,
        desk.url,
        desk.new_token("report"),
        spool,
    )
    found = client.get("/api/v1/items?state=open").json()
    assert {(one["entity_id"], one["part"]) for one in found} == left
    assert {one["project"] for one in found} <= {"87"}


def test_a_pool_of_before_knows_what_its_block_knows(
    desk: DeskProcess, client: httpx.Client, spool: Any
) -> None:
    """On what it hangs, its project and its name: the desk has it of the record alone."""
    run_importer(
        """
        import multiprocessing
        def fail(_):
            desk.record("no frames", entity_type="Task", shotgun_id=12)
            desk.flush(20)

        desk.status()
        with multiprocessing.get_context("fork").Pool(1) as pool:
            task = {"type": "Task", "id": 12, "content": "comp", "sg_notes": "n" * 5000}
            task["project"] = {"type": "Project", "id": 88, "name": "Sprite"}
            task["entity"] = {"type": "Shot", "id": 2, "name": "sh020"}
            task["task_assignees"] = [{"type": "HumanUser", "id": 3}]
            with desk.run("nightly") as run:
                with run.item("Task", 12, payload=task) as item:
                    pool.map(fail, [1])
                assert not item.ok
        """,
        *(desk.url, desk.new_token("report"), spool),
    )
    (record,) = client.get("/import/shotgun/errors").json()
    details = record["event_data"]["details"]
    assert (details["project"]["id"], details["name"]) == (88, "comp")
    assert details["payload"]["entity"] == {"type": "Shot", "id": 2}
    assert details["payload"]["task_assignees"] == [{"type": "HumanUser", "id": 3}]
    (run,) = client.get("/api/v1/runs").json()
    assert (run["tried"], run["failed"]) == (1, 1)


@pytest.mark.parametrize("whose", ["desk", "snaglist_client.Desk(target='kitsu')"])
def test_imports_in_processes_of_their_own_hear_their_own_pools(
    desk: DeskProcess, client: httpx.Client, spool: Any, whose: str
) -> None:
    """Both bring the same person over: in one it fails, in the other at the same time it does not.

    Whether the desk was made before they were forked, or in each of them.
    """
    told = run_importer(
        f"""
        import multiprocessing
        fork = multiprocessing.get_context("fork")
        begun, over = fork.Barrier(2), fork.Barrier(2)

        def tell(_):
            own.record("409 Conflict", entity_type="HumanUser", shotgun_id=3)
            own.flush(20)

        children = []
        for project in (1, 2):
            child = os.fork()
            if not child:
                own = {whose}
                own.status()
                with fork.Pool(1) as pool, own.run("nightly", project=project) as run:
                    with run.item("HumanUser", 3) as item:
                        begun.wait(20)
                        if project == 1:
                            pool.map(tell, [1])
                        over.wait(20)
                own.flush(20)
                say(f"{{project}} {{item.ok}}")
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        """,
        *(desk.url, desk.new_token("report"), spool),
    )
    assert sorted(told.splitlines()) == ["1 False", "2 True"]
    runs = {one["project"]: one for one in client.get("/api/v1/runs").json()}
    assert (runs["1"]["failed"], runs["2"]["came_over"]) == (1, 1)


@pytest.mark.parametrize("inner", ["part='movie'", "part=None"])
def test_a_pool_of_before_knows_the_block_around_another_one(
    desk: DeskProcess, client: httpx.Client, spool: Any, inner: str
) -> None:
    """Of the same thing, which is over; and on what it hangs, though it has hundreds of links."""
    run_importer(
        f"""
        import multiprocessing
        def fail(_):
            desk.record("no frames", entity_type="Shot", shotgun_id=12)
            desk.flush(20)

        desk.status()
        with multiprocessing.get_context("fork").Pool(1) as pool:
            shot = {{"type": "Shot", "id": 12, "code": "sh020"}}
            for name in ("assets", "tasks", "notes"):
                shot[name] = [{{"type": name, "id": 10**9 + n}} for n in range(100)]
            shot["sg_sequence"] = {{"type": "Sequence", "id": 4}}
            with desk.run("nightly", project=87) as run:
                with run.item("Shot", 12, payload=shot) as item:
                    with run.item("Shot", 12, {inner}):
                        pass
                    pool.map(fail, [1])
                assert not item.ok
                desk.flush(20)
                assert run.complete(), run.complete().reason
        """,
        *(desk.url, desk.new_token("report"), spool),
    )
    (record,) = client.get("/import/shotgun/errors").json()
    details = record["event_data"]["details"]
    assert details["payload"]["sg_sequence"] == {"type": "Sequence", "id": 4}
    assert (details["project"], details["name"]) == (87, "sh020")
    (run,) = client.get("/api/v1/runs").json()
    assert (run["tried"], run["failed"]) == (1, 1)


def test_whatever_a_payload_is_a_block_in_a_program_that_forks_begins(
    desk: DeskProcess, client: httpx.Client, spool: Any
) -> None:
    """And what a pool of before says of it is of its project, whatever its name."""
    run_importer(
        """
        import collections.abc, multiprocessing

        class Broken(collections.abc.Mapping):
            def __getitem__(self, name): raise OSError("gone")
            def __iter__(self): raise OSError("gone")
            def __len__(self): return 3

        def fail(number):
            desk.record("no frames", entity_type="Note", shotgun_id=number)
            desk.flush(20)

        endless = [{"type": "Asset", "id": 1}]
        endless[0]["type"] = endless
        deep = {"type": "Asset", "id": 1}
        for _ in range(5000):
            deep = [deep]
        payloads = [Broken(), {"links": endless}, {"deep": deep}, {"content": chr(0x6620) * 200},
                    {"content": chr(0xdc00) * 200, "x": {"type": "A", "id": chr(0)}}]
        desk.status()
        with multiprocessing.get_context("fork").Pool(1) as pool:
            with desk.run("nightly", project=87) as run:
                for number, payload in enumerate(payloads):
                    with run.item("Note", number, payload=payload) as item:
                        pool.map(fail, [number])
                    assert not item.ok
                desk.flush(20)
                assert run.complete(), run.complete().reason
        """,
        *(desk.url, desk.new_token("report"), spool),
    )
    found = client.get("/api/v1/items").json()
    assert [(one["project"], one["status"]) for one in found] == [("87", "open")] * 5


def test_what_is_half_written_of_a_block_is_not_known_of_it() -> None:
    """Another process may write it as it is read; what is recorded is recorded all the same."""
    known = {"run": "nightly", "project": 87, "name": "sh020 \u6620"}
    told = told_to_forks("nightly", known)

    assert heard_from_above(told) == known
    assert [heard_from_above(told[:end]) for end in range(len(told))] == [{}] * len(told)
