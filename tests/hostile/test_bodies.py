"""Bodies made to hurt: each is stored or refused in plain words, and harms no other."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest

from hostile.vitals import MIB, Peak
from hostile.wire import (
    PATHS,
    Answer,
    assert_problem,
    assert_turned_away,
    chunked,
    head,
    post,
    said_to,
)
from support.desks import DeskProcess


def nested(levels: int) -> bytes:
    """An object with so many levels of nesting, itself counted."""
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


REFUSED = {
    "nothing": b"",
    "white space": b" \t\r\n" * 1000,
    "cut in a string": b'{"error": "Failed to im',
    "cut behind a colon": b'{"error":',
    "two documents": b"{}{}",
    "an array": b"[]",
    "a bare number": b"1",
    "error is a number": b'{"error": 1}',
    "details is an array": b'{"details": []}',
    "201 levels": nested(201),
    "100,000 levels": nested(100_000),
    "100,000 open brackets": b'{"a":' + b"[" * 100_000,
    "depth under a duplicate key": b'{"a":' + nested(300) + b',"a":1}',
    "5,000 digits": b'{"a":' + b"9" * 5_000 + b"}",
    "5,000 digits and a point": b'{"a":' + b"9" * 5_000 + b".5}",
    "an exponent out of range": b'{"a":1e999999}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "a lone surrogate": b'{"a":"\\ud800"}',
    "two low surrogates": b'{"a":"\\udc00\\udc00"}',
    "a lone surrogate as a key": b'{"\\udfff":1}',
    "an encoded surrogate": b'{"a":"\xed\xa0\x80"}',
    "invalid UTF-8": b'{"a":"\xff\xfe"}',
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "a raw NUL": b'{"a":"\x00"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"error":"x"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"error":"x"}'.encode("utf-16-le"),
    "UTF-32": '{"error":"x"}'.encode("utf-32"),
    "single quotes": b"{'error': 'x'}",
    "a comment": b'{"a":1 /* one */}',
    "a trailing comma": b'{"a":1,}',
}
STORED = {
    "200 levels": nested(200),
    "brackets inside a string": b'{"a":"' + b"[{" * 5_000 + b'"}',
    "escaped quotes and brackets": b'{"a":"' + b'\\"[' * 5_000 + b'"}',
    "an escaped NUL": b'{"error":"\\u0000"}',
    "2**70": b'{"a":1180591620717411303424}',
    "a tiny number": b'{"a":1e-' + b"9" * 500 + b"}",
    "duplicate keys": b'{"a":1,"a":2,"error":"x","error":"y"}',
    "100,000 members": json.dumps({f"k{i}": i for i in range(50_000)}).encode(),
    "a lot of empty arrays": b'{"a":[' + b"[]," * 300_000 + b"1]}",
    "exactly 1 MiB": b'{"a":"' + b"x" * (MIB - 8) + b'"}',
    "bidirectional text": '{"error":"\u202egnp.exe"}'.encode(),
}


def in_a_batch(desk: DeskProcess, body: bytes) -> Answer:
    """What becomes of this body between two good records in NDJSON."""
    lines = [b'{"event_data":{"error":"good"}}', b'{"event_data":%b}' % body]
    answer = said_to(desk, post(desk, b"\n".join([*lines, lines[0]]), path=PATHS[1]))
    assert answer is not None
    return answer


@pytest.mark.parametrize("what", REFUSED)
def test_a_body_that_is_no_record_is_refused_in_plain_words(victim: DeskProcess, what: str) -> None:
    assert_problem(said_to(victim, post(victim, REFUSED[what])), 400)


@pytest.mark.parametrize("what", STORED)
def test_a_strange_body_that_is_a_record_is_stored_byte_for_byte(
    victim: DeskProcess, what: str
) -> None:
    answer = said_to(victim, post(victim, STORED[what]))

    assert answer is not None
    assert answer.status == 201, answer
    assert b'"event_data":%b,"created_at"' % STORED[what] in answer.body


@pytest.mark.parametrize("what", [what for what in REFUSED if b"\n" not in REFUSED[what]])
def test_a_bad_line_of_a_batch_harms_no_other_line(victim: DeskProcess, what: str) -> None:
    results = in_a_batch(victim, REFUSED[what]).json()["results"]

    assert [one["status"] for one in results] == ["recorded", "invalid", "recorded"]


@pytest.mark.parametrize("what", REFUSED)
def test_a_batch_of_nothing_but_a_bad_body_stores_nothing(victim: DeskProcess, what: str) -> None:
    answer = said_to(victim, post(victim, REFUSED[what], path=PATHS[1]))

    assert answer is not None
    if answer.status == 200:
        assert all(one["status"] == "invalid" for one in answer.json()["results"])
    else:
        assert_problem(answer, 400)


def test_a_deep_member_of_an_array_is_called_too_deep_with_the_true_limit(
    victim: DeskProcess,
) -> None:
    body = b'[{"event_data":{}},{"event_data":' + nested(100_000) + b"}]"

    answer = said_to(victim, post(victim, body, path=PATHS[1]))

    assert answer is not None
    assert answer.status in (200, 400)
    assert b"too_deep" in answer.body
    assert b"1000000" not in answer.body


def too_much(most: int) -> Iterator[bytes]:
    """One byte more than `most`, in pieces."""
    yield from (b"x" * 65_536 for _ in range(most // 65_536))
    yield b"x"


@pytest.mark.parametrize(("path", "most"), [(PATHS[0], MIB), (PATHS[1], 16 * MIB)])
def test_a_body_over_the_limit_is_refused_however_it_is_framed(
    victim: DeskProcess, path: str, most: int
) -> None:
    declared = head(victim, "POST", path, f"Content-Length: {most + 1}")
    undeclared = head(victim, "POST", path, "Transfer-Encoding: chunked")

    for parts in ((declared, *too_much(most)), (undeclared, *chunked(too_much(most)))):
        assert_problem(said_to(victim, *parts), 413, code="too_large")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip"])
def test_a_compressed_body_is_never_unpacked(victim: DeskProcess, path: str, encoding: str) -> None:
    bomb = gzip.compress(b" " * (64 * MIB), 9)
    assert len(bomb) * 1000 < 64 * MIB

    with Peak(victim) as peak:
        answer = said_to(victim, post(victim, bomb, f"Content-Encoding: {encoding}", path=path))

    assert_problem(answer, 400 if path == PATHS[0] else 415, code="encoded_body")
    assert peak.growth < 8 * MIB


@pytest.mark.parametrize(
    ("unit", "opening", "end"),
    [(b"0,", b"[", b"0]"), (b'"",', b"[", b"0]"), (b"10\n", b"", b"1"), (b"\n", b"0", b"0")],
    ids=["array of numbers", "array of strings", "lines of numbers", "blank lines"],
)
def test_a_batch_of_millions_of_members_does_not_fill_the_memory(
    victim: DeskProcess, unit: bytes, opening: bytes, end: bytes
) -> None:
    body = opening + unit * (16 * MIB // len(unit) - 2) + end

    with Peak(victim) as peak:
        answer = said_to(victim, post(victim, body, path=PATHS[1]))

    assert answer is not None
    assert answer.status in (200, 413), answer
    assert peak.growth < 128 * MIB


@pytest.mark.parametrize("coding", ["gzip, chunked", "identity", "chunked, chunked", "xchunked"])
def test_a_strange_transfer_coding_is_turned_away(victim: DeskProcess, coding: str) -> None:
    body = gzip.compress(b"{}")

    parts = head(victim, "POST", PATHS[0], f"Transfer-Encoding: {coding}"), *chunked([body])

    assert_turned_away(said_to(victim, *parts))
