"""The SQL of items: finding them by key, storing what moves made of them; and of successes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from snaglist.domain.identity import ItemKey
from snaglist.domain.item import Item
from snaglist.storage.connection import Connection, Row
from snaglist.storage.rows import (
    as_list,
    as_rows,
    as_text,
    given,
    insertion,
    listed,
    together,
    update,
    value,
)

_FIXED = dict.fromkeys(
    ("id", "key", "source", "target", "entity_type", "entity_id", "part"), "TEXT"
)
_MOVING = {
    "name": "TEXT",
    "project": "TEXT",
    "status": "TEXT",
    "reason": "TEXT",
    "since": "TEXT",
    "decided_at": "TEXT",
    "failures": "BIGINT",
    "first_failed_at": "TEXT",
    "last_failed_at": "TEXT",
    "standing_record_id": "TEXT",
    "standing_is_transient": "BOOLEAN",
    "fingerprint": "TEXT",
    "cause_id": "TEXT",
    "ignored_until": "TEXT",
    "ignored_failures": "BIGINT",
    "ignored_with_cause": "BOOLEAN",
    "assignee": "TEXT",
    "note": "TEXT",
    "version": "BIGINT",
    "rank": "BIGINT",
}
_COUNTED = {
    name: _MOVING[name]
    for name in (
        *("name", "decided_at", "failures", "first_failed_at", "last_failed_at"),
        *("standing_record_id", "standing_is_transient", "fingerprint"),
    )
}
COLUMNS = ", ".join((*_FIXED, *_MOVING, "seq"))
_INSERT = insertion("items", _FIXED | _MOVING)
_MOVE = update("items", _MOVING)
_COUNT = update("items", _COUNTED)
_items = msgspec.json.Decoder(list[Item], strict=False).decode


def item_of(row: Row) -> Item:
    """The item of a row of `COLUMNS`."""
    return msgspec.convert(row, Item, strict=False)


def items_by_key(connection: Connection, digests: Iterable[str]) -> dict[str, Item]:
    """The items of these keys (`ItemKey.digest`), by key."""
    found = together(
        connection,
        COLUMNS,
        f"FROM items WHERE key IN ({listed(connection, 'digests')})",
        digests=as_list(digests),
    )
    return {item.key: item for item in _items(found)}


def items_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Item]:
    """The items of these ids, by id."""
    found = together(
        connection,
        COLUMNS,
        f"FROM items WHERE id IN ({listed(connection, 'ids')})",
        ids=as_list(ids),
    )
    return {item.id: item for item in _items(found)}


def items_of_entities(connection: Connection, keys: Sequence[ItemKey]) -> list[Item]:
    """The items of these entities, in all their parts, and the untyped ones of the same ids."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM items WHERE seq IN ("
        f" SELECT items.seq FROM {given(connection.engine, 'entities')} JOIN items"
        f" ON items.entity_id = {value(0)} AND items.entity_type IN ({value(1)}, '')"
        f" AND items.source = {value(2)} AND items.target = {value(3)})",
        entities=as_text(
            [[key.entity_id, key.entity_type, key.source, key.target] for key in keys]
        ),
    )
    return [item_of(row) for row in rows]


def highest_rank(connection: Connection) -> int:
    """The rank of the item that moved last; 0 if there is none."""
    return connection.execute("SELECT max(rank) FROM items")[0][0] or 0


def items_by_rank(connection: Connection, ranks: Sequence[int]) -> list[Item]:
    """The items of these ranks, the highest first."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM items WHERE rank IN"
        f" (SELECT {value(0, 'BIGINT')} FROM {given(connection.engine, 'ranks')})"
        " ORDER BY rank DESC",
        ranks=as_text([[rank] for rank in ranks]),
    )
    return [item_of(row) for row in rows]


def insert_items(connection: Connection, items: Sequence[Item]) -> None:
    """Store new items."""
    connection.insert(_INSERT[connection.engine], as_rows(items))


def move_items(connection: Connection, items: Sequence[Item]) -> None:
    """Store items as they are after moves."""
    first = len(_FIXED)
    rows = [(item.seq, *msgspec.structs.astuple(item)[first:-1]) for item in items]
    connection.insert(_MOVE[connection.engine], as_rows(rows))


def count_items(connection: Connection, items: Sequence[Item]) -> None:
    """Store items whose failures were counted, and which made no move."""
    rows = [
        (
            *(item.seq, item.name, item.decided_at, item.failures),
            *(item.first_failed_at, item.last_failed_at, item.standing_record_id),
            *(item.standing_is_transient, item.fingerprint),
        )
        for item in items
    ]
    connection.insert(_COUNT[connection.engine], as_rows(rows))


class Success(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """That an entity, or part of one, came over; the order of its members is that of columns.

    `is_alone`: of the whole, and its parts are told of apart. `began_at`: when its try began, if
    that was said.
    """

    source: str
    target: str
    entity_id: str
    entity_type: str
    part: str
    came_over_at: str
    target_url: str | None = None
    is_alone: bool = False
    began_at: str | None = None

    def speaks_for(self, part: str) -> bool:
        """Whether it says that this part of its entity came over; "" is the whole itself."""
        return part == self.part or (not self.part and not self.is_alone)

    def is_after(self, attempted_at: str, *, is_of_run: bool) -> bool:
        """Whether it is newer than a failure of then.

        What failed while this was tried, and is told outside of any run, may be of this very try.
        """
        since = self.came_over_at if is_of_run else self.began_at or self.came_over_at
        return since > attempted_at


_SUCCESS = dict.fromkeys(Success.__struct_fields__, "TEXT") | {"is_alone": "BOOLEAN"}
_NOTE_SUCCESS = insertion(
    "successes",
    _SUCCESS,
    "ON CONFLICT (source, target, entity_id, entity_type, part, is_alone) DO UPDATE SET"
    " target_url = coalesce(excluded.target_url, successes.target_url),"
    " came_over_at = CASE WHEN excluded.came_over_at > successes.came_over_at"
    " THEN excluded.came_over_at ELSE successes.came_over_at END,"
    " began_at = CASE WHEN excluded.came_over_at > successes.came_over_at"
    " THEN excluded.began_at ELSE successes.began_at END",
)


def note_successes(connection: Connection, successes: Sequence[Success]) -> None:
    """Keep the time of each one's last success; no two of them are of the same thing."""
    connection.insert(_NOTE_SUCCESS[connection.engine], as_rows(successes))


def successes_of(connection: Connection, keys: Sequence[ItemKey]) -> list[Success]:
    """The successes that may bear on items of these keys: those of the same entity ids."""
    rows = connection.execute(
        f"SELECT {', '.join(f's.{name}' for name in _SUCCESS)}"
        f" FROM {given(connection.engine, 'entities')} JOIN successes s"
        f" ON s.source = {value(0)} AND s.target = {value(1)} AND s.entity_id = {value(2)}",
        entities=as_text([[key.source, key.target, key.entity_id] for key in keys]),
    )
    return [Success(*row) for row in rows]


def failed_outside_runs(
    connection: Connection, since: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Which of these items, each with a moment, failed then or later as told outside of any run."""
    rows = connection.execute(
        f"SELECT DISTINCT {value(0)}, {value(1)} FROM {given(connection.engine, 'since')}"
        f" JOIN records r ON r.item_id = {value(0)} AND r.attempted_at >= {value(1)}"
        " AND r.run IS NULL",
        since=as_text([list(one) for one in since]),
    )
    return {(item_id, moment) for item_id, moment in rows}
