"""What was captured is kept, whatever becomes of the folder, the files and the disk beneath."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import snaglist_client
from snaglist_client import spool as spools
from snaglist_client.losses import DroppedCount
from support.desks import DeskProcess
from support.importers import errors, run_importer
from support.waiting import wait_until

NewSnaglist = Callable[..., snaglist_client.Desk]
NOWHERE = "http://127.0.0.1:9"
SECONDS_OF_OTHERS = 601


def kept(folder: Path) -> set[str]:
    """The texts of the failures that lie in this folder of spools."""
    found = set()
    for path in folder.glob("*/*.jsonl"):
        for line in path.read_bytes().splitlines():
            kind, _, body = line.partition(b" ")
            if kind == b"record":
                found.add(json.loads(body)["event_data"]["error"])
    return found


def test_a_spool_that_was_removed_is_made_again_with_all_that_was_in_hand(
    new_snaglist: NewSnaglist, spool: Path
) -> None:
    snaglist = new_snaglist()
    snaglist.record("before")
    shutil.rmtree(spool)

    assert all(snaglist.record(f"after {number}") for number in range(700))

    snaglist.close(0)
    assert kept(spool) == {"before", *(f"after {number}" for number in range(700))}
    assert snaglist.status().dropped.messages == 0


def test_successes_outlast_the_removal_of_their_segment(
    snaglist: snaglist_client.Desk, client: httpx.Client, spool: Path
) -> None:
    snaglist.record("It broke", entity_type="Shot", shotgun_id=1)
    assert snaglist.flush(10)
    snaglist.imported("Shot", 1)
    shutil.rmtree(spool)

    assert snaglist.flush(10)

    assert {one["status"] for one in client.get("/api/v1/items").json()} == {"resolved"}


def test_a_host_may_go_to_another_folder(tmp_path: Path) -> None:
    run_importer(
        f"""
        os.chdir({str(tmp_path)!r})
        desk = snaglist_client.Desk("{NOWHERE}", "none", spool="spool")
        assert desk.record("0")
        os.chdir("/")
        assert all(desk.record(str(number)) for number in range(1, 1_100))
        """,
        NOWHERE,
        "none",
        tmp_path / "elsewhere",
    )

    assert kept(tmp_path / "spool") == {str(number) for number in range(1_100)}


def test_a_host_that_has_no_file_left_to_open_keeps_its_failures(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    """Too many open files is what many imports fail with."""
    run_importer(
        """
        import resource
        desk.record("0")
        assert desk.flush(20)
        desk.record("1")
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        held = []
        try:
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            pass
        time.sleep(3)  # its thread tries to send meanwhile
        assert all(desk.record(str(number)) for number in range(2, 1_200))
        for one in held:
            os.close(one)
        assert desk.flush(20)
        """,
        desk.url,
        desk.token,
        spool,
    )

    assert sorted(map(int, errors(client))) == list(range(1_200))


def test_a_host_that_closes_every_file_keeps_its_failures(spool: Path) -> None:
    run_importer(
        """
        desk.record("before")
        os.closerange(3, 100)
        assert desk.record("after")
        """,
        NOWHERE,
        "none",
        spool,
    )

    assert kept(spool) == {"before", "after"}


def test_a_host_that_has_the_clients_numbers_for_files_of_its_own_keeps_them(
    spool: Path, tmp_path: Path
) -> None:
    run_importer(
        f"""
        desk.record("before")
        os.closerange(3, 100)
        own = [os.open({str(tmp_path)!r} + "/%d" % n, os.O_RDWR | os.O_CREAT) for n in range(40)]
        assert desk.record("after")
        desk.flush(0.5)
        for one in own:
            os.write(one, b"own")
        """,
        NOWHERE,
        "none",
        spool,
    )

    assert kept(spool) == {"before", "after"}
    assert {(tmp_path / str(number)).read_bytes() for number in range(40)} == {b"own"}


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOSPC])
def test_what_could_not_be_synced_is_written_again_elsewhere(
    number: int, new_snaglist: NewSnaglist, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snaglist, sync, faults = new_snaglist(), spools._sync_data, [number]
    snaglist.record("before")

    def fail_once(fd: int) -> None:
        if faults:
            raise OSError(faults.pop(), "no")
        sync(fd)

    monkeypatch.setattr(spools, "_sync_data", fail_once)

    assert snaglist.record("during")

    assert len(list(spool.glob("*/*.jsonl"))) == 2
    newest = max(spool.glob("*/*.jsonl"))
    assert b"during" in newest.read_bytes()
    assert snaglist.status().dropped.messages == 0


def test_what_the_disk_will_not_take_is_not_said_to_be_kept(
    new_snaglist: NewSnaglist, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(spools, "_sync_data", fail)
    snaglist = new_snaglist()

    assert not snaglist.record("It broke")

    dropped = snaglist.status().dropped
    assert (dropped.messages, dropped.reason) == (1, "Input/output error")


def test_where_nothing_can_be_synced_failures_are_kept_as_well_as_can_be(
    new_snaglist: NewSnaglist, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(_: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(spools, "_sync_data", cannot)
    monkeypatch.setattr(os, "fsync", cannot)

    assert new_snaglist().record("It broke")

    assert kept(spool) == {"It broke"}


def test_what_was_left_among_temporary_files_arrives_with_a_program_that_has_a_home(
    desk: DeskProcess, client: httpx.Client, spool: Path, temporary_files: Path
) -> None:
    spool.write_text("a file where the folder was to be")
    run_importer("desk.record('1')", desk.url, "not-the-token", spool)
    assert kept(next(temporary_files.iterdir())) == {"1"}
    spool.unlink()

    run_importer("assert desk.flush(20)", desk.url, desk.token, spool)

    assert errors(client) == ["1"]


def test_a_folder_among_temporary_files_that_others_can_write_in_is_left_alone(
    desk: DeskProcess, client: httpx.Client, spool: Path, temporary_files: Path
) -> None:
    run_importer("desk.record('1')", desk.url, "not-the-token", spool)
    (folder,) = spool.iterdir()
    planted = temporary_files / f"snaglist-client-{os.getuid()}" / folder.name
    planted.parent.mkdir(mode=0o777)
    folder.rename(planted)
    planted.chmod(0o777)

    run_importer("assert desk.flush(20)", desk.url, desk.token, spool)

    assert errors(client) == []


def test_what_another_machine_may_still_write_in_is_left_to_it_for_a_while(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    """In a home that many machines mount a lock may not reach from one to the other."""
    run_importer("desk.record('1')", desk.url, "not-the-token", spool)
    (segment,) = spool.glob("*/*.jsonl")
    there = segment.rename(segment.with_name(f"{segment.stem[:36]}-0123abcd.jsonl"))

    run_importer("desk.flush(20)", desk.url, desk.token, spool)
    assert errors(client) == []
    long_ago = time.time() - SECONDS_OF_OTHERS
    os.utime(there, (long_ago, long_ago))
    run_importer("assert desk.flush(20)", desk.url, desk.token, spool)

    assert errors(client) == ["1"]


def test_a_segment_that_cannot_be_read_holds_up_no_other(
    snaglist: snaglist_client.Desk,
    client: httpx.Client,
    spool: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    snaglist.record("1")
    (folder,) = spool.iterdir()
    (folder / "00000000-another-user-s.jsonl").write_text("")
    take = spools.Spool.take

    def refuse(self: spools.Spool, path: Path) -> spools.Taken | None:
        if path.name.startswith("00000000"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return take(self, path)

    monkeypatch.setattr(spools.Spool, "take", refuse)

    snaglist.flush(1)

    wait_until(lambda: errors(client) == ["1"], what="the other segment")


def test_a_host_without_any_temporary_folder_is_told_at_once(spool: Path) -> None:
    spool.write_text("")
    printed = run_importer(
        """
        import tempfile
        def none():
            raise FileNotFoundError(2, "No usable temporary directory")
        tempfile.gettempdir = none
        began = time.monotonic()
        print(desk.record("1"), desk.flush(20), desk.status().dropped.messages)
        assert time.monotonic() - began < 5
        """,
        NOWHERE,
        "none",
        spool,
    )

    assert printed.split() == ["False", "1"]


def test_a_host_whose_folder_is_no_more_keeps_its_failures(
    tmp_path: Path, temporary_files: Path
) -> None:
    gone = tmp_path / "gone"
    run_importer(
        f"""
        os.mkdir({str(gone)!r})
        os.chdir({str(gone)!r})
        os.rmdir({str(gone)!r})
        desk = snaglist_client.Desk("{NOWHERE}", "none", spool="spool")
        assert desk.record("1")
        """,
        NOWHERE,
        "none",
        tmp_path / "elsewhere",
    )

    assert kept(next(temporary_files.iterdir())) == {"1"}


@pytest.mark.parametrize("line", ["[1]", "5", "{", ""])
def test_what_stands_in_the_file_of_refusals_does_not_matter_to_the_host(
    line: str, new_snaglist: NewSnaglist, spool: Path
) -> None:
    snaglist = new_snaglist()
    snaglist.record("1")
    (folder,) = spool.glob("*/rejected")
    (folder / "2026-11-25.jsonl").write_text(line + "\n")

    assert snaglist.status().refused == 1


def test_a_count_that_another_process_holds_is_kept_in_memory(
    new_snaglist: NewSnaglist, spool: Path
) -> None:
    snaglist = new_snaglist(spool_bytes=10)
    snaglist.record("1")
    (count,) = spool.glob("*/dropped")
    with count.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        began = time.monotonic()
        snaglist.record("2")
        took = time.monotonic() - began

    snaglist.record("3")

    assert took < 3
    assert snaglist.status().dropped.messages == 3


def test_a_count_with_a_long_reason_is_a_count_still(tmp_path: Path) -> None:
    count = DroppedCount()
    count.keep_in(tmp_path)
    for number in range(30):
        count.add("\N{PILE OF POO}" * 300, f"\N{PILE OF POO} run {number}" * 10)

    again = DroppedCount()
    again.keep_in(tmp_path)

    assert again.look().messages == 30


def test_a_run_of_which_something_was_dropped_is_not_complete_once_the_desk_was_told(
    desk: DeskProcess, client: httpx.Client, new_snaglist: NewSnaglist
) -> None:
    snaglist = new_snaglist(desk.url, desk.token, spool_bytes=60_000)
    snaglist.record("It broke", entity_type="Shot", shotgun_id=1, project=87)
    assert snaglist.flush(10)
    with snaglist.run("nightly", project=87) as run:
        much = {f"field_{number}": "y" * 9_000 for number in range(9)}
        told = snaglist.record("It broke", run=run, entity_type="Shot", shotgun_id=1, **much)
        assert told == ""

        def is_told() -> bool:
            return snaglist.flush(10) and not snaglist.status().dropped.messages

        wait_until(is_told, what="the desk to be told of what was dropped")
        done = run.complete()

    assert not done
    assert "dropped" in done.reason
    (item,) = client.get("/api/v1/items?type=Shot").json()
    assert item["status"] == "open"


def test_what_another_host_dropped_of_a_run_keeps_it_from_being_complete(
    desk: DeskProcess, client: httpx.Client, new_snaglist: NewSnaglist, tmp_path: Path
) -> None:
    snaglist = new_snaglist(desk.url, desk.token)
    snaglist.record("It broke", entity_type="Shot", shotgun_id=1, project=87)
    elsewhere = new_snaglist(desk.url, desk.token, spool=tmp_path / "elsewhere", spool_bytes=60_000)
    with snaglist.run("nightly", project=87) as run:
        assert snaglist.flush(10)
        much = {f"field_{number}": "y" * 9_000 for number in range(9)}
        failure = {"entity_type": "Shot", "shotgun_id": 1, "run": run.id, **much}
        assert elsewhere.record("It broke", **failure) == ""
        assert elsewhere.flush(10)
        wait_until(
            lambda: elsewhere.flush(10) and not elsewhere.status().dropped.messages,
            what="the desk to be told of what was dropped",
        )
        done = run.complete()

    assert not done
    assert "lost on its way" in done.reason
    (item,) = client.get("/api/v1/items?type=Shot").json()
    assert item["status"] == "open"


def test_the_newest_runs_of_which_something_was_dropped_stay_known(tmp_path: Path) -> None:
    count = DroppedCount()
    count.keep_in(tmp_path)
    for number in range(30):
        count.add("the spool is full", f"run {number}" + "." * 100)
    count.settle(30)

    found = count.look()

    assert found.messages == 0
    assert found.mentions("run 29" + "." * 100)
    assert not found.mentions("run 3" + "." * 100)


def test_a_run_of_which_something_was_refused_is_not_complete(
    snaglist: snaglist_client.Desk,
) -> None:
    with snaglist.run("nightly") as run, run.item("Shot", 1):
        pass
    snaglist._courier.capture(b'record {"id":"no","run":"%s","event_data":{}}\n' % run.id.encode())

    done = run.complete()

    assert not done
    assert "refused" in done.reason
