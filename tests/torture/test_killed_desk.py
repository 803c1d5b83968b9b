"""Claims about a desk that is killed under load, on SQLite and on PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import apsw
import pytest

from conftest import is_torture
from support.desks import DeskProcess
from support.ledger import Ledger
from support.load import Load, records_of, send_again_what_was_not_acknowledged
from support.understanding import recount

pytestmark = pytest.mark.torture

KILLS = 100 if is_torture() else 4
LONGEST_RESTART_SECONDS = 5.0


def test_a_killed_desk_keeps_its_promises_and_is_back_at_once(
    store: str, new_desk: Callable[..., DeskProcess]
) -> None:
    desk, ledger, random = new_desk(store), Ledger(), Random(store.partition(":")[0])
    token = desk.new_token("admin")

    for _ in range(KILLS):
        _kill_under_load(desk, token, ledger, random)
        began = time.monotonic()
        desk.start()
        assert time.monotonic() - began < LONGEST_RESTART_SECONDS

        assert ledger.broken_promises(records_of(desk.url, token)) == []
        send_again_what_was_not_acknowledged(desk.url, token, ledger)
        assert ledger.repeatable() == []
        assert ledger.broken_promises(records_of(desk.url, token)) == []
        _assert_whole(store)

    assert ledger.deleted >= KILLS, "the load deleted too little"


def _kill_under_load(desk: DeskProcess, token: str, ledger: Ledger, random: Random) -> None:
    """kill -9 after a random number of acknowledgements, while requests are on their way."""
    with Load(desk.url, token, ledger, random) as load:
        load.wait_for_acknowledgements(random.randint(20, 600))
        desk.kill()
    assert load.answers, "the kill met no request"
    assert {answer.status for answer in load.answers} == {0}, "the desk refused before its end"


def _assert_whole(store: str) -> None:
    """The file is sound, and every count is what its items and records say."""
    assert recount(store) == []
    if store.startswith("sqlite:///"):
        path = Path(store.removeprefix("sqlite:///"))
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
