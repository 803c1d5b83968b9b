"""Secrets: their form, their check digits, and that a typing error never passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaglist.domain.access import checked_name, is_well_formed, secret_text
from snaglist.domain.errors import BadParameter


@given(st.binary(min_size=32, max_size=32))
def test_a_secret_is_well_formed_and_recognisable(random_bits: bytes) -> None:
    secret = secret_text(random_bits)

    assert secret.startswith("snag_")
    assert len(secret) == 54
    assert is_well_formed(secret)


@given(st.binary(min_size=32, max_size=32), st.integers(5, 53), st.sampled_from("0aZ"))
def test_one_wrong_digit_is_noticed(random_bits: bytes, place: int, digit: str) -> None:
    secret = secret_text(random_bits)
    typed = secret[:place] + digit + secret[place + 1 :]

    assert is_well_formed(typed) == (typed == secret)


def test_a_secret_takes_exactly_256_random_bits() -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        secret_text(b"too few")


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "a" * 101, "\x1b[31mred", "a\nb", "-x", "a\u202eb"]
)
def test_a_name_that_could_mislead_is_refused(name: str) -> None:
    with pytest.raises(BadParameter):
        checked_name(name)


@pytest.mark.parametrize("name", ["a", "nightly import", "ana@studio", "東京", "sync-3.1"])
def test_a_plain_name_is_taken(name: str) -> None:
    assert checked_name(name) == name
