"""Lists by a filter, pages, one whole, and the summary, over HTTP on both engines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from conftest import ENGINES, shared_desk

SHOTS = [
    # name, type, id, project, error
    ("SQ010_SH0560", "Shot", 1, (87, "Big Buck Bunny"), "KeyError: 'sg_cut_in'"),
    ("SQ010_SH0570", "Shot", 2, (87, "Big Buck Bunny"), "KeyError: 'sg_cut_in'"),
    ("東京ナイトメア_城", "Asset", 3, (88, "Élan Noir"), "KeyError: 'sg_sort_order'"),
    ("Žluťoučký", "Asset", 4, (88, "Élan Noir"), "KeyError: 'sg_cut_in'"),
    ("100% _done_ <script>", "Task", 5, (89, "'; DROP TABLE items"), "KeyError: 'sg_sort_order'"),
]


@pytest.fixture(scope="module", params=ENGINES)
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    with shared_desk(request.param, request, tmp_path_factory) as desk:
        client = desk.client()
        for name, kind, number, (project, project_name), error in SHOTS:
            details = {
                "entity_type": kind,
                "shotgun_id": number,
                "name": name,
                "project": {"type": "Project", "id": project, "name": project_name},
            }
            body = {"error": error, "details": details}
            assert client.post("/import/shotgun/errors", json=body).status_code == 201
        client.post("/import/shotgun/imported", json={"shotgun_id": 2, "entity_type": "Shot"})
        yield client


def ids(client: httpx.Client, path: str, **query: Any) -> list[str]:
    """The entity ids of the items or records that are found."""
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    if path.endswith("records"):
        return [str(one["event_data"]["details"]["shotgun_id"]) for one in found]
    return [one["entity_id"] for one in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "25431"),
        ({"state": "open"}, "5431"),
        ({"state": "resolved"}, "2"),
        ({"state": "came_over,open"}, "25431"),
        ({"state": "ignored"}, ""),
        ({"project": "87"}, "21"),
        ({"project": "Élan Noir"}, "43"),
        ({"project": "nowhere"}, ""),
        ({"project": "'; DROP TABLE items"}, "5"),
        ({"type": "shots"}, "21"),
        ({"type": "Asset", "state": "open"}, "43"),
        ({"assignee": "none"}, "25431"),
        ({"assignee": "ana"}, ""),
        ({"source": "shotgun", "target": "kitsu"}, "25431"),
        ({"source": "csv"}, ""),
        ({"q": "sh0560"}, "1"),
        ({"q": "SQ010"}, "21"),
        ({"q": "sq010_sh05"}, "21"),
        ({"q": "ナイト"}, "3"),
        ({"q": "zlutou"}, "4"),
        ({"q": "sg_sort_order"}, "53"),
        ({"q": "asset 3"}, "3"),
        ({"q": "100%"}, "5"),
        ({"q": "_done_"}, "5"),
        ({"q": "nothing like it"}, ""),
        ({"q": "sq010", "state": "open", "project": "87", "type": "Shot"}, "1"),
        ({"since": "2020-01-01"}, "25431"),
        ({"since": "2099-01-01"}, ""),
        ({"until": "2020-01-01T00:00:00+01:00"}, ""),
    ],
)
def test_items_and_records_are_found(
    client: httpx.Client, query: dict[str, str], expected: str
) -> None:
    assert "".join(ids(client, "/api/v1/items", **query)) == expected
    by_arrival = "".join(sorted(expected, reverse=True))
    assert "".join(ids(client, "/api/v1/records", **query)) == by_arrival


def test_the_items_of_a_cause_and_its_records(client: httpx.Client) -> None:
    causes = client.get("/api/v1/causes").json()
    (cut_in,) = [one for one in causes if "sg_cut_in" in one["title"]]

    assert ids(client, "/api/v1/items", cause=cut_in["id"]) == ["2", "4", "1"]
    assert ids(client, "/api/v1/records", cause=cut_in["id"]) == ["4", "2", "1"]
    assert ids(client, "/api/v1/records", cause=cut_in["id"], type="Asset") == ["4"]


def test_causes_are_found_and_ordered(client: httpx.Client) -> None:
    def titles(**query: str) -> list[str]:
        found = client.get("/api/v1/causes", params=query).json()
        return [re.findall("sg_\\w+", one["title"])[0] for one in found]

    assert sorted(titles()) == ["sg_cut_in", "sg_sort_order"]
    assert titles(project="89") == ["sg_sort_order"]
    assert titles(type="Shot", state="open") == ["sg_cut_in"]
    assert titles(q="sg_sort") == ["sg_sort_order"]
    assert titles(state="done") == []
    assert len(titles(order="items")) == 2


def test_pages_lead_through_everything_once(client: httpx.Client) -> None:
    for path, query in [
        ("/api/v1/items", {}),
        ("/api/v1/items", {"state": "open,came_over", "q": "s"}),
        ("/api/v1/records", {"type": "Shot"}),
        ("/api/v1/causes", {}),
        ("/api/v1/causes", {"order": "items"}),
    ]:
        whole = client.get(path, params=query).json()
        paged: list[Any] = []
        link = f"{path}?{httpx.QueryParams(query | {'limit': 1})}"
        while link:
            answer = client.get(link)
            paged += answer.json()
            link = answer.links.get("next", {}).get("url", "")
        assert paged == whole


def test_one_item_and_one_cause_are_told_whole(client: httpx.Client) -> None:
    listed = client.get("/api/v1/items", params={"q": "sh0570"}).json()[0]
    answer = client.get(f"/api/v1/items/{listed['id']}")
    item = answer.json()

    assert {name: item[name] for name in listed} == listed
    assert answer.headers["etag"] == f'"{item["version"]}"'
    assert [entry["event"] for entry in item["history"]] == ["failed", "came_over"]
    assert item["record_ids"] == [item["standing_record_id"]]
    assert (item["project_name"], item["message"]) == ("Big Buck Bunny", "KeyError: 'sg_cut_in'")

    cause = client.get(f"/api/v1/causes/{item['cause_id']}").json()
    assert cause["title"] == item["cause_title"]
    assert cause["meaning"]
    assert cause["how_to_fix"]
    assert cause["who_can"] in ("coordinator", "td", "it", "target_admin")
    assert sum(count["items"] for count in cause["counts"]) == 3
    assert sum(cause["failures_by_day"].values()) == 3
    assert cause["evidence"]


def test_the_summary_adds_up(client: httpx.Client) -> None:
    summary = client.get("/api/v1/summary").json()

    assert summary["items"] == {"open": 4, "came_over": 1}
    assert {one["name"]: one["items"] for one in summary["projects"]}["Big Buck Bunny"] == {
        "open": 1,
        "came_over": 1,
    }
    assert len(summary["new_causes"]) == 2
    assert sum(n for day in summary["failures_by_day"].values() for n in day.values()) == 5


@pytest.mark.parametrize("path", ["items", "causes", "records"])
@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "state=gone",
        "state=",
        "state=open&state=done",
        "type=",
        "since=yesterday",
        "limit=0",
        "limit=1000",
        "limit=x",
        "cursor=x",
        # ["a", "newest", 1, 1]: of another filter
        "cursor=WyJhIiwibmV3ZXN0IiwxLDFd",
        "q=" + "+".join(f"word{n}" for n in range(20)),
    ],
)
def test_what_has_no_meaning_is_told(client: httpx.Client, path: str, query: str) -> None:
    answer = client.get(f"/api/v1/{path}?{query}")

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_parameter"
    assert answer.json()["remedy"]


@pytest.mark.parametrize("path", ["items", "causes"])
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str) -> None:
    for name in ("nonsense", "0199b0a0-0000-7000-8000-000000000000"):
        assert client.get(f"/api/v1/{path}/{name}").status_code == 404


def test_a_cursor_of_another_order_is_refused(client: httpx.Client) -> None:
    by_time = client.get("/api/v1/causes?limit=1").links["next"]["url"]

    answer = client.get(by_time + "&order=items")

    assert (answer.status_code, answer.json()["where"]) == (400, "cursor")


def test_a_cursor_whose_place_is_not_of_its_order_is_refused(client: httpx.Client) -> None:
    # ["", "items", "x", 1]: a text where a number of items belongs
    answer = client.get("/api/v1/causes?order=items&cursor=WyIiLCJpdGVtcyIsIngiLDFd")

    assert (answer.status_code, answer.json()["where"]) == (400, "cursor")
