"""Edits over HTTP: of one item, of causes, of many, undo, and what is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.desks import DeskProcess
from support.waiting import wait_until


def failure(entity: int, error: str = "Failed to import asset") -> dict[str, Any]:
    """What an importer posts."""
    return {"error": error, "details": {"shotgun_id": entity, "entity_type": "Asset"}}


def fails(client: httpx.Client, *entities: int, error: str = "Failed to import asset") -> Any:
    """These assets fail; the last record."""
    records = [{"event_data": failure(entity, error)} for entity in entities]
    results = client.post("/api/v1/records", json=records).json()["results"]
    assert {one["status"] for one in results} == {"recorded"}
    return client.get(f"/api/v1/records/{results[-1]['id']}").json()


def test_an_item_is_edited_at_the_version_that_was_seen(desk: DeskProcess) -> None:
    with desk.client() as client:
        path = f"/api/v1/items/{fails(client, 1)['item_id']}/edits"
        first = client.post(path, json={"edit": "assign", "to": "Ben"})
        again = {"If-Match": first.headers["etag"]}
        second = client.post(path, json={"edit": "ignore", "failures": 3}, headers=again)
        stale = client.post(path, json={"edit": "reopen"}, headers=again)

    assert (first.status_code, first.json()["assignee"]) == (200, "Ben")
    assert (second.json()["status"], second.json()["ignored_failures"]) == ("ignored", 4)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")


def test_what_cannot_be_done_is_a_conflict_that_says_why(desk: DeskProcess) -> None:
    with desk.client() as client:
        path = f"/api/v1/items/{fails(client, 1)['item_id']}/edits"
        refused = client.post(path, json={"edit": "reopen"})

    assert refused.status_code == 409
    assert "is open" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        ({"edit": "explode"}, "/edit"),
        ({"edit": "resolve", "reason": "came_over"}, "/reason"),
        ({"edit": "ignore", "until": "tomorrow"}, "/until"),
        ({"edit": "ignore", "until": "2001-01-01"}, "/until"),
        ({"edit": "ignore", "until": "2001-01-01T00:00:00Z"}, "/until"),
        ({"edit": "ignore", "failures": 0}, "/failures"),
        ({"edit": "assign", "to": "a\u0000b"}, "/to"),
        ({"edit": "assign", "to": "  "}, "/to"),
        ({"edit": "assign"}, ""),
        ({"edit": "note", "text": "x" * 10_001}, "/text"),
        ({"edit": "reopen", "whi": "typo"}, ""),
        ([], ""),
    ],
)
def test_an_edit_of_another_shape_is_told_where(
    edit: object, where: str, desk: DeskProcess
) -> None:
    with desk.client() as client:
        item_id = fails(client, 1)["item_id"]
        refused = client.post(f"/api/v1/items/{item_id}/edits", json=edit)

    assert (refused.status_code, refused.json()["code"]) == (400, "wrong_shape")
    assert refused.json().get("where", "") == where
    assert refused.json()["remedy"]


@pytest.mark.parametrize("etag", ['"abc"', "3", '"1", "2"', ""])
def test_an_if_match_that_is_no_etag_of_ours_changes_nothing(etag: str, desk: DeskProcess) -> None:
    with desk.client() as client:
        path = f"/api/v1/items/{fails(client, 1)['item_id']}/edits"
        body = {"edit": "assign", "to": "Ben"}
        refused = client.post(path, json=body, headers={"If-Match": etag})
        edited = client.post(path, json={"edit": "note", "text": ""}, headers={"If-Match": "*"})

    assert (refused.status_code, refused.json()["where"]) == (400, "If-Match")
    assert edited.json()["assignee"] is None


@pytest.mark.parametrize("name", ["01a20938-2ec1-74f6-af4e-24bf1ef3f97a", "none", "%00"])
@pytest.mark.parametrize("kind", ["items", "causes"])
def test_what_is_not_there_cannot_be_edited(kind: str, name: str, desk: DeskProcess) -> None:
    with desk.client() as client:
        refused = client.post(f"/api/v1/{kind}/{name}/edits", json={"edit": "reopen"})

    assert refused.status_code == 404


def test_a_cause_is_ignored_with_its_items_and_opened_again(desk: DeskProcess) -> None:
    with desk.client() as client:
        record = fails(client, 1, 2, 3)
        path = f"/api/v1/causes/{record['cause_id']}/edits"
        ignored = client.post(path, json={"edit": "ignore", "why": "known"})
        reopened = client.post(
            path, json={"edit": "reopen"}, headers={"If-Match": ignored.headers["etag"]}
        )

    assert ignored.status_code == 200
    assert ignored.json()["cause"]["ignored_items"] == 3
    assert ignored.json()["edit"]["changed"] == 3
    assert ignored.headers["location"] == f"/api/v1/edits/{ignored.json()['edit']['edit_id']}"
    assert reopened.json()["cause"]["open_items"] == 3


def test_causes_are_merged_and_a_merge_is_taken_back(desk: DeskProcess) -> None:
    with desk.client() as client:
        one = fails(client, 1, 2, error="The rig is broken")["cause_id"]
        other = fails(client, 3, error="Colour space unheard of")["cause_id"]
        assert one != other
        merged = client.post(f"/api/v1/causes/{one}/edits", json={"edit": "merge", "into": other})
        late = fails(client, 4, error="The rig is broken")
        undone = client.post("/api/v1/edits/last/undo")
        again = client.post("/api/v1/edits/last/undo")

    assert merged.json()["cause"]["merged_into"] == other
    assert late["cause_id"] == other
    assert (undone.json()["kind"], undone.json()["changed"]) == ("unmerge", 3)
    assert again.status_code == 409


def test_a_cause_is_split_by_a_piece_of_evidence(desk: DeskProcess) -> None:
    with desk.client() as client:
        text = "Import failed: HTTP 503 from {}"
        for entity in range(4):
            fails(client, entity, error=text.format(f"https://farm{entity % 2}.example.com/x"))
        whole = fails(client, 9, error=text.format("https://farm0.example.com/x"))["cause_id"]
        path = f"/api/v1/causes/{whole}/edits"
        wrong = client.post(path, json={"edit": "split", "piece": "host", "value": "mars"})
        value = next(part for part in wrong.json()["remedy"].split("'") if "farm1" in part)
        split = client.post(path, json={"edit": "split", "piece": "host", "value": value})
        late = fails(client, 11, error=text.format("https://farm1.example.com/x"))

    assert wrong.status_code == 409
    assert split.status_code == 200
    assert split.json()["edit"]["changed"] == 2
    assert split.json()["cause"]["open_items"] == 3
    assert late["cause_id"] != whole


def test_the_clock_opens_a_cause_after_so_many_further_failures(desk: DeskProcess) -> None:
    with desk.client() as client:
        record = fails(client, 1)
        path = f"/api/v1/causes/{record['cause_id']}/edits"
        assert client.post(path, json={"edit": "ignore", "failures": 1}).status_code == 200
        fails(client, 2)

        wait_until(
            lambda: (
                client.post(path, json={"edit": "note", "text": ""}).json()["cause"]["status"]
                == "open"
            ),
            5,
            "the cause's opening",
        )


def test_the_list_of_edits_is_paged(desk: DeskProcess) -> None:
    with desk.client() as client:
        path = f"/api/v1/causes/{fails(client, 1)['cause_id']}/edits"
        for edit in ("ignore", "reopen", "ignore"):
            client.post(path, json={"edit": edit})
        first = client.get("/api/v1/edits", params={"limit": 2})
        second = client.get(first.links["next"]["url"])
        one = client.get(f"/api/v1/edits/{first.json()[0]['edit_id']}")

    assert [edit["kind"] for edit in first.json() + second.json()] == ["ignore", "reopen", "ignore"]
    assert "link" not in second.headers
    assert one.json() == first.json()[0]
    assert one.json()["asked"] == {"edit": "ignore"}


def test_all_that_a_filter_finds_is_edited_after_a_look_at_how_much(desk: DeskProcess) -> None:
    with desk.client() as client:
        fails(client, 1, 2, 3, error="The rig is broken")
        other = fails(client, 4, error="Colour space unheard of")
        done = {"edit": "resolve", "reason": "by_hand"}
        client.post(f"/api/v1/items/{other['item_id']}/edits", json=done)
        edit = {"edit": "ignore", "why": "till Monday"}
        seen = client.post("/api/v1/items/edits/preview", json=edit)
        untouched = client.get("/api/v1/edits").json()
        some = client.post("/api/v1/items/edits?q=rig&state=open", json=edit)
        everything = client.post("/api/v1/items/edits", json=edit)

    assert seen.json() == {"matching": 4, "would_change": 3}
    assert untouched == []
    counted = {name: some.json()[name] for name in ("matching", "changed", "skipped", "filter")}
    assert counted == {"matching": 3, "changed": 3, "skipped": 0, "filter": "state=open&q=rig"}
    assert (everything.json()["changed"], everything.json()["skipped"]) == (0, 4)
    assert some.headers["location"] == f"/api/v1/edits/{some.json()['edit_id']}"


@pytest.mark.parametrize("query", ["colour=red", "state=sleeping", "state=open&state=open"])
def test_a_filter_that_cannot_be_read_edits_nothing(query: str, desk: DeskProcess) -> None:
    with desk.client() as client:
        fails(client, 1)
        refused = client.post(f"/api/v1/items/edits?{query}", json={"edit": "ignore"})
        edits = client.get("/api/v1/edits").json()

    assert (refused.status_code, refused.json()["code"]) == (400, "bad_parameter")
    assert edits == []
