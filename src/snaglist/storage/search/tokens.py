"""What an item is found by: words, and what a filter can ask for, each as one token.

A token of a word is the word; of what a filter asks (`facet`) a hash, which begins with `_` as no
word does. A *quad* is the token of what items are counted by, together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import msgspec

from snaglist.domain.cause import Cause
from snaglist.domain.item import Item
from snaglist.domain.words import folded, words_of

_encode = msgspec.json.Encoder().encode
_MOST_WORDS = 32
_NAMES = ("cause_id", "project", "entity_type", "source", "target", "assignee")


class Tokens(msgspec.Struct, frozen=True, gc=False):
    """All that an item is found by."""

    quad: str
    facets: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of them, with spaces between."""
        return " ".join((self.quad, *self.facets, *self.words))

    def have(self, beginning: str) -> bool:
        """Whether one of the words begins so; `beginning` is a token, too."""
        return any(one.startswith(beginning) for one in self.words)


@lru_cache(maxsize=65536)
def facet(name: str, *values: str) -> str:
    """The token of what a filter asks for: that `name` has this value."""
    digest = blake2b(_encode((name, *values)), digest_size=8).hexdigest()
    return f"_{name[0]}{digest}"


def quad(cause_id: str, project: str, entity_type: str, bucket: str) -> str:
    """The token of all four."""
    return facet("quad", cause_id, project, entity_type, bucket)


def number_of(token: str) -> int:
    """The number, of 64 bits with a sign, that a facet's token is."""
    return int(token[2:], 16) - (1 << 63)


@lru_cache(maxsize=65536)
def word(text: str) -> str:
    """The token of a word, such that a beginning of the word is a beginning of the token."""
    return text if text.isascii() else f"_u{text.encode('utf-8').hex()}"


@lru_cache(maxsize=4096)
def _title_words(title: str) -> tuple[str, ...]:
    return tuple(map(word, words_of(title, _MOST_WORDS)))


def text_of(name: str, entity_type: str, entity_id: str, part: str) -> str:
    """The text of an item whose words it is found by."""
    return f"{name} {entity_type} {entity_id} {part}"


def has_words(text: str, title: str, beginnings: Sequence[str]) -> bool:
    """Whether an item of this text, with a cause of this title, has words that begin so."""
    texts = (folded(text), folded(title))
    if not all(any(one in text for text in texts) for one in beginnings):
        return False
    words = (*words_of(text, _MOST_WORDS), *words_of(title, _MOST_WORDS))
    return all(any(word.startswith(one) for word in words) for one in beginnings)


def tokens_of(item: Item, cause: Cause) -> Tokens:
    """All that an item is found by."""
    text = text_of(item.name, item.entity_type, item.entity_id, item.part)
    words = [*map(word, words_of(text, _MOST_WORDS)), *_title_words(cause.shown_title)]
    return Tokens(
        quad(item.cause_id, item.project, item.entity_type, item.bucket),
        (
            *(facet(name, getattr(item, name) or "") for name in _NAMES),
            facet("bucket", item.bucket),
        ),
        tuple(dict.fromkeys(words)),
    )
