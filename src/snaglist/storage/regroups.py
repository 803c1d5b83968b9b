"""The SQL of regroups: how far one is, what it counted, and the records that it reads and moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from snaglist.domain.regrouping import Regroup, Tally
from snaglist.storage.causes import Pointer
from snaglist.storage.connection import Connection, Row
from snaglist.storage.records import Filed
from snaglist.storage.rows import as_rows, as_text, given, insertion, value

_COLUMNS = ", ".join(Regroup.__struct_fields__)
_INSERT = insertion(
    "regroups",
    {
        **dict.fromkeys(["id", "who"], "TEXT"),
        "is_dry": "BOOLEAN",
        "phase": "TEXT",
        **dict.fromkeys(["place", "last", "records", "moved"], "BIGINT"),
        **dict.fromkeys(["began_at", "beat_at", "ended_at", "fault"], "TEXT"),
    },
    "ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, place = excluded.place,"
    " last = excluded.last, records = excluded.records, moved = excluded.moved,"
    " beat_at = excluded.beat_at, ended_at = excluded.ended_at, fault = excluded.fault",
)
_TALLY = {
    "regroup_id": "TEXT",
    "old_fingerprint": "TEXT",
    "new_fingerprint": "TEXT",
    "records": "BIGINT",
    "known": "TEXT",
    "piece": "TEXT",
    "title": "TEXT",
    "is_transient": "BOOLEAN",
}
_ADD_TALLIES = insertion(
    "regroup_tallies",
    _TALLY,
    "ON CONFLICT (regroup_id, old_fingerprint, new_fingerprint)"
    " DO UPDATE SET records = regroup_tallies.records + excluded.records",
)


_NOTE_OLD_CAUSES = insertion(
    "regroup_causes",
    dict.fromkeys(["regroup_id", "fingerprint", "cause_id"], "TEXT"),
    "ON CONFLICT (regroup_id, fingerprint) DO NOTHING",
)


class Evident(msgspec.Struct, frozen=True, gc=False):
    """A record as a regroup reads it: what it is filed under, and what it says."""

    seq: int
    id: str
    source: str
    target: str | None
    occurred_at: str | None
    created_at: str
    item_id: str | None
    fingerprint: str | None
    project: str | None
    attempted_at: str | None
    event_data: str


def evidence_page(
    connection: Connection, after: int, last: int, most: int, most_bytes: int
) -> list[Evident]:
    """The records behind place `after`, up to `last`, in order: `most`, and about `most_bytes`."""
    sizes = connection.execute(
        "SELECT seq, octet_length(event_data) FROM records"
        " WHERE seq > :after AND seq <= :last ORDER BY seq LIMIT :most",
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
        "SELECT seq, id, source, target, occurred_at, created_at, item_id, fingerprint, project,"
        " attempted_at, event_data FROM records WHERE seq > :after AND seq <= :end ORDER BY seq",
        after=after,
        end=end,
    )
    return [Evident(*row) for row in rows]


def last_place(connection: Connection) -> int:
    """The place of the newest record; 0 if there is none."""
    return connection.execute("SELECT max(seq) FROM records")[0][0] or 0


def save_regroup(connection: Connection, regroup: Regroup) -> None:
    """Store how far it is."""
    connection.insert(_INSERT[connection.engine], as_rows([regroup]))


def find_regroup(connection: Connection, regroup_id: str) -> Regroup | None:
    """The regroup of this id."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM regroups WHERE id = :id", id=regroup_id)
    return _regroup(rows[0]) if rows else None


def unfinished_regroup(connection: Connection) -> Regroup | None:
    """The one that is not at its end; there is one at most."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM regroups WHERE ended_at IS NULL ORDER BY id LIMIT 1"
    )
    return _regroup(rows[0]) if rows else None


def was_regrouped_since(connection: Connection, at: str) -> bool:
    """Whether causes were made again since this moment, or are just now."""
    rows = connection.execute(
        "SELECT 1 FROM regroups WHERE NOT is_dry AND (ended_at IS NULL OR ended_at >= :at) LIMIT 1",
        at=at,
    )
    return bool(rows)


def add_tallies(connection: Connection, regroup_id: str, tallies: Sequence[Tally]) -> None:
    """Count these on top of what was counted."""
    rows = [
        (
            *(regroup_id, tally.old, tally.new, tally.records),
            *(tally.known, tally.piece, tally.title, tally.is_transient),
        )
        for tally in tallies
    ]
    connection.insert(_ADD_TALLIES[connection.engine], as_rows(rows))


def tallies_of(connection: Connection, regroup_id: str) -> list[Tally]:
    """What it counted."""
    rows = connection.execute(
        "SELECT old_fingerprint, new_fingerprint, records, known, piece, title, is_transient"
        " FROM regroup_tallies WHERE regroup_id = :id ORDER BY old_fingerprint, new_fingerprint",
        id=regroup_id,
    )
    return [msgspec.convert(row, Tally, strict=False) for row in rows]


def note_old_causes(
    connection: Connection, regroup_id: str, pointers: Mapping[str, Pointer]
) -> None:
    """Keep where fingerprints led when the regroup planned."""
    rows = [(regroup_id, one.fingerprint, one.cause_id) for one in pointers.values()]
    if rows:
        connection.insert(_NOTE_OLD_CAUSES[connection.engine], as_rows(sorted(rows)))


def old_causes_of(connection: Connection, regroup_id: str) -> dict[str, str]:
    """Where fingerprints led when the regroup planned."""
    rows = connection.execute(
        "SELECT fingerprint, cause_id FROM regroup_causes WHERE regroup_id = :id", id=regroup_id
    )
    return dict(rows)


def touched_causes(connection: Connection) -> list[str]:
    """The causes that people have decided something about."""
    rows = connection.execute(
        "SELECT id FROM causes WHERE version > 1"
        " UNION SELECT merged_into FROM causes WHERE merged_into IS NOT NULL"
    )
    return [row[0] for row in rows]


def still_there(connection: Connection, places: Sequence[int]) -> set[int]:
    """Those of these places whose records have not been deleted."""
    rows = connection.execute(
        f"SELECT records.seq FROM {given(connection.engine)} JOIN records"
        f" ON records.seq = {value(0, 'BIGINT')}",
        rows=as_text([[place] for place in places]),
    )
    return {row[0] for row in rows}


def file_old(connection: Connection, filed: Sequence[Filed]) -> None:
    """Note on records that were there before there were items what they are filed to."""
    connection.insert(
        f"UPDATE records SET item_id = {value(1)}, fingerprint = {value(2)},"
        f" project = {value(3)}, attempted_at = {value(4)} FROM {given(connection.engine)}"
        f" WHERE records.id = {value(0)}",
        as_rows(
            [
                (one.record.id, one.item_id, one.fingerprint, one.project, one.attempted_at)
                for one in filed
            ]
        ),
    )


def forget_tallies(connection: Connection, regroup_id: str) -> None:
    """Let go of what it counted."""
    connection.execute("DELETE FROM regroup_tallies WHERE regroup_id = :id", id=regroup_id)


def refile_records(connection: Connection, fingerprints: Mapping[int, str]) -> None:
    """Give records, by place, other fingerprints."""
    connection.insert(
        f"UPDATE records SET fingerprint = {value(1)} FROM {given(connection.engine)}"
        f" WHERE records.seq = {value(0, 'BIGINT')}",
        as_rows(sorted(fingerprints.items())),
    )


def _regroup(row: Row) -> Regroup:
    return msgspec.convert(row, Regroup, strict=False)
