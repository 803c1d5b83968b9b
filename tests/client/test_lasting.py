"""What was captured arrives, once, whatever happens to the host, the desk or the disk."""

from __future__ import annotations

import json
import resource
import signal
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

import snaglist_client
from conftest import is_torture
from support.desks import DeskProcess
from support.importers import errors, finish, run_importer, start_importer
from support.waiting import wait_until

NewSnaglist = Callable[..., snaglist_client.Desk]


def numbers(client: httpx.Client) -> list[int]:
    return sorted(int(one) for one in errors(client))


def files(spool: Path) -> list[Path]:
    return [path for path in spool.rglob("*.jsonl") if path.parent.name != "rejected"]


@pytest.mark.torture
def test_a_host_killed_in_the_middle_loses_and_doubles_nothing(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    code = "for n in range(10**9): desk.record(f'ROUND-{n}'); say(f'ROUND-{n}')"
    said: list[str] = []
    for round_ in range(100 if is_torture() else 5):
        host = start_importer(code.replace("ROUND", str(round_)), desk.url, desk.token, spool)
        assert host.stdout is not None
        said += [host.stdout.readline().strip() for _ in range(30 + 700 * round_ % 3500)]
        host.send_signal(signal.SIGKILL)
        said += host.stdout.read().split("\n")[:-1]
        host.communicate()

    run_importer("desk.flush(30)", desk.url, desk.token, spool)

    arrived = errors(client)
    assert len(arrived) == len(set(arrived))
    assert set(said) <= set(arrived)
    assert not files(spool)


def test_what_was_captured_while_the_desk_was_away_arrives_with_the_next_program(
    desk: DeskProcess, spool: Path
) -> None:
    port = desk.port
    desk.kill()
    run_importer("for number in range(50): desk.record(str(number))", desk.url, desk.token, spool)
    assert files(spool)
    desk.start(port)

    run_importer("desk.record('50')", desk.url, desk.token, spool)

    assert numbers(desk.client()) == list(range(51))


@pytest.mark.torture
def test_a_desk_killed_while_it_is_sent_to_has_everything_once_in_the_end(
    desk: DeskProcess, snaglist: snaglist_client.Desk
) -> None:
    port, token = desk.port, desk.token
    rounds = 100 if is_torture() else 3
    for start in range(0, 300 * rounds, 300):
        for number in range(start, start + 300):
            snaglist.record(str(number))
        sending = threading.Thread(target=snaglist.flush, args=(0.5,))
        sending.start()
        desk.kill()
        sending.join()
        desk.start(port)
    assert snaglist.flush(30)

    assert numbers(desk.client(token)) == list(range(300 * rounds))


def test_a_fork_and_its_parent_report_beside_each_other(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    run_importer(
        """
        with desk.run("both") as run:
            desk.record("0")
            time.sleep(0.01)
            child = os.fork()
            for number in range(1, 40):
                with run.item("Shot", number + (0 if child else 1000)):
                    raise ValueError("no")
            if not child:
                sys.exit()
            os.waitpid(child, 0)
            desk.flush(20)
            say(str(run.complete().reason))
        """,
        desk.url,
        desk.token,
        spool,
    )

    (run,) = client.get("/api/v1/runs").json()
    assert len(errors(client)) == 1 + 2 * 39
    assert run["tried"] == 2 * 39
    assert run["status"] == "complete"
    assert not files(spool)


def test_a_child_that_ends_without_cleaning_up_loses_nothing(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    run_importer(
        """
        desk.record("0")
        child = os.fork()
        if not child:
            desk.record("1")
            os._exit(0)
        os.waitpid(child, 0)
        """,
        desk.url,
        desk.token,
        spool,
    )

    assert numbers(client) == [0, 1]


def test_the_interpreters_end_flushes(desk: DeskProcess, client: httpx.Client, spool: Path) -> None:
    run_importer("desk.record('1'); desk.imported('Shot', 2)", desk.url, desk.token, spool)

    assert numbers(client) == [1]
    assert not files(spool)


def test_the_interpreters_end_is_not_held_up_by_a_desk_that_is_away(spool: Path) -> None:
    began = time.monotonic()
    run_importer("desk.record('1')", "http://127.0.0.1:9", "none", spool)

    assert time.monotonic() - began < 4
    assert len(files(spool)) == 1


def test_many_threads_report_at_once(snaglist: snaglist_client.Desk, client: httpx.Client) -> None:
    def report(start: int) -> None:
        for number in range(start, start + 100):
            snaglist.record(str(number))

    threads = [threading.Thread(target=report, args=(100 * one,)) for one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert snaglist.flush(20)
    assert numbers(client) == list(range(800))


def test_what_does_not_fit_is_dropped_counted_and_told_when_the_desk_is_back(
    desk: DeskProcess, client: httpx.Client, new_snaglist: NewSnaglist
) -> None:
    small = new_snaglist(desk.url, "not-the-token", spool_bytes=20_000)
    kept = [small.record(f"{number} {'x' * 500}") for number in range(60)]
    status = small.status()
    small.close(0)

    fit = new_snaglist(desk.url, desk.token)
    assert fit.flush(10)

    dropped = kept.count("")
    assert 0 < dropped < 60
    assert status.dropped.messages == dropped
    told = errors(client)
    assert len(told) == 60 - dropped + 1
    assert f"had to drop {dropped} messages" in told[-1]
    assert fit.status().is_clear


def test_a_run_of_which_something_was_dropped_is_not_complete(
    desk: DeskProcess, new_snaglist: NewSnaglist
) -> None:
    small = new_snaglist(desk.url, desk.token, spool_bytes=2_000)
    with small.run("nightly") as run:
        with run.item("Shot", 1, payload={"notes": "x" * 5_000}):
            raise ValueError("no")
        done = run.complete()

    assert not done
    assert "dropped" in done.reason


def test_a_full_disk_tears_no_line(desk: DeskProcess, client: httpx.Client, spool: Path) -> None:
    finish(
        start_importer(
            """
            import resource, signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            desk.record("0 " + "x" * 1000)
            resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
            kept = [bool(desk.record(f"{n} " + "x" * 1000)) for n in range(1, 9)]
            assert kept[0] and not all(kept), kept
            """,
            desk.url,
            "not-the-token",
            spool,
        )
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    run_importer("assert desk.flush(20)", desk.url, desk.token, spool)

    *records, told = errors(client)
    assert all(len(one) > 1000 for one in records)
    assert f"had to drop {9 - len(records)} messages" in told


def test_a_spool_of_yesterday_reopens_nothing(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    run_importer(
        """
        with desk.run("yesterday") as run, run.item("Shot", 1):
            raise ValueError("no")
        """,
        desk.url,
        "not-the-token",
        spool,
    )
    body = {"shotgun_id": 1, "entity_type": "Shot", "target": "kitsu"}
    assert client.post("/import/shotgun/imported", json=body).status_code == 200

    run_importer("assert desk.flush(20)", desk.url, desk.token, spool)

    (item,) = client.get("/api/v1/items").json()
    assert (item["status"], item["reason"], item["failures"]) == ("resolved", "came_over", 1)


def test_a_segment_of_an_older_client_is_read(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    run_importer(
        """
        for part in ("", "movie"):
            desk.record("It broke", entity_type="Shot", shotgun_id=1, part=part)
        """,
        desk.url,
        "not-the-token",
        spool,
    )
    (segment,) = files(spool)
    told = '"shotgun_id":1,"occurred_at":"2099-01-01T00:00:00.000001Z","entity_type":"Shot"'
    segment.with_name("01-older.jsonl").write_text(
        f'imported:shotgun {{{told},"target":"kitsu"}}\n'
    )

    run_importer("assert desk.flush(20)", desk.url, desk.token, spool)

    assert {one["status"] for one in client.get("/api/v1/items").json()} == {"resolved"}


def test_a_torn_last_line_costs_only_itself(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    run_importer("desk.record('1'); desk.record('2')", desk.url, "not-the-token", spool)
    (segment,) = files(spool)
    segment.write_bytes(segment.read_bytes()[:-20])

    run_importer("assert desk.flush(20)", desk.url, desk.token, spool)

    assert numbers(client) == [1]


def test_what_the_desk_will_never_take_is_kept_aside_and_holds_nothing_up(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    courier = snaglist._courier
    courier.capture(b'record {"id":"no uuid","event_data":{}}\n')
    courier.capture(b'imported:shotgun {"shotgun_id":1}\n')
    for number in range(5):
        snaglist.record(str(number))
        snaglist.imported("Shot", number)
    courier.capture(b"nonsense\n")

    assert snaglist.flush(10)

    status = snaglist.status()
    assert numbers(client) == list(range(5))
    assert (status.waiting, status.refused) == (0, 3)
    assert "entity_type" in status.refused_because or "read" in status.refused_because


def test_a_token_that_is_not_known_loses_nothing(
    desk: DeskProcess,
    client: httpx.Client,
    new_snaglist: NewSnaglist,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wrong = new_snaglist(desk.url, "not-the-token")
    wrong.record("1")

    assert not wrong.flush(5)
    wrong.close(0)

    assert "SNAGLIST_TOKEN" in wrong.status().trouble
    assert "SNAGLIST_TOKEN" in caplog.text
    assert new_snaglist(desk.url, desk.token).flush(10)
    assert numbers(client) == [1]


@pytest.mark.parametrize("answer", ["<html>Welcome to the hotel</html>", "{}", "[]"])
def test_something_else_that_answers_for_the_desk_swallows_nothing(
    answer: str, new_snaglist: NewSnaglist
) -> None:
    class Portal(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Portal) as portal:
        threading.Thread(target=portal.serve_forever).start()
        snaglist = new_snaglist(f"http://127.0.0.1:{portal.server_port}", "none")
        snaglist.imported("Shot", 1)
        flushed = snaglist.flush(5)
        snaglist.close(0)
        portal.shutdown()

    assert not flushed
    assert snaglist.status().waiting == 1
    assert "no desk" in snaglist.status().trouble


def test_a_token_with_a_cap_takes_its_time_and_all_of_it(
    desk: DeskProcess, client: httpx.Client, new_snaglist: NewSnaglist
) -> None:
    token = desk.new_token("report", rate="6000")
    capped = new_snaglist(desk.url, token)
    for number in range(7_000):
        capped.record(str(number)) if number < 3 else capped.imported("Shot", number)
    for number in range(3, 900):
        capped.record(str(number))

    assert capped.flush(60)
    assert numbers(client) == list(range(900))


def test_leftovers_are_taken_once_by_one_of_many(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    run_importer(
        "for number in range(300): desk.record(str(number))", desk.url, "not-the-token", spool
    )
    many = [start_importer("desk.flush(20)", desk.url, desk.token, spool) for _ in range(4)]
    for one in many:
        finish(one)

    assert numbers(client) == list(range(300))
    assert not files(spool)


def test_a_living_process_keeps_what_it_writes_to_itself(
    snaglist: snaglist_client.Desk, desk: DeskProcess, spool: Path
) -> None:
    snaglist._courier._stop.set()
    snaglist.record("1")
    (mine,) = files(spool)

    run_importer("desk.flush(5)", desk.url, desk.token, spool)

    assert mine.exists() or snaglist.flush(5)


def test_it_goes_on_by_itself_after_the_desk_was_away(
    desk: DeskProcess, snaglist: snaglist_client.Desk
) -> None:
    port, token = desk.port, desk.token
    desk.kill()
    snaglist.record("1")
    wait_until(lambda: snaglist.status().trouble, what="notice that the desk is away")
    desk.start(port)

    wait_until(lambda: numbers(desk.client(token)) == [1], what="the record")


def test_only_its_owner_can_read_the_spool(new_snaglist: NewSnaglist, spool: Path) -> None:
    new_snaglist().record("1")

    modes: dict[str, Any] = {}
    for path in (spool, *spool.rglob("*")):
        modes[path.name] = path.stat().st_mode & 0o077
    assert set(modes.values()) == {0}
    (segment,) = files(spool)
    assert json.loads(segment.read_bytes().partition(b" ")[2])["event_data"]["error"] == "1"
