"""Recording, reading and deleting over HTTP: one, many, pages, and the whole list."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator

import httpx
import pytest

from conftest import ENGINES, shared_desk
from support.desks import SEED, DeskProcess

NEW = "0199b0a0-0000-7000-8000-{:012d}"


@pytest.fixture(scope="module", params=ENGINES)
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A signed-in client of a desk on each engine; each test takes a source of its own."""
    with shared_desk(request.param, request, tmp_path_factory) as desk:
        yield desk.client()


@pytest.fixture
def errors() -> str:
    """The path of a source that no other test uses."""
    return f"/import/s-{uuid.uuid4().hex}/errors"


def test_a_record_is_found_under_its_location_and_its_id(client: httpx.Client, errors: str) -> None:
    made = client.post(errors, json=SEED)
    record = made.json()

    assert client.get(made.headers["location"]).json() == record
    assert client.get(f"/api/v1/records/{record['id']}").json() == record
    assert list(record) == [
        "id",
        "source",
        "event_data",
        "created_at",
        "updated_at",
        "type",
        "status",
        "item_id",
        "cause_id",
        "run_id",
        "redacted",
    ]
    assert record["status"] == "open"
    assert record["item_id"]
    assert record["cause_id"]
    assert record["run_id"] is None


def test_the_list_is_in_order_of_arrival_whatever_the_ids(
    client: httpx.Client, errors: str
) -> None:
    source = errors.split("/")[2]
    numbers = [9, 3, 7, 1]
    for number in numbers:
        client.post(
            "/api/v1/records",
            json=[{"id": str(uuid.uuid4()), "source": source, "event_data": {"n": number}}],
        )

    listed = client.get(errors).json()

    assert [record["event_data"]["n"] for record in listed] == numbers


def test_pages_lead_through_all_records_once(client: httpx.Client, errors: str) -> None:
    source = errors.split("/")[2]
    client.post(
        "/api/v1/records", json=[{"source": source, "event_data": {"n": n}} for n in range(25)]
    )

    found, page = [], client.get(errors, params={"limit": 10})
    found += page.json()
    while "next" in page.links:
        page = client.get(page.links["next"]["url"])
        found += page.json()

    assert [record["event_data"]["n"] for record in found] == list(range(25))


def test_the_last_page_leads_nowhere(client: httpx.Client, errors: str) -> None:
    for _ in range(2):
        client.post(errors, json=SEED)

    page = client.get(errors, params={"limit": 2})

    assert len(page.json()) == 2
    assert "link" not in page.headers


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=x", "limit=9999999", "limit=%C2%B2", "cursor=zzz", "cursor=%00"],
)
def test_a_page_that_cannot_be_is_refused(client: httpx.Client, errors: str, query: str) -> None:
    refused = client.get(f"{errors}?{query}")

    assert refused.status_code == 400
    assert refused.json()["where"] in ("limit", "cursor")


def test_a_deleted_record_is_gone(client: httpx.Client, errors: str) -> None:
    path = client.post(errors, json=SEED).headers["location"]

    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404
    assert client.get(errors).json() == []


def test_large_records_are_listed_whole(client: httpx.Client, errors: str) -> None:
    texts = [letter * 700_000 for letter in "abcde"]
    for text in texts:
        assert client.post(errors, json={"error": text}).status_code == 201

    listed = client.get(errors).json()

    assert [record["event_data"]["error"] for record in listed] == texts


def test_secrets_are_taken_out_and_said_to_be(client: httpx.Client, errors: str) -> None:
    sent = {"error": "403 for https://bot:hunter2@kitsu/api", "details": {"script_key": "abc"}}

    record = client.post(errors, json=sent).json()

    assert record["event_data"] == {
        "error": "403 for https://[redacted]@kitsu/api",
        "details": {"script_key": "[redacted]"},
    }
    assert record["redacted"] == ["/error", "/details/script_key"]
    assert client.get(f"/api/v1/records/{record['id']}").json() == record


def test_the_same_key_records_once(client: httpx.Client, errors: str) -> None:
    headers = {"Idempotency-Key": "night-1"}

    first = client.post(errors, json=SEED, headers=headers)
    again = client.post(errors, json=SEED, headers=headers)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"]
    assert len(client.get(errors).json()) == 1


def test_a_key_with_another_body_is_refused(client: httpx.Client, errors: str) -> None:
    headers = {"Idempotency-Key": "night-2"}
    client.post(errors, json=SEED, headers=headers)

    refused = client.post(errors, json={"error": "another"}, headers=headers)

    assert refused.status_code == 422
    assert refused.json()["code"] == "key_reused"


def test_a_key_is_of_its_source(client: httpx.Client, errors: str) -> None:
    headers = {"Idempotency-Key": "night-3"}

    first = client.post(errors, json=SEED, headers=headers)
    other = client.post(errors.replace("/s-", "/t-"), json=SEED, headers=headers)

    assert first.json()["id"] != other.json()["id"]


def test_after_a_delete_the_key_records_anew(client: httpx.Client, errors: str) -> None:
    headers = {"Idempotency-Key": "night-4"}
    first = client.post(errors, json=SEED, headers=headers)
    client.delete(first.headers["location"])

    again = client.post(errors, json={"error": "new"}, headers=headers)

    assert again.status_code == 201
    assert again.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"caf\xc3\xa9", b"a\tb"])
def test_a_key_that_is_none_is_refused(client: httpx.Client, errors: str, key: bytes) -> None:
    refused = client.post(errors, json=SEED, headers={"Idempotency-Key": key})  # type: ignore[dict-item]

    assert refused.status_code == 400
    assert refused.json()["where"] == "Idempotency-Key"


def test_sixty_four_clients_racing_on_one_key_record_once(
    client: httpx.Client, errors: str
) -> None:
    answers: list[httpx.Response] = []
    gate = threading.Barrier(64)

    def post() -> None:
        with httpx.Client(
            base_url=client.base_url, headers=client.headers, trust_env=False, timeout=30
        ) as one:
            gate.wait()
            answers.append(one.post(errors, json=SEED, headers={"Idempotency-Key": "race"}))

    threads = [threading.Thread(target=post) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(client.get(errors).json()) == 1


def test_one_bad_line_harms_no_other(client: httpx.Client, errors: str) -> None:
    source = errors.split("/")[2]
    lines = [
        json.dumps({"source": source, "event_data": {"n": 1}}),
        "{bad",
        "",
        json.dumps({"source": source, "event_data": {"error": 3}}),
        json.dumps({"source": source, "event_data": {"n": 2}, "colour": "red"}),
        json.dumps({"source": source, "id": NEW.format(1), "event_data": {"n": 3}}),
        json.dumps({"source": source, "id": NEW.format(1).upper(), "event_data": {"n": 3}}),
        json.dumps({"source": source, "id": NEW.format(1), "event_data": {"n": 4}}),
        json.dumps({"source": "UPPER", "event_data": {}}),
        json.dumps({"source": source, "run": "a\u0000b", "event_data": {}}),
    ]

    answer = client.post(
        "/api/v1/records",
        content="\r\n".join(lines),
        headers={"Content-Type": "application/x-ndjson"},
    )

    results = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(9))
    assert [result["status"] for result in results] == [
        "recorded",
        "invalid",
        "invalid",
        "invalid",
        "recorded",
        "duplicate",
        "invalid",
        "invalid",
        "invalid",
    ]
    assert results[2]["problem"]["where"] == "/error"
    assert "colour" in results[3]["problem"]["detail"]
    assert [record["event_data"]["n"] for record in client.get(errors).json()] == [1, 3]


def test_a_batch_of_nothing_but_faults_is_answered_by_place(client: httpx.Client) -> None:
    answer = client.post("/api/v1/records", json=[1, {}, {"event_data": []}])

    assert answer.status_code == 200
    assert [result["status"] for result in answer.json()["results"]] == ["invalid"] * 3


def test_an_empty_batch_records_nothing(client: httpx.Client) -> None:
    assert client.post("/api/v1/records", json=[]).json() == {"results": []}


def test_a_batch_sent_again_doubles_nothing(client: httpx.Client, errors: str) -> None:
    source = errors.split("/")[2]
    batch = [
        {"id": str(uuid.uuid4()), "source": source, "event_data": {"n": n}} for n in range(2500)
    ]

    first = client.post("/api/v1/records", json=batch).json()["results"]
    again = client.post("/api/v1/records", json=batch).json()["results"]

    assert {result["status"] for result in first} == {"recorded"}
    assert {result["status"] for result in again} == {"duplicate"}
    assert [result["id"] for result in again] == [member["id"] for member in batch]
    assert len(client.get(errors).json()) == 2500


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("application/x-ndjson; charset=utf-8", 200),
        ("text/csv", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
def test_a_batch_says_what_it_is(client: httpx.Client, media_type: str, status: int) -> None:
    answer = client.post("/api/v1/records", content="[]", headers={"Content-Type": media_type})

    assert answer.status_code == status


def test_a_batch_of_too_many_is_refused_whole(client: httpx.Client) -> None:
    refused = client.post("/api/v1/records", content="{}\n" * 10_001)

    assert refused.status_code == 413
    assert refused.json()["remedy"]


def test_a_batch_that_is_no_json_says_where(client: httpx.Client) -> None:
    refused = client.post("/api/v1/records", content='[{"event_data": {}}, {]')

    assert refused.status_code == 400
    assert refused.json()["where"] == "line 1, column 23"


def test_the_desk_serves_both_spellings_of_a_path(client: httpx.Client) -> None:
    assert client.get("/import//shotgun/errors/").status_code == 200
    assert client.get("/api/import/shotgun/errors").status_code == 200


def test_what_a_desk_recorded_is_there_after_a_restart(desk: DeskProcess) -> None:
    with desk.client() as client:
        record = client.post("/import/shotgun/errors", json=SEED).json()

    assert desk.stop() == 0
    desk.start()

    with desk.client() as client:
        assert client.get("/import/shotgun/errors").json() == [record]
