"""Many rows in one JSON parameter: the database takes them apart, outside of Python's lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from snaglist.storage.connection import Connection, Value

_encode = msgspec.json.Encoder().encode
_GIVEN = {
    "sqlite": "jsonb_each(:{name}) AS given",
    "postgresql": "jsonb_array_elements(CAST(:{name} AS jsonb)) AS given (value)",
}
ENGINES = tuple(_GIVEN)

Columns = Mapping[str, str]
"""The names of columns and their types, in the order of the values of a row."""


def given(engine: str, name: str = "rows") -> str:
    """SQL for the rows of a parameter that `as_rows` made, as a table in a FROM clause."""
    return _GIVEN[engine].format(name=name)


def picked(columns: Columns, start: int = 0) -> str:
    """SQL for the values of one given row, each as its column's type."""
    return ", ".join(value(place, kind) for place, kind in enumerate(columns.values(), start))


def value(place: int, kind: str = "TEXT") -> str:
    """SQL for the value at a place of a given row."""
    text = f"given.value ->> {place}"
    return text if kind == "TEXT" else f"CAST({text} AS {kind})"


def insertion(table: str, columns: Columns, further: str = "") -> dict[str, str]:
    """By engine, the statement that inserts all given rows."""
    return {
        engine: f"INSERT INTO {table} ({', '.join(columns)})"
        f" SELECT {picked(columns)} FROM {given(engine)} WHERE true {further}"
        for engine in ENGINES
    }


def update(table: str, columns: Columns) -> dict[str, str]:
    """By engine, the statement that updates all given rows, found by their `seq`, given first."""
    changes = ", ".join(
        f"{name} = {value(place, kind)}" for place, (name, kind) in enumerate(columns.items(), 1)
    )
    return {
        engine: f"UPDATE {table} SET {changes} FROM {given(engine)}"
        f" WHERE {table}.seq = {value(0, 'BIGINT')}"
        for engine in ENGINES
    }


_TOGETHER = {
    "sqlite": "SELECT json_group_array(json_array({columns})) {rest}",
    "postgresql": "SELECT CAST(coalesce(json_agg(json_build_array({columns})), '[]') AS text)"
    " {rest}",
}


def together(connection: Connection, columns: str, rest: str, **values: Value) -> str:
    """All rows of a SELECT as one JSON array of arrays, in no order.

    Python's lock is let go and waited for once, not at every row: beside a busy thread each
    wait is long.
    """
    sql = _TOGETHER[connection.engine].format(columns=columns, rest=rest)
    found: str = connection.execute(sql, **values)[0][0]
    return found


def listed(connection: Connection, name: str) -> str:
    """SQL for the members of a parameter that `as_list` made."""
    return f"SELECT given.value ->> 0 FROM {given(connection.engine, name)}"


_AMONG = {
    "sqlite": "IN (SELECT given.value ->> 0 FROM {given})",
    "postgresql": "= ANY (ARRAY(SELECT given.value ->> 0 FROM {given}))",
}


def among(connection: Connection, name: str) -> str:
    """SQL that a column is one of a parameter that `as_list` made, looked up by its index.

    As an array PostgreSQL looks each up whatever it believes of a table that grew just now; a
    subquery it may compare with every row.
    """
    return _AMONG[connection.engine].format(given=given(connection.engine, name))


def as_rows(rows: Sequence[Any]) -> bytes:
    """Rows as the parameter of `insert`: sequences, or structs that are encoded as arrays."""
    return _encode(rows)


def as_text(rows: Sequence[Any]) -> str:
    """Rows as a parameter of `execute`."""
    return _encode(rows).decode()


def as_list(texts: Iterable[str]) -> str:
    """Texts as a parameter."""
    return _encode([[text] for text in texts]).decode()
