"""The SQL of records: storing many at once, finding one, deleting one, paging through all."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from snaglist.domain.errors import KeyReused, SnaglistError, WrongShape
from snaglist.domain.record import NewRecord, Record
from snaglist.storage.connection import Connection
from snaglist.storage.postgres import WRITE_TURN

_encode = msgspec.json.Encoder().encode
_COLUMNS = "id, source, target, run, occurred_at, event_data, redacted, idempotency_key, created_at"
_PLACES = ", ".join(f"item.value ->> {place}" for place in range(9))
_ITEMS = {
    "sqlite": "jsonb_each(:{name}) AS item",
    "postgresql": "jsonb_array_elements(CAST(:{name} AS jsonb)) AS item (value)",
}

# One statement for all rows: the database takes them apart, outside of Python's lock. On
# PostgreSQL it holds the turn to write by itself, so that it needs no transaction around it.
_INSERT = {
    "sqlite": f"INSERT INTO records ({_COLUMNS}) SELECT {_PLACES}"
    f" FROM {_ITEMS['sqlite'].format(name='rows')}",
    "postgresql": f"INSERT INTO records ({_COLUMNS}) SELECT {_PLACES}"
    f" FROM (SELECT pg_advisory_xact_lock({WRITE_TURN})) AS turn,"
    f" {_ITEMS['postgresql'].format(name='rows')}",
}


class Stored(msgspec.Struct, frozen=True, gc=False):
    """What became of one record: stored now, or found as it was stored before."""

    record: NewRecord
    was_there: bool = False


Outcome = Stored | SnaglistError


def insert_fresh(connection: Connection, records: Sequence[NewRecord]) -> None:
    """Store records that cannot be there yet: a transaction of its own outside of any."""
    connection.insert(_INSERT[connection.engine], _encode(records).decode())


def insert_unless_there(connection: Connection, records: Sequence[NewRecord]) -> list[Outcome]:
    """Store records, inside a transaction, and say for each what became of it.

    One whose idempotency key or id is taken already is not stored again: its outcome is the
    one that is there, or KeyReused or WrongShape where that says something else.
    """
    outcomes = _told_apart(connection, records)
    fresh = [one.record for one in outcomes if isinstance(one, Stored) and not one.was_there]
    if fresh:
        insert_fresh(connection, fresh)
    return outcomes


def find_record(connection: Connection, record_id: str) -> Record | None:
    """The record of this id."""
    rows = connection.execute(
        "SELECT seq, id, source, event_data, redacted, created_at FROM records WHERE id = :id",
        id=record_id,
    )
    return Record(*rows[0]) if rows else None


def delete_record(connection: Connection, source: str, record_id: str) -> bool:
    """Delete the record of this id if it is of this source; whether there was one."""
    return bool(
        connection.execute(
            "DELETE FROM records WHERE id = :id AND source = :source RETURNING seq",
            id=record_id,
            source=source,
        )
    )


def bounds_of_records(
    connection: Connection, source: str, after: int, most: int | None
) -> tuple[int, bool]:
    """The place of the last of the first `most` records behind place `after`, or of all.

    And whether that is the last one there is. The place is `after` itself if there is none.
    """
    whole = connection.execute("SELECT max(seq) FROM records WHERE source = :source", source=source)
    last: int = max(after, whole[0][0] or 0)
    if most is None:
        return last, True
    cut = connection.execute(
        "SELECT seq FROM records WHERE source = :source AND seq > :after"
        " ORDER BY seq LIMIT 1 OFFSET :skip",
        source=source,
        after=after,
        skip=most - 1,
    )
    return (cut[0][0], cut[0][0] == last) if cut else (last, True)


def page_of_records(
    connection: Connection, source: str, after: int, last: int, most: int, most_bytes: int
) -> list[Record]:
    """The records of a source behind place `after`, up to place `last`, in order of arrival.

    At most `most` of them, and no more than fit `most_bytes`, but one at least if there is one.
    """
    sizes = connection.execute(
        "SELECT seq, octet_length(event_data) FROM records"
        " WHERE source = :source AND seq > :after AND seq <= :last ORDER BY seq LIMIT :most",
        source=source,
        after=after,
        last=last,
        most=most,
    )
    if not sizes:
        return []
    end, room = sizes[0][0], most_bytes
    for seq, size in sizes:
        room -= size
        if room < 0:
            break
        end = seq
    rows = connection.execute(
        "SELECT seq, id, source, event_data, redacted, created_at FROM records"
        " WHERE source = :source AND seq > :after AND seq <= :last ORDER BY seq",
        source=source,
        after=after,
        last=end,
    )
    return [Record(*row) for row in rows]


def _told_apart(connection: Connection, records: Sequence[NewRecord]) -> list[Outcome]:
    """For each record whether it is new, the same as one that is there, or in conflict."""
    by_key, by_id = _found_by_key(connection, records), _found_by_id(connection, records)
    outcomes: list[Outcome] = []
    for record in records:
        key = (record.source, record.idempotency_key or "")
        earlier = by_key.get(key) if record.idempotency_key else by_id.get(record.id)
        if earlier is None:
            outcomes.append(Stored(record))
            by_id[record.id] = by_key[key] = record
        elif earlier.same_content(record):
            outcomes.append(Stored(earlier, was_there=True))
        elif record.idempotency_key:
            outcomes.append(
                KeyReused(f"The Idempotency-Key was used for record {earlier.id}, another one.")
            )
        else:
            outcomes.append(
                WrongShape(
                    f"Record {record.id} is there already and says something else.",
                    "Give another error another id.",
                    where="/id",
                )
            )
    return outcomes


def _found_by_key(
    connection: Connection, records: Sequence[NewRecord]
) -> dict[tuple[str, str], NewRecord]:
    wanted: dict[str, list[str]] = {}
    for record in records:
        if record.idempotency_key is not None:
            wanted.setdefault(record.source, []).append(record.idempotency_key)
    found: dict[tuple[str, str], NewRecord] = {}
    for source, keys in wanted.items():
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM records WHERE source = :source"
            " AND idempotency_key IS NOT NULL"
            f" AND idempotency_key IN ({_listed(connection, 'keys')})",
            source=source,
            keys=_as_list(keys),
        )
        found |= {(source, row[7]): NewRecord(*row) for row in rows}
    return found


def _found_by_id(connection: Connection, records: Sequence[NewRecord]) -> dict[str, NewRecord]:
    given = [record.id for record in records if record.id_given]
    if not given:
        return {}
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM records WHERE id IN ({_listed(connection, 'ids')})",
        ids=_as_list(given),
    )
    return {row[0]: NewRecord(*row) for row in rows}


def _listed(connection: Connection, name: str) -> str:
    """SQL for the members of a parameter that `_as_list` made."""
    return f"SELECT item.value ->> 0 FROM {_ITEMS[connection.engine].format(name=name)}"


def _as_list(texts: list[str]) -> str:
    return _encode([[text] for text in texts]).decode()
