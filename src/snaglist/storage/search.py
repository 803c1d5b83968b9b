"""The SQL of finding items: an index of tokens, those of words and those of what a filter asks.

A token of a word is the word; of what a filter asks (`facet`) a hash, which begins with `_` as no
word does. Ranks are handed out by every move, so the newest come first, and a move files an item
anew under what it is now.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import msgspec

from snaglist.domain.cause import Cause
from snaglist.domain.item import Item
from snaglist.domain.words import words_of
from snaglist.storage.connection import Connection
from snaglist.storage.rows import as_rows, as_text, given, value

_encode = msgspec.json.Encoder().encode
_MOST_WORDS = 32
_PROBED = 5_000
_NAMES = ("cause_id", "project", "entity_type", "source", "target", "assignee")

_FORGET = {
    "sqlite": f"DELETE FROM item_search WHERE rowid IN (SELECT {value(0)} FROM {given('sqlite')})",
    "postgresql": f"DELETE FROM item_search USING {given('postgresql')}"
    f" WHERE rank = {value(0, 'BIGINT')}",
}
_ADD = {
    "sqlite": f"INSERT INTO item_search (rowid, tokens) SELECT {value(0)}, {value(1)}"
    f" FROM {given('sqlite')}",
    "postgresql": "INSERT INTO item_search (rank, tokens)"
    f" SELECT {value(0, 'BIGINT')}, array_to_tsvector(string_to_array({value(1)}, ' '))"
    f" FROM {given('postgresql')}",
}


@lru_cache(maxsize=65536)
def facet(name: str, *values: str) -> str:
    """The token of what a filter asks for: that `name` has this value."""
    digest = blake2b(_encode((name, *values)), digest_size=8).hexdigest()
    return f"_{name[0]}{digest}"


@lru_cache(maxsize=65536)
def word(text: str) -> str:
    """The token of a word, such that a beginning of the word is a beginning of the token."""
    return text if text.isascii() else f"_u{text.encode('utf-8').hex()}"


@lru_cache(maxsize=4096)
def _title_words(title: str) -> tuple[str, ...]:
    return tuple(map(word, words_of(title, _MOST_WORDS)))


def tokens_of(item: Item, cause: Cause) -> list[str]:
    """All that an item is found by."""
    tokens = [facet(name, getattr(item, name) or "") for name in _NAMES]
    tokens.append(facet("bucket", item.bucket))
    tokens.append(facet("quad", item.cause_id, item.project, item.entity_type, item.bucket))
    text = f"{item.name} {item.entity_type} {item.entity_id} {item.part}"
    tokens += map(word, words_of(text, _MOST_WORDS))
    tokens += _title_words(cause.shown_title)
    return list(dict.fromkeys(tokens))


def reindex_items(
    connection: Connection, gone: Sequence[int], found: Sequence[tuple[int, list[str]]]
) -> None:
    """Forget these ranks, and let others be found by these tokens."""
    if gone:
        connection.insert(_FORGET[connection.engine], as_rows([[rank] for rank in gone]))
    rows = [(rank, " ".join(tokens)) for rank, tokens in found]
    connection.insert(_ADD[connection.engine], as_rows(rows))


class Search(msgspec.Struct, frozen=True):
    """What is looked for: one token of each group, and words, each by how it begins."""

    groups: tuple[tuple[str, ...], ...] = ()
    words: tuple[str, ...] = ()

    @property
    def is_for_all(self) -> bool:
        """Whether nothing is asked for."""
        return not self.groups and not self.words


def find_ranks(
    connection: Connection, wanted: Search, above: int, below: int, most: int
) -> list[int]:
    """The highest ranks between `above` and `below`, both left out, whose items match."""
    if wanted.is_for_all:
        rows = connection.execute(
            "SELECT rank FROM items WHERE rank > :above AND rank < :below"
            " ORDER BY rank DESC LIMIT :most",
            above=above,
            below=below,
            most=most,
        )
    elif connection.engine == "sqlite":
        rows = connection.execute(
            "SELECT rowid FROM item_search WHERE item_search MATCH :wanted"
            " AND rowid > :above AND rowid < :below ORDER BY rowid DESC LIMIT :most",
            wanted=_fts5(wanted),
            above=above,
            below=below,
            most=most,
        )
    else:
        rows = _find_in_postgresql(connection, wanted, above, below, most)
    return [row[0] for row in rows]


def among(connection: Connection, wanted: Search, ranks: Sequence[int]) -> list[int]:
    """Those of these ranks whose items match."""
    if connection.engine == "sqlite":
        sql = (
            "SELECT rowid FROM item_search WHERE item_search MATCH :wanted AND rowid >= :first"
            f" AND rowid <= :last AND rowid IN (SELECT {value(0)} FROM {given('sqlite', 'ranks')})"
        )
        rows = connection.execute(
            sql,
            wanted=_fts5(wanted),
            first=ranks[0],
            last=ranks[-1],
            ranks=as_text([[rank] for rank in ranks]),
        )
    else:
        rows = connection.execute(
            f"SELECT rank FROM {given('postgresql', 'ranks')} JOIN item_search"
            f" ON rank = {value(0, 'BIGINT')} WHERE (tokens @@ CAST(:wanted AS tsquery)) IS TRUE",
            wanted=_tsquery(wanted),
            ranks=as_text([[rank] for rank in ranks]),
        )
    return [row[0] for row in rows]


def _find_in_postgresql(
    connection: Connection, wanted: Search, above: int, below: int, most: int
) -> list[tuple[int]]:
    """What is common is found among the newest; only what is not is looked up in the index,

    which gives all matches before the first.
    """
    query = _tsquery(wanted)
    rows = connection.execute(
        "SELECT rank FROM (SELECT rank, tokens FROM item_search"
        " WHERE rank > :above AND rank < :below ORDER BY rank DESC LIMIT :probed) AS newest"
        " WHERE tokens @@ CAST(:wanted AS tsquery) ORDER BY rank DESC LIMIT :most",
        above=above,
        below=below,
        probed=_PROBED,
        wanted=query,
        most=most,
    )
    if len(rows) == most:
        return [(row[0],) for row in rows]
    rows = connection.execute(
        "WITH hits AS MATERIALIZED (SELECT rank FROM item_search"
        " WHERE tokens @@ CAST(:wanted AS tsquery))"
        " SELECT rank FROM hits WHERE rank > :above AND rank < :below"
        " ORDER BY rank DESC LIMIT :most",
        above=above,
        below=below,
        wanted=query,
        most=most,
    )
    return [(row[0],) for row in rows]


def _fts5(wanted: Search) -> str:
    groups = [" OR ".join(f'"{token}"' for token in group) for group in wanted.groups]
    words = [f'"{word(text)}" *' for text in wanted.words]
    return " AND ".join([*(f"({group})" for group in groups), *words])


def _tsquery(wanted: Search) -> str:
    groups = [" | ".join(f"'{token}'" for token in group) for group in wanted.groups]
    words = [f"'{word(text)}':*" for text in wanted.words]
    return " & ".join([*(f"({group})" for group in groups), *words])


def rank_bounds(connection: Connection, since: str | None, until: str | None) -> tuple[int, int]:
    """The ranks between which those lie that came into their state from `since` up to `until`."""
    above, below = 0, 1 << 62
    if since is not None:
        rows = connection.execute(
            "SELECT max(rank) FROM (SELECT rank FROM items WHERE since < :since"
            " ORDER BY since DESC, rank DESC LIMIT 1) AS before",
            since=since,
        )
        above = rows[0][0] or 0
    if until is not None:
        rows = connection.execute(
            "SELECT min(rank) FROM (SELECT rank FROM items WHERE since >= :until"
            " ORDER BY since, rank LIMIT 1) AS after",
            until=until,
        )
        below = rows[0][0] or below
    return above, below
