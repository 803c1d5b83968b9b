"""Fixtures: both engines for every test that stores, and desks that run."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snaglist.service.schema import upgrade
from snaglist.storage.database import Database, engine_for
from snaglist.storage.writer import Writer
from support.desks import DeskProcess
from support.postgres import Postgres

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server that the tests share; each takes a database of its own."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return str(request.param)


@pytest.fixture
def new_store(
    engine_name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[], str]:
    """Makes addresses of empty databases of the test's engine."""

    def make() -> str:
        if engine_name == "sqlite":
            return f"sqlite:///{tmp_path / f'desk-{time.monotonic_ns()}.db'}"
        return str(request.getfixturevalue("postgres").new_database())

    return make


@pytest.fixture
def store(new_store: Callable[[], str]) -> str:
    """The address of a database with this version's schema, on each engine in turn."""
    url = new_store()
    upgrade(engine_for(url), time.time())
    return url


@contextlib.contextmanager
def shared_desk(
    engine_name: str, request: pytest.FixtureRequest, folders: pytest.TempPathFactory
) -> Iterator[DeskProcess]:
    """A desk on this engine for the tests of a whole module, which must not disturb each other."""
    folder = folders.mktemp(engine_name)
    url = f"sqlite:///{folder / 'desk.db'}"
    if engine_name == "postgresql":
        url = request.getfixturevalue("postgres").new_database()
    upgrade(engine_for(url), time.time())
    process = DeskProcess(folder, url)
    try:
        yield process
    finally:
        process.close()


@pytest.fixture
def database(store: str) -> Iterator[Database]:
    """An open database, on each engine in turn."""
    with open_database(store) as opened:
        yield opened


@contextlib.contextmanager
def open_database(url: str) -> Iterator[Database]:
    """The database at this address, open for one block."""
    engine = engine_for(url)
    opened = Database(engine, Writer(engine))
    opened.writer.start()
    yield opened
    opened.close()


@pytest.fixture
def desk(store: str, tmp_path: Path) -> Iterator[DeskProcess]:
    """A running desk with an empty database, on each engine in turn."""
    process = DeskProcess(tmp_path, store)
    yield process
    process.close()


@pytest.fixture
def new_desk(tmp_path: Path) -> Iterator[Callable[..., DeskProcess]]:
    """Starts desks on given databases, with given settings, and ends them after the test."""
    started: list[DeskProcess] = []

    def start(database: str, **settings: str) -> DeskProcess:
        folder = tmp_path / f"desk-{len(started)}"
        folder.mkdir()
        started.append(DeskProcess(folder, database, **settings))
        return started[-1]

    yield start
    for process in started:
        process.close()


def is_torture() -> bool:
    """Whether the long forms are to run (`make torture`)."""
    return os.environ.get("SNAGLIST_TORTURE") == "full"
