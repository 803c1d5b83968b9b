"""Finding items in PostgreSQL: by rank where much matches, by the index of tokens what is rare.

The index of tokens (GIN) gives all that there is of one before the first. So what is common is
looked for among the newest, a bounded number of them, and PostgreSQL's own statistics say what is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from snaglist.storage.connection import Connection, Value
from snaglist.storage.rows import as_rows, as_text, given, value
from snaglist.storage.search.question import Found, Search
from snaglist.storage.search.tokens import Tokens, number_of

_SEEN = 2_000
_SEEN_OF_QUADS = 2_000
_RARE = 1_000
_FORGET = f"DELETE FROM item_search USING {given('postgresql')} WHERE rank = {value(0, 'BIGINT')}"
_ADD = (
    "INSERT INTO item_search (rank, quad, tokens)"
    f" SELECT {value(0, 'BIGINT')}, {value(1, 'BIGINT')},"
    f" array_to_tsvector(string_to_array({value(2)}, ' ')) FROM {given('postgresql')}"
)
_ALL = (
    "SELECT {columns} FROM item_search WHERE rank > :above AND rank < :below"
    " ORDER BY rank DESC LIMIT :seen"
)
_OF_QUADS = (
    f"SELECT one.* FROM {given('postgresql', 'quads')} JOIN LATERAL"
    " (SELECT {columns} FROM item_search"
    f" WHERE quad = {value(0, 'BIGINT')} AND rank > :above AND rank < :below"
    " ORDER BY rank DESC LIMIT :seen) AS one ON true ORDER BY one.rank DESC LIMIT :seen"
)
_BY_TOKENS = (
    "WITH hits AS MATERIALIZED"
    " (SELECT rank, tokens FROM item_search WHERE tokens @@ CAST(:rarest AS tsquery))"
    " SELECT rank FROM hits WHERE rank > :above AND rank < :below"
    " AND tokens @@ CAST(:wanted AS tsquery) ORDER BY rank DESC LIMIT :most"
)
_EXPECTED = (
    "EXPLAIN (FORMAT JSON) SELECT 1 FROM item_search WHERE tokens @@ CAST(:wanted AS tsquery)"
)


def reindex(
    connection: Connection, gone: Sequence[int], found: Sequence[tuple[int, Tokens]]
) -> None:
    """Forget these ranks, and let others be found by these tokens."""
    if gone:
        connection.insert(_FORGET, as_rows([[rank] for rank in gone]))
    rows = [(rank, number_of(tokens.quad), tokens.text) for rank, tokens in found]
    connection.insert(_ADD, as_rows(rows))


def find(connection: Connection, wanted: Search, above: int, below: int, most: int) -> Found:
    """The highest ranks between `above` and `below` whose items match."""
    values: dict[str, Value] = {"above": above, "below": below}
    if wanted.quads:
        values["quads"] = as_text([[number_of(token)] for token in wanted.quads])
    newest = _OF_QUADS if wanted.quads else _ALL
    groups = wanted.groups if wanted.quads else (*wanted.facets, *wanted.groups)
    parts = [_any_of(group) for group in groups]
    parts += [f"'{word}':*" for word in wanted.words]
    if not parts:
        rows = connection.execute(newest.format(columns="rank"), seen=most, **values)
        return Found.first([row[0] for row in rows], most)
    query = " & ".join(parts)
    seen = _SEEN
    if wanted.quads:
        seen = min(seen, max(most, _SEEN_OF_QUADS // len(wanted.quads)))
    rows = connection.execute(
        f"SELECT rank FROM ({newest.format(columns='rank, tokens')}) AS newest"
        " WHERE tokens @@ CAST(:wanted AS tsquery) ORDER BY rank DESC LIMIT :most",
        wanted=query,
        seen=seen,
        most=most,
        **values,
    )
    ranks = [row[0] for row in rows]
    if len(ranks) >= most:
        return Found.first(ranks, most)
    end, count = connection.execute(
        f"SELECT min(rank), count(*) FROM ({newest.format(columns='rank')}) AS newest",
        seen=seen,
        **values,
    )[0]
    if count < seen:
        return Found(ranks)
    if wanted.quads:
        parts += map(_any_of, wanted.facets)
    expected, rarest = min((_expected(connection, part), part) for part in parts)
    if expected > _RARE:
        return Found(ranks, end)
    rows = connection.execute(
        _BY_TOKENS, rarest=rarest, wanted=" & ".join(parts), above=above, below=below, most=most
    )
    return Found.first([row[0] for row in rows], most)


def _any_of(tokens: Sequence[str]) -> str:
    return "(" + " | ".join(f"'{token}'" for token in tokens) + ")"


def _expected(connection: Connection, query: str) -> float:
    """How many items match, by what PostgreSQL knows of how often tokens come up."""
    plan: Any = connection.execute(_EXPECTED, wanted=query)[0][0]
    return float(plan[0]["Plan"]["Plan Rows"])
