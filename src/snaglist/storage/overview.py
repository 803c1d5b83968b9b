"""The SQL of what is shown beside items and causes: names, records, days, outages."""

from __future__ import annotations

from collections.abc import Sequence

from snaglist.domain.cause import Cause
from snaglist.domain.changes import Mark
from snaglist.domain.item import Item
from snaglist.domain.record import Record
from snaglist.storage.causes import COLUMNS, cause_of
from snaglist.storage.connection import Connection
from snaglist.storage.records import RECORD, WITH_ITEM
from snaglist.storage.rows import as_list, as_text, given, listed, value


def project_names(connection: Connection, projects: Sequence[str]) -> dict[str, str]:
    """The names of projects by id; those that were never named are missing."""
    rows = connection.execute(
        "SELECT project, max(name) FROM projects"
        f" WHERE project IN ({listed(connection, 'projects')}) GROUP BY project",
        projects=as_list(projects),
    )
    return dict(rows)


def concerned(connection: Connection) -> tuple[list[str], list[str]]:
    """The projects and the types that items are counted under."""
    found = [
        [row[0] for row in connection.execute(f"SELECT DISTINCT {column} FROM item_counts")]
        for column in ("project", "entity_type")
    ]
    return found[0], found[1]


def assignees(connection: Connection, most: int) -> list[str]:
    """Those who look after causes."""
    rows = connection.execute(
        "SELECT DISTINCT assignee FROM causes WHERE assignee IS NOT NULL LIMIT :most", most=most
    )
    return [row[0] for row in rows]


def standing_records(
    connection: Connection, ids: Sequence[str], most_bytes: int | None = None
) -> dict[str, str]:
    """The event_data of records, by id; only of those that are no larger than this."""
    bound = "" if most_bytes is None else f" AND octet_length(event_data) <= {most_bytes:d}"
    rows = connection.execute(
        f"SELECT id, event_data FROM records WHERE id IN ({listed(connection, 'ids')}){bound}",
        ids=as_list(ids),
    )
    return dict(rows)


def newest_with(
    connection: Connection, places: Sequence[int], text: str, most_bytes: int | None = None
) -> dict[int, str]:
    """The event_data of each item's newest record in which this stands, by the item's place.

    Only of records that are no larger than this.
    """
    bound = "" if most_bytes is None else f" AND octet_length(r.event_data) <= {most_bytes:d}"
    rows = connection.execute(
        "SELECT i.seq, r.event_data FROM items i JOIN places_of_items p ON p.item_id = i.id"
        " JOIN records r ON r.seq = p.seq WHERE i.seq IN"
        f" (SELECT {value(0, 'BIGINT')} FROM {given(connection.engine, 'places')})"
        f" AND r.event_data LIKE :text{bound} ORDER BY p.seq",
        text=f"%{text}%",
        places=as_text([[place] for place in places]),
    )
    return dict(rows)


def newest_records(connection: Connection, item_id: str, most: int) -> list[Record]:
    """The newest records of an item."""
    rows = connection.execute(
        f"SELECT {RECORD} FROM {WITH_ITEM} WHERE r.seq IN (SELECT seq FROM places_of_items"
        " WHERE item_id = :id ORDER BY seq DESC LIMIT :most) ORDER BY r.seq DESC",
        id=item_id,
        most=most,
    )
    return [Record(*row) for row in rows]


def success_of_item(connection: Connection, item: Item) -> str | None:
    """Where the item's entity is in the target, if an importer reported it."""
    rows = connection.execute(
        "SELECT target_url FROM successes WHERE source = :source AND target = :target"
        " AND entity_id = :entity_id AND entity_type = :entity_type AND target_url IS NOT NULL"
        " ORDER BY part LIMIT 1",
        source=item.source,
        target=item.target,
        entity_id=item.entity_id,
        entity_type=item.entity_type,
    )
    return rows[0][0] if rows else None


def production_of_item(connection: Connection, item: Item) -> str | None:
    """Where the item's project is in the target, if an importer reported it."""
    rows = connection.execute(
        "SELECT target_url FROM successes WHERE source = :source AND target = :target"
        " AND entity_id = :project AND entity_type = 'Project' AND target_url IS NOT NULL"
        " ORDER BY part LIMIT 1",
        source=item.source,
        target=item.target,
        project=item.project,
    )
    return rows[0][0] if rows else None


def failures_by_day(
    connection: Connection, first_day: str, cause_id: str | None
) -> list[tuple[str, str, int]]:
    """Day, cause and failures from `first_day` on, of one cause or of all."""
    only = "" if cause_id is None else " AND cause_id = :cause_id"
    values = {} if cause_id is None else {"cause_id": cause_id}
    rows = connection.execute(
        "SELECT day, cause_id, CAST(sum(failures) AS BIGINT) FROM failure_counts"
        f" WHERE day >= :first_day{only} GROUP BY day, cause_id HAVING sum(failures) > 0"
        " ORDER BY day, cause_id",
        first_day=first_day,
        **values,
    )
    return [(row[0], row[1], row[2]) for row in rows]


def transient_causes(connection: Connection, most: int) -> list[Cause]:
    """The causes that clear by themselves, the last one first."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM causes WHERE is_transient AND merged_into IS NULL"
        " AND failures > 0 ORDER BY last_failed_at DESC, seq DESC LIMIT :most",
        most=most,
    )
    return [cause_of(row) for row in rows]


def newest_mark(connection: Connection) -> Mark:
    """How far all has come, at the cost of the ends of some indexes and of what is going on."""
    rows = connection.execute(
        "SELECT (SELECT max(seq) FROM records), (SELECT max(seq) FROM audit),"
        " (SELECT max(seq) FROM runs), (SELECT max(beat_at) FROM runs WHERE NOT is_settled),"
        " (SELECT count(*) FROM runs WHERE status = 'running'), tried, came_over,"
        " (SELECT max(seq) FROM retries), waiting, leased, done,"
        " (SELECT max(seq) FROM edits),"
        " (SELECT CAST(sum(changed + skipped) AS BIGINT) FROM edits WHERE ended_at IS NULL)"
        " FROM (SELECT CAST(sum(things) AS BIGINT) AS tried, CAST(sum(CASE c.outcome WHEN"
        " 'came_over' THEN things ELSE 0 END) AS BIGINT) AS came_over FROM runs r JOIN run_counts c"
        " ON c.run_id = r.id WHERE r.status = 'running') counts, (SELECT CAST(sum(waiting) AS"
        " BIGINT) AS waiting, CAST(sum(leased) AS BIGINT) AS leased, CAST(sum(came_over) AS BIGINT)"
        " AS done FROM retries WHERE ended_at IS NULL) orders"
    )
    told = ["" if value is None else str(value) for value in rows[0]]
    return Mark(told[0], told[1], "/".join(told[2:7]), "/".join(told[7:11]), "/".join(told[11:]))
