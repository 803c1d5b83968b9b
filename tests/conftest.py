"""Fixtures: both engines for every test that stores, and desks that run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snaglist.storage.database import Database, engine_for
from snaglist.storage.writer import Writer
from support.desks import DeskProcess
from support.postgres import Postgres
from support.stores import Stores

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Where databases come from."""
    made = Stores(tmp_path_factory.mktemp("stores"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres(stores: Stores) -> Postgres:
    """The PostgreSQL server that the tests share; each takes a database of its own."""
    return stores.postgres


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return str(request.param)


@pytest.fixture
def new_store(engine_name: str, stores: Stores, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes databases of the test's engine with this version's schema; their addresses."""
    made: list[str] = []

    def make() -> str:
        made.append(stores.made(engine_name, tmp_path))
        return made[-1]

    yield make
    for url in made:
        stores.drop(url)


@pytest.fixture
def store(new_store: Callable[[], str]) -> str:
    """The address of a database with this version's schema, on each engine in turn."""
    return new_store()


@pytest.fixture
def empty_store(engine_name: str, stores: Stores, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, on each engine in turn."""
    url = stores.empty(engine_name, tmp_path)
    yield url
    stores.drop(url)


@pytest.fixture
def postgres_store(stores: Stores, tmp_path: Path) -> Iterator[str]:
    """The address of a PostgreSQL database with this version's schema."""
    url = stores.made("postgresql", tmp_path)
    yield url
    stores.drop(url)


@contextlib.contextmanager
def shared_desk(
    engine_name: str, request: pytest.FixtureRequest, folders: pytest.TempPathFactory
) -> Iterator[DeskProcess]:
    """A desk on this engine for the tests of a whole module, which must not disturb each other."""
    folder = folders.mktemp(engine_name)
    url = request.getfixturevalue("stores").made(engine_name, folder)
    process = DeskProcess(folder, url, from_nursery=True)
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
    process = DeskProcess(tmp_path, store, from_nursery=True)
    yield process
    process.close()


@pytest.fixture
def new_desk(tmp_path: Path) -> Iterator[Callable[..., DeskProcess]]:
    """Starts desks on given databases, with given settings, and ends them after the test."""
    started: list[DeskProcess] = []

    def start(database: str, **settings: str) -> DeskProcess:
        folder = tmp_path / f"desk-{len(started)}"
        folder.mkdir()
        started.append(DeskProcess(folder, database, from_nursery=True, **settings))
        return started[-1]

    yield start
    for process in started:
        process.close()


def is_torture() -> bool:
    """Whether the long forms are to run (`make torture`)."""
    return os.environ.get("SNAGLIST_TORTURE") == "full"
