"""`snaglist show`: one of anything, whole and in people's words."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import httpx

from snaglist.cli.remote import words
from snaglist.domain.cause import CauseStatus, Claim
from snaglist.domain.history import Event
from snaglist.domain.retry import RetryStatus
from snaglist.domain.run import RunStatus
from snaglist.domain.standing import Reason, Status
from support.desks import DeskProcess, snaglist

FAILED = {
    "error": "KeyError: 'sg_cut_in'",
    "details": {
        "shotgun_id": 3,
        "entity_type": "Shot",
        "name": "SQ010_SH0570",
        "project": {"id": 87, "name": "Élan"},
    },
}


def run(desk: DeskProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    return snaglist(
        *arguments, folder=desk.folder, SNAGLIST_URL=desk.url, SNAGLIST_TOKEN=desk.token
    )


def fail(client: httpx.Client) -> Any:
    """The item of a failure that was recorded."""
    client.post("/import/shotgun/errors", json=FAILED)
    (item,) = client.get("/api/v1/items").json()
    return item


def test_each_kind_of_thing_is_shown_whole_in_words(desk: DeskProcess) -> None:
    client = desk.client()
    item = fail(client)
    client.post("/api/v1/runs", json={"label": "night/1", "name": "Nightly", "total": 3})
    imported = {"shotgun_id": 7, "entity_type": "Shot", "run": "night/1"}
    client.post("/import/shotgun/imported", json=imported)
    (told_run,) = client.get("/api/v1/runs").json()
    order = client.post("/api/v1/retries", json={"why": "it is there"}, params={"q": "sh0570"})

    for id_, said in [
        (item["cause_id"], ["Cause: ", "Items          1 left behind", "a pipeline TD"]),
        (item["id"], ["Item: Shot 3 SQ010_SH0570", "left behind since", "Élan (87)", "History"]),
        (item["standing_record_id"], ["Record: ", '"shotgun_id": 3']),
        (told_run["id"], ["Run: Nightly", "running", "1 of 3: 1 came over, 0 failed, 2 not tried"]),
        (order.json()["id"], ["Retry: q=sh0570", "at work", "it is there", "1: 1 waiting"]),
    ]:
        shown = run(desk, "show", id_)
        assert shown.returncode == 0, shown.stderr
        for word in said:
            assert word in shown.stdout
        for member in ("cause_id", "failures", "is_ignored", "came_over"):
            assert member not in shown.stdout
        told = json.loads(run(desk, "show", id_, "--json").stdout)
        assert told["id"] == id_


def test_a_run_is_shown_by_its_label(desk: DeskProcess) -> None:
    desk.client().post("/api/v1/runs", json={"label": "night 2", "name": "The second"})

    assert run(desk, "show", "night 2").stdout.startswith("Run: The second")


def test_every_state_and_event_has_words() -> None:
    for told, names in [
        (words.STATES, [*Status, *Reason]),
        (words.CAUSE_STATES, CauseStatus),
        (words.CLAIMS, Claim),
        (words.RUN_STATES, RunStatus),
        (words.RETRY_STATES, RetryStatus),
        (words.EVENTS, Event),
    ]:
        assert set(told) == {name.value for name in names}
