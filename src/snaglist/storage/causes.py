"""The SQL of causes: which one a fingerprint leads to, what people said, what was split off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from snaglist.domain.cause import Cause
from snaglist.domain.words import words_of
from snaglist.storage.connection import Connection, Row
from snaglist.storage.rows import as_list, as_rows, insertion, listed, together, update

_FIXED = dict.fromkeys(("id", "fingerprint"), "TEXT")
_MOVING = {
    "known": "TEXT",
    "piece": "TEXT",
    "title": "TEXT",
    "is_transient": "BOOLEAN",
    "status": "TEXT",
    "since": "TEXT",
    "first_failed_at": "TEXT",
    "last_failed_at": "TEXT",
    "failures": "BIGINT",
    "open_items": "BIGINT",
    "ignored_items": "BIGINT",
    "resolved_items": "BIGINT",
    "left_resolved": "BIGINT",
    "left_moved": "BIGINT",
    "moved_to": "TEXT",
    "times_back": "BIGINT",
    "is_ignored": "BOOLEAN",
    "ignored_until": "TEXT",
    "ignored_failures": "BIGINT",
    "claim": "TEXT",
    "claimed_by": "TEXT",
    "claimed_at": "TEXT",
    "failed_since_claim": "BIGINT",
    "merged_into": "TEXT",
    "name": "TEXT",
    "fix": "TEXT",
    "note": "TEXT",
    "assignee": "TEXT",
    "version": "BIGINT",
}
COLUMNS = ", ".join(f"causes.{name}" for name in (*_FIXED, *_MOVING, "seq"))
_INSERT = insertion("causes", _FIXED | _MOVING | {"words": "TEXT"})
_UPDATE = update("causes", _MOVING | {"words": "TEXT"})


class Pointer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a fingerprint leads; `is_split` says that people split some of it off."""

    fingerprint: str
    cause_id: str
    is_split: bool = False


class Split(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Records of `fingerprint` whose evidence has `value` for `piece` get another fingerprint."""

    fingerprint: str
    piece: str
    value: str
    into_fingerprint: str


_POINTER = {"fingerprint": "TEXT", "cause_id": "TEXT", "is_split": "BOOLEAN"}
_POINT = insertion(
    "fingerprints",
    _POINTER,
    "ON CONFLICT (fingerprint) DO UPDATE SET cause_id = excluded.cause_id,"
    " is_split = excluded.is_split",
)
_SPLIT = insertion(
    "splits",
    dict.fromkeys(Split.__struct_fields__, "TEXT"),
    "ON CONFLICT (fingerprint, piece, value) DO NOTHING",
)


_causes = msgspec.json.Decoder(list[Cause], strict=False).decode
_pointers = msgspec.json.Decoder(list[Pointer], strict=False).decode


def cause_of(row: Row) -> Cause:
    """The cause of a row of `COLUMNS`."""
    return msgspec.convert(row, Cause, strict=False)


def causes_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Cause]:
    """The causes of these ids, by id."""
    found = together(
        connection,
        COLUMNS,
        f"FROM causes WHERE causes.id IN ({listed(connection, 'ids')})",
        ids=as_list(ids),
    )
    return {cause.id: cause for cause in _causes(found)}


def pointers_of(connection: Connection, fingerprints: Iterable[str]) -> dict[str, Pointer]:
    """Where these fingerprints lead, by fingerprint; those that are new are missing."""
    found = together(
        connection,
        "fingerprint, cause_id, is_split",
        f"FROM fingerprints WHERE fingerprint IN ({listed(connection, 'fingerprints')})",
        fingerprints=as_list(fingerprints),
    )
    return {pointer.fingerprint: pointer for pointer in _pointers(found)}


def fingerprints_of(connection: Connection, cause_id: str) -> list[Pointer]:
    """All fingerprints that lead to this cause."""
    rows = connection.execute(
        "SELECT fingerprint, cause_id, is_split FROM fingerprints WHERE cause_id = :id"
        " ORDER BY fingerprint",
        id=cause_id,
    )
    return [Pointer(row[0], row[1], bool(row[2])) for row in rows]


def splits_of(connection: Connection, fingerprints: Iterable[str]) -> list[Split]:
    """What people split off these fingerprints, in the order in which it counts."""
    rows = connection.execute(
        "SELECT fingerprint, piece, value, into_fingerprint FROM splits"
        f" WHERE fingerprint IN ({listed(connection, 'fingerprints')})"
        " ORDER BY seq",
        fingerprints=as_list(fingerprints),
    )
    return [Split(*row) for row in rows]


def split_off_from(connection: Connection, fingerprints: Iterable[str]) -> dict[str, str]:
    """By those of these into which something was split off: what it was split off from."""
    rows = connection.execute(
        "SELECT into_fingerprint, min(fingerprint) FROM splits"
        f" WHERE into_fingerprint IN ({listed(connection, 'fingerprints')})"
        " GROUP BY into_fingerprint",
        fingerprints=as_list(fingerprints),
    )
    return dict(rows)


def insert_causes(connection: Connection, causes: Sequence[Cause]) -> None:
    """Store new causes, without pointers to them."""
    rows = [(*msgspec.structs.astuple(cause)[:-1], _words(cause)) for cause in causes]
    connection.insert(_INSERT[connection.engine], as_rows(rows))


def update_causes(connection: Connection, causes: Sequence[Cause]) -> None:
    """Store causes as they are now."""
    first = len(_FIXED)
    rows = [
        (cause.seq, *msgspec.structs.astuple(cause)[first:-1], _words(cause)) for cause in causes
    ]
    connection.insert(_UPDATE[connection.engine], as_rows(rows))


def _words(cause: Cause) -> str:
    """What its title and names are found by."""
    return _words_in(f"{cause.title} {cause.name or ''} {cause.piece} {cause.known or ''}")


@lru_cache(maxsize=4096)
def _words_in(text: str) -> str:
    return "".join(f" {word}" for word in words_of(text))


def point(connection: Connection, pointers: Sequence[Pointer]) -> None:
    """Let fingerprints lead where these say."""
    connection.insert(_POINT[connection.engine], as_rows(pointers))


def insert_splits(connection: Connection, splits: Sequence[Split]) -> None:
    """Store what people split off."""
    connection.insert(_SPLIT[connection.engine], as_rows(splits))
