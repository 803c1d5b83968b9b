"""The SQL of runs: finding them, what each tried, and how many of what came over or failed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from snaglist.domain.run import Run, TryOutcome
from snaglist.storage.connection import Connection, Row, Value
from snaglist.storage.rows import as_list, as_rows, as_text, given, insertion, listed, update, value

_FIXED = dict.fromkeys(("id", "label"), "TEXT")
_MOVING = {
    **dict.fromkeys(
        (
            *("name", "kind", "source", "target", "project", "host", "who", "status"),
            *("began_at", "beat_at", "ended_at"),
        ),
        "TEXT",
    ),
    "total": "BIGINT",
    **dict.fromkeys(("totals", "last_event_id", "last_event_at"), "TEXT"),
    "unsent": "BIGINT",
    **dict.fromkeys(("fault", "completed_at", "scope", "edit_id"), "TEXT"),
    "has_gaps": "BOOLEAN",
    "is_told": "BOOLEAN",
    "is_settled": "BOOLEAN",
}
_COLUMNS = ", ".join((*_FIXED, *_MOVING, "seq"))
_INSERT = insertion("runs", _FIXED | _MOVING)
_UPDATE = update("runs", _MOVING)


class Try(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What became of one thing in a run; the order of its members is that of columns.

    `thing` is the key of its item, whether there is one or not.
    """

    run_id: str
    thing: str
    outcome: TryOutcome
    attempted_at: str
    project: str
    entity_type: str
    is_part: bool


_TRY = dict.fromkeys(Try.__struct_fields__, "TEXT") | {"is_part": "BOOLEAN"}
_TRIES = ", ".join(f"t.{name}" for name in _TRY)
_PUT_TRIES = insertion(
    "run_tries",
    _TRY,
    "ON CONFLICT (run_id, thing) DO UPDATE SET outcome = excluded.outcome,"
    " attempted_at = excluded.attempted_at, project = excluded.project",
)
_COUNT = {
    **dict.fromkeys(("run_id", "project", "entity_type"), "TEXT"),
    "is_part": "BOOLEAN",
    "outcome": "TEXT",
    "things": "BIGINT",
}
_ADD_COUNTS = insertion(
    "run_counts",
    _COUNT,
    "ON CONFLICT (run_id, project, entity_type, is_part, outcome)"
    " DO UPDATE SET things = run_counts.things + excluded.things",
)

_PUT_PARTS = insertion(
    "run_parts",
    dict.fromkeys(("run_id", "entity_type", "part"), "TEXT"),
    "ON CONFLICT DO NOTHING",
)
_MOST_COMPLETIONS = 8
_PUT_COMPLETIONS = insertion(
    "completions",
    dict.fromkeys(("project", "entity_type", "completed_at", "run_id", "source", "target"), "TEXT"),
)


class RunCount(msgspec.Struct, frozen=True, gc=False):
    """How many things of one project and type came to one outcome."""

    project: str
    entity_type: str
    is_part: bool
    outcome: TryOutcome
    things: int


def runs_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Run]:
    """The runs of these ids, by id."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE id IN ({listed(connection, 'ids')})", ids=as_list(ids)
    )
    return {run.id: run for run in map(_run_of, rows)}


def insert_runs(connection: Connection, runs: Sequence[Run]) -> None:
    """Store new runs."""
    connection.insert(
        _INSERT[connection.engine], as_rows([msgspec.structs.astuple(run)[:-1] for run in runs])
    )


def update_runs(connection: Connection, runs: Sequence[Run]) -> None:
    """Store runs as they are now."""
    first = len(_FIXED)
    rows = [(run.seq, *msgspec.structs.astuple(run)[first:-1]) for run in runs]
    connection.insert(_UPDATE[connection.engine], as_rows(rows))


def page_of_runs(
    connection: Connection, wanted: Mapping[str, str], below: int | None, most: int
) -> list[Run]:
    """The newest runs; `wanted` are values of `status`, `kind` and `source`."""
    conditions = [f"{name} = :{name}" for name in wanted]
    values: dict[str, Value] = {**wanted, "most": most}
    if below is not None:
        conditions.append("seq < :below")
        values["below"] = below
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE {' AND '.join(conditions) or 'true'}"
        " ORDER BY seq DESC LIMIT :most",
        **values,
    )
    return [_run_of(row) for row in rows]


def put_completions(
    connection: Connection, run: Run, completed_at: str, scopes: Collection[tuple[str, str]]
) -> None:
    """Keep that a run had tried everything of these projects and types, and the few before it."""
    forget_completions(connection, run.id)
    rows = [(*scope, completed_at, run.id, run.source, run.target) for scope in scopes]
    connection.insert(_PUT_COMPLETIONS[connection.engine], as_rows(rows))
    connection.execute(
        f"DELETE FROM completions WHERE project IN ({listed(connection, 'projects')})"
        " AND (SELECT count(*) FROM completions n WHERE n.project = completions.project"
        " AND n.entity_type = completions.entity_type AND n.source = completions.source"
        " AND n.target = completions.target"
        " AND (n.completed_at, n.run_id) > (completions.completed_at, completions.run_id))"
        " >= :most",
        projects=as_list({project for project, _ in scopes}),
        most=_MOST_COMPLETIONS,
    )


def forget_completions(connection: Connection, run_id: str) -> None:
    """Forget what a run had tried everything of."""
    connection.execute("DELETE FROM completions WHERE run_id = :run_id", run_id=run_id)


def newest_completions(connection: Connection) -> list[tuple[str, str, str, str, str, str]]:
    """When all of a project and type ("" being all of either) was last tried, from where to where.

    Source, target, project, type, the moment, and the run's id.
    """
    rows = connection.execute(
        "SELECT source, target, project, entity_type, completed_at, max(run_id) FROM completions c"
        " WHERE completed_at = (SELECT max(completed_at) FROM completions n"
        " WHERE n.project = c.project AND n.entity_type = c.entity_type"
        " AND n.source = c.source AND n.target = c.target)"
        " GROUP BY source, target, project, entity_type, completed_at"
        " ORDER BY source, target, project, entity_type"
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]


def runs_unsent(connection: Connection, most: int) -> list[Run]:
    """The newest runs that had something to send when last heard of, complete ones aside."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE unsent > 0 AND status <> 'complete'"
        " ORDER BY seq DESC LIMIT :most",
        most=most,
    )
    return [_run_of(row) for row in rows]


def runs_stopped(connection: Connection, since: str, most: int) -> list[Run]:
    """The newest runs that stopped on their way, and that nothing has made up for since.

    That is a newer run of the same name and project, between the same two, or one that was
    complete later, of its project or of all, between the same; for a mirror only the former, since
    what changes is not mirrored meanwhile. Only runs that were heard of since this moment.
    """
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM (SELECT * FROM runs WHERE status IN ('abandoned', 'failed')"
        " ORDER BY seq DESC LIMIT :most) r WHERE beat_at >= :since"
        " AND NOT EXISTS (SELECT 1 FROM runs n WHERE n.name = r.name AND n.seq > r.seq"
        " AND n.kind = r.kind AND n.project = r.project AND n.source = r.source"
        " AND n.target = r.target) AND (r.kind = 'mirror' OR NOT EXISTS"
        " (SELECT 1 FROM completions c WHERE c.project IN ('', r.project) AND c.entity_type = ''"
        " AND c.source = r.source AND c.target = r.target AND c.completed_at > r.beat_at))"
        " ORDER BY seq DESC",
        since=since,
        most=most,
    )
    return [_run_of(row) for row in rows]


def runs_going_on(connection: Connection, most: int) -> list[Run]:
    """The runs that go on, those heard of last first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE status = 'running' ORDER BY beat_at DESC LIMIT :most",
        most=most,
    )
    return [_run_of(row) for row in rows]


def runs_silent(connection: Connection, since: str, most: int) -> list[Run]:
    """Runs that go on and were last heard of before this moment."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE status = 'running' AND beat_at < :since"
        " ORDER BY beat_at LIMIT :most",
        since=since,
        most=most,
    )
    return [_run_of(row) for row in rows]


def runs_to_settle(connection: Connection, since: str, most: int) -> list[Run]:
    """Runs whose tries are kept still, and that were last heard of before this moment."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE NOT is_settled AND beat_at < :since"
        " ORDER BY beat_at LIMIT :most",
        since=since,
        most=most,
    )
    return [_run_of(row) for row in rows]


def tries_of(connection: Connection, tries: Sequence[Try]) -> dict[tuple[str, str], Try]:
    """What is known of the same things in the same runs, by run and thing."""
    rows = connection.execute(
        f"SELECT {_TRIES} FROM {given(connection.engine, 'tried')} JOIN run_tries t"
        f" ON t.run_id = {value(0)} AND t.thing = {value(1)}",
        tried=as_text([[one.run_id, one.thing] for one in tries]),
    )
    found = [msgspec.convert(row, Try, strict=False) for row in rows]
    return {(one.run_id, one.thing): one for one in found}


def put_tries(connection: Connection, tries: Sequence[Try]) -> None:
    """Keep these tries; no two of them are of the same thing in the same run."""
    connection.insert(_PUT_TRIES[connection.engine], as_rows(tries))


def put_parts(connection: Connection, parts: Collection[tuple[str, str, str]]) -> None:
    """Keep of which parts runs tried some: run, type and part, "" being all parts."""
    if parts:
        connection.insert(_PUT_PARTS[connection.engine], as_rows(sorted(parts)))


def parts_of(connection: Connection, run_id: str) -> dict[str, set[str]]:
    """The parts of which a run tried some, by type; "" is all parts."""
    rows = connection.execute(
        "SELECT entity_type, part FROM run_parts WHERE run_id = :run", run=run_id
    )
    found: dict[str, set[str]] = {}
    for entity_type, part in rows:
        found.setdefault(entity_type, set()).add(part)
    return found


def run_before(connection: Connection, run: Run) -> Run | None:
    """The run of the same name and project, between the same two, announced last before this."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE name = :name AND kind = :kind AND source = :source"
        " AND target = :target AND project = :project AND seq < :seq ORDER BY seq DESC LIMIT 1",
        name=run.name,
        project=run.project,
        kind=run.kind.value,
        source=run.source,
        target=run.target,
        seq=run.seq,
    )
    return _run_of(rows[0]) if rows else None


def failed_items(connection: Connection, run: Run) -> int:
    """How many items have records of a run."""
    rows = connection.execute(
        "SELECT count(DISTINCT item_id) FROM records WHERE run = :label", label=run.label
    )
    return int(rows[0][0])


def failed_anew(connection: Connection, run_id: str, before: str) -> list[str]:
    """The things that failed in a run and not in the one before."""
    rows = connection.execute(
        "SELECT thing FROM run_tries WHERE run_id = :run AND outcome = 'failed' EXCEPT"
        " SELECT thing FROM run_tries WHERE run_id = :before AND outcome = 'failed'",
        run=run_id,
        before=before,
    )
    return [row[0] for row in rows]


def mended(connection: Connection, run_id: str, before: str) -> int:
    """How many things failed in the run before and came over in this one."""
    rows = connection.execute(
        "SELECT count(*) FROM run_tries b JOIN run_tries t ON t.run_id = :run"
        " AND t.thing = b.thing AND t.outcome = 'came_over'"
        " WHERE b.run_id = :before AND b.outcome = 'failed'",
        run=run_id,
        before=before,
    )
    return int(rows[0][0])


def outcomes_in(
    connection: Connection, run_id: str, things: Iterable[str]
) -> dict[str, TryOutcome]:
    """What became of those of these things that this run tried."""
    rows = connection.execute(
        "SELECT thing, outcome FROM run_tries WHERE run_id = :run"
        f" AND thing IN ({listed(connection, 'things')})",
        run=run_id,
        things=as_list(things),
    )
    return {thing: TryOutcome(outcome) for thing, outcome in rows}


def forget_tries(connection: Connection, run_id: str, most: int) -> bool:
    """Forget some of a run's tries, their counts aside; whether any are left."""
    connection.execute(
        "DELETE FROM run_tries WHERE run_id = :run AND thing IN"
        " (SELECT thing FROM run_tries WHERE run_id = :run LIMIT :most)",
        run=run_id,
        most=most,
    )
    rows = connection.execute("SELECT 1 FROM run_tries WHERE run_id = :run LIMIT 1", run=run_id)
    if not rows:
        connection.execute("DELETE FROM run_parts WHERE run_id = :run", run=run_id)
    return bool(rows)


def add_run_counts(
    connection: Connection, changes: Mapping[tuple[str, str, str, bool, str], int]
) -> None:
    """Change how many things came to what in each run."""
    rows = [(*place, change) for place, change in sorted(changes.items()) if change]
    if rows:
        connection.insert(_ADD_COUNTS[connection.engine], as_rows(rows))


def counts_of(connection: Connection, run_ids: Iterable[str]) -> dict[str, list[RunCount]]:
    """How many things came to what, by run."""
    rows = connection.execute(
        "SELECT run_id, project, entity_type, is_part, outcome, things FROM run_counts"
        f" WHERE things > 0 AND run_id IN ({listed(connection, 'ids')})"
        " ORDER BY project, entity_type, is_part, outcome",
        ids=as_list(run_ids),
    )
    found: dict[str, list[RunCount]] = {}
    for run_id, project, entity_type, is_part, outcome, things in rows:
        count = RunCount(project, entity_type, bool(is_part), TryOutcome(outcome), things)
        found.setdefault(run_id, []).append(count)
    return found


def _run_of(row: Row) -> Run:
    return msgspec.convert(row, Run, strict=False)
