"""A list that fails midway: the client sees that it is not whole."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from snaglist.service.schema import upgrade
from snaglist.storage.database import engine_for
from support.desks import DeskProcess
from support.postgres import Postgres
from support.waiting import wait_until


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL that this test may stop."""
    server = Postgres()
    yield server
    server.close()


def test_a_list_whose_database_goes_away_is_cut(
    own_postgres: Postgres, new_desk: Callable[..., DeskProcess]
) -> None:
    store = own_postgres.new_database()
    upgrade(engine_for(store), time.time())
    desk = new_desk(store)
    with desk.client() as client:
        for _ in range(6):
            batch = [{"event_data": {"error": "x" * 200_000}} for _ in range(50)]
            assert client.post("/api/v1/records", json=batch).status_code == 200
    host, port = desk.url.removeprefix("http://").split(":")

    with socket.create_connection((host, int(port)), timeout=20) as reader:
        reader.sendall(
            f"GET /import/shotgun/errors HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: {desk.token}\r\n\r\n".encode()
        )
        received = reader.recv(4096)
        own_postgres.stop()
        while piece := reader.recv(1 << 20):
            received += piece

    assert received.startswith(b"HTTP/1.1 200")
    assert not received.endswith(b"0\r\n\r\n")
    own_postgres.start()
    with desk.client() as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        assert len(json.loads(client.get("/import/shotgun/errors").content)) == 300
