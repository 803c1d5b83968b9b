"""The SQL of the items of orders to retry: freezing them, leasing them, finding leases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from snaglist.domain.retry import Member
from snaglist.storage.connection import Connection, Row
from snaglist.storage.rows import (
    among,
    as_list,
    as_rows,
    as_text,
    given,
    insertion,
    update,
    value,
)

_FIXED = {"retry_id": "TEXT", "item_id": "TEXT", "lane": "BIGINT"}
_MOVING = {
    "place": "BIGINT",
    "state": "TEXT",
    "attempts": "BIGINT",
    **dict.fromkeys(
        ("lease_id", "worker_id", "leased_until", "reason", "record_id", "cause_id"), "TEXT"
    ),
}
_COLUMNS = ", ".join((*_FIXED, *_MOVING, "seq"))
_ACTIVE = "state IN ('waiting', 'leased')"
_INSERT = insertion("retry_members", _FIXED | _MOVING)
_UPDATE = update("retry_members", _MOVING)
_RETURN = insertion("returned_leases", {"lease_id": "TEXT", "at": "TEXT"})


def insert_members(connection: Connection, members: Sequence[Member]) -> None:
    """Store new members."""
    connection.insert(_INSERT[connection.engine], as_rows(members))


def update_members(connection: Connection, members: Sequence[Member]) -> None:
    """Store members as they stand."""
    first = len(_FIXED)
    rows = [(one.seq, *msgspec.structs.astuple(one)[first:-1]) for one in members]
    connection.insert(_UPDATE[connection.engine], as_rows(rows))


def next_members(connection: Connection, retry_id: str, lane: int, most: int) -> list[Member]:
    """The first members that wait in a lane."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retry_members"
        " WHERE retry_id = :id AND state = 'waiting' AND lane = :lane ORDER BY place LIMIT :most",
        id=retry_id,
        lane=lane,
        most=most,
    )
    return [_member_of(row) for row in rows]


def waiting_members(connection: Connection, retry_id: str, most: int) -> list[Member]:
    """Members of an order that wait, in whatever lane."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retry_members"
        " WHERE retry_id = :id AND state = 'waiting' LIMIT :most",
        id=retry_id,
        most=most,
    )
    return [_member_of(row) for row in rows]


def members_by_lease(connection: Connection, lease_ids: Iterable[str]) -> dict[str, Member]:
    """The members that were leased by these ids, by lease; those that are over are missing."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retry_members WHERE lease_id IS NOT NULL"
        f" AND lease_id {among(connection, 'ids')}",
        ids=as_list(lease_ids),
    )
    return {member.lease_id or "": member for member in map(_member_of, rows)}


def active_members(connection: Connection, item_ids: Iterable[str]) -> list[Member]:
    """The members that wait or are leased of these items."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retry_members"
        f" WHERE {_ACTIVE} AND item_id {among(connection, 'ids')}",
        ids=as_list(item_ids),
    )
    return [_member_of(row) for row in rows]


def members_over(
    connection: Connection, state: str, retry_ids: Iterable[str], item_ids: Iterable[str]
) -> list[Member]:
    """What came to this state of these items in these orders, the newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retry_members WHERE state = :state"
        f" AND retry_id {among(connection, 'retries')} AND item_id {among(connection, 'items')}"
        " ORDER BY seq DESC",
        state=state,
        retries=as_list(retry_ids),
        items=as_list(item_ids),
    )
    return [_member_of(row) for row in rows]


def waiting_by_cause(connection: Connection) -> dict[str, int]:
    """How many open items wait in an order, by their cause."""
    rows = connection.execute(
        "SELECT i.cause_id, count(*) FROM retry_members m JOIN items i ON i.id = m.item_id"
        " WHERE m.state = 'waiting' AND i.status = 'open' GROUP BY i.cause_id"
    )
    return dict(rows)


def waiting_by_retry(connection: Connection, cause_id: str) -> dict[str, int]:
    """How many open items of a cause wait in an order, by order, the newest first."""
    rows = connection.execute(
        "SELECT m.retry_id, count(*) FROM retry_members m JOIN items i ON i.id = m.item_id"
        " WHERE m.state = 'waiting' AND i.status = 'open' AND i.cause_id = :cause"
        " GROUP BY m.retry_id ORDER BY max(m.seq) DESC",
        cause=cause_id,
    )
    return dict(rows)


def members_run_out(connection: Connection, at: str, most: int) -> list[Member]:
    """Members whose lease has run out, the oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retry_members WHERE state = 'leased' AND leased_until <= :at"
        " ORDER BY leased_until LIMIT :most",
        at=at,
        most=most,
    )
    return [_member_of(row) for row in rows]


def failed_alike(connection: Connection, retry_id: str) -> list[str | None]:
    """The causes under which an order's members failed, each once; None is without an outcome."""
    rows = connection.execute(
        "SELECT DISTINCT cause_id FROM retry_members WHERE retry_id = :id AND state = 'failed'",
        id=retry_id,
    )
    return [row[0] for row in rows]


def failed_by_cause(connection: Connection, retry_id: str) -> list[tuple[str | None, int]]:
    """How many of an order's members failed under which cause, most first."""
    rows = connection.execute(
        "SELECT cause_id, count(*) FROM retry_members WHERE retry_id = :id AND state = 'failed'"
        " GROUP BY cause_id ORDER BY count(*) DESC, cause_id",
        id=retry_id,
    )
    return [(row[0], row[1]) for row in rows]


def page_of_members(
    connection: Connection,
    retry_id: str,
    state: str | None,
    behind: tuple[int, int] | None,
    most: int,
) -> list[Member]:
    """An order's members (in this state) in the order of dependency, behind a lane and place."""
    only = "" if state is None else " AND state = :state"
    values = {} if state is None else {"state": state}
    lane, place = behind or (-1, 0)
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retry_members WHERE retry_id = :id{only}"
        " AND (lane, place) > (:lane, :place) ORDER BY lane, place LIMIT :most",
        id=retry_id,
        lane=lane,
        place=place,
        most=most,
        **values,
    )
    return [_member_of(row) for row in rows]


def note_returned(connection: Connection, lease_ids: Sequence[str], at: str) -> None:
    """Remember that these leases were given back."""
    rows = [(lease_id, at) for lease_id in lease_ids]
    connection.insert(_RETURN[connection.engine], as_rows(rows))


def returned_among(connection: Connection, lease_ids: Iterable[str]) -> set[str]:
    """Those of these leases that were given back."""
    rows = connection.execute(
        f"SELECT lease_id FROM returned_leases WHERE lease_id {among(connection, 'ids')}",
        ids=as_list(lease_ids),
    )
    return {row[0] for row in rows}


def forget_returned(connection: Connection, before: str) -> None:
    """Forget leases that were given back before this moment."""
    connection.execute("DELETE FROM returned_leases WHERE at < :before", before=before)


class Candidate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An item that may become a member; `is_taken` says that it is one of another order."""

    seq: int
    source: str
    target: str
    entity_type: str
    entity_id: str
    status: str
    standing_record_id: str | None
    is_taken: bool


def candidates_at(connection: Connection, places: Sequence[int]) -> list[Candidate]:
    """The items at these places, in order."""
    rows = connection.execute(
        "SELECT i.seq, i.source, i.target, i.entity_type, i.entity_id, i.status,"
        " i.standing_record_id, EXISTS (SELECT 1 FROM retry_members m"
        f" WHERE m.item_id = i.id AND m.{_ACTIVE}) FROM items i"
        f" WHERE i.seq IN (SELECT {value(0, 'BIGINT')} FROM {given(connection.engine, 'places')})"
        " ORDER BY i.seq",
        places=as_text([[place] for place in places]),
    )
    return [Candidate(*row) for row in rows]


def _member_of(row: Row) -> Member:
    return msgspec.convert(row, Member, strict=False)
