"""The SQL of merges and splits: failures by day, and the records that a split moves."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from snaglist.storage.connection import Connection
from snaglist.storage.rows import as_list, as_text, given, listed, value

Failures = dict[tuple[str, str], int]
"""How many failed attempts, by day (UTC) and project."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """What is known of a record that a split may move."""

    seq: int
    id: str
    event_data: str


class Moved(msgspec.Struct, frozen=True, gc=False):
    """A record that got another fingerprint."""

    id: str
    item_id: str | None
    project: str
    attempted_at: str


def failures_of(connection: Connection, cause_id: str) -> Failures:
    """A cause's failures."""
    rows = connection.execute(
        "SELECT day, project, failures FROM failure_counts"
        " WHERE cause_id = :id AND failures <> 0 ORDER BY day, project",
        id=cause_id,
    )
    return {(row[0], row[1]): row[2] for row in rows}


def failures_since(
    connection: Connection, fingerprints: Sequence[str], after: int
) -> tuple[Failures, str, str]:
    """The failures that records of these fingerprints tell of, behind a place in their order.

    With the first and the last attempt, "" if there is none.
    """
    rows = connection.execute(
        "SELECT substr(attempted_at, 1, 10), project, count(*), min(attempted_at),"
        " max(attempted_at) FROM records WHERE seq IN (SELECT seq FROM places_of_fingerprints"
        f" WHERE fingerprint IN ({listed(connection, 'fingerprints')}) AND seq > :after)"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        fingerprints=as_list(fingerprints),
        after=after,
    )
    found = {(row[0], row[1]): row[2] for row in rows}
    return (
        found,
        min((row[3] for row in rows), default=""),
        max((row[4] for row in rows), default=""),
    )


def failed_after(
    connection: Connection, fingerprints: Sequence[str], after: int, moment: str
) -> int:
    """How many attempts later than a moment the records behind place `after` tell of."""
    rows = connection.execute(
        "SELECT count(*) FROM records WHERE attempted_at > :moment AND seq IN"
        " (SELECT seq FROM places_of_fingerprints"
        f" WHERE fingerprint IN ({listed(connection, 'fingerprints')}) AND seq > :after)",
        fingerprints=as_list(fingerprints),
        after=after,
        moment=moment,
    )
    number: int = rows[0][0]
    return number


def came_over_since(connection: Connection, cause_id: str, moment: str) -> bool:
    """Whether something of a cause came over, or was found to fail no more, later than this."""
    rows = connection.execute(
        "SELECT 1 FROM items WHERE cause_id = :cause AND status = 'resolved'"
        " AND reason IN ('came_over', 'not_failing') AND decided_at > :moment LIMIT 1",
        cause=cause_id,
        moment=moment,
    )
    return bool(rows)


def last_place(connection: Connection) -> int:
    """The place of the newest record; 0 without one."""
    place: int = connection.execute("SELECT coalesce(max(seq), 0) FROM records")[0][0]
    return place


def records_told(
    connection: Connection, fingerprint: str, after: int, last: int, most: int, most_bytes: int
) -> list[Told]:
    """Records of a fingerprint behind place `after`, up to place `last`.

    At most `most` of them, and no more than fit `most_bytes`, but one at least if there is one.
    """
    sizes = connection.execute(
        "SELECT seq, octet_length(event_data) FROM records WHERE seq IN"
        " (SELECT seq FROM places_of_fingerprints WHERE fingerprint = :fingerprint"
        " AND seq > :after AND seq <= :last ORDER BY seq LIMIT :most) ORDER BY seq",
        fingerprint=fingerprint,
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
        "SELECT seq, id, event_data FROM records WHERE seq IN"
        " (SELECT seq FROM places_of_fingerprints WHERE fingerprint = :fingerprint"
        " AND seq > :after AND seq <= :last) ORDER BY seq",
        fingerprint=fingerprint,
        after=after,
        last=end,
    )
    return [Told(*row) for row in rows]


def newest_places(connection: Connection, fingerprint: str, most: int) -> list[int]:
    """The places of the newest records of a fingerprint, the newest first."""
    rows = connection.execute(
        "SELECT seq FROM places_of_fingerprints WHERE fingerprint = :fingerprint"
        " ORDER BY seq DESC LIMIT :most",
        fingerprint=fingerprint,
        most=most,
    )
    return [row[0] for row in rows]


def events_at(connection: Connection, places: Sequence[int], most_bytes: int) -> list[str]:
    """What the records at these places tell, the newest first; no more than fit `most_bytes`."""
    among = f"seq IN (SELECT {value(0, 'BIGINT')} FROM {given(connection.engine, 'places')})"
    sizes = connection.execute(
        f"SELECT seq, octet_length(event_data) FROM records WHERE {among} ORDER BY seq DESC",
        places=as_text([[place] for place in places]),
    )
    fitting, room = [], most_bytes
    for place, size in sizes:
        room -= size
        if room < 0:
            break
        fitting.append([place])
    rows = connection.execute(
        f"SELECT event_data FROM records WHERE {among} ORDER BY seq DESC", places=as_text(fitting)
    )
    return [row[0] for row in rows]


def refingerprint(
    connection: Connection, seqs: Sequence[int], fingerprint: str, into: str
) -> list[Moved]:
    """Give those of these records that have this fingerprint another one; which they were."""
    rows = connection.execute(
        "UPDATE records SET fingerprint = :into WHERE fingerprint = :fingerprint AND seq IN"
        f" (SELECT {value(0, 'BIGINT')} FROM {given(connection.engine, 'places')})"
        " RETURNING id, item_id, project, attempted_at",
        into=into,
        fingerprint=fingerprint,
        places=as_text([[seq] for seq in seqs]),
    )
    return [Moved(*row) for row in rows]
