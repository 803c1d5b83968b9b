"""The seed's own story: the requests of the API page that this product began with."""

from __future__ import annotations

import uuid

import requests

from support.desks import SEED, DeskProcess


def test_the_seed_request_gets_the_201_of_the_page(desk: DeskProcess) -> None:
    response = requests.post(
        f"{desk.url}/import/shotgun/errors",
        headers={
            "Authorization": f"Bearer {desk.token}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        },
        params={},
        json=SEED,
        timeout=10,
    )

    response.raise_for_status()
    record = response.json()
    assert response.status_code == 201
    assert uuid.UUID(record["id"]).version == 7
    assert record["source"] == "shotgun"
    assert record["event_data"] == SEED
    assert record["created_at"].endswith("Z")
    assert response.headers["Location"] == f"/import/shotgun/errors/{record['id']}"


def test_the_bare_key_without_bearer_signs_in(desk: DeskProcess) -> None:
    response = requests.post(
        f"{desk.url}/import/shotgun/errors",
        headers={"Authorization": desk.token},
        json=SEED,
        timeout=10,
    )

    assert response.status_code == 201
