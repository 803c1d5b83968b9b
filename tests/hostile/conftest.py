"""A desk on SQLite that a module's attacks share, and a look at it after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hostile.vitals import assert_listed, assert_unharmed
from support.desks import DeskProcess


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    """A running desk on SQLite for all tests of a module, which lists all they left at the end."""
    folder = tmp_path_factory.mktemp("desk")
    process = DeskProcess(folder, f"sqlite:///{folder / 'desk.db'}")
    yield process
    try:
        assert_listed(process, "shotgun")
    finally:
        process.close()


@pytest.fixture
def victim(shared_desk: DeskProcess) -> Iterator[DeskProcess]:
    """The module's desk, which must be unharmed after the test."""
    shared_desk.log.write_text("")
    yield shared_desk
    assert_unharmed(shared_desk)


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[Callable[..., DeskProcess]]:
    """Starts a desk on SQLite with given settings for this test alone."""
    started: list[DeskProcess] = []

    def start(**settings: str) -> DeskProcess:
        started.append(DeskProcess(tmp_path, f"sqlite:///{tmp_path / 'desk.db'}", **settings))
        return started[-1]

    yield start
    for process in started:
        process.close()
