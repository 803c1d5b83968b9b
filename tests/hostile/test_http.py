"""Requests that are hardly HTTP: each gets a plain refusal or a closed connection."""

from __future__ import annotations

from itertools import chain, repeat

import httpx
import pytest

from hostile.vitals import MIB, Peak
from hostile.wire import (
    PATHS,
    Wire,
    assert_problem,
    assert_turned_away,
    chunked,
    head,
    post,
    said_to,
)
from support.desks import DeskProcess

OK = b'{"error":"x"}'

UNREADABLE = {
    "noise": bytes(range(256)) * 4,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    "HTTP/2 by prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/3.0": b"GET /healthz HTTP/3.0\r\n\r\n",
    "an unknown method": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method in lower case": b"get /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a raw NUL in the path": b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "raw bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space in the path": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "no path": b"GET  HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target without a slash": b"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "a folded header": b"GET /metrics HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "a header without a colon": b"GET /metrics HTTP/1.1\r\nHost: x\r\nabc\r\n\r\n",
    "a header without a name": b"GET /metrics HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n",
    "a NUL in a header": b"GET /metrics HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n",
}
LENGTHS = ["-1", "+13", "0x0d", "13 13", "13, 13", "1e1", "9" * 30, "", "13abc", "١٣"]
SMUGGLED = {
    "both lengths": ["Content-Length: 13", "Transfer-Encoding: chunked"],
    "both lengths, turned round": ["Transfer-Encoding: chunked", "Content-Length: 13"],
    "two lengths": ["Content-Length: 13", "Content-Length: 14"],
    "the same length twice": ["Content-Length: 13", "Content-Length: 13"],
    "a space before the colon": ["Transfer-Encoding : chunked", "Content-Length: 13"],
    "a tab before the colon": ["Content-Length\t: 13"],
    "a hidden coding": ["Content-Length: 13", "X: y\nTransfer-Encoding: chunked"],
    "a coding with a vertical tab": ["Transfer-Encoding: \x0bchunked", "Content-Length: 13"],
}
PATHS_TO_NOWHERE = [
    "/import/shotgun/errors/%00",
    "/import/%00/errors",
    "/import/shotgun/errors/%2e%2e",
    "/docs/%2e%2e%2fproblems.py",
    "/docs/..%2f..%2fapp.py",
    "/docs/%c0%ae%c0%ae%c0%afapp.py",
    "/../../etc/passwd",
    "/import/%ff%fe/errors",
    "/import/%E2%80%AE/errors",
    "/import/shotgun/errors/%ED%A0%80",
    "/import/shotgun/errors/%",
    "/import/shotgun/errors/%zz",
    "/import/SHOTGUN/errors/1",
    "/import/shotgun/errors/" + "9" * 5_000,
    "/" + "a" * 50_000,
    "/" + "%41" * 10_000,
    "/" + "/" * 10_000 + "x",
    "/api" * 5_000,
    "http://other.example/nowhere",
    "*",
]
QUERIES = [
    "limit=0",
    "limit=-1",
    "limit=1e3",
    "limit=%D9%A1",
    "limit=100001",
    "limit=" + "9" * 5_000,
    "limit=000100000" + "0" * 30,
    "limit=000100000" + "0" * 5_000,
    "limit=" + "0" * 5_000 + "1",
    "cursor=%ff",
    "cursor=" + "A" * 10_000,
    "cursor=c2VxOjk5OTk5OTk5OTk5OTk5OTk5OTk",
    "cursor=c2VxOi0x",
    "cursor=%00",
]


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_not_http_is_turned_away(victim: DeskProcess, what: str) -> None:
    assert_turned_away(said_to(victim, UNREADABLE[what], b"\r\n\r\n"))


@pytest.mark.parametrize("length", LENGTHS)
def test_a_content_length_that_is_no_number_is_turned_away(
    victim: DeskProcess, length: str
) -> None:
    request = head(victim, "POST", PATHS[0], f"Content-Length: {length}") + OK

    assert_turned_away(said_to(victim, request))


@pytest.mark.parametrize("what", SMUGGLED)
def test_a_request_of_two_lengths_is_turned_away_and_hides_no_other(
    victim: DeskProcess, what: str
) -> None:
    hidden = head(victim, "POST", "/import/smuggled/errors", f"Content-Length: {len(OK)}") + OK
    request = head(victim, "POST", PATHS[0], *SMUGGLED[what])

    with Wire(victim) as wire:
        wire.send(request, b"0\r\n\r\n", hidden)
        assert_turned_away(wire.answer())
        assert wire.is_closed()
    assert victim.client().get("/import/smuggled/errors").json() == []


@pytest.mark.parametrize("path", PATHS_TO_NOWHERE, ids=range(len(PATHS_TO_NOWHERE)))
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_path_to_nowhere_leads_nowhere(victim: DeskProcess, method: str, path: str) -> None:
    request = head(victim, method, path, "Content-Length: 0")

    assert_problem(said_to(victim, request), 400, 404, 405)


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_query_without_a_meaning_is_refused_or_harmless(victim: DeskProcess, query: str) -> None:
    answer = said_to(victim, head(victim, "GET", f"{PATHS[0]}?{query}"), method="GET")

    assert answer is not None
    if answer.status != 200:
        assert_problem(answer, 400, code="bad_parameter")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "PROPFIND", "PURGE", "M-SEARCH"])
def test_a_method_without_a_route_is_not_allowed(victim: DeskProcess, method: str) -> None:
    answer = said_to(victim, head(victim, method, PATHS[0], "Content-Length: 0"))

    assert_problem(answer, 400, 405)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_an_answer_without_a_body_comes_at_once(victim: DeskProcess, method: str) -> None:
    with Wire(victim, seconds=3) as wire:
        for _ in range(2):
            wire.send(head(victim, method, "/healthz"))
            answer = wire.answer(method)
            assert answer is not None
            assert answer.status == 200


def test_a_target_in_absolute_form_is_read_as_its_path(victim: DeskProcess) -> None:
    answer = said_to(victim, head(victim, "GET", "http://other.example/healthz"))

    assert answer is not None
    assert answer.json() == {"status": "ok"}


@pytest.mark.parametrize(
    "lines",
    [
        [f"X: {'x' * MIB}"],
        [f"X-{n}: {'x' * 1_000}" for n in range(1_000)],
        [f"Authorization: Bearer {'x' * MIB}"],
        [f"Cookie: {'a=b; ' * 200_000}"],
        [f"{'X' * MIB}: x"],
        [f"a{n}:" for n in range(200_000)],
    ],
    ids=["one", "a thousand", "a token", "a cookie", "a name", "empty ones"],
)
def test_a_megabyte_of_headers_is_turned_away(victim: DeskProcess, lines: list[str]) -> None:
    assert_turned_away(said_to(victim, head(victim, "POST", PATHS[0], *lines)))


def test_a_megabyte_of_path_is_turned_away(victim: DeskProcess) -> None:
    assert_turned_away(said_to(victim, head(victim, "GET", "/" + "x" * MIB)))


def test_ten_thousand_tiny_headers_are_borne(victim: DeskProcess) -> None:
    answer = said_to(victim, post(victim, OK, *["a:b"] * 10_000))

    assert answer is not None
    assert answer.status == 201


def test_endless_trailers_behind_a_body_do_not_fill_the_memory(victim: DeskProcess) -> None:
    """No token is needed for this one: trailers come behind an answer already given."""
    request = head(victim, "POST", PATHS[0], "Transfer-Encoding: chunked", token="")
    trailers = (b"a: " + b"x" * 60 + b"\r\n") * 1_000

    with Peak(victim) as peak, Wire(victim) as wire:
        wire.send(request, b"0\r\n", *repeat(trailers, 600))

    assert peak.growth < 16 * MIB


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_the_list_is_json_to_a_client_of_either_version(victim: DeskProcess, version: str) -> None:
    victim.client().post(PATHS[0], content=OK)
    request = head(victim, "GET", PATHS[0]).replace(b"HTTP/1.1", f"HTTP/{version}".encode())

    answer = said_to(victim, request, method="GET")

    assert answer is not None
    assert answer.json()
    # HTTP/1.0 has no chunked coding (RFC 9112, 6.1).
    assert version == "1.1" or "transfer-encoding" not in answer.headers


def test_http_1_0_is_answered_and_closed(victim: DeskProcess) -> None:
    with Wire(victim, seconds=3) as wire:
        wire.send(post(victim, OK).replace(b"HTTP/1.1", b"HTTP/1.0"))
        answer = wire.answer()
        assert answer is not None
        assert answer.status == 201
        assert wire.is_closed()


def test_pipelined_requests_are_answered_in_order(victim: DeskProcess) -> None:
    bodies = [b'{"error":"%d"}' % number for number in range(200)]

    with Wire(victim) as wire:
        wire.send(b"".join(post(victim, body) for body in bodies))
        answers = [wire.answer() for _ in bodies]

    assert [one.json()["event_data"] for one in answers if one is not None] == [
        {"error": str(number)} for number in range(200)
    ]


@pytest.mark.parametrize(
    "behind",
    [b"\x00\x01 noise\r\n\r\n", b"POST /import/x/errors HTTP/1.1\r\nContent-Length: x\r\n\r\n"],
    ids=["noise", "a bad request"],
)
def test_a_record_is_answered_whatever_comes_behind_it(victim: DeskProcess, behind: bytes) -> None:
    source = f"/import/followed-{len(behind)}/errors"

    with Wire(victim) as wire:
        wire.send(post(victim, OK, path=source) + behind)
        answer = wire.answer()
    stored = victim.client().get(source).json()

    assert len(stored) == (answer is not None and answer.status == 201)


@pytest.mark.parametrize(
    "upgrade",
    [
        ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"],
        ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"],
        ["Upgrade: TLS/1.0", "Connection: upgrade"],
    ],
    ids=["websocket", "h2c", "TLS"],
)
def test_a_wish_to_upgrade_is_overheard_and_with_a_body_refused(
    victim: DeskProcess, upgrade: list[str]
) -> None:
    """The parser takes the body of such a request for the next one, so that is not risked."""
    overheard = said_to(victim, head(victim, "GET", PATHS[0], *upgrade), method="GET")
    with Wire(victim, seconds=3) as wire:
        wire.send(head(victim, "POST", PATHS[0], *upgrade, f"Content-Length: {len(OK)}"), OK)
        refused = wire.answer()
        assert wire.is_closed()

    assert overheard is not None
    assert overheard.status == 200
    assert_turned_away(refused)


def test_the_body_of_an_upgrade_is_never_run_as_a_request(victim: DeskProcess) -> None:
    hidden = post(victim, OK, path="/import/upgraded/errors")
    lines = "Upgrade: h2c", "Connection: Upgrade", f"Content-Length: {len(hidden)}"

    with Wire(victim) as wire:
        wire.send(head(victim, "POST", PATHS[0], *lines))
        wire.socket.settimeout(0.3)
        early = None
        try:
            early = wire.answer()
        except TimeoutError:
            wire.socket.settimeout(10)
        wire.send(hidden)
        if early is None:
            assert_turned_away(wire.answer())
    assert victim.client().get("/import/upgraded/errors").json() == []


def test_expect_100_continue_is_heeded(victim: DeskProcess) -> None:
    with Wire(victim) as wire:
        wire.send(
            head(victim, "POST", PATHS[0], "Expect: 100-continue", f"Content-Length: {len(OK)}")
        )
        assert wire.socket.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.send(OK)
        answer = wire.answer()
    assert answer is not None
    assert answer.status == 201


def test_who_expects_100_for_too_much_is_refused_before_sending(victim: DeskProcess) -> None:
    lines = "Expect: 100-continue", f"Content-Length: {64 * MIB}"

    assert_problem(said_to(victim, head(victim, "POST", PATHS[0], *lines, token="")), 401)
    assert_turned_away(said_to(victim, head(victim, "POST", PATHS[0], "Expect: miracles")))


def test_chunks_of_one_byte_with_extensions_make_one_record(victim: DeskProcess) -> None:
    pieces = chain.from_iterable(
        (b"1;name=%b\r\n" % (b"x" * 500), bytes([byte]), b"\r\n") for byte in OK
    )
    request = head(victim, "POST", PATHS[0], "Transfer-Encoding: chunked")

    answer = said_to(victim, request + b"".join(pieces) + b"0\r\n\r\n")

    assert answer is not None
    assert answer.status == 201


@pytest.mark.parametrize("size", ["-1", "0x1", "fffffffffffffffffff", "", "1 1", "g"])
def test_a_chunk_size_that_is_none_is_turned_away(victim: DeskProcess, size: str) -> None:
    request = head(victim, "POST", PATHS[0], "Transfer-Encoding: chunked")

    assert_turned_away(said_to(victim, request, size.encode() + b"\r\n" + OK + b"\r\n0\r\n\r\n"))


@pytest.mark.parametrize("token", ["", "x", "snag_" + "0" * 49, "\x7f" * 100, "é" * 50])
def test_who_is_not_signed_in_learns_nothing_and_stores_nothing(
    victim: DeskProcess, token: str
) -> None:
    parts = head(victim, "POST", PATHS[0], "Transfer-Encoding: chunked", token=token)

    assert_problem(said_to(victim, parts, *chunked([OK])), 400, 401)


def test_the_documents_stay_reachable_while_all_this_goes_on(victim: DeskProcess) -> None:
    for path in ("/", "/docs", "/openapi.json", "/healthz", "/readyz"):
        assert httpx.get(f"{victim.url}{path}", trust_env=False).status_code == 200
