"""The last event that is behind a mirror, however many threads or processes follow with it."""

from __future__ import annotations

from typing import Any

import httpx

import snaglist_client
from support.desks import DeskProcess
from support.importers import run_importer


def change(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "event_type": "Shotgun_Shot_Change",
        "attribute_name": "sg_cut_in",
        "entity": {"type": "Shot", "id": number},
        "created_at": f"2026-11-20T10:00:{number:02}Z",
    }


def last_of(client: httpx.Client) -> tuple[str, str]:
    (mirror,) = client.get("/api/v1/runs").json()
    return mirror["last_event_id"], mirror["last_event_at"]


def test_an_event_that_is_tried_again_is_not_the_last(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.mirror("events") as mirror:
        for number in (3, 5, 4):
            with mirror.event(change(number)):
                assert number != 3, "it broke"
        with mirror.event(change(3)):
            pass
        assert mirror.last_event_id == 5
        assert snaglist.flush(20)
    assert last_of(client) == ("5", "2026-11-20T10:00:05.000Z")


def test_what_forks_are_done_with_is_the_mirrors(
    desk: DeskProcess, client: httpx.Client, spool: Any
) -> None:
    run_importer(
        """
        import multiprocessing

        def follow(entry):
            with mirror.event(entry):
                pass
            desk.flush(20)

        def change(number):
            link = {"type": "Shot", "id": number}
            return {"id": number, "event_type": "Shotgun_Shot_New", "entity": link,
                    "created_at": f"2026-11-20T10:00:{number:02}Z"}

        with desk.mirror("events") as mirror:
            with multiprocessing.get_context("fork").Pool(2) as pool:
                pool.map(follow, [change(number) for number in range(1, 9)])
            desk.flush(20)
        """,
        desk.url,
        desk.new_token("report"),
        spool,
    )
    assert last_of(client) == ("8", "2026-11-20T10:00:08.000Z")
