"""A studio's own causes: taken over while the desk runs, and all causes made again by them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from support.desks import DeskProcess
from support.understanding import recount
from support.waiting import wait_until

OWN = """
[[cause]]
id = "render-farm-asleep"
title = "The render farm sleeps"
meaning = "Nobody woke it."
fix = "Wake it."
who = "it"
[[cause.when]]
says = ["farm", "asleep"]
"""
ASLEEP = {"error": "The farm is asleep again, zzz", "details": {"shotgun_id": 7}}


def post(client: httpx.Client, body: object) -> dict[str, str]:
    answer = client.post("/import/shotgun/errors", json=body)
    assert answer.status_code == 201
    found: dict[str, str] = answer.json()
    return found


def test_a_studio_writes_a_cause_and_all_that_came_before_is_made_again_by_it(
    store: str, new_desk: Callable[..., DeskProcess], tmp_path: Path
) -> None:
    folder = tmp_path / "causes"
    folder.mkdir()
    desk = new_desk(store, SNAGLIST_CAUSES=str(folder))
    desk.token = desk.new_token("admin")
    client = desk.client()
    before = [post(client, ASLEEP | {"details": {"shotgun_id": n}}) for n in range(600)]
    own = folder / "own.toml"

    own.write_text(OWN)
    known = wait_until(lambda: newly_caused(client, before[0]), what="the new cause")

    own.write_text(OWN.replace("who =", "whom ="))
    wait_until(lambda: "own.toml, line" in desk.log.read_text(), what="the fault in the log")
    assert post(client, ASLEEP)["cause_id"] == known

    regrouped(desk, {"dry_run": True})
    assert cause_of(client, before[0]) == before[0]["cause_id"]

    own.write_text(OWN)
    order = client.post("/api/v1/regroups", json={})
    assert order.status_code == 202
    desk.kill()
    desk.start()
    ended(desk, order.headers["location"])
    client = desk.client()
    assert {cause_of(client, record) for record in before} == {cause_of(client, before[0])}
    assert cause_of(client, before[0]) == post(client, ASLEEP)["cause_id"]
    desk.kill()
    assert recount(store) == []


def newly_caused(client: httpx.Client, before: dict[str, str]) -> str:
    """The cause of one posted now, if it is another than before."""
    now = post(client, ASLEEP)["cause_id"]
    return now if now != before["cause_id"] else ""


def cause_of(client: httpx.Client, record: dict[str, str]) -> str:
    return str(client.get(f"/api/v1/records/{record['id']}").json()["cause_id"])


def regrouped(desk: DeskProcess, order: dict[str, bool]) -> None:
    answer = desk.client().post("/api/v1/regroups", json=order)
    assert answer.status_code == 202
    ended(desk, answer.headers["location"])


def ended(desk: DeskProcess, location: str) -> None:
    client = desk.client()

    def is_over() -> bool:
        found = client.get(location).json()
        assert found["fault"] is None
        return found["ended_at"] is not None

    wait_until(is_over, seconds=90, what="the regroup's end")
