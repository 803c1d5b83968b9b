"""Every measured answer of Zou 1.0.97 (`cases.json`): given too, or a stated difference."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import ENGINES, open_database, shared_desk
from snaglist.domain.access import Scope
from snaglist.domain.moment import utc_text
from snaglist.service.tokens import create_token
from support.desks import SEED, DeskProcess
from support.waiting import wait_until

CASES = json.loads((Path(__file__).parent / "cases.json").read_text("utf-8"))
DOCUMENT = Path(__file__).parents[2] / "docs" / "zou-compatibility.md"


@dataclass
class Answer:
    """What the desk answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module", params=ENGINES)
def zou_desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DeskProcess, dict[str, str]]]:
    """A desk on each engine, with a token of each kind that the cases use."""
    with shared_desk(request.param, request, tmp_path_factory) as desk:
        tokens = {
            "valid": desk.token,
            "narrow": desk.new_token("work", name="narrow"),
            "revoked": desk.new_token("admin", name="revoked"),
            "expired": _expired_token(desk.database),
            "unknown": desk.token[:-1] + ("a" if desk.token[-1] != "a" else "b"),
        }
        assert desk.run("token", "revoke", "revoked").returncode == 0
        refused = {"Authorization": tokens["revoked"]}
        wait_until(lambda: _send(desk, "GET", "/metrics", refused).status == 401)
        yield desk, tokens


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_answer_is_zous_or_a_stated_difference(
    case: dict[str, Any], zou_desk: tuple[DeskProcess, dict[str, str]]
) -> None:
    desk, tokens = zou_desk
    stated = _stated_statuses()

    answer = _replay(case, desk, tokens)

    expected = stated.get(case["name"], case["status"])
    assert answer.status == expected, answer.body[:500]
    assert answer.status < 500
    if case["name"] not in stated and "event_data" in case:
        assert json.loads(answer.body)["event_data"] == case["event_data"]
    if answer.status >= 400 and case["method"] != "HEAD":
        told = json.loads(answer.body)
        assert told["error"] is True
        assert told["message"]
        assert told["remedy"] or answer.status in (404, 405, 408)
    listed = _send(desk, "GET", "/import/shotgun/errors", {"Authorization": desk.token})
    assert isinstance(json.loads(listed.body), list)


@pytest.mark.parametrize(
    "sent",
    [
        '{"error":"a\\u0000b"}',
        '{"n":1180591620717411303424}',
        '{"n":1e2}',
        '{"error":"first","error":"second"}',
        '{"zeta":1,"b":2,"aa":3,"a":4}',
        '{"n":-0.0,"m":-0}',
        '{"n":3.14159265358979323846264338327950288}',
        '{"error" :  "caf\\u00e9 \\u2603"}',
    ],
)
def test_what_was_sent_comes_back_as_sent(
    sent: str, zou_desk: tuple[DeskProcess, dict[str, str]]
) -> None:
    desk, _ = zou_desk
    headers = {"Authorization": desk.token, "Content-Type": "application/json"}

    made = _send(desk, "POST", "/import/shotgun/errors", headers, sent.encode())
    found = _send(desk, "GET", made.headers["location"], headers)

    assert f'"event_data":{sent},'.encode() in made.body
    assert f'"event_data":{sent},'.encode() in found.body


def test_a_record_of_another_source_is_not_found_under_shotgun(
    zou_desk: tuple[DeskProcess, dict[str, str]],
) -> None:
    desk, _ = zou_desk
    headers = {"Authorization": desk.token}
    made = _send(desk, "POST", "/import/csv/errors", headers, b"{}")
    record = json.loads(made.body)["id"]

    deleted = _send(desk, "DELETE", f"/import/shotgun/errors/{record}", headers)

    assert deleted.status == 404
    assert _send(desk, "GET", f"/import/csv/errors/{record}", headers).status == 200


def test_every_stated_difference_is_of_a_case_that_was_measured() -> None:
    measured = {case["name"] for case in CASES}

    assert set(_stated_statuses()) <= measured


def _replay(case: dict[str, Any], desk: DeskProcess, tokens: dict[str, str]) -> Answer:
    path = _with_values(case["path"], tokens)
    if "{" in case["path"] and "{valid}" not in case["path"]:
        record = _recorded(desk)
        path = case["path"].format(id=record, ID=record.upper(), hex=uuid.UUID(record).hex)
    headers = {name: _with_values(text, tokens) for name, text in case["headers"].items()}
    body = _body(case.get("body"))
    if case["name"] == "delete_twice":
        assert _send(desk, "DELETE", path, headers).status == 204
    return _send(desk, case["method"], path, headers, body)


def _with_values(text: str, tokens: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: tokens.get(found[1], found[0]), text)


def _recorded(desk: DeskProcess) -> str:
    headers = {"Authorization": desk.token}
    made = _send(desk, "POST", "/import/shotgun/errors", headers, json.dumps(SEED).encode())
    return str(json.loads(made.body)["id"])


def _send(
    desk: DeskProcess, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> Answer:
    """One request on a connection of its own, with these headers and no others but the host."""
    connection = http.client.HTTPConnection(desk.url.removeprefix("http://"), timeout=20)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, text in headers.items():
            connection.putheader(name, text)
        chunked = headers.get("Transfer-Encoding") == "chunked"
        if body is not None and not chunked and "Content-Length" not in headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body, encode_chunked=chunked)
        response = connection.getresponse()
        names = {name.lower(): text for name, text in response.getheaders()}
        return Answer(response.status, names, response.read())
    finally:
        connection.close()


def _body(given: dict[str, Any] | None) -> bytes | None:
    match given:
        case None:
            return None
        case {"text": str(text)}:
            return text.encode()
        case {"hex": str(text)}:
            return bytes.fromhex(text)
        case {"recipe": "digits", "n": int(digits)}:
            return b'{"n":' + b"9" * digits + b"}"
        case {"recipe": "lists", "n": int(levels)}:
            return b'{"d":' + b"[" * levels + b"]" * levels + b"}"
        case {"recipe": "objects", "n": int(levels)}:
            return b'{"a":' * levels + b"1" + b"}" * levels
        case {"recipe": "letters", "n": int(size)}:
            frame = b'{"error": "", "details": {}}'
            return frame.replace(b'""', b'"' + b"x" * (size - len(frame)) + b'"')
        case {"recipe": "gzip"}:
            return gzip.compress(json.dumps(SEED).encode())
        case _:
            raise AssertionError(f"no such recipe: {given}")


def _expired_token(url: str) -> str:
    """A token that ended an hour ago."""
    now = time.time()
    with open_database(url) as database:
        return create_token(
            database,
            token_id=str(uuid.uuid4()),
            name="expired",
            scopes=(Scope.ADMIN,),
            random_bits=b"e" * 32,
            who="a test",
            at=now - 7200,
            expires_at=utc_text(now - 3600),
        ).secret


def _stated_statuses() -> dict[str, int]:
    """By case, the status that the document says the desk answers instead of Zou's."""
    stated: dict[str, int] = {}
    for line in DOCUMENT.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and (found := re.match(r"(\d{3})\b", cells[2])):
            for name in re.findall(r"`([^`]+)`", cells[4]):
                stated[name] = int(found[1])
    return stated
