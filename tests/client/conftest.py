"""The client inside a test, with a spool of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import snaglist_client
from support.desks import DeskProcess

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """The folder of spools."""
    return tmp_path / "spool"


@pytest.fixture(autouse=True)
def temporary_files(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder of the test's own for temporary files: spools of other programs lie in those."""
    if "engine_name" in request.fixturenames:
        request.getfixturevalue("store")  # a database's files stay where its server can read them
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def client(desk: DeskProcess) -> httpx.Client:
    """What a person sees at the desk."""
    return desk.client()


@pytest.fixture
def new_snaglist(spool: Path) -> Iterator[Callable[..., snaglist_client.Desk]]:
    """Makes the client's desks, and ends their threads."""
    made: list[snaglist_client.Desk] = []

    def make(url: str = NOWHERE, token: str = "none", **more: Any) -> snaglist_client.Desk:
        made.append(snaglist_client.Desk(url, token, **{"target": "kitsu", "spool": spool} | more))
        return made[-1]

    yield make
    for one in made:
        one.close(0)


@pytest.fixture
def snaglist(
    desk: DeskProcess, new_snaglist: Callable[..., snaglist_client.Desk]
) -> snaglist_client.Desk:
    """The client's side of a running desk."""
    return new_snaglist(desk.url, desk.token)


@pytest.fixture
def failed(snaglist: snaglist_client.Desk) -> Callable[[int], None]:
    """Has so many shots fail."""

    def fail(count: int) -> None:
        for number in range(count):
            snaglist.record("It broke", entity_type="Shot", shotgun_id=number, project=87)
        assert snaglist.flush(10)

    return fail
