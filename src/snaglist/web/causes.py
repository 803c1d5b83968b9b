"""The list of causes, and one cause: what it means, who can fix it, and what it holds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from msgspec.structs import replace
from starlette.responses import Response

from snaglist.causes.cause_file import Cause as Known
from snaglist.domain.access import Scope
from snaglist.domain.cause import Cause
from snaglist.domain.filtering import Filter, Subject
from snaglist.domain.history import Event
from snaglist.domain.worker import Worker
from snaglist.service import lists as service
from snaglist.service.choices import choices
from snaglist.service.evidence import NEWEST, Piece, dividing_pieces
from snaglist.service.history import Deed, deeds_of_cause
from snaglist.service.retries import connected, orders_of_cause, waiting_by_cause
from snaglist.web.opposites import is_newest, opposite_of
from snaglist.web.overview import days_of
from snaglist.web.pages import Pages, Visit, asked_of, done_of, given_of, id_of, times_before
from snaglist.web.projects import LEFT
from snaglist.web.things import grouped

_PAGE = 50
_FEW = 20
_OTHERS = 30
_READ = 50
_PIECES = 60
_VALUES = 20
_PLAIN = ("entity_type", "project", "field", "status", "person", "linked_type")
"""Pieces of evidence that everybody knows by their names."""

_TELLING = (
    *("exception", "http_status", "endpoint", "host", "page_title"),
    *("constraint", "relation", "column", "absent", "event_type", "frame"),
)
"""Pieces that are read alike of any failure; others say something only of a cause that asks."""

_SHOWN = ("q", "project", "type", "assignee", "since", "claim", "opened", "heard", "known")
STATES = ("open", "came_back", "done", "ignored")
OPEN = "open,came_back"
"""What is open: with what was done before, and failed again."""


async def list_causes(pages: Pages, visit: Visit) -> Response:
    """Causes in one state, those that hold up most first."""
    state = visit.request.query_params.get("state", OPEN)
    state = state if set(state.split(",")) <= {*STATES} else OPEN
    asked = asked_of(visit, _SHOWN)
    states = state.replace("done", "done,moved_on")
    wanted = pages.wanted({"state": states, **asked}, Subject.CAUSES)
    behind = _place(visit.request.query_params.get("behind"))
    found = await pages.run(
        lambda: service.find_causes(pages.database, wanted, "items", behind, _PAGE)
    )
    in_any_state = replace(wanted, states=())
    counts, days = await pages.run(
        lambda: service.counted_causes(pages.database, in_any_state, pages.now)
    )
    chosen_from = await pages.run(lambda: choices(pages.database, pages.clock()))
    workers = await pages.run(lambda: connected(pages.database, pages.now))
    counts["done"] = counts.get("done", 0) + counts.get("moved_on", 0)
    causes, further = found.causes, None
    if found.further is not None:
        place = ".".join(map(str, found.further))
        further = urlencode([("state", state), *given_of(asked), ("behind", place)])
    return await pages.page(
        visit,
        "causes.html",
        {
            "causes": causes,
            "state": state,
            "states": _tabs(state, counts),
            "held": await pages.run(lambda: service.held_by_causes(pages.database, wanted)),
            "asked": asked,
            "is_asked": any(asked.values()),
            "choices": chosen_from,
            "times": times_before(pages.clock()),
            "triable": await pages.run(lambda: _triable(pages, causes, workers)),
            "further": further,
            "days": {cause.id: days_of(days.get(cause.id, {}), pages.now) for cause in causes},
            "who": {cause.id: pages.who_can(cause) for cause in causes},
        },
    )


def _triable(pages: Pages, causes: Sequence[Cause], workers: Sequence[Worker]) -> set[str]:
    """The causes of which a connected worker could try something that waits in no order. Blocks."""
    if not workers:
        return set()
    types = service.open_types_of(pages.database, [cause.id for cause in causes])
    in_orders = waiting_by_cause(pages.database)
    return {
        cause_id
        for cause_id, items in types.items()
        if sum(items.values()) > in_orders.get(cause_id, 0)
        and any(worker.can_do_some(items) for worker in workers)
    }


def _tabs(state: str, counts: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Each tab: its name, the states that it leads to, and how many causes are in them.

    What came back is open, too, but where the address asks for the rest of the open alone.
    """
    told = {"open": OPEN if state != "open" else "open"}
    leads = [(name, told.get(name, name)) for name in STATES]
    return [(name, to, sum(counts.get(one, 0) for one in to.split(","))) for name, to in leads]


async def show(pages: Pages, visit: Visit) -> Response:
    """One cause whole, and the first of the things that it holds up."""
    cause_id = id_of(visit)
    grouper, at = pages.grouper(), pages.now
    view = await pages.run(lambda: service.look_at_cause(pages.database, grouper, cause_id, at))
    known = grouper.catalogue.causes.get(view.cause.known or "")
    states = _shown_states(view.cause)
    of_cause = Filter(cause_id=cause_id, states=states)
    found = await pages.run(lambda: service.find_entities(pages.database, of_cause, None, _FEW))
    names = await pages.run(
        lambda: service.names_of_projects(pages.database, {quad.project for quad in view.quads})
    )
    workers = await pages.run(lambda: connected(pages.database, at))
    types = {quad.entity_type for quad in view.quads if quad.bucket == "open"}
    other = view.cause.merged_into or (
        view.cause.moved_to if view.cause.status == "moved_on" else None
    )
    deeds = await pages.run(lambda: deeds_of_cause(pages.database, cause_id))
    orders = await pages.run(lambda: orders_of_cause(pages.database, cause_id, at))
    onward = None
    if other is not None:
        onward = await pages.run(
            lambda: service.look_at_cause(pages.database, grouper, other, at).cause
        )
    return await pages.page(
        visit,
        "cause.html",
        {
            "cause": view.cause,
            "view": view,
            "evidence": _telling(view.evidence, known),
            "entities": grouped(found.items),
            "names": names,
            "days": days_of(view.days, at),
            "onward": onward,
            "merge": _merge_of(view),
            "has_more": found.further is not None,
            "states": ",".join(states),
            "held": sum(quad.items for quad in view.quads if not states or quad.bucket in states),
            "waiting": max(0, _in(view, "open") - sum(number for _, number in orders)),
            "orders": orders,
            "being_tried": _in(view, "retrying"),
            "ended": _by_bucket(view),
            "deeds": deeds,
            "is_newest_aside": is_newest(Event.IGNORED, view.history),
            "has_workers": any(one.can_do_some(types) for one in workers),
            "choices": await pages.run(lambda: choices(pages.database, pages.clock())),
            "undo": done_of(visit),
            "opposite": _opposite(visit, view, deeds, at),
        },
    )


def _opposite(
    visit: Visit, view: service.CauseView, deeds: Sequence[Deed], at: str
) -> dict[str, str] | None:
    """The form that takes back what was done just now; what was put back is set aside as it was."""
    form = opposite_of(visit, view.history)
    if form != {} or view.history[-1].event is not Event.REOPENED:
        return form
    asked = next((deed.asked for deed in reversed(deeds) if deed.word == Event.IGNORED), None)
    if asked is None or (asked.get("until") or "~") <= at:
        return {}
    kept = {name: str(asked[name]) for name in ("until", "failures", "why") if asked.get(name)}
    return {"edit": "ignore", **kept}


def _merge_of(view: service.CauseView) -> str | None:
    """The edit that merged this cause into another one, to be taken back."""
    if view.cause.merged_into is None:
        return None
    merges = [one.edit_id for one in view.history if one.event is Event.MERGED]
    return merges[-1] if merges else None


def _telling(evidence: Mapping[str, str], known: Known | None) -> dict[str, str]:
    """What tells of a failure, that by which its known cause is told apart first."""
    names = dict.fromkeys([known.split, *_TELLING] if known is not None else _TELLING)
    return {name: evidence[name] for name in names if name in evidence}


def _shown_states(cause: Cause) -> tuple[str, ...]:
    """Of which states a cause's things are shown: what is left, else set aside, else all."""
    if cause.open_items:
        return LEFT
    return ("ignored",) if cause.ignored_items else ()


def _by_bucket(view: service.CauseView) -> dict[str, int]:
    """How many of a cause's things are in each state, the most first."""
    items: Counter[str] = Counter()
    for quad in view.quads:
        items[quad.bucket] += quad.items
    return dict(items.most_common())


def _in(view: service.CauseView, bucket: str) -> int:
    return sum(quad.items for quad in view.quads if quad.bucket == bucket)


async def join(pages: Pages, visit: Visit) -> Response:
    """The causes that one can be merged into, those that hold up most first."""
    visit.require(Scope.TRIAGE)
    cause_id, q = id_of(visit), visit.request.query_params.get("q", "").strip()
    cause = await pages.run(lambda: service.known_cause(pages.database, cause_id))
    wanted = pages.wanted({"q": q}, Subject.CAUSES)
    found = await pages.run(
        lambda: service.find_causes(pages.database, wanted, "items", None, _OTHERS)
    )
    others = [one for one in found.causes if one.id != cause_id]
    return await pages.page(
        visit,
        "merge.html",
        {"cause": cause, "causes": others, "q": q, "has_more": found.further is not None},
    )


async def divide(pages: Pages, visit: Visit) -> Response:
    """What one cause's failures differ in, to split it by."""
    visit.require(Scope.TRIAGE)
    cause_id, at = id_of(visit), pages.now
    grouper = pages.grouper()
    view = await pages.run(lambda: service.look_at_cause(pages.database, grouper, cause_id, at))
    most = NEWEST if "more" in visit.request.query_params else _READ
    pieces, looked_at = await pages.run(
        lambda: dividing_pieces(pages.database, cause_id, grouper.pieces, most)
    )
    there = min(view.cause.failures, NEWEST) if most < NEWEST else 0
    few = told_once([piece for piece in pieces if _is_of_use(piece, pieces)])
    return await pages.page(
        visit,
        "split.html",
        {
            "cause": view.cause,
            "pieces": few[:_PIECES],
            "looked_at": looked_at,
            "further": there if looked_at < there else None,
        },
    )


def _is_of_use(piece: Piece, pieces: Sequence[Piece]) -> bool:
    """Whether a piece is one of few values, not one that nearly every failure has its own of."""
    return sum(one.name == piece.name for one in pieces) <= _VALUES


def told_once(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces without those that divide as one before does, be it under another name."""
    by_name: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_name.setdefault(piece.name, []).append(piece)
    kept: dict[tuple[int, ...], list[Piece]] = {}
    for name in sorted(by_name, key=lambda name: (name not in _PLAIN, name)):
        kept.setdefault(tuple(piece.failures for piece in by_name[name]), by_name[name])
    return [piece for group in kept.values() for piece in group]


def _place(text: str | None) -> tuple[str | int, int] | None:
    value, _, seq = (text or "").partition(".")
    if value.isdecimal() and seq.isdecimal() and len(value) < 16 and len(seq) < 16:
        return int(value), int(seq)
    return None
