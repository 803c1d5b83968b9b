"""What both engines promise alike: one writer, whole transactions, refusals at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from conftest import open_database
from snaglist.domain.errors import CannotStart, RecordRefused, StoreUnavailable, TooBusy
from snaglist.service.records import find_stretch, get_record, pages_of
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database, engine_for
from snaglist.storage.postgres import PostgresEngine
from snaglist.storage.sqlite import SqliteEngine
from snaglist.storage.writer import Write, Writer, settle
from support.postgres import Postgres
from support.records import STORE, new_record, record_all


@pytest.mark.parametrize(
    "event_data",
    [
        '{"error":"a\\u0000b"}',
        '{"n":1180591620717411303424,"n":1e2}',
        '{"q":"\'; DROP TABLE records; --"}',
        '{"\U0001f409": "東京 \\"quoted\\" \\\\ %s :name $1 ?"}',
    ],
)
def test_a_text_comes_back_as_it_went_in(database: Database, event_data: str) -> None:
    record = new_record(event_data=event_data, redacted='["/a"]')

    record_all(database, record)

    found = get_record(database, record.id)
    assert (found.event_data, found.redacted) == (event_data, '["/a"]')


def test_a_record_that_the_store_refuses_fails_alone(database: Database) -> None:
    good = [new_record() for _ in range(20)]
    bad = new_record(event_data=None)

    outcomes = record_all(database, *good[:10], bad, *good[10:])

    assert [type(outcome) for outcome in outcomes].count(RecordRefused) == 1
    assert isinstance(outcomes[10], RecordRefused)
    assert all(get_record(database, record.id) for record in good)


def test_places_grow_and_are_never_used_again(database: Database) -> None:
    records = [new_record() for _ in range(3)]
    for record in records:
        record_all(database, record)
    last = get_record(database, records[-1].id).seq
    database.write(lambda connection: connection.execute("DELETE FROM records"))

    again = new_record()
    record_all(database, again)

    assert get_record(database, again.id).seq > last


def test_a_change_that_fails_leaves_nothing(database: Database) -> None:
    def change(connection: Connection) -> None:
        connection.execute("INSERT INTO desk_state (name, value) VALUES ('half', '1')")
        raise KeyError("in the middle")

    with pytest.raises(RecordRefused, match="KeyError"):
        database.write(change)

    assert database.read(lambda one: one.execute("SELECT * FROM desk_state")) == []


def test_readers_are_not_held_up_by_a_writer(database: Database) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        connection.execute("INSERT INTO desk_state (name, value) VALUES ('slow', '1')")
        entered.set()
        assert leave.wait(10)

    writing = threading.Thread(target=lambda: database.write(slow))
    writing.start()
    entered.wait(10)
    try:
        assert database.read(lambda one: one.execute("SELECT * FROM desk_state")) == []
    finally:
        leave.set()
        writing.join()


def test_a_write_that_waits_too_long_is_given_up_and_not_stored(store: str) -> None:
    with open_database(store) as database:
        entered, leave = threading.Event(), threading.Event()

        def stuck(_: Connection) -> None:
            entered.set()
            assert leave.wait(10)

        stuck_write = threading.Thread(target=lambda: _ignore_unavailable(database, stuck))
        stuck_write.start()
        entered.wait(10)
        record, promise = new_record(), Future[list[Any]]()
        database.writer.submit(Write(STORE, (record,), promise))

        settle(database.writer.give_up(older_than=time.monotonic() + 1))

        with pytest.raises(StoreUnavailable, match="not known whether"):
            promise.result(0)
        with pytest.raises(StoreUnavailable):
            database.writer.check_open()
        leave.set()
        stuck_write.join()
        _wait_until_open(database)
        assert find_stretch(database, "shotgun").last == 0


def test_a_full_queue_refuses_at_once(store: str) -> None:
    engine = engine_for(store)
    writer = Writer(engine, most_waiting=2)
    writer.submit(Write(STORE, (new_record(),), Future()))
    writer.submit(Write(STORE, (new_record(),), Future()))

    with pytest.raises(TooBusy):
        writer.submit(Write(STORE, (new_record(),), Future()))


def test_what_waits_at_the_end_is_committed(store: str) -> None:
    records = [new_record() for _ in range(500)]
    with open_database(store) as database:
        promises: list[Future[list[Any]]] = []
        for record in records:
            promises.append(Future())
            database.writer.submit(Write(STORE, (record,), promises[-1]))
        assert database.close(10)
        assert all(promise.done() for promise in promises)
        with pytest.raises(TooBusy):
            database.writer.check_open()

    with open_database(store) as database:
        stretch = find_stretch(database, "shotgun")
        listed = [one.id for page in pages_of(database, stretch) for one in page]
    assert listed == [record.id for record in records]


def test_a_page_is_bounded_by_bytes_as_by_rows(database: Database) -> None:
    records = [new_record(event_data='{"e":"' + "x" * 200_000 + '"}') for _ in range(5)]
    record_all(database, *records)

    pages = list(pages_of(database, find_stretch(database, "shotgun")))

    assert [one.id for page in pages for one in page] == [record.id for record in records]
    assert max(map(len, pages)) == 1


def test_a_second_server_on_the_same_file_is_refused(tmp_path: Path) -> None:
    first = SqliteEngine(tmp_path / "desk.db")
    (tmp_path / "link.db").symlink_to(tmp_path / "desk.db")
    second = SqliteEngine(tmp_path / "link.db")

    with (
        first.only_server(),
        pytest.raises(CannotStart, match="Another desk"),
        second.only_server(),
    ):
        pass

    with second.only_server():
        pass


def test_sqlite_is_opened_to_lose_nothing(tmp_path: Path) -> None:
    connection = SqliteEngine(tmp_path / "desk.db").writer()

    pragmas = {
        name: connection.execute(f"PRAGMA {name}")[0][0]
        for name in ("journal_mode", "synchronous", "mmap_size")
    }

    connection.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "mmap_size": 0}


def test_an_sqlite_that_can_corrupt_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snaglist.storage.sqlite.sqlite_version", lambda: (3, 51, 2))

    with pytest.raises(CannotStart, match="can corrupt"):
        SqliteEngine(tmp_path / "desk.db").check()


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_postgresql_that_loses_commits_is_refused(setting: str) -> None:
    server = Postgres({setting: "off"})
    try:
        with pytest.raises(CannotStart, match=setting):
            PostgresEngine(server.url()).check()
        PostgresEngine(server.url(), allow_unsafe=True).check()
    finally:
        server.close()


@pytest.mark.parametrize(
    "url", ["", "desk.db", "mysql://x/y", "sqlite://", "sqlite:///", "postgresql://[bad"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(CannotStart):
        engine_for(url)


def test_a_password_is_never_shown() -> None:
    engine = engine_for("postgresql://ana:hunter2@127.0.0.1:1/desk?connect_timeout=1")

    assert "hunter2" not in engine.where()
    with pytest.raises(StoreUnavailable) as refused:
        engine.check()
    assert "hunter2" not in str(refused.value)
    assert "127.0.0.1" in str(refused.value)


def test_two_servers_write_one_postgresql_in_one_order(postgres_store: str) -> None:
    url = postgres_store
    seen: list[int] = []
    with open_database(url) as one, open_database(url) as other, open_database(url) as reader:
        stop = threading.Event()

        def write(database: Database) -> None:
            while not stop.is_set():
                record_all(database, new_record(), new_record())

        threads = [threading.Thread(target=write, args=(each,)) for each in (one, other)]
        for thread in threads:
            thread.start()
        after = 0
        while len(seen) < 3000:
            stretch = find_stretch(reader, "shotgun", after)
            for page in pages_of(reader, stretch):
                seen += [record.seq for record in page]
            after = stretch.last
        stop.set()
        for thread in threads:
            thread.join()
        rows = reader.read(
            lambda connection: connection.execute(
                "SELECT seq FROM records WHERE seq <= :last ORDER BY seq", last=after
            )
        )
    assert seen == [row[0] for row in rows]


def _ignore_unavailable(database: Database, change: Callable[[Connection], None]) -> None:
    try:
        database.write(change)
    except StoreUnavailable:
        return


def _wait_until_open(database: Database) -> None:
    deadline = time.monotonic() + 10
    while database.writer.fault is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
