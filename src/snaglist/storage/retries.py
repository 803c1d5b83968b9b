"""The SQL of orders to retry: the orders, the lanes in which their items wait, their history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from snaglist.domain.history import Entry
from snaglist.domain.retry import Lane, Retry
from snaglist.storage.connection import Connection, Row
from snaglist.storage.history import ENTRY_COLUMNS, entry_of
from snaglist.storage.rows import (
    as_list,
    as_rows,
    given,
    insertion,
    listed,
    update,
    value,
)

_FIXED = {
    **dict.fromkeys(("id", "at", "who", "filter", "why"), "TEXT"),
    "attempts": "BIGINT",
    "rate": "BIGINT",
}
_MOVING = {
    "status": "TEXT",
    "is_probing": "BOOLEAN",
    **dict.fromkeys(
        (
            *("total", "waiting", "leased", "came_over", "failed", "skipped", "last_place"),
            *("free_at", "stopped_because", "ended_at", "version"),
        ),
        "BIGINT",
    ),
    **dict.fromkeys(("free_at", "stopped_because", "ended_at"), "TEXT"),
}
_COLUMNS = ", ".join((*_FIXED, *_MOVING, "seq"))
_INSERT = insertion("retries", _FIXED | _MOVING)
_UPDATE = update("retries", _MOVING)
_LANE = {
    "retry_id": "TEXT",
    "lane": "BIGINT",
    "target": "TEXT",
    "stage": "BIGINT",
    "source": "TEXT",
    "entity_type": "TEXT",
    "waiting": "BIGINT",
    "leased": "BIGINT",
}
_INSERT_LANES = insertion("retry_lanes", _LANE)
_COUNT_LANES = {
    engine: f"UPDATE retry_lanes SET waiting = retry_lanes.waiting + {value(2, 'BIGINT')},"
    f" leased = retry_lanes.leased + {value(3, 'BIGINT')} FROM {given(engine)}"
    f" WHERE retry_lanes.retry_id = {value(0)} AND retry_lanes.lane = {value(1, 'BIGINT')}"
    for engine in ("sqlite", "postgresql")
}


def insert_retry(connection: Connection, retry: Retry) -> None:
    """Store a new order."""
    connection.insert(_INSERT[connection.engine], as_rows([retry]))


def update_retries(connection: Connection, retries: Sequence[Retry]) -> None:
    """Store orders as they stand."""
    first = len(_FIXED)
    rows = [(one.seq, *msgspec.structs.astuple(one)[first:-1]) for one in retries]
    connection.insert(_UPDATE[connection.engine], as_rows(rows))


def find_retry(connection: Connection, retry_id: str) -> Retry | None:
    """The order of this id."""
    return retries_by_id(connection, [retry_id]).get(retry_id)


def retries_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Retry]:
    """The orders of these ids, by id."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retries WHERE id IN ({listed(connection, 'ids')})",
        ids=as_list(ids),
    )
    return {retry.id: retry for retry in map(_retry_of, rows)}


def newest_retries(
    connection: Connection, states: Sequence[str], before: int | None, most: int
) -> list[Retry]:
    """The newest orders in these states (of all, without any), ahead of place `before`."""
    only = f"status IN ({listed(connection, 'states')})" if states else "true"
    values = {"states": as_list(states)} if states else {}
    ahead = "" if before is None else " AND seq < :before"
    place = {} if before is None else {"before": before}
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retries WHERE {only}{ahead} ORDER BY seq DESC LIMIT :most",
        most=most,
        **values,
        **place,
    )
    return [_retry_of(row) for row in rows]


def newest_retries_of_cause(connection: Connection, cause_id: str, most: int) -> list[Retry]:
    """The newest orders that were of what fails for this cause, whatever else they asked for."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retries WHERE filter LIKE :of ORDER BY seq DESC LIMIT :most",
        of=f"%cause={cause_id}%",
        most=most,
    )
    return [_retry_of(row) for row in rows]


def retries_to_lease_from(connection: Connection) -> list[Retry]:
    """The orders that are worked on and of which something waits, the oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retries WHERE ended_at IS NULL AND status = 'working'"
        " AND waiting > 0 ORDER BY seq"
    )
    return [_retry_of(row) for row in rows]


def retries_going_on(connection: Connection) -> list[Retry]:
    """The orders that have not ended, the oldest first."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM retries WHERE ended_at IS NULL ORDER BY seq")
    return [_retry_of(row) for row in rows]


def retries_not_over(connection: Connection, since: str) -> list[Retry]:
    """The orders that go on, or ended at this moment or later, those that were aborted aside."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retries WHERE (ended_at IS NULL OR ended_at >= :since)"
        " AND status NOT IN ('aborted', 'preparing')",
        since=since,
    )
    return [_retry_of(row) for row in rows]


def retries_in(connection: Connection, status: str) -> list[Retry]:
    """The orders of this status that have not ended, the oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM retries WHERE ended_at IS NULL AND status = :status ORDER BY seq",
        status=status,
    )
    return [_retry_of(row) for row in rows]


def insert_lanes(connection: Connection, lanes: Sequence[Lane]) -> None:
    """Store new lanes."""
    connection.insert(_INSERT_LANES[connection.engine], as_rows(lanes))


def lanes_of(connection: Connection, retry_ids: Iterable[str]) -> dict[str, list[Lane]]:
    """The lanes of these orders, by order."""
    rows = connection.execute(
        f"SELECT {', '.join(_LANE)} FROM retry_lanes"
        f" WHERE retry_id IN ({listed(connection, 'ids')}) ORDER BY retry_id, lane",
        ids=as_list(retry_ids),
    )
    found: dict[str, list[Lane]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(Lane(*row))
    return found


def count_lanes(connection: Connection, changes: Mapping[tuple[str, int], tuple[int, int]]) -> None:
    """Change how many items wait and are leased in lanes, by order and lane."""
    rows = [(*lane, *change) for lane, change in sorted(changes.items()) if any(change)]
    if rows:
        connection.insert(_COUNT_LANES[connection.engine], as_rows(rows))


def entries_of_retry(connection: Connection, retry_id: str) -> list[Entry]:
    """What was done to an order itself, the oldest first."""
    rows = connection.execute(
        f"SELECT {ENTRY_COLUMNS} FROM audit WHERE edit_id = :id AND item_id IS NULL ORDER BY seq",
        id=retry_id,
    )
    return [entry_of(row) for row in rows]


def _retry_of(row: Row) -> Retry:
    return msgspec.convert(row, Retry, strict=False)
