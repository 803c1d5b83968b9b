"""Who gets in: every route with every scope, and tokens that come and go while the desk runs."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest

from conftest import ENGINES, open_database, shared_desk
from snaglist.api.routes import Route
from snaglist.api.table import routes
from snaglist.domain.access import Scope
from snaglist.domain.moment import utc_text
from snaglist.service.tokens import create_token, list_tokens
from support.desks import SEED, DeskProcess
from support.waiting import wait_until

NOBODY = "nobody"


@pytest.fixture(scope="module", params=ENGINES)
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DeskProcess, dict[str, str]]]:
    """A desk with a token of each single scope."""
    with shared_desk(request.param, request, tmp_path_factory) as desk:
        tokens = {
            scope.value: desk.new_token(scope.value, name=f"only {scope.value}") for scope in Scope
        }
        yield desk, {**tokens, NOBODY: ""}


@pytest.mark.parametrize("route", routes(), ids=[f"{one.method} {one.path}" for one in routes()])
@pytest.mark.parametrize("scope", [*[one.value for one in Scope], NOBODY])
def test_a_route_opens_for_its_scope_and_admin_only(
    route: Route, scope: str, guarded: tuple[DeskProcess, dict[str, str]]
) -> None:
    desk, tokens = guarded
    path = route.path.format(source="shotgun", id=uuid.uuid4(), file="docs.js")
    needed = route.scope

    with (
        desk.client(tokens[scope]) as client,
        client.stream(route.method, path, json={}) as answer,  # one answer never ends
    ):
        status = answer.status_code

    if needed is None or scope in (needed.value, Scope.ADMIN.value):
        assert status not in (401, 403)
    else:
        assert status == (401 if scope == NOBODY else 403)


def test_every_route_but_the_open_ones_needs_a_scope() -> None:
    open_paths = {route.path for route in routes() if route.scope is None}

    assert open_paths == {
        "/",
        "/healthz",
        "/readyz",
        "/docs",
        "/docs/{file}",
        "/openapi.json",
    }


def test_a_refusal_says_how_to_sign_in(desk: DeskProcess) -> None:
    with desk.client("") as client:
        refused = client.get("/import/shotgun/errors")

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert "snaglist token create" in refused.json()["remedy"]


def test_a_new_token_counts_at_once(desk: DeskProcess) -> None:
    secret = desk.new_token("read", name="new")

    with desk.client(secret) as client:
        assert client.get("/import/shotgun/errors").status_code == 200


def test_a_revoked_token_stops_within_two_seconds(desk: DeskProcess) -> None:
    secret = desk.new_token("read", name="leaver")
    with desk.client(secret) as client:
        assert client.get("/import/shotgun/errors").status_code == 200

        assert desk.run("token", "revoke", "leaver").returncode == 0

        refused = wait_until(
            lambda: _refusal(client.get("/import/shotgun/errors")), 2, "the revocation"
        )
        assert "revoked" in refused.json()["detail"]


def test_two_secrets_are_alive_while_a_token_rotates(desk: DeskProcess) -> None:
    first = desk.new_token("read", name="turning")

    second = desk.run("token", "rotate", "turning").stdout.strip()
    assert _status(desk, first) == _status(desk, second) == 200
    third = desk.run("token", "rotate", "turning").stdout.strip()

    assert len({first, second, third}) == 3
    assert _status(desk, second) == _status(desk, third) == 200
    wait_until(lambda: _status(desk, first) == 401, 3, "the end of the oldest secret")


def test_a_token_that_expired_opens_nothing(desk: DeskProcess, store: str) -> None:
    now = time.time()
    with open_database(store) as database:
        made = create_token(
            database,
            token_id=str(uuid.uuid4()),
            name="short",
            scopes=(Scope.READ,),
            random_bits=b"s" * 32,
            who="a test",
            at=now,
            expires_at=utc_text(now + 1.5),
        )

    assert _status(desk, made.secret) == 200
    wait_until(lambda: _status(desk, made.secret) == 401, 5, "the expiry")


def test_no_request_asks_the_database_who_it_is(
    new_desk: Callable[..., DeskProcess], postgres_store: str
) -> None:
    """With the table of tokens out of reach, whoever was let in before is let in still."""
    desk = new_desk(postgres_store)

    with psycopg.connect(postgres_store) as holder, desk.client() as client:
        assert client.post("/import/shotgun/errors", json=SEED).status_code == 201
        holder.execute("LOCK TABLE tokens, token_secrets IN ACCESS EXCLUSIVE MODE")
        assert client.post("/import/shotgun/errors", json=SEED).status_code == 201
        holder.rollback()


def test_the_last_use_is_noted_to_the_minute(desk: DeskProcess, store: str) -> None:
    with desk.client() as client:
        client.get("/import/shotgun/errors")

    assert desk.stop() == 0

    with open_database(store) as database:
        (admin,) = list_tokens(database)
    assert admin.last_used_at is not None
    assert admin.last_used_at.endswith(":00.000Z")


def test_a_capped_token_cannot_fill_the_disk(desk: DeskProcess) -> None:
    capped = desk.new_token("report", "read", name="capped", rate="3")
    with desk.client(capped) as client:
        statuses = [client.post("/import/shotgun/errors", json=SEED).status_code for _ in range(4)]
        batch = client.post("/api/v1/records", json=[{"event_data": SEED}])
        listed = client.get("/import/shotgun/errors").json()

    assert statuses == [201, 201, 201, 500]
    assert batch.status_code == 429
    assert int(batch.headers["retry-after"]) >= 1
    assert batch.json()["code"] == "rate_exceeded"
    assert len(listed) == 3


def test_a_batch_counts_as_many_as_it_brings(desk: DeskProcess) -> None:
    capped = desk.new_token("report", name="capped", rate="5")
    lines = "\n".join(json.dumps({"event_data": {"n": number}}) for number in range(6))

    with desk.client(capped) as client:
        refused = client.post("/api/v1/records", content=lines)
        taken = client.post("/api/v1/records", content=lines.rpartition("\n")[0])

    assert refused.status_code == 429
    assert taken.status_code == 200


def _refusal(response: httpx.Response) -> httpx.Response | None:
    return response if response.status_code == 401 else None


def _status(desk: DeskProcess, secret: str) -> int:
    with desk.client(secret) as client:
        return client.get("/import/shotgun/errors").status_code
