"""The SQL of finding items: an index of tokens, by the ranks of the items that have them.

Ranks are handed out by every move, so the newest come first, and a move files an item anew under
what it is now. How far one question looks is bounded, however many items there are: what it finds
may be less than was asked for, with the rank below which to go on. What is rare is found at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from snaglist.storage.connection import Connection
from snaglist.storage.search import postgresql, sqlite
from snaglist.storage.search.question import Found, Search
from snaglist.storage.search.tokens import Tokens

_FIND: Mapping[str, Callable[[Connection, Search, int, int, int], Found]] = {
    "sqlite": sqlite.find,
    "postgresql": postgresql.find,
}
_REINDEX: Mapping[
    str, Callable[[Connection, Sequence[int], Sequence[tuple[int, Tokens]]], None]
] = {
    "sqlite": sqlite.reindex,
    "postgresql": postgresql.reindex,
}
_TIDY: Mapping[str, Callable[[Connection], bool]] = {"sqlite": sqlite.tidy}


def tidy_index(connection: Connection) -> bool:
    """Do a part of what keeps the index quick, inside a transaction; whether there may be more."""
    tidy = _TIDY.get(connection.engine)
    return tidy is not None and tidy(connection)


def reindex_items(
    connection: Connection, gone: Sequence[int], found: Sequence[tuple[int, Tokens]]
) -> None:
    """Forget these ranks, and let others be found by these tokens."""
    _REINDEX[connection.engine](connection, gone, found)


def find_ranks(connection: Connection, wanted: Search, above: int, below: int, most: int) -> Found:
    """The highest ranks between `above` and `below`, both left out, whose items match."""
    if not wanted.is_for_all:
        return _FIND[connection.engine](connection, wanted, above, below, most)
    rows = connection.execute(
        "SELECT rank FROM items WHERE rank > :above AND rank < :below"
        " ORDER BY rank DESC LIMIT :most",
        above=above,
        below=below,
        most=most,
    )
    return Found.first([row[0] for row in rows], most)


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
