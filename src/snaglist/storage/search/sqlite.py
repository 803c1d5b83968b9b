"""Finding items in SQLite's FTS5.

It gives what has a token by rank, one by one, from either end, and so what has all of several: up
from the oldest it leaps over what lacks one, down from the newest it does not. So the newest are
gone through first; where they are not enough, all in a stretch is found, as long as what is rarest
comes up in it a bounded number of times. A question that finds nothing would go through
everything, so every rank has the tokens of blocks it lies in, small and large ones, and some of
these are asked for, too.

The beginnings of words are as quick where the index has their length; of others it first gathers
all that there is. Those are looked for by the longest beginning that it has, and then compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from snaglist.storage.causes import causes_by_id
from snaglist.storage.connection import Connection
from snaglist.storage.items import items_by_rank
from snaglist.storage.rows import as_rows, given, value
from snaglist.storage.search.question import Found, Search
from snaglist.storage.search.tokens import Tokens, tokens_of

_LENGTHS = (8, 6, 4, 3, 2, 1)  # as the schema has them
_NEWEST = 1_000
_MOST_STEPS = 400
_PATIENCE = 4
_BITS = (11, 14, 17, 20)
_MOST_BLOCKS = 4
_PAGES = 32
_GONE, _GONE_AT_REST = 50, 10
_CHANGES = "SELECT total_changes()"
_FORGET = f"DELETE FROM item_search WHERE rowid IN (SELECT {value(0)} FROM {given('sqlite')})"
_ADD = (
    f"INSERT INTO item_search (rowid, tokens) SELECT {value(0)}, {value(1)} FROM {given('sqlite')}"
)


def reindex(
    connection: Connection, gone: Sequence[int], found: Sequence[tuple[int, Tokens]]
) -> None:
    """Forget these ranks, and let others be found by these tokens."""
    if gone:
        connection.insert(_FORGET, as_rows([[rank] for rank in gone]))
    rows = [(rank, f"{_blocks_of(rank)} {tokens.text}") for rank, tokens in found]
    connection.insert(_ADD, as_rows(rows))


def tidy(connection: Connection) -> bool:
    """Merge some of the parts that the index is in; whether there may be more to merge.

    FTS5 does so within the writes that bring it too many parts, some hundred pages at a time, and
    with a part of which half is gone. Here a tenth is enough.
    """
    _configure(connection, "deletemerge", _GONE_AT_REST)
    before = connection.execute(_CHANGES)[0][0]
    _configure(connection, "merge", _PAGES)
    merged = connection.execute(_CHANGES)[0][0] - before
    _configure(connection, "deletemerge", _GONE)
    return bool(merged > 1)


def find(connection: Connection, wanted: Search, above: int, below: int, most: int) -> Found:
    """The highest ranks between `above` and `below` whose items match."""
    terms = [" OR ".join(f'"{token}"' for token in group) for group in wanted.as_groups]
    quick = [*terms, *(f'"{_indexed(one)}" *' for one in wanted.words)]
    whole = [*terms, *(f'"{one}" *' for one in wanted.words)]
    words = () if quick == whole else wanted.words
    if len(quick) == 1:
        return _down(connection, quick, whole, words, above, below, most)
    highest = connection.execute("SELECT max(rank) FROM items")[0][0] or 0
    top = min(below, highest + 1)
    newest = max(above, top - _NEWEST)
    within = _between(newest, top)
    found = _down(connection, [*quick, *within], [*whole, *within], words, newest, below, most)
    if newest == above or len(found.ranks) >= most:
        return found
    end = min(newest, *(_place_of(connection, term, above, below) for term in quick))
    within = _between(end, top)
    ranks = _all(connection, [*quick, *within], end, below)
    some = ranks[: _PATIENCE * most]
    ranks_found = _having(connection, some, words)
    if len(ranks_found) < most and len(some) < len(ranks):
        ranks_found = _all(connection, [*whole, *within], end, below)
    if len(ranks_found) >= most:
        return Found.first(ranks_found, most)
    return Found(ranks_found, end + 1 if end > above else None)


def _configure(connection: Connection, name: str, number: int) -> None:
    connection.execute(
        "INSERT INTO item_search (item_search, rank) VALUES (:name, :number)",
        name=name,
        number=number,
    )


def _block(size: int, number: int) -> str:
    """The token of a block of ranks, one of those of a size."""
    return f"_r{size}{number:x}"


def _blocks_of(rank: int) -> str:
    """The tokens of the blocks that a rank lies in."""
    return " ".join(_block(size, rank >> bits) for size, bits in enumerate(_BITS))


def _between(above: int, top: int) -> list[str]:
    """The term of the blocks between, a few, so that a question begins and ends there."""
    for size, bits in enumerate(_BITS):
        first, last = (above + 1) >> bits, (top - 1) >> bits
        if last - first < _MOST_BLOCKS:
            return [" OR ".join(f'"{_block(size, one)}"' for one in range(first, last + 1))]
    return []


def _down(
    connection: Connection,
    quick: Sequence[str],
    whole: Sequence[str],
    words: Sequence[str],
    above: int,
    below: int,
    most: int,
) -> Found:
    """What matches, from the newest down to `above`."""
    found: list[int] = []
    place = below
    for _ in range(_PATIENCE):
        ranks = _first(connection, quick, above, place, most)
        found += _having(connection, ranks, words)
        if len(found) >= most or len(ranks) < most:
            return Found.first(found, most)
        place = ranks[-1]
    found += _first(connection, whole, above, place, most - len(found))
    return Found.first(found, most)


def _place_of(connection: Connection, term: str, above: int, below: int) -> int:
    """Above which rank a term has come up so often; `above` if it has not."""
    rows = connection.execute(
        "SELECT min(rowid), count(*) FROM (SELECT rowid FROM item_search"
        " WHERE item_search MATCH :term AND rowid > :above AND rowid < :below"
        " ORDER BY rowid DESC LIMIT :most)",
        term=term,
        above=above,
        below=below,
        most=_MOST_STEPS,
    )
    place, count = rows[0]
    return place - 1 if count == _MOST_STEPS else above


def _first(
    connection: Connection, terms: Sequence[str], above: int, below: int, most: int
) -> list[int]:
    """The highest ranks of what has all these terms."""
    rows = connection.execute(
        "SELECT rowid FROM item_search WHERE item_search MATCH :wanted"
        " AND rowid > :above AND rowid < :below ORDER BY rowid DESC LIMIT :most",
        wanted=_all_of(terms),
        above=above,
        below=below,
        most=most,
    )
    return [row[0] for row in rows]


def _all(connection: Connection, terms: Sequence[str], above: int, below: int) -> list[int]:
    """All ranks of what has all these terms, the highest first."""
    rows = connection.execute(
        "SELECT rowid FROM item_search WHERE item_search MATCH :wanted"
        " AND rowid > :above AND rowid < :below ORDER BY rowid",
        wanted=_all_of(terms),
        above=above,
        below=below,
    )
    return [row[0] for row in reversed(rows)]


def _all_of(terms: Sequence[str]) -> str:
    return " AND ".join(f"({term})" for term in terms)


def _indexed(word: str) -> str:
    """The longest beginning of a word that the index has."""
    length = next(length for length in _LENGTHS if length <= len(word))
    return word[:length]


def _having(connection: Connection, ranks: list[int], words: Sequence[str]) -> list[int]:
    """Those of these ranks whose items have all these words, by how they begin."""
    if not words:
        return ranks
    items = items_by_rank(connection, ranks)
    causes = causes_by_id(connection, {item.cause_id for item in items})
    found = [(item.rank, tokens_of(item, causes[item.cause_id])) for item in items]
    return [rank for rank, tokens in found if all(map(tokens.have, words))]
