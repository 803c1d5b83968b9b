"""Loops of an importer's own over what is to be tried again: how far they go, and in what order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx

import snaglist_client
from support.desks import DeskProcess, environment
from support.importers import CLIENT
from support.orders import order, statuses


def test_a_loop_goes_through_the_stages_and_ends_when_it_skips_what_it_is_given(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    for kind in ("Task", "Shot", "Project"):
        for number in range(2):
            snaglist.record("It broke", entity_type=kind, shotgun_id=number)
    assert snaglist.flush(10)
    order(client)
    tried = []

    for item in snaglist.retries(wait=False, seconds=30):
        tried.append(item.entity_type)
        if item.entity_type != "Task":
            with item:
                pass

    assert tried[:4] == ["Project", "Project", "Shot", "Shot"]
    assert set(tried[4:]) == {"Task"}
    assert 1 <= len(tried[4:]) <= 3


def test_an_id_is_given_as_it_is_and_a_bad_address_is_left_out(
    new_snaglist: Callable[..., snaglist_client.Desk], desk: DeskProcess, client: httpx.Client
) -> None:
    snaglist = new_snaglist(desk.url, desk.token, source="csv")
    for number in ("007", 7):
        snaglist.record("It broke", entity_type="Asset", shotgun_id=number)
    assert snaglist.flush(10)
    order(client)
    given = []

    for item in snaglist.retries(wait=False, seconds=30):
        with item:
            given.append(item.entity_id)
            item.target_url = "kitsu.studio/assets/12"
    assert snaglist.flush(10)

    assert sorted(map(str, given)) == ["007", "7"]
    assert {type(one) for one in given} == {str, int}
    assert statuses(client) == {"007": "resolved", "7": "resolved"}
    assert snaglist.status().refused == 0


def test_a_second_try_of_assets_has_the_parents_first_too(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    for number, parents in ((101, [103]), (102, [103]), (103, [])):
        payload = {"type": "Asset", "id": number, "parents": [{"type": "Asset", "id": 103}]}
        payload["parents"] = [{"type": "Asset", "id": one} for one in parents]
        snaglist.record("It broke", entity_type="Asset", shotgun_id=number, payload=payload)
    assert snaglist.flush(10)

    for _ in range(2):
        order(client)
        tried = []
        for item in snaglist.retries(wait=False, seconds=30):
            tried.append(item.entity_id)
            item.fail("It broke again")
        assert snaglist.flush(10)
        assert tried[0] == 103


def test_a_worker_without_its_desk_says_so(tmp_path: Path) -> None:
    (tmp_path / "studio.py").write_text("def retry(item): pass\n")
    done = subprocess.run(
        [sys.executable, "-m", "snaglist_client.worker", "studio:retry", "--once"],
        cwd=tmp_path,
        env=environment(
            PYTHONPATH=CLIENT,
            SNAGLIST_URL="http://127.0.0.1:9",
            SNAGLIST_TOKEN="none",
            SNAGLIST_SPOOL=tmp_path / "spool",
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_an_order_with_a_rate_is_worked_off_to_its_end(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    for number in range(3):
        snaglist.record("It broke", entity_type="Shot", shotgun_id=number)
    assert snaglist.flush(10)
    order(client, rate=50)

    for item in snaglist.retries(wait=False, seconds=30):
        with item:
            pass
    assert snaglist.flush(10)

    assert set(statuses(client).values()) == {"resolved"}
