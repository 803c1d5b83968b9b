"""What a program logs as an error is recorded, as whose it is, and never the client's own words."""

from __future__ import annotations

import logging
from collections.abc import Callable

import httpx

import snaglist_client

NewSnaglist = Callable[..., snaglist_client.Desk]


def test_the_handler_records_what_is_logged_and_never_itself(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    log = logging.getLogger("studio.import")
    handler = snaglist_client.Handler(snaglist)
    own = logging.getLogger("snaglist_client")
    log.propagate = False
    log.addHandler(handler)
    own.addHandler(handler)
    try:
        log.warning("not this")
        log.error("Shot %s broke", 12, extra={"entity_type": "Shot", "shotgun_id": 12})
        log.error("%d", "no number")
        try:
            raise KeyError("sg_cut_in")
        except KeyError:
            log.exception("Import failed")
        own.error("not this either")
    finally:
        own.removeHandler(handler)
        log.removeHandler(handler)
        log.propagate = True
    assert snaglist.flush(10)

    records = [one["event_data"] for one in client.get("/import/shotgun/errors").json()]
    assert [one["error"] for one in records] == ["Shot 12 broke", "%d", "Import failed"]
    assert records[0]["details"]["shotgun_id"] == 12
    assert records[2]["details"]["exception_type"] == "KeyError"
    titles = {one["title"] for one in client.get("/api/v1/causes").json()}
    assert "The importer did not send a field: sg_cut_in" in titles


def test_what_is_logged_while_an_item_is_tried_is_that_items_failure(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    log = logging.getLogger("studio.import")
    handler = snaglist_client.Handler(snaglist)
    log.addHandler(handler)
    try:
        with snaglist.run("nightly", project=87) as run:
            for number in (1, 2):
                with run.item("Shot", number, payload={"x": 1}, part="movie"):
                    log.error("trouble")
                    if number == 1:
                        raise ValueError("it broke")
        log.error("outside")
    finally:
        log.removeHandler(handler)
    assert snaglist.flush(10)
    found = {
        (one["entity_type"], one["entity_id"], one["part"], one["project"], one["status"])
        for one in client.get("/api/v1/items").json()
    }
    assert found == {
        ("Shot", "1", "movie", "87", "open"),
        ("Shot", "2", "movie", "87", "open"),
        ("", "", "", "", "open"),
    }


def test_a_handler_on_a_desk_that_drops_everything_does_not_loop(
    new_snaglist: NewSnaglist,
) -> None:
    snaglist = new_snaglist(spool_bytes=10)
    handler = snaglist_client.Handler(snaglist, level=logging.DEBUG)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        for _ in range(5):
            logging.getLogger("studio").error("no")
    finally:
        root.removeHandler(handler)

    assert snaglist.status().dropped.messages == 5
