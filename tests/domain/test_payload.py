"""Reading bodies: what is taken, what is refused, and where the fault is said to be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaglist.domain.errors import NotJson, TooDeep, WrongShape
from snaglist.domain.payload import read_event_data

DEPTH = 200

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(st.dictionaries(st.text().filter(lambda key: key not in ("error", "details")), json_values))
def test_any_object_is_kept_byte_for_byte(value: dict[str, object]) -> None:
    for spaced in (json.dumps(value), json.dumps(value, indent=1, ensure_ascii=False)):
        try:
            body = spaced.encode()
        except UnicodeEncodeError:
            return  # a lone surrogate, which UTF-8 cannot carry
        if "\\ud" in spaced and _has_lone_surrogate(value):
            return
        assert read_event_data(b" \n" + body + b"\r\n\t", DEPTH)[0].encode() == body


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"\xff\xfe{\x00}\x00", "UTF-16"),
        (b'{"a": 1,}', "line 1, column 9"),
        (b'{\n  "a": tru\n}', "line 3"),
        (b'{"a": "\xff"}', "byte 7 (line 1, column 8)"),
        (b'{"a": "\\ud800"}', "half of a pair"),
        (b'{"a": 1e999}', "out of range"),
        (b'{"n":' + b"9" * 5000 + b"}", "out of range"),
        (b'{"a": NaN}', "line 1, column 7"),
        (b'{"a": 1', "ends too early"),
    ],
)
def test_what_is_no_json_is_refused_and_told_why(body: bytes, says: str) -> None:
    with pytest.raises(NotJson) as refused:
        read_event_data(body, DEPTH)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"[]", ""),
        (b"null", ""),
        (b'"text"', ""),
        (b'{"error": null}', "/error"),
        (b'{"error": ["x"]}', "/error"),
        (b'{"details": "x"}', "/details"),
        (b'{"details": null}', "/details"),
    ],
)
def test_another_shape_is_refused_and_told_where(body: bytes, where: str) -> None:
    with pytest.raises(WrongShape) as refused:
        read_event_data(body, DEPTH)

    assert refused.value.where == where


def test_the_limit_of_nesting_is_exact() -> None:
    at_limit = b'{"a":' + b"[" * (DEPTH - 1) + b"]" * (DEPTH - 1) + b"}"
    beyond = b'{"a":' + b"[" * DEPTH + b"]" * DEPTH + b"}"

    assert read_event_data(at_limit, DEPTH)
    with pytest.raises(TooDeep):
        read_event_data(beyond, DEPTH)
    with pytest.raises(TooDeep):
        read_event_data(b"[" * 100_000, DEPTH)


def test_brackets_in_strings_are_no_nesting() -> None:
    assert read_event_data(b'{"a": "' + b"[{" * 5000 + b'\\"[["}', DEPTH)


def test_nesting_under_a_duplicate_key_counts() -> None:
    deep = b'{"a":' + b"[" * DEPTH + b"]" * DEPTH + b',"a":1}'

    with pytest.raises(TooDeep):
        read_event_data(deep, DEPTH)


def test_wide_is_not_deep() -> None:
    assert read_event_data(b'{"a":[' + b"[]," * 5000 + b"[]]}", DEPTH)


def _has_lone_surrogate(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
