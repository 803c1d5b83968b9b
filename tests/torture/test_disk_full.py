"""Claims about SQLite on a disk that runs full, and gets room again."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from conftest import is_torture
from snaglist.domain.errors import StoreUnavailable
from snaglist.service.schema import upgrade
from snaglist.storage.database import Database
from snaglist.storage.sqlite import SqliteEngine
from snaglist.storage.writer import Writer
from support.desks import DeskProcess
from support.disks import FailingDisk
from support.ledger import Ledger
from support.load import ERRORS, LONGEST_ANSWER_SECONDS, RECORDS, Answer, Client, records_of
from support.recorders import StoreClient, all_records, load_until_refused
from support.waiting import wait_until

pytestmark = pytest.mark.torture

FILLINGS = 100 if is_torture() else 8
AT_ONCE_SECONDS = 1.0


@pytest.fixture
def disk() -> FailingDisk:
    """A disk that can run full."""
    return FailingDisk()


@pytest.fixture
def full_disk_database(disk: FailingDisk, tmp_path: Path) -> Iterator[Database]:
    """An open database on that disk."""
    upgrade(SqliteEngine(tmp_path / "desk.db"), time.time())
    engine = SqliteEngine(tmp_path / "desk.db", vfs=disk.name)
    database = Database(engine, Writer(engine))
    database.writer.start()
    yield database
    database.close()


def test_a_full_disk_refuses_writes_at_once_reads_on_and_recovers_by_itself(
    disk: FailingDisk, full_disk_database: Database
) -> None:
    database, ledger, random = full_disk_database, Ledger(), Random("full")

    for _ in range(FILLINGS):
        disk.fill_up_after(random.randint(0, 400_000))
        began = time.monotonic()
        load_until_refused(database, ledger, random)
        assert time.monotonic() - began < LONGEST_ANSWER_SECONDS
        assert "disk is full" in str(database.writer.fault)
        _assert_refused_at_once(database, ledger)
        assert ledger.broken_promises(database.read(all_records)) == []

        disk.free_space()
        wait_until(lambda: database.writer.fault is None, what="the recovery")
        StoreClient(database, ledger).record()

    assert ledger.broken_promises(database.read(all_records)) == []
    assert database.read(lambda it: it.execute("PRAGMA integrity_check")) == [("ok",)]


def _assert_refused_at_once(database: Database, ledger: Ledger) -> None:
    client = StoreClient(database, ledger)
    for _ in range(20):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="disk is full"):
            client.record()
        assert time.monotonic() - began < AT_ONCE_SECONDS


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The folder of a real disk of 8 MiB."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(
            f"A disk of 8 MiB cannot be mounted: {done.stderr.strip()}. "
            "Run `make torture` as root, in a container with --cap-add SYS_ADMIN."
        )
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(not is_torture(), reason="mounts a disk of its own: make torture")
def test_a_desk_on_a_full_disk_refuses_reads_on_and_recovers_by_itself(
    small_disk: Path, new_desk: Callable[..., DeskProcess]
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(3 << 20))
    desk = new_desk(f"sqlite:///{small_disk / 'desk.db'}")
    desk.token = (small_disk / "snaglist-admin-token").read_text().strip()
    ledger, client = Ledger(), Client(desk.url, desk.token)

    refusal = _post_until_refused(client, ledger)
    assert refusal.status == 500
    assert refusal.body["code"] == "store_unavailable"
    _assert_says_that_it_is_full(desk)
    assert ledger.broken_promises(records_of(desk.url, desk.token)) == []

    ballast.unlink()
    wait_until(lambda: client.send("GET", "/readyz").status == 200, what="the recovery")
    assert client.post(ledger.new(), ledger).status == 201
    assert ledger.broken_promises(records_of(desk.url, desk.token)) == []
    client.close()


def _post_until_refused(client: Client, ledger: Ledger) -> Answer:
    """Post large records until one is refused; that answer."""
    while True:
        sent = ledger.new()
        body = json.dumps(json.loads(sent.event_data) | {"traceback": "x" * 50_000})
        answer = client.send("POST", ERRORS, body)
        assert answer.seconds < AT_ONCE_SECONDS
        if answer.status != 201:
            return answer
        ledger.acknowledge(sent, answer.body["id"])


def _assert_says_that_it_is_full(desk: DeskProcess) -> None:
    with desk.client() as client:
        batch = client.post(RECORDS, json=[{"event_data": {"error": "no room"}}])
        assert batch.status_code == 503
        assert int(batch.headers["Retry-After"]) > 0
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["code"] == "store_unavailable"
        assert client.get("/healthz").status_code == 200
