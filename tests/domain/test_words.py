"""Words as people search them, and text as it may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaglist.domain.words import folded, one_line, words_of


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("SQ010_SH0560_comp_v004", "sh05"),
        ("SQ010_SH0560_comp_v004", "sq010_sh"),
        ("SQ010_SH0560_comp_v004", "0560"),
        ("東京ナイトメア", "ナイト"),
        ("Žluťoučký kůň", "zlut"),
        ("Élan Noir", "elan"),
        ("Łukasz", "łuk"),
        ("한국어 쇼", "국어"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁle", "file"),
    ],
)
def test_a_word_is_found_by_how_a_part_of_it_begins(text: str, beginning: str) -> None:
    assert any(word.startswith(folded(beginning)) for word in words_of(text))


@given(st.text())
def test_words_are_bounded_and_the_store_takes_them(text: str) -> None:
    words = words_of(text, 20)

    assert len(words) == len(set(words)) <= 20
    assert all(0 < len(word) <= 80 and "\0" not in word for word in words)
    "".join(words).encode()


@given(st.text(), st.integers(5, 50))
def test_a_line_is_one_line_and_harmless(text: str, most: int) -> None:
    line = one_line(text, most)

    assert len(line) <= most
    assert not set(line) & set("\0\n\r\t\x1b\x7f\u202e\u200b\ufeff")
    line.encode()


def test_a_long_line_says_that_it_goes_on() -> None:
    assert one_line("a" * 100 + "\n", 10) == "aaaaaaaaa…"
