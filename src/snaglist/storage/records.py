"""The SQL of records: storing many at once, finding one, deleting one, paging through all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec

from snaglist.domain.errors import KeyReused, SnaglistError, WrongShape
from snaglist.domain.record import NewRecord, Record
from snaglist.storage.connection import Connection
from snaglist.storage.places import sort_in_places
from snaglist.storage.rows import as_list, as_rows, given, listed, picked, value

_BESIDE = dict.fromkeys(
    [
        *("id", "source", "target", "run", "occurred_at", "redacted", "idempotency_key"),
        *("created_at", "item_id", "fingerprint", "project", "attempted_at"),
    ],
    "TEXT",
)

# A row is the start and the length of its event_data among the texts, in bytes, and then all
# other columns: so the longest one is neither escaped nor read as JSON again.
_CUT = {
    "sqlite": f"CAST(substr(:texts, {value(0)}, {value(1)}) AS TEXT)",
    "postgresql": "convert_from(substring(CAST(:texts AS bytea)"
    f" FROM {value(0, 'INTEGER')} FOR {value(1, 'INTEGER')}), 'UTF8')",
}
_INSERT = {
    engine: f"INSERT INTO records (event_data, {', '.join(_BESIDE)})"
    f" SELECT {cut}, {picked(_BESIDE, 2)} FROM {given(engine)}"
    for engine, cut in _CUT.items()
}
RECORD = (
    "r.seq, r.id, r.source, r.target, r.run, r.occurred_at, r.event_data, r.redacted,"
    " r.idempotency_key, r.created_at, r.item_id, f.cause_id, i.status"
)
WITH_ITEM = (
    "records r LEFT JOIN fingerprints f ON f.fingerprint = r.fingerprint"
    " LEFT JOIN items i ON i.id = r.item_id"
)


class Filed(msgspec.Struct, frozen=True, gc=False):
    """A new record with what it was filed to; `status` is how its item stands after it."""

    record: NewRecord
    item_id: str
    fingerprint: str
    project: str
    attempted_at: str
    cause_id: str
    status: str

    def stored(self) -> Record:
        """The record as it reads once it is stored, its place in the order aside."""
        new = self.record
        return Record(
            *(0, new.id, new.source, new.target, new.run, new.occurred_at, new.event_data),
            *(new.redacted, new.idempotency_key, new.created_at),
            *(self.item_id, self.cause_id, self.status),
        )


class Stored(msgspec.Struct, frozen=True, gc=False):
    """What became of one record: stored now, or found as it was stored before."""

    record: Record
    was_there: bool = False


Outcome = Stored | SnaglistError


def insert_records(connection: Connection, filed: Sequence[Filed]) -> None:
    """Store records that are not there yet, inside a transaction."""
    texts = [one.record.event_data.encode() for one in filed]
    lengths = [len(text) for text in texts]
    starts = accumulate(lengths, initial=1)
    rows = [
        (
            *(start, length, one.record.id, one.record.source, one.record.target, one.record.run),
            *(one.record.occurred_at, one.record.redacted, one.record.idempotency_key),
            *(one.record.created_at, one.item_id, one.fingerprint, one.project, one.attempted_at),
        )
        for start, length, one in zip(starts, lengths, filed, strict=False)
    ]
    connection.insert(_INSERT[connection.engine], as_rows(rows), b"".join(texts))
    sort_in_places(connection)


def find_record(connection: Connection, record_id: str) -> Record | None:
    """The record of this id."""
    rows = connection.execute(
        f"SELECT {RECORD} FROM {WITH_ITEM} WHERE r.id = :id",
        id=record_id,
    )
    return Record(*rows[0]) if rows else None


def attempts_of(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """When it was tried what these records tell of, by record."""
    rows = connection.execute(
        f"SELECT id, attempted_at FROM records WHERE id IN ({listed(connection, 'ids')})"
        " AND attempted_at IS NOT NULL",
        ids=as_list(ids),
    )
    return {str(record_id): str(moment) for record_id, moment in rows}


class Deleted(msgspec.Struct, frozen=True):
    """A record that is no more, and what it was filed to."""

    id: str
    item_id: str | None
    attempted_at: str | None
    cause_id: str | None


def delete_record(connection: Connection, source: str, record_id: str) -> Deleted | None:
    """Delete the record of this id if it is of this source; None if there is none."""
    rows = connection.execute(
        "DELETE FROM records WHERE id = :id AND source = :source"
        " RETURNING id, item_id, attempted_at,"
        " (SELECT cause_id FROM fingerprints f WHERE f.fingerprint = records.fingerprint)",
        id=record_id,
        source=source,
    )
    return Deleted(*rows[0]) if rows else None


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
        f"SELECT {RECORD} FROM {WITH_ITEM}"
        " WHERE r.source = :source AND r.seq > :after AND r.seq <= :last ORDER BY r.seq",
        source=source,
        after=after,
        last=end,
    )
    return [Record(*row) for row in rows]


def told_apart(
    connection: Connection, records: Sequence[NewRecord]
) -> list[NewRecord | Record | SnaglistError]:
    """For each record what is to be stored or is there already, inside a transaction.

    Itself if it is new; the one that says the same, if its idempotency key or id is taken, from
    the store or from before it among these; KeyReused or WrongShape where that one says
    something else.
    """
    by_key: dict[tuple[str, str], NewRecord | Record] = {**_found_by_key(connection, records)}
    by_id: dict[str, NewRecord | Record] = {**_found_by_id(connection, records)}
    told: list[NewRecord | Record | SnaglistError] = []
    for record in records:
        key = (record.source, record.idempotency_key or "")
        earlier = by_key.get(key) if record.idempotency_key else by_id.get(record.id)
        if earlier is None:
            by_id[record.id] = by_key[key] = record
            told.append(record)
        elif record.same_content(earlier):
            told.append(earlier)
        elif record.idempotency_key:
            told.append(
                KeyReused(f"The Idempotency-Key was used for record {earlier.id}, another one.")
            )
        else:
            told.append(
                WrongShape(
                    f"Record {record.id} is there already and says something else.",
                    "Give another error another id.",
                    where="/id",
                )
            )
    return told


def _found_by_key(
    connection: Connection, records: Sequence[NewRecord]
) -> dict[tuple[str, str], Record]:
    wanted: dict[str, list[str]] = {}
    for record in records:
        if record.idempotency_key is not None:
            wanted.setdefault(record.source, []).append(record.idempotency_key)
    found: dict[tuple[str, str], Record] = {}
    for source, keys in wanted.items():
        rows = connection.execute(
            f"SELECT {RECORD} FROM {WITH_ITEM} WHERE r.source = :source"
            " AND r.idempotency_key IS NOT NULL"
            f" AND r.idempotency_key IN ({listed(connection, 'keys')})",
            source=source,
            keys=as_list(keys),
        )
        there = [Record(*row) for row in rows]
        found |= {(source, record.idempotency_key or ""): record for record in there}
    return found


def _found_by_id(connection: Connection, records: Sequence[NewRecord]) -> dict[str, Record]:
    given = [record.id for record in records if record.id_given]
    if not given:
        return {}
    rows = connection.execute(
        f"SELECT {RECORD} FROM {WITH_ITEM} WHERE r.id IN ({listed(connection, 'ids')})",
        ids=as_list(given),
    )
    return {row[1]: Record(*row) for row in rows}
