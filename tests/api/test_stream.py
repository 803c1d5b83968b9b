"""What changed, told as it changes to programs that listen."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest

from conftest import open_database
from snaglist.api.stream import BEAT_SECONDS, MOST_STREAMS
from snaglist.domain.access import Scope
from snaglist.domain.moment import utc_text
from snaglist.service.schema import upgrade
from snaglist.service.tokens import create_token
from snaglist.storage.database import engine_for
from support.desks import SEED, DeskProcess
from support.listener import STREAM, Listener
from support.postgres import Postgres
from support.waiting import wait_until

FAILED = {"error": "no", "details": {"shotgun_id": 5, "entity_type": "Shot"}}
RECORDED = ["records", "items", "causes"]


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL server that no other test minds going away."""
    server = Postgres()
    yield server
    server.close()


def test_a_record_changes_records_items_and_causes(desk: DeskProcess) -> None:
    with Listener(desk) as listener, desk.client() as client:
        client.post("/import/shotgun/errors", json=SEED)

        heard = listener.event()

    assert listener.answer.headers["content-type"].startswith("text/event-stream")
    assert heard.changed == RECORDED
    assert heard.mark != listener.hello


def test_each_list_is_named_when_something_in_it_changes(desk: DeskProcess) -> None:
    with desk.client() as client:
        item_id = client.post("/import/shotgun/errors", json=FAILED).json()["item_id"]
        with Listener(desk) as listener:
            client.post("/api/v1/runs", json={"label": "night"})
            assert listener.event().changed == ["runs"]

            client.post("/api/v1/runs/night/end", json={})
            assert listener.event().changed == ["runs"]

            client.post(f"/api/v1/items/{item_id}/edits", json={"edit": "note", "text": "mine"})
            assert listener.event().changed == ["items", "causes"]

            client.post("/api/v1/items/edits", json={"edit": "note", "text": "all"})
            assert "edits" in listener.events_until("edits")[-1].changed

            client.post("/api/v1/retries", json={})
            assert "retries" in listener.events_until("retries")[-1].changed


def test_what_comes_over_in_a_run_is_told_though_it_was_not_on_the_list(desk: DeskProcess) -> None:
    with desk.client() as client, Listener(desk) as listener:
        for shot in range(5):
            imported = {"shotgun_id": shot, "entity_type": "Shot", "run": "night"}
            client.post("/import/shotgun/imported", json=imported)
            assert listener.event().changed == ["runs"]


def test_a_listener_that_comes_back_is_told_at_once_what_it_missed(desk: DeskProcess) -> None:
    with Listener(desk) as listener:
        missed_since = listener.hello
    with desk.client() as client:
        client.post("/import/shotgun/errors", json=SEED)

    with Listener(desk, since=missed_since) as again:
        began = time.monotonic()
        heard = again.event()

    assert time.monotonic() - began < 0.5
    assert heard.changed == RECORDED
    assert heard.mark == again.hello


def test_a_listener_that_missed_nothing_hears_nothing(desk: DeskProcess) -> None:
    with Listener(desk) as listener:
        newest = listener.hello

    with Listener(desk, since=newest) as again, desk.client() as client:
        client.post("/api/v1/runs", json={"label": "night"})
        assert again.event().changed == ["runs"]


@pytest.mark.parametrize("mark", ["12", "", "what, is, this", "é" * 50])
def test_a_mark_that_is_none_counts_as_having_missed_everything(
    desk: DeskProcess, mark: str
) -> None:
    with desk.client() as client:
        headers = {"Last-Event-ID": mark.encode("latin-1")}
        with client.stream("GET", STREAM, headers=headers) as answer:
            lines = answer.iter_lines()
            data = next(line for line in lines if line.startswith("data:"))

    assert data == ('data: {"changed":["records","items","causes","runs","retries","edits"]}')


def test_a_stream_ends_soon_after_its_token_is_revoked(desk: DeskProcess) -> None:
    secret = desk.new_token("read", name="leaver")
    with Listener(desk, secret, seconds=5) as listener:
        assert desk.run("token", "revoke", "leaver").returncode == 0
        told = listener.rest()
    assert len(told) <= 1, "the revocation itself is in the trail, and may still be told"

    with Listener(desk, secret) as refused:
        assert refused.answer.status_code == 401


def test_a_stream_ends_soon_after_its_token_expires(desk: DeskProcess, store: str) -> None:
    now = time.time()
    with open_database(store) as database:
        made = create_token(
            database,
            token_id=str(uuid.uuid4()),
            name="short",
            scopes=(Scope.READ,),
            random_bits=b"s" * 32,
            who="test",
            at=now,
            expires_at=utc_text(now + 2),
        )

    with Listener(desk, made.secret, seconds=6) as listener:
        assert listener.rest() == []


def test_a_stream_ends_at_once_when_the_desk_stops(desk: DeskProcess) -> None:
    with Listener(desk) as listener:
        began = time.monotonic()
        assert desk.stop() == 0
        assert time.monotonic() - began < 1.5
        assert listener.rest() == []
    assert "cut" not in desk.log.read_text()


def test_streams_are_bounded_and_those_that_went_away_count_no_more(desk: DeskProcess) -> None:
    listeners = [Listener(desk) for _ in range(MOST_STREAMS)]
    with desk.client() as client:
        refused = client.get(STREAM)
        assert refused.status_code == 503
        assert refused.json()["code"] == "too_busy"
        assert int(refused.headers["retry-after"]) >= 1
        assert f"snaglist_streams {MOST_STREAMS}.0" in client.get("/metrics").text

        for listener in listeners:
            listener.close()

        wait_until(lambda: "snaglist_streams 0.0" in client.get("/metrics").text, 5, "their end")
        with Listener(desk) as listener:
            assert listener.hello


def test_head_of_a_stream_is_answered_at_once(desk: DeskProcess) -> None:
    with desk.client() as client:
        answer = client.head(STREAM)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_servers_of_one_database_tell_of_each_others_changes(
    postgres_store: str, new_desk: Callable[..., DeskProcess]
) -> None:
    one, other = new_desk(postgres_store), new_desk(postgres_store)

    with Listener(other, one.token) as listener, one.client() as client:
        client.post("/import/shotgun/errors", json=SEED)
        heard = listener.event()
    assert heard.changed == RECORDED

    with Listener(one, since=heard.mark) as moved:
        assert moved.hello == heard.mark


def test_a_stream_outlives_the_absence_of_the_store(
    own_postgres: Postgres, new_desk: Callable[..., DeskProcess]
) -> None:
    store = own_postgres.new_database()
    upgrade(engine_for(store), time.time())
    desk = new_desk(store)

    with Listener(desk, seconds=BEAT_SECONDS + 5) as listener:
        own_postgres.stop()
        with desk.client() as client:
            assert client.get(STREAM).status_code == 503
        assert listener.comment() == "here"
        own_postgres.start()
        with desk.client() as client:
            wait_until(lambda: _is_recorded(client), what="a desk that records again")
        assert listener.events_until("records")[-1].changed[:3] == RECORDED


def _is_recorded(client: httpx.Client) -> bool:
    return client.post("/import/shotgun/errors", json=SEED).status_code == 201
