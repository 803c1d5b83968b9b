"""Claims about a desk whose PostgreSQL goes away under load and comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from random import Random
from statistics import median

import pytest

from conftest import is_torture
from snaglist.service.schema import upgrade
from snaglist.storage.database import engine_for
from support.desks import DeskProcess
from support.ledger import Ledger
from support.load import (
    ERRORS,
    LONGEST_ANSWER_SECONDS,
    RECORDS,
    Client,
    Load,
    records_of,
    send_again_what_was_not_acknowledged,
)
from support.postgres import Postgres
from support.waiting import wait_until

pytestmark = pytest.mark.torture

AT_ONCE_SECONDS = 0.5
REFUSALS_TO_SEE = 20


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL server that no other test minds being killed."""
    server = Postgres()
    yield server
    server.close()


@pytest.mark.parametrize(
    ("end", "times"),
    [
        pytest.param(Postgres.kill, 100 if is_torture() else 4, id="killed"),
        pytest.param(Postgres.stop, 30 if is_torture() else 3, id="stopped"),
    ],
)
def test_a_desk_refuses_at_once_while_postgres_is_away_and_recovers_by_itself(
    end: Callable[[Postgres], None],
    times: int,
    own_postgres: Postgres,
    new_desk: Callable[..., DeskProcess],
) -> None:
    url = own_postgres.new_database()
    upgrade(engine_for(url), 0)
    desk, ledger, random = new_desk(url), Ledger(), Random(times)

    for _ in range(times):
        load = _take_postgres_away_under_load(end, own_postgres, desk, ledger, random)
        _assert_refused_at_once(load)

        assert ledger.broken_promises(records_of(desk.url, desk.token)) == []
        send_again_what_was_not_acknowledged(desk.url, desk.token, ledger)
        assert ledger.repeatable() == []
        assert ledger.broken_promises(records_of(desk.url, desk.token)) == []

    assert desk.process.poll() is None
    assert ledger.deleted >= times, "the load deleted too little"


def _take_postgres_away_under_load(
    end: Callable[[Postgres], None],
    postgres: Postgres,
    desk: DeskProcess,
    ledger: Ledger,
    random: Random,
) -> Load:
    """End PostgreSQL amid the load, start it again, and wait until the desk records again."""
    with Load(desk.url, desk.token, ledger, random, enduring=True) as load:
        load.wait_for_acknowledgements(random.randint(20, 400))
        end(postgres)
        for path in (ERRORS, RECORDS):
            wait_until(lambda path=path: len(load.refusals(path)) >= REFUSALS_TO_SEE, what=path)
        _wait_for_readiness(desk, 503)
        postgres.start()
        _wait_for_readiness(desk, 200)
        load.wait_for_acknowledgements(20)
    return load


def _wait_for_readiness(desk: DeskProcess, status: int) -> None:
    with closing(Client(desk.url, "")) as client:
        wait_until(lambda: client.send("GET", "/readyz").status == status, what=f"/readyz {status}")


def _assert_refused_at_once(load: Load) -> None:
    assert {answer.status for answer in load.refusals("/import/")} == {500}
    assert {answer.status for answer in load.refusals("/api/v1")} == {503}
    assert all(answer.status for answer in load.answers), "the desk cut connections"
    assert load.longest_seconds < LONGEST_ANSWER_SECONDS
    assert median(answer.seconds for answer in load.answers) < AT_ONCE_SECONDS
