"""The SQL of finding records: by what they tell of, and by how their items stand now.

Records are gone through by the narrowest index that the filter gives, the newest first. How many
of them one question looks at is bounded, however many there are (`search/` does so, too).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from snaglist.domain.filtering import Filter
from snaglist.domain.record import Record
from snaglist.storage import causes as cause_store
from snaglist.storage.connection import Connection, Row, Value
from snaglist.storage.filtering import final_cause, item_conditions, label_of, ranks_found
from snaglist.storage.items import items_by_rank
from snaglist.storage.records import RECORD, WITH_ITEM
from snaglist.storage.rows import as_list, as_text, given, listed, value
from snaglist.storage.search.tokens import has_words, text_of

_HIGHEST = 1 << 62
_FEW = 50
_BLOCK = 250
_MOST_SEEN = 500
_ITEM = "i.name, i.entity_type, i.entity_id, i.part, coalesce(c.name, c.title)"
_ALL = (
    "SELECT r.seq FROM records r WHERE r.seq > :lowest AND r.seq < :below"
    " ORDER BY r.seq DESC LIMIT :block"
)
_OF_ONE = (
    "SELECT p.seq FROM {places} p WHERE p.{column} = given.value ->> 0"
    " AND p.seq > :lowest AND p.seq < :below ORDER BY p.seq DESC LIMIT :block"
)
_OF_MANY = {
    "sqlite": "SELECT r.seq FROM {given} JOIN records r ON r.seq IN ({one})"
    " ORDER BY r.seq DESC LIMIT :block",
    "postgresql": "SELECT one.seq FROM {given} JOIN LATERAL ({one}) AS one ON true"
    " ORDER BY one.seq DESC LIMIT :block",
}
_PLACES = {
    "item_id": "places_of_items",
    "fingerprint": "places_of_fingerprints",
    "run": "records",
}


class FoundRecords(msgspec.Struct, frozen=True):
    """Records, the newest first. Below place `further` there may be more; none if it is None."""

    records: list[Record]
    further: int | None = None


class _Stretch(msgspec.Struct, frozen=True):
    """The records to go through: those whose `column` is one of `keys`, or all."""

    column: str | None = None
    keys: tuple[str, ...] = ()

    def sql(self, engine: str) -> str:
        if self.column is None:
            return _ALL
        one = _OF_ONE.format(column=self.column, places=_PLACES[self.column])
        return _OF_MANY[engine].format(given=given(engine, "keys"), one=one)


def page_of_records_found(
    connection: Connection, wanted: Filter, below: int | None, most: int
) -> FoundRecords:
    """The newest records that match; only places below `below`.

    A record matches when its item does; `cause` is that of the record's own evidence, and
    `since` and `until` bound its arrival.
    """
    lowest, highest = _place_bounds(connection, wanted.since, wanted.until)
    place = highest if below is None else min(highest, below)
    stretch, asked = _narrowest(connection, wanted)
    matches, values = _conditions(connection, asked)
    values["lowest"] = lowest
    if stretch.column is not None:
        values["keys"] = as_list(stretch.keys)
    found: list[int] = []
    seen, block = 0, most
    while seen < _MOST_SEEN:
        rows = connection.execute(
            f"SELECT b.seq, {matches}, {_ITEM} FROM ({stretch.sql(connection.engine)}) b"
            " JOIN records r ON r.seq = b.seq LEFT JOIN items i ON i.id = r.item_id"
            " LEFT JOIN causes c ON c.id = i.cause_id ORDER BY b.seq DESC",
            block=block,
            below=place,
            **values,
        )
        found += [row[0] for row in rows if row[1] and _has_words(row, asked.words)]
        if len(found) >= most:
            return FoundRecords(_whole(connection, found[:most]), found[most - 1])
        if len(rows) < block:
            return FoundRecords(_whole(connection, found))
        place, seen, block = rows[-1][0], seen + len(rows), _BLOCK
    return FoundRecords(_whole(connection, found), place)


def _narrowest(connection: Connection, wanted: Filter) -> tuple[_Stretch, Filter]:
    """The records to go through, and what is still to be asked of them."""
    if wanted.item_id is not None:
        return _Stretch("item_id", (wanted.item_id,)), replace(wanted, item_id=None)
    if wanted.cause_id is not None:
        pointers = _pointers(connection, wanted.cause_id)
        return _Stretch("fingerprint", pointers), replace(wanted, cause_id=None)
    if wanted.run is not None:
        return _Stretch("run", (label_of(connection, wanted.run),)), replace(wanted, run=None)
    asked = replace(wanted, since=None, until=None)
    if asked == Filter():
        return _Stretch(), wanted
    few = ranks_found(connection, asked, None, _FEW + 1)
    if few.further is not None:
        return _Stretch(), wanted
    ids = tuple(item.id for item in items_by_rank(connection, few.ranks))
    return _Stretch("item_id", ids), Filter()


def _pointers(connection: Connection, cause_id: str) -> tuple[str, ...]:
    final = final_cause(connection, cause_id)
    return tuple(one.fingerprint for one in cause_store.fingerprints_of(connection, final))


def _conditions(connection: Connection, asked: Filter) -> tuple[str, dict[str, Value]]:
    """SQL that a record `r` of an item `i` matches, words aside, and its parameters."""
    conditions, values = item_conditions(connection, asked)
    if asked.cause_id is not None:
        conditions.append(f"r.fingerprint IN ({listed(connection, 'fingerprints')})")
        values["fingerprints"] = as_list(_pointers(connection, asked.cause_id))
    if asked.run is not None:
        conditions.append("r.run = :run")
        values["run"] = label_of(connection, asked.run)
    return f"({' AND '.join(conditions) or 'true'})", values


def _has_words(row: Row, words: Sequence[str]) -> bool:
    if not words:
        return True
    name, entity_type, entity_id, part, title = row[2:]
    return name is not None and has_words(
        text_of(name, entity_type, entity_id, part), title or "", words
    )


def _whole(connection: Connection, places: Sequence[int]) -> list[Record]:
    rows = connection.execute(
        f"SELECT {RECORD} FROM {WITH_ITEM} WHERE r.seq IN"
        f" (SELECT {value(0, 'BIGINT')} FROM {given(connection.engine, 'places')})"
        " ORDER BY r.seq DESC",
        places=as_text([[place] for place in places]),
    )
    return [Record(*row) for row in rows]


def _place_bounds(connection: Connection, since: str | None, until: str | None) -> tuple[int, int]:
    """Between which places the records lie that arrived from `since` up to `until`.

    Found by halving: places grow with the time of arrival.
    """
    lowest, highest = 0, _HIGHEST
    if since is not None:
        lowest = _first_place(connection, since) - 1
    if until is not None:
        highest = _first_place(connection, until)
    return lowest, highest


def _first_place(connection: Connection, moment: str) -> int:
    """The place of the first record that arrived at this moment or later."""
    low, high = 0, (connection.execute("SELECT max(seq) FROM records")[0][0] or 0) + 1
    while low + 1 < high:
        middle = (low + high) // 2
        rows = connection.execute(
            "SELECT seq, created_at FROM records WHERE seq <= :middle ORDER BY seq DESC LIMIT 1",
            middle=middle,
        )
        if rows and rows[0][1] >= moment:
            high = max(low + 1, int(rows[0][0]))
        else:
            low = middle
    return high
