"""Finding items, causes and records, and looking at one of them whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from snaglist.causes.grouping import Grouper
from snaglist.causes.messages import message_of
from snaglist.domain.cause import Cause, Claim
from snaglist.domain.errors import NotFound
from snaglist.domain.filtering import Filter
from snaglist.domain.history import Entry
from snaglist.domain.identity import ItemKey
from snaglist.domain.item import Item
from snaglist.domain.moment import read_moment
from snaglist.domain.projects import as_one
from snaglist.domain.record import Record
from snaglist.domain.standing import NEVER_MEANT
from snaglist.service.timeline import Happening, timeline
from snaglist.storage import filtering as store
from snaglist.storage.causes import causes_by_id
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.filtering import Quad
from snaglist.storage.found_causes import FoundCauses, count_causes, page_of_causes
from snaglist.storage.found_records import FoundRecords, page_of_records_found
from snaglist.storage.history import entries_of_cause, entries_of_item
from snaglist.storage.items import items_by_id, items_of_entities
from snaglist.storage.overview import (
    failures_by_day,
    newest_records,
    production_of_item,
    project_names,
    standing_records,
    success_of_item,
    transient_causes,
)

DAYS = 14
NEWEST = 20
_decode = msgspec.json.Decoder().decode


class Listed(msgspec.Struct, frozen=True):
    """An item as a list shows it: with its project's name, its cause, and what was said last.

    Where the thing and its project are in the target is told of one that is looked at whole.
    """

    item: Item
    project_name: str
    cause_title: str
    message: str
    target_url: str | None = None
    production_url: str | None = None


class ItemView(msgspec.Struct, frozen=True):
    """One item whole: with what happened to it, the oldest first, and its newest records."""

    listed: Listed
    history: list[Happening]
    records: list[Record]


class CauseView(msgspec.Struct, frozen=True):
    """One cause whole.

    `meaning`, `how` and `who` are what the catalogue knows; `evidence` are the pieces of one of
    its records, by which it can be split; `quads` how many items there are of what, each project
    once, whether its id or its name alone was told.
    """

    cause: Cause
    meaning: str
    how: str
    who: str
    message: str
    evidence: dict[str, str]
    quads: list[Quad]
    project_names: dict[str, str]
    days: dict[str, int]
    history: list[Entry]


class Summary(msgspec.Struct, frozen=True):
    """What the front page needs.

    `items` by bucket, `projects` by project and bucket, `types` by project of what is meant to come
    over. Of `new` causes, heard of since yesterday, and open, of `came_back` and of `did_not_hold`
    the newest are told, and in `causes` how many there are. `days` are failures by day and cause,
    `outages` the causes that clear by themselves.
    """

    items: dict[str, int]
    projects: dict[str, dict[str, int]]
    types: dict[str, set[str]]
    project_names: dict[str, str]
    new: list[Cause]
    came_back: list[Cause]
    did_not_hold: list[Cause]
    outages: list[Cause]
    causes: dict[str, int]
    days: dict[str, dict[str, int]]


class ListedItems(msgspec.Struct, frozen=True):
    """Items of a list. Below rank `further` there may be more; there are none if it is None."""

    items: list[Listed]
    further: int | None


def find_items(database: Database, wanted: Filter, below: int | None, most: int) -> ListedItems:
    """The first items that match, those that moved last first; only ranks below `below`.

    There may be fewer than `most` and yet more to come: how far it looks is bounded.
    """

    def query(connection: Connection) -> ListedItems:
        items, further = store.page_of_items(connection, wanted, below, most)
        return ListedItems(listed(connection, items), further)

    return database.read(query)


def find_entities(database: Database, wanted: Filter, below: int | None, most: int) -> ListedItems:
    """The same, each with all parts of its entity that match, however long ago they moved.

    What was so on a page before is left out.
    """

    def query(connection: Connection) -> ListedItems:
        items, further = store.page_of_entities(connection, wanted, below, most)
        return ListedItems(listed(connection, items), further)

    return database.read(query)


def counted_items(database: Database, wanted: Filter) -> int | None:
    """How many items match, where that is kept counted; None where they would have to be found."""
    known = Filter(
        states=wanted.states,
        project=wanted.project,
        entity_type=wanted.entity_type,
        cause_id=wanted.cause_id,
    )
    if wanted != known:
        return None
    return sum(quad.items for quad in database.read(lambda one: store.quads_of(one, wanted)))


def held_by_causes(database: Database, wanted: Filter) -> dict[str, dict[str, int]]:
    """How many items there are of each cause and bucket, of the filter's project and type only.

    Empty where the filter names neither: the causes themselves tell it then.
    """
    of = Filter(project=wanted.project, entity_type=wanted.entity_type)
    held: dict[str, dict[str, int]] = defaultdict(dict)
    if of != Filter():
        for quad in database.read(lambda one: store.quads_of(one, of)):
            buckets = held[quad.cause_id]
            buckets[quad.bucket] = buckets.get(quad.bucket, 0) + quad.items
    return held


def titles_of_causes(database: Database, ids: Iterable[str]) -> dict[str, str]:
    """The titles of these causes, by id."""
    wanted = sorted(set(ids))
    found = database.read(lambda connection: causes_by_id(connection, wanted))
    return {cause_id: cause.shown_title for cause_id, cause in found.items()}


def find_causes(
    database: Database,
    wanted: Filter,
    order: str,
    behind: tuple[str | int, int] | None,
    most: int,
) -> FoundCauses:
    """The first causes that match, by last failure (`newest`) or by open items (`items`)."""
    return database.read(lambda one: page_of_causes(one, wanted, order, behind, most))


def find_cause(database: Database, cause_id: str) -> Cause | None:
    """The cause of this id, if there is one."""
    return database.read(lambda one: causes_by_id(one, [cause_id]).get(cause_id))


def known_cause(database: Database, cause_id: str) -> Cause:
    """The cause of this id. Raises NotFound."""
    return database.read(lambda connection: _known(connection, cause_id))


def find_records(database: Database, wanted: Filter, below: int | None, most: int) -> FoundRecords:
    """The newest records that match; only places below `below`.

    There may be fewer than `most` and yet more to come: how far it looks is bounded.
    """
    return database.read(lambda one: page_of_records_found(one, wanted, below, most))


def look_at_item(database: Database, item_id: str) -> ItemView:
    """One item whole. Raises NotFound."""

    def query(connection: Connection) -> ItemView:
        item = items_by_id(connection, [item_id]).get(item_id)
        if item is None:
            raise NotFound("There is no such item.", "The list of items shows all there are.")
        (shown,) = listed(connection, [item])
        records = newest_records(connection, item_id, NEWEST)
        return ItemView(
            msgspec.structs.replace(
                shown,
                target_url=success_of_item(connection, item),
                production_url=production_of_item(connection, item),
            ),
            timeline(connection, entries_of_item(connection, item_id), records),
            records,
        )

    return database.read(query)


def look_at_cause(database: Database, grouper: Grouper, cause_id: str, at: str) -> CauseView:
    """One cause whole. Raises NotFound."""

    def query(connection: Connection) -> CauseView:
        cause = _known(connection, cause_id)
        quads = store.quads_of(connection, Filter(cause_id=cause_id))
        names = project_names(connection, sorted({quad.project for quad in quads}))
        sample = page_of_records_found(connection, Filter(cause_id=cause_id), None, 1).records
        event: dict[str, Any] = _decode(sample[0].event_data) if sample else {}
        known = grouper.catalogue.causes.get(cause.known or "")
        return CauseView(
            cause,
            "" if known is None else known.meaning,
            "" if known is None else known.fix,
            "" if known is None else known.who,
            message_of(event) if sample else "",
            grouper.pieces(event) if sample else {},
            _merged(quads, names),
            names,
            {
                day: failures
                for day, _, failures in failures_by_day(connection, _first_day(at), cause_id)
            },
            entries_of_cause(connection, cause_id),
        )

    return database.read(query)


def pressing_causes(at: str) -> dict[str, Filter]:
    """The filters of the causes that need somebody now, by why they do.

    What the desk knew before and is open `again` was set aside until now, or put back by people.
    """
    yesterday = (date.fromisoformat(at[:10]) - timedelta(days=1)).isoformat()
    since = read_moment(f"{yesterday}T00:00:00Z")
    return {
        "new": Filter(states=("open",), heard=since),
        "again": Filter(states=("open",), opened=since, known=since),
        "came_back": Filter(states=("came_back",)),
        "did_not_hold": Filter(states=("open", "came_back"), claim=Claim.DID_NOT_HOLD.value),
    }


def summarize(database: Database, at: str) -> Summary:
    """What the front page needs, in one read."""

    def query(connection: Connection) -> Summary:
        items: Counter[str] = Counter()
        projects: dict[str, Counter[str]] = defaultdict(Counter)
        types: dict[str, set[str]] = defaultdict(set)
        quads = store.quads_of(connection, Filter())
        names = project_names(connection, sorted({quad.project for quad in quads}))
        for quad in _merged(quads, names):
            items[quad.bucket] += quad.items
            projects[quad.project][quad.bucket] += quad.items
            if quad.bucket not in NEVER_MEANT and quad.items:
                types[quad.project].add(quad.entity_type)
        days: dict[str, dict[str, int]] = defaultdict(dict)
        for day, cause_id, failures in failures_by_day(connection, _first_day(at), None):
            days[day][cause_id] = failures
        pressing = pressing_causes(at)
        new, came_back, did_not_hold = (
            page_of_causes(connection, pressing[name], "newest", None, NEWEST).causes
            for name in ("new", "came_back", "did_not_hold")
        )
        return Summary(
            items,
            {project: dict(counts) for project, counts in projects.items()},
            types,
            names,
            new,
            came_back,
            did_not_hold,
            transient_causes(connection, NEWEST),
            {name: sum(count_causes(connection, of).values()) for name, of in pressing.items()},
            days,
        )

    return database.read(query)


def count_of_causes(database: Database, wanted: Filter) -> dict[str, int]:
    """How many causes match in each state that is asked for; 0 are left out."""
    return database.read(lambda connection: count_causes(connection, wanted))


def counted_causes(
    database: Database, wanted: Filter, at: str
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """How many causes match in each state, and the failures of each cause by day, of late."""

    def query(connection: Connection) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
        days: dict[str, dict[str, int]] = defaultdict(dict)
        for day, cause_id, failures in failures_by_day(connection, _first_day(at), None):
            days[cause_id][day] = failures
        return count_causes(connection, wanted), days

    return database.read(query)


def open_types_of(database: Database, cause_ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many items are open, not being tried now, of each entity type, by cause."""
    wanted = sorted(cause_ids)
    return database.read(lambda connection: store.open_types_of(connection, wanted))


def names_of_projects(database: Database, projects: Iterable[str]) -> dict[str, str]:
    """The names of projects by id; those that were never named are missing."""
    wanted = sorted(projects)
    return database.read(lambda connection: project_names(connection, wanted))


def parts_of(database: Database, item: Item) -> list[Listed]:
    """All parts of an item's entity that ever failed, the whole first; itself among them."""

    def query(connection: Connection) -> list[Listed]:
        if not item.entity_id:
            return listed(connection, [item])
        key = ItemKey(item.source, item.target, item.entity_type, item.entity_id, "", "")
        found = items_of_entities(connection, [key])
        return listed(connection, sorted(found, key=lambda one: one.part))

    return database.read(query)


def listed(connection: Connection, items: list[Item]) -> list[Listed]:
    """Items as a list shows them, in order."""
    names = project_names(connection, sorted({item.project for item in items}))
    causes = causes_by_id(connection, sorted({item.cause_id for item in items}))
    standing = standing_records(
        connection, [item.standing_record_id for item in items if item.standing_record_id]
    )
    return [
        Listed(
            item,
            names.get(item.project, ""),
            causes[item.cause_id].shown_title,
            message_of(_decode(standing[item.standing_record_id]))
            if item.standing_record_id in standing
            else "",
        )
        for item in items
    ]


def _known(connection: Connection, cause_id: str) -> Cause:
    cause = causes_by_id(connection, [cause_id]).get(cause_id)
    if cause is None:
        raise NotFound("There is no such cause.", "The list of causes shows all there are.")
    return cause


def _merged(quads: Sequence[Quad], names: Mapping[str, str]) -> list[Quad]:
    """The same counts, those of projects that are one together."""
    ones = as_one({quad.project for quad in quads}, names)
    items: Counter[tuple[str, str, str, str]] = Counter()
    for quad in quads:
        place = (quad.cause_id, ones[quad.project], quad.entity_type, quad.bucket)
        items[place] += quad.items
    return [Quad(*place, number) for place, number in items.items()]


def _first_day(at: str) -> str:
    return (date.fromisoformat(at[:10]) - timedelta(days=DAYS - 1)).isoformat()
