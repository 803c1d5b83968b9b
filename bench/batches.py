"""Batches of 1,000 beside a plain executemany, and the rate with 1,000,000 records there."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable

import apsw
import psycopg

from bench.bodies import BATCH, Bodies
from bench.loads import Load, median_p99, median_rate
from bench.report import Table
from bench.stand import ENGINES, Stand

LEAST_SHARE = 0.25
LEAST_WHEN_FULL = 0.8
CONNECTIONS = (1, 2, 4)
_COLUMNS = "(id, source, event_data, created_at)"
_BARE = "(seq {key}, id text, source text, event_data text, created_at text)"
BareRow = tuple[str, str, str, str]


def measure_batch(stand: Stand) -> Table:
    """Batches over HTTP as a share of a plain executemany of the same rows, 1,000 a commit."""
    table = Table(
        "batch: POST /api/v1/records, 1,000 records of NDJSON each",
        "Beside executemany into a bare table without indexes, 1,000 rows a commit, in turns. "
        "SQLite: WAL, synchronous=FULL. Every acknowledged record was found.",
    )
    rows = _bare_rows(stand)
    for engine in ENGINES:
        plain, many = _batches_in_turns(stand, engine, rows)
        table.add(f"{engine}, plain executemany", f"{statistics.median(plain):,.0f} rows/s")
        for clients in CONNECTIONS:
            loads = many[clients]
            share = statistics.median(
                load.rate / rate for load, rate in zip(loads, plain, strict=True)
            )
            table.add(
                f"{engine}, batches, {clients} clients",
                f"{median_rate(loads):,.0f} records/s, p99 {median_p99(loads):.0f} ms"
                f" = {share:.3f} x plain",
                f">= {LEAST_SHARE} x",
                share >= LEAST_SHARE,
            )
    return table


def measure_million(stand: Stand) -> Table:
    """The rate with 1,000,000 records there as a share of the rate of an empty desk."""
    many = stand.scale.million
    table = Table(
        f"million: with at least {many:,} records there, beside an empty desk in each round",
        f"Medians of {stand.scale.rounds} rounds; single POSTs from 64 clients, batches from 2.",
    )
    for engine in ENGINES:
        full = stand.full_desk(engine)
        for bodies, clients in ((stand.corpus, 64), (stand.batches, 2)):
            pairs = [
                _full_and_empty(stand, engine, bodies, clients) for _ in range(stand.scale.rounds)
            ]
            share = statistics.median(ours.rate / other.rate for ours, other in pairs)
            table.add(
                f"{engine}, {'single' if bodies.records_each == 1 else bodies.name}",
                f"{median_rate([pair[0] for pair in pairs]):,.0f}/s full,"
                f" {median_rate([pair[1] for pair in pairs]):,.0f}/s empty = {share:.3f} x",
                f">= {LEAST_WHEN_FULL} x",
                share >= LEAST_WHEN_FULL,
            )
        table.add(f"{engine}, records at the end", f"{full.rows():,}")
    return table


def _full_and_empty(stand: Stand, engine: str, bodies: Bodies, clients: int) -> tuple[Load, Load]:
    """One round: the full desk, then one that has nothing yet but a warm-up."""
    full = stand.full_desk(engine)
    full.load(bodies, clients, stand.scale.warm_up)
    ours = full.load(bodies, clients, stand.scale.seconds)
    with stand.desk(engine) as empty:
        empty.load(bodies, clients, stand.scale.warm_up)
        return ours, empty.load(bodies, clients, stand.scale.seconds)


def _batches_in_turns(
    stand: Stand, engine: str, rows: list[list[BareRow]]
) -> tuple[list[float], dict[int, list[Load]]]:
    plain_insert = _plain_sqlite if engine == "sqlite" else _plain_postgres
    scale = stand.scale
    plain: list[float] = []
    many: dict[int, list[Load]] = {clients: [] for clients in CONNECTIONS}
    with stand.desk(engine) as desk:
        desk.load(stand.batches, 2, scale.warm_up)
        for _ in range(scale.rounds):
            plain.append(plain_insert(stand, rows, scale.seconds))
            for clients in CONNECTIONS:
                many[clients].append(desk.load(stand.batches, clients, scale.seconds))
    return plain, many


def _bare_rows(stand: Stand) -> list[list[BareRow]]:
    """The bodies as rows of the bare table, 1,000 to a commit."""
    rows = [
        (str(uuid.uuid4()), "shotgun", text.decode(), "2026-01-01T00:00:00.000000Z")
        for text in stand.texts
    ]
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]


def _plain_sqlite(stand: Stand, rows: list[list[BareRow]], seconds: int) -> float:
    """Rows per second of executemany on a fresh file; checkpoints as the desk has them."""
    connection = apsw.Connection(str(stand.new_folder() / "plain.db"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute(f"CREATE TABLE bare {_BARE.format(key='INTEGER PRIMARY KEY')}")

    def commit(some: list[BareRow]) -> None:
        with connection:
            connection.executemany(f"INSERT INTO bare {_COLUMNS} VALUES (?, ?, ?, ?)", some)

    try:
        return _rate(commit, rows, seconds)
    finally:
        connection.close()


def _plain_postgres(stand: Stand, rows: list[list[BareRow]], seconds: int) -> float:
    """Rows per second of psycopg's executemany into a fresh database."""
    with psycopg.connect(stand.postgres.new_database()) as connection:
        key = "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        connection.execute(f"CREATE TABLE bare {_BARE.format(key=key)}".encode())
        connection.commit()
        cursor = connection.cursor()

        def commit(some: list[BareRow]) -> None:
            statement = f"INSERT INTO bare {_COLUMNS} VALUES (%s, %s, %s, %s)"
            cursor.executemany(statement.encode(), some)
            connection.commit()

        return _rate(commit, rows, seconds)


def _rate(
    commit: Callable[[list[BareRow]], object], rows: list[list[BareRow]], seconds: int
) -> float:
    """Commit after commit for some seconds, after one to warm up; rows per second."""
    commit(rows[0])
    began, place = time.perf_counter(), 0
    while time.perf_counter() < began + seconds:
        commit(rows[place % len(rows)])
        place += 1
    return place * BATCH / (time.perf_counter() - began)
