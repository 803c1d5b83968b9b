"""Two servers on one PostgreSQL: what one recorded, the other shows, and a token opens both."""

from __future__ import annotations

import time
from collections.abc import Callable

from snaglist.service.schema import upgrade
from snaglist.storage.database import engine_for
from support.desks import SEED, DeskProcess
from support.postgres import Postgres


def test_two_servers_share_records_keys_and_tokens(
    postgres: Postgres, new_desk: Callable[..., DeskProcess]
) -> None:
    store = postgres.new_database()
    upgrade(engine_for(store), time.time())
    one, other = new_desk(store), new_desk(store)
    headers = {"Idempotency-Key": "night"}

    with one.client() as here, other.client(one.token) as there:
        first = here.post("/import/shotgun/errors", json=SEED, headers=headers)
        again = there.post("/import/shotgun/errors", json=SEED, headers=headers)
        listed = there.get("/import/shotgun/errors").json()
        deleted = there.delete(first.headers["location"])

        assert first.json() == again.json()
        assert listed == [first.json()]
        assert deleted.status_code == 204
        assert here.get("/import/shotgun/errors").json() == []
    assert not (other.folder / "snaglist-admin-token").exists()
