"""An order to retry, with the desk killed while it freezes its items."""

from __future__ import annotations

import contextlib
import threading
import uuid

import httpx

from conftest import open_database
from snaglist.service.recount import recounted
from support.desks import DeskProcess
from support.waiting import wait_until

ITEMS = 20_000
BATCH = 10_000


def test_an_order_that_a_kill_cut_off_is_made_whole_when_it_is_sent_again(
    desk: DeskProcess, store: str
) -> None:
    order = {"id": str(uuid.uuid4())}

    def ask() -> None:
        with contextlib.suppress(httpx.TransportError), desk.client() as asking:
            asking.post("/api/v1/retries", json=order)

    asking = threading.Thread(target=ask)
    with desk.client() as client:
        for first in range(0, ITEMS, BATCH):
            batch = [
                {"event_data": {"error": "No rig", "details": {"shotgun_id": first + one}}}
                for one in range(BATCH)
            ]
            assert client.post("/api/v1/records", json=batch).is_success
        asking.start()
        wait_until(
            lambda: client.get(f"/api/v1/retries/{order['id']}").json().get("total"),
            what="the first slice",
        )
        desk.kill()
    asking.join()
    desk.start()

    with desk.client() as client:
        again = client.post("/api/v1/retries", json=order)

        assert again.status_code == 200
        made = again.json()
        assert (made["status"], made["total"], made["waiting"]) == ("working", ITEMS, ITEMS)
    assert desk.stop() == 0
    with open_database(store) as database:
        assert database.read(recounted) == []
