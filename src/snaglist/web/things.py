"""The list of things, and one thing: what happened to it, in words and in order."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace
from starlette.responses import Response

from snaglist.domain.cause import Cause
from snaglist.domain.filtering import Filter, Subject
from snaglist.domain.history import Event
from snaglist.domain.item import Item
from snaglist.service import lists as service
from snaglist.service.choices import choices
from snaglist.service.edits import get_edit
from snaglist.service.lists import Listed, ListedItems
from snaglist.service.retries import connected, order_of_item
from snaglist.service.run_views import find_run
from snaglist.web.changes import change_of, stack_of
from snaglist.web.opposites import is_newest, opposite_of
from snaglist.web.pages import (
    BULK_FIELDS,
    TICK,
    TYPED,
    Pages,
    Visit,
    asked_of,
    done_of,
    given_of,
    id_of,
    times_before,
)

_PAGE = 50
_MOST_LOOKS = 20
_SHOWN = ("state", "q", "project", "type", "cause", "assignee", "since", "run")


class Entity(msgspec.Struct, frozen=True):
    """One entity of a list, with those of its parts that are on it."""

    first: Listed
    parts: list[Listed]


async def list_things(pages: Pages, visit: Visit) -> Response:
    """Things that match the address, those that moved last first; one row for each entity."""
    asked = asked_of(visit, _SHOWN)
    wanted = pages.wanted(asked, Subject.ITEMS)
    text = visit.request.query_params.get("below", "")
    below = int(text) if text.isdecimal() and len(text) < 19 else None
    found = await pages.run(lambda: _found(pages, wanted, below))
    chosen_from = await pages.run(lambda: choices(pages.database, pages.clock()))
    done = done_of(visit)
    edit = None if done is None else await pages.run(lambda: get_edit(pages.database, done))
    total = await pages.run(lambda: service.counted_items(pages.database, wanted))
    further = None
    if found.further is None:
        total = len(found.items) if total is None and below is None else total
    else:
        further = urlencode([*given_of(asked), ("below", found.further)])
    return await pages.page(
        visit,
        "things.html",
        {
            "entities": grouped(found.items),
            "ticked": visit.request.query_params.getlist(TICK),
            "typed": _typed(visit),
            "asked": asked,
            "is_asked": any(asked.values()),
            "choices": chosen_from,
            "times": times_before(pages.clock()),
            "cause": await pages.run(lambda: _cause_of(pages, wanted.cause_id)),
            "run": await pages.run(lambda: find_run(pages.database, wanted.run)),
            "total": total,
            "at_least": len(found.items) if below is None else 0,
            "has_workers": bool(await pages.run(lambda: connected(pages.database, pages.now))),
            "further": further,
            "is_further": below is not None,
            "filter": urlencode(given_of(asked)),
            "done": edit,
        },
    )


def _typed(visit: Visit) -> dict[str, str]:
    """What the address says was typed into the form for many things."""
    given = visit.request.query_params
    return {name: given.get(TYPED + name, "") for name in BULK_FIELDS}


def _found(pages: Pages, wanted: Filter, below: int | None) -> ListedItems:
    """A page of the list, which leads on only to one that has something. Blocks."""
    found = service.find_entities(pages.database, wanted, below, _PAGE)
    further = found.further
    if not any(one.item.part for one in found.items):
        return found
    for _ in range(_MOST_LOOKS):  # parts that this page has already are not shown again
        if further is None:
            break
        ahead = service.find_entities(pages.database, wanted, further, _PAGE)
        if ahead.items:
            break
        further = ahead.further
    return replace(found, further=further)


async def show(pages: Pages, visit: Visit) -> Response:
    """One thing whole, and the other parts of its entity."""
    item_id = id_of(visit)
    view = await pages.run(lambda: service.look_at_item(pages.database, item_id))
    item = view.listed.item
    parts = await pages.run(lambda: service.parts_of(pages.database, item))
    workers = await pages.run(lambda: connected(pages.database, pages.now))
    standing = next((one for one in view.records if one.id == item.standing_record_id), None)
    standing = standing or (view.records[0] if view.records else None)
    cause = await pages.run(lambda: _cause_of(pages, item.cause_id))
    links = pages.studio.links
    return await pages.page(
        visit,
        "thing.html",
        {
            "thing": view.listed,
            "item": item,
            "history": view.history,
            "parts_of_it": parts,
            "standing": standing,
            "change": None if standing is None else change_of(standing.event_data),
            "stack": None if standing is None else stack_of(standing.event_data),
            "choices": await pages.run(lambda: choices(pages.database, pages.clock())),
            "has_workers": any(
                one.can_do(item.source, item.target, item.entity_type) for one in workers
            ),
            "in_source": links.in_source(item, None if cause is None else cause.known),
            "in_target": links.in_target(view.listed),
            "undo": done_of(visit),
            "waits_in": await pages.run(lambda: order_of_item(pages.database, item_id)),
            "opposite": opposite_of(visit, view.history),
            "is_newest_aside": is_newest(Event.IGNORED, view.history),
            "production": links.production(view.listed),
        },
    )


def _cause_of(pages: Pages, cause_id: str | None) -> Cause | None:
    """The cause that a list is of, if there is one of this id. Blocks."""
    if cause_id is None:
        return None
    return service.find_cause(pages.database, cause_id)


def grouped(items: Sequence[Listed]) -> list[Entity]:
    """These items, those of one entity together where the first of them is."""
    entities: dict[tuple[str, ...], Entity] = {}
    for one in items:
        key = _entity(one.item)
        if key in entities:
            entities[key].parts.append(one)
        else:
            entities[key] = Entity(one, [one])
    return list(entities.values())


def _entity(item: Item) -> tuple[str, ...]:
    if not item.entity_id:
        return (item.id,)
    return (item.source, item.target, item.entity_type, item.entity_id)
