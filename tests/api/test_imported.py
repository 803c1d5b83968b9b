"""POST of what came over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from conftest import ENGINES, shared_desk


@pytest.fixture(scope="module", params=ENGINES)
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    with shared_desk(request.param, request, tmp_path_factory) as desk:
        yield desk.client()


def fail(client: httpx.Client, shotgun_id: int, **details: Any) -> dict[str, Any]:
    body = {"error": "It broke", "details": {"entity_type": "Shot", "shotgun_id": shotgun_id}}
    body["details"] |= details  # type: ignore[operator]
    answer = client.post("/import/shotgun/errors", json=body)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def test_one_and_many_leave_the_list(client: httpx.Client) -> None:
    records = [fail(client, number) for number in (1, 2, 3)]

    one = client.post("/import/shotgun/imported", json={"shotgun_id": 1, "entity_type": "Shot"})
    many = client.post(
        "/import/shotgun/imported",
        json=[{"shotgun_id": number, "entity_type": "shots"} for number in (2, "3", 4)],
    )

    assert (one.status_code, one.json()) == (200, {"resolved": 1})
    assert (many.status_code, many.json()) == (200, {"resolved": 2})
    for record in records:
        found = client.get(f"/api/v1/records/{record['id']}").json()
        assert found["status"] == "resolved"


def test_saying_it_again_resolves_nothing_more(client: httpx.Client) -> None:
    fail(client, 10)
    body = {"shotgun_id": 10, "entity_type": "Shot", "target_url": "https://kitsu.lan/shots/1"}

    answers = [client.post("/import/shotgun/imported", json=body).json() for _ in range(2)]

    assert answers == [{"resolved": 1}, {"resolved": 0}]


def test_of_a_whole_alone_the_parts_stay_where_they_are(client: httpx.Client) -> None:
    whole, movie, thumbnail = (
        fail(client, 30, **part) for part in ({}, {"part": "movie"}, {"part": "thumbnail"})
    )
    body = {"shotgun_id": 30, "entity_type": "Shot", "alone": True}

    answers = [
        client.post("/import/shotgun/imported", json=one).json()
        for one in (body, body | {"part": "movie"}, body | {"alone": False, "part": ""})
    ]

    assert answers == [{"resolved": 1}, {"resolved": 1}, {"resolved": 1}]
    for record in (whole, movie, thumbnail):
        found = client.get(f"/api/v1/records/{record['id']}").json()
        assert found["status"] == "resolved"


@pytest.mark.parametrize(
    ("began_at", "is_resolved"),
    [
        ("2026-11-01T10:00:00Z", False),
        ("2026-11-01T10:05:00.000Z", False),
        ("2026-11-01T11:05:00.001+01:00", True),
        ("2026-11-01T10:20:00Z", True),
        ("yesterday", True),
        (None, True),
    ],
)
def test_what_failed_since_its_try_began_stays(
    client: httpx.Client, began_at: str | None, is_resolved: bool
) -> None:
    """In whatever order the two are sent; of what cannot be read nothing is known."""
    number = 40 + abs(hash(began_at)) % 10**9
    came_over = {
        "shotgun_id": number,
        "entity_type": "Shot",
        "occurred_at": "2026-11-01T10:10:00Z",
        "began_at": began_at,
    }
    late = {**came_over, "shotgun_id": number + 10**9}
    client.post("/import/shotgun/imported", json=late).raise_for_status()
    records = [
        fail(client, one, occurred_at="2026-11-01T10:05:00Z") for one in (number, number + 10**9)
    ]
    answer = client.post("/import/shotgun/imported", json=came_over)

    assert answer.json() == {"resolved": int(is_resolved)}
    for record in records:
        found = client.get(f"/api/v1/records/{record['id']}").json()
        assert found["status"] == ("resolved" if is_resolved else "open")


def test_an_empty_array_is_nothing(client: httpx.Client) -> None:
    assert client.post("/import/shotgun/imported", json=[]).json() == {"resolved": 0}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("{}", ""),
        ('{"shotgun_id": 1}', ""),
        ('{"shotgun_id": 1, "entity_type": ""}', "/entity_type"),
        ('{"shotgun_id": "", "entity_type": "Shot"}', "/shotgun_id"),
        ('{"shotgun_id": null, "entity_type": "Shot"}', "/shotgun_id"),
        ('{"shotgun_id": 1, "entity_type": "Shot", "target": "No Slug"}', "/target"),
        ('{"shotgun_id": 1, "entity_type": "Shot", "target_url": "javascript:x"}', "/target_url"),
        ('{"shotgun_id": 1, "entity_type": "Shot", "alone": "yes"}', "/alone"),
        ('{"shotgun_id": 1, "entity_type": "Shot", "name": "x"}', ""),
        ('[{"shotgun_id": 1, "entity_type": "Shot"}, {"shotgun_id": 1}]', "/1"),
        ('"Shot"', ""),
        ("[1]", "/0"),
        ("{", None),
        ("", None),
        ("[" * 100_000, None),
    ],
)
def test_what_cannot_be_read_is_told_and_moves_nothing(
    client: httpx.Client, body: str, where: str | None
) -> None:
    record = fail(client, 1)

    answer = client.post("/import/shotgun/imported", content=body)

    assert answer.status_code == 400
    problem = answer.json()
    assert problem["error"] is True
    assert problem["remedy"]
    if where is not None:
        assert problem.get("where", "") == where
    assert client.get(f"/api/v1/records/{record['id']}").json()["status"] == "open"


def test_the_answer_to_a_post_says_where_the_record_went(client: httpx.Client) -> None:
    first, again = fail(client, 20), fail(client, 20)

    assert first["item_id"] == again["item_id"]
    assert first["cause_id"] == again["cause_id"]
    assert first["status"] == "open"
    assert client.get(f"/api/v1/records/{again['id']}").json() == again
    listed = {one["id"]: one for one in client.get("/import/shotgun/errors").json()}
    assert listed[again["id"]] == again
