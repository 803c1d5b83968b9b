"""What an import tells through the client arrives at the desk as it was meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import snaglist_client
from support.desks import DeskProcess


@pytest.fixture
def client(desk: DeskProcess) -> httpx.Client:
    return desk.client()


@pytest.fixture
def snaglist(desk: DeskProcess, tmp_path: Path) -> snaglist_client.Desk:
    return snaglist_client.Desk(
        desk.url, desk.token, target="kitsu", spool=tmp_path / "spool", exit_seconds=0.0
    )


def items(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/items", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_the_loop_goes_on_and_each_item_that_raised_is_on_the_list(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    assets = [
        {
            "type": "Asset",
            "id": number,
            "code": f"owl_{number}",
            "project": {"id": 87, "name": "Owl"},
        }
        for number in range(10)
    ]
    ok = []

    with snaglist.run("nightly", project=87, total=len(assets)) as run:
        for asset in assets:
            with run.item("Asset", asset["id"], payload=asset) as item:
                if asset["id"] == 7:
                    raise KeyError("sg_asset_type")
            ok.append(item.ok)
    assert snaglist.flush(10)

    (item,) = items(client)
    assert ok == [True] * 7 + [False] + [True] * 2
    assert (item["entity_type"], item["entity_id"], item["project"]) == ("Asset", "7", "87")
