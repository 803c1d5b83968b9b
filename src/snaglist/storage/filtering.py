"""Where a filter meets the SQL: the one place, for lists, bulk edits and orders to retry.

What a reader may see of it (some projects only) is to be narrowed here, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from snaglist.domain.filtering import NONE, Filter
from snaglist.domain.item import Item
from snaglist.domain.run import run_id_of
from snaglist.storage.connection import Connection, Value
from snaglist.storage.items import items_by_rank, items_of_entities
from snaglist.storage.rows import as_list, as_text, given, listed, value
from snaglist.storage.search.index import find_ranks, rank_bounds
from snaglist.storage.search.question import Found, Search
from snaglist.storage.search.tokens import facet, has_words, quad, text_of, word

_MOST_QUADS = 64
_MOST_PROJECTS = 200
_OF_RUN = "i.id IN (SELECT r.item_id FROM records r WHERE r.run = :run)"


class Quad(msgspec.Struct, frozen=True, gc=False):
    """How many items there are of one cause, project, type and bucket."""

    cause_id: str
    project: str
    entity_type: str
    bucket: str
    items: int


def open_types_of(connection: Connection, cause_ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many items are open, not being tried now, of each entity type, by cause."""
    rows = connection.execute(
        "SELECT cause_id, entity_type, sum(items) FROM item_counts WHERE bucket = 'open'"
        f" AND items > 0 AND cause_id IN ({listed(connection, 'causes')}) GROUP BY 1, 2",
        causes=as_list(cause_ids),
    )
    found: dict[str, dict[str, int]] = {}
    for cause_id, entity_type, items in rows:
        found.setdefault(cause_id, {})[entity_type] = int(items)
    return found


def quads_of(connection: Connection, wanted: Filter) -> list[Quad]:
    """The counts that this filter asks for, by what is counted; other members are left aside."""
    conditions, values = counted_by(connection, wanted, "bucket")
    conditions.append("items > 0")
    if wanted.cause_id is not None:
        conditions.append("cause_id = :cause_id")
        values["cause_id"] = final_cause(connection, wanted.cause_id)
    rows = connection.execute(
        "SELECT cause_id, project, entity_type, bucket, items FROM item_counts"
        f" WHERE {' AND '.join(conditions)}",
        **values,
    )
    return [Quad(*row) for row in rows]


def counted_by(
    connection: Connection, wanted: Filter, bucket: str, of: str = ""
) -> tuple[list[str], dict[str, Value]]:
    """SQL of what a filter asks of state, project and type, and its parameters.

    `bucket` is the SQL of the bucket, `of` what stands before the other columns.
    """
    conditions: list[str] = []
    values: dict[str, Value] = {}
    if wanted.buckets:
        conditions.append(f"{bucket} IN ({listed(connection, 'buckets')})")
        values["buckets"] = as_list(wanted.buckets)
    if wanted.project is not None:
        conditions.append(f"{of}project IN ({listed(connection, 'projects')})")
        values["projects"] = as_list(projects_named(connection, wanted.project))
    if wanted.entity_type is not None:
        conditions.append(f"{of}entity_type IN ({listed(connection, 'types')})")
        values["types"] = as_list(_types_named(wanted.entity_type))
    return conditions, values


def projects_named(connection: Connection, text: str) -> list[str]:
    """What items may have for a project of this id or name: ids, and names where no id was told.

    By a name all ids that have it are found; by an id its name, unless another id of the source
    has the same one. By `none` those that name no project are found, too.
    """
    rows = connection.execute(
        "SELECT project FROM (SELECT project FROM projects WHERE name = :text"
        " ORDER BY project LIMIT :most) AS ids UNION SELECT name FROM projects p"
        " WHERE project = :text AND NOT EXISTS (SELECT 1 FROM projects o WHERE o.name = p.name"
        " AND o.source = p.source AND o.project NOT IN (p.project, p.name))",
        text=text,
        most=_MOST_PROJECTS,
    )
    none = {""} if text == NONE else set()
    return sorted({text} | none | {row[0] for row in rows})


def _types_named(text: str) -> list[str]:
    """What items may have for this type; by `none` those without one are found, too."""
    return ["", text] if text == NONE else [text]


def final_cause(connection: Connection, cause_id: str) -> str:
    """The cause that this one was merged into, or itself."""
    for _ in range(100):
        rows = connection.execute("SELECT merged_into FROM causes WHERE id = :id", id=cause_id)
        if not rows or rows[0][0] is None:
            break
        cause_id = rows[0][0]
    return cause_id


def ranks_found(connection: Connection, wanted: Filter, below: int | None, most: int) -> Found:
    """The ranks of the items that match, those that moved last first; only below `below`."""
    search = _search(connection, wanted)
    if search is None:
        return Found([], None)
    lowest, highest = rank_bounds(connection, wanted.since, wanted.until)
    if below is not None:
        highest = min(highest, below)
    if wanted.run is not None:
        return _ranks_of_run(connection, wanted, lowest, highest, most)
    return find_ranks(connection, search, lowest, highest, most)


def _ranks_of_kin(connection: Connection, wanted: Filter, kin: Sequence[Item]) -> list[int]:
    """The ranks of those of these items that match, the highest first."""
    # Materialized, since a planner would go through all that match instead.
    few = (
        "WITH kin AS MATERIALIZED (SELECT * FROM items WHERE seq IN"
        f" (SELECT {value(0, 'BIGINT')} FROM {given(connection.engine, 'places')}))"
    )
    values: dict[str, Value] = {"places": as_text([[one.seq] for one in kin])}
    further = []
    if wanted.run is not None:
        further.append(_OF_RUN)
        values["run"] = label_of(connection, wanted.run)
    bounds = rank_bounds(connection, wanted.since, wanted.until)
    asked = _Asked(f"{few} SELECT", "kin", further, values)
    return [*_ranks_among(connection, wanted, bounds, len(kin), asked).ranks]


def _ranks_of_run(
    connection: Connection, wanted: Filter, lowest: int, highest: int, most: int
) -> Found:
    """The ranks of the items that have records of a run: it names them, so all are gone through."""
    asked = _Asked("SELECT", "items", [_OF_RUN], {"run": label_of(connection, wanted.run or "")})
    return _ranks_among(connection, wanted, (lowest, highest), most, asked)


class _Asked(msgspec.Struct):
    """What is asked of which table: how the SQL begins, further conditions, their parameters."""

    begin: str
    table: str
    conditions: list[str]
    values: dict[str, Value]


def _ranks_among(
    connection: Connection, wanted: Filter, bounds: tuple[int, int], most: int, asked: _Asked
) -> Found:
    """The ranks of the items that match among those of a table, which are gone through."""
    conditions, values = item_conditions(connection, wanted)
    conditions += [*asked.conditions, "i.rank > :lowest AND i.rank < :highest"]
    if wanted.cause_id is not None:
        conditions.append("i.cause_id = :cause_id")
        values["cause_id"] = final_cause(connection, wanted.cause_id)
    values |= {**asked.values, "lowest": bounds[0], "highest": bounds[1]}
    bound = "" if wanted.words else f" LIMIT {most + 1:d}"
    rows = connection.execute(
        f"{asked.begin} i.rank, i.name, i.entity_type, i.entity_id, i.part,"
        f" coalesce(c.name, c.title) FROM {asked.table} i LEFT JOIN causes c ON c.id = i.cause_id"
        f" WHERE {' AND '.join(conditions)} ORDER BY i.rank DESC{bound}",
        **values,
    )
    ranks = [
        row[0]
        for row in rows
        if not wanted.words or has_words(text_of(*row[1:5]), row[5] or "", wanted.words)
    ]
    return Found(ranks[:most], ranks[most - 1] if len(ranks) > most else None)


def label_of(connection: Connection, run: str) -> str:
    """The label by which records name the run of this id or label."""
    rows = connection.execute("SELECT label FROM runs WHERE id = :id", id=run_id_of(run))
    return str(rows[0][0]) if rows else run


def page_of_items(
    connection: Connection, wanted: Filter, below: int | None, most: int
) -> tuple[list[Item], int | None]:
    """The first items that match, those that moved last first; only ranks below `below`.

    And below which rank there may be more, if so.
    """
    found = ranks_found(connection, wanted, below, most)
    return items_by_rank(connection, found.ranks), found.further


def page_of_entities(
    connection: Connection, wanted: Filter, below: int | None, most: int
) -> tuple[list[Item], int | None]:
    """The same, each with all parts of its entity that match; not what a page before has so."""
    items, further = page_of_items(connection, wanted, below, most)
    shown = {_entity(item) for item in items}
    kin = items_of_entities(connection, [one.named for one in items if one.entity_id])
    kin = [one for one in kin if _entity(one) in shown]
    known = {one.rank: one for one in (*items, *kin)}
    ranks = {item.rank for item in items}.union(_ranks_of_kin(connection, wanted, kin))
    if below is not None:
        shown -= {_entity(known[rank]) for rank in ranks if rank >= below}
    found = [known[rank] for rank in sorted(ranks, reverse=True)]
    return [one for one in found if _entity(one) in shown], further


def _entity(item: Item) -> tuple[str, ...]:
    return (item.source, item.target, item.entity_type, item.entity_id or item.id)


def item_conditions(connection: Connection, wanted: Filter) -> tuple[list[str], dict[str, Value]]:
    """SQL that an item `i` matches, words, time and cause aside, and its parameters."""
    conditions, values = counted_by(connection, wanted, "coalesce(i.reason, i.status)", "i.")
    if wanted.assignee == NONE:
        conditions.append("i.assignee IS NULL")
    elif wanted.assignee is not None:
        conditions.append("i.assignee = :assignee")
        values["assignee"] = wanted.assignee
    for name, text in (("source", wanted.source), ("target", wanted.target)):
        if text is not None:
            conditions.append(f"i.{name} = :{name}")
            values[name] = text
    return conditions, values


def _search(connection: Connection, wanted: Filter) -> Search | None:
    """What is looked for; None if the counts say that nothing matches."""
    facets = _facets(connection, wanted)
    quads: tuple[str, ...] = ()
    if facets:
        counted = quads_of(connection, wanted)
        if not counted:
            return None
        if len(counted) <= _MOST_QUADS:
            quads = tuple(
                quad(one.cause_id, one.project, one.entity_type, one.bucket) for one in counted
            )
    groups: list[tuple[str, ...]] = []
    if wanted.assignee is not None:
        name = "" if wanted.assignee == NONE else wanted.assignee
        groups.append((facet("assignee", name),))
    if wanted.source is not None:
        groups.append((facet("source", wanted.source),))
    if wanted.target is not None:
        groups.append((facet("target", wanted.target),))
    return Search(facets, quads, tuple(groups), tuple(map(word, wanted.words)))


def _facets(connection: Connection, wanted: Filter) -> tuple[tuple[str, ...], ...]:
    """What is asked for of that which items are counted by."""
    groups: list[tuple[str, ...]] = []
    if wanted.buckets:
        groups.append(tuple(facet("bucket", bucket) for bucket in wanted.buckets))
    if wanted.project is not None:
        projects = projects_named(connection, wanted.project)
        groups.append(tuple(facet("project", project) for project in projects))
    if wanted.entity_type is not None:
        types = _types_named(wanted.entity_type)
        groups.append(tuple(facet("entity_type", name) for name in types))
    if wanted.cause_id is not None:
        groups.append((facet("cause_id", final_cause(connection, wanted.cause_id)),))
    return tuple(groups)
