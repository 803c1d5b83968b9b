"""What people do on the pages: every form, checked and carried out as the API does it."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.responses import RedirectResponse, Response

from snaglist.domain.access import Scope
from snaglist.domain.edits import CauseEdit, ItemEdit, checked
from snaglist.domain.errors import WrongShape
from snaglist.domain.filtering import Filter, Subject, read_filter
from snaglist.service.cause_edits import edit_cause as do_edit_cause
from snaglist.service.edits import (
    Preview,
    begin_edit,
    edit_item,
    find_places,
    places_of_items,
    preview,
)
from snaglist.service.ordering import count_free
from snaglist.service.slices import carry_out
from snaglist.service.undo import begin_undo
from snaglist.web.pages import HEADERS, Pages, Visit, id_of
from snaglist.web.retries import ordered

_AT_ONCE = 10
_MEMBERS = ("until", "failures", "reason", "to", "text", "name", "into", "piece", "value", "why")
T = TypeVar("T")


async def edit_cause(pages: Pages, visit: Visit) -> Response:
    """Edit a cause, and show it again."""
    visit.require(Scope.TRIAGE)
    cause_id, at = id_of(visit), pages.now
    edit: CauseEdit = checked(_edit_of(visit, CauseEdit), at)
    pieces_of = pages.grouper().pieces
    done = await pages.run(
        lambda: do_edit_cause(
            pages.database,
            cause_id,
            edit,
            _version_of(visit),
            new_id=pages.new_id,
            pieces_of=pieces_of,
            who=visit.who,
            at=at,
        )
    )
    began = done.edit
    if began is not None:
        await pages.run(
            lambda: carry_out(pages.database, began, pieces_of, lambda: pages.now, _AT_ONCE)
        )
    can_undo = began is not None and began.kind in ("resolve", "merge")
    return _back(f"/causes/{cause_id}", began.id if began is not None and can_undo else None)


async def edit_thing(pages: Pages, visit: Visit) -> Response:
    """Edit a thing, and show it again."""
    visit.require(Scope.TRIAGE)
    item_id, at = id_of(visit), pages.now
    edit: ItemEdit = checked(_edit_of(visit, ItemEdit), at)
    await pages.run(
        lambda: edit_item(pages.database, item_id, edit, _version_of(visit), who=visit.who, at=at)
    )
    return _back(f"/things/{item_id}", None)


async def preview_things(pages: Pages, visit: Visit) -> Response:
    """Say what an edit of many things would do, and ask whether to do it."""
    visit.require(Scope.TRIAGE)
    at = pages.now
    edit: ItemEdit = checked(_edit_of(visit, ItemEdit), at)
    places = await _places(pages, visit)
    said = await pages.run(lambda: preview(pages.database, places, edit, at))
    kept = [(name, text) for name, text in visit.fields if name not in ("form_key", "sure")]
    return await pages.page(visit, "bulk.html", {"said": said, "kept": kept})


async def edit_things(pages: Pages, visit: Visit) -> Response:
    """Edit many things: first a preview, then, when whoever asks is sure, the edit."""
    if visit.form.get("edit_and_reason") == "retry":
        return await _retry_things(pages, visit)
    if "sure" not in visit.form:
        return await preview_things(pages, visit)
    visit.require(Scope.TRIAGE)
    at, edit_id = pages.now, pages.new_id()
    edit: ItemEdit = checked(_edit_of(visit, ItemEdit), at)
    places = await _places(pages, visit)
    pieces_of = pages.grouper().pieces

    def do_it() -> None:
        begun = begin_edit(
            *(pages.database, places, edit),
            edit_id=edit_id,
            asked_of=visit.form.get("filter", ""),
            who=visit.who,
            at=at,
        )
        carry_out(pages.database, begun, pieces_of, lambda: pages.now, _AT_ONCE)

    await pages.run(do_it)
    query = urlencode([*parse_qsl(visit.form.get("filter", "")), ("done", edit_id)])
    return RedirectResponse(f"/things?{query}", status_code=303, headers=HEADERS)


async def _retry_things(pages: Pages, visit: Visit) -> Response:
    """Try many things again: first a preview, then, when whoever asks is sure, the order."""
    visit.require(Scope.RETRY)
    places = await _places(pages, visit)
    if "sure" in visit.form:
        return await ordered(pages, visit, Filter(), places)
    number = await pages.run(lambda: count_free(pages.database, places))
    kept = [(name, text) for name, text in visit.fields if name not in ("form_key", "sure")]
    return await pages.page(
        visit, "bulk.html", {"said": Preview(len(places), number), "kept": kept}
    )


async def _places(pages: Pages, visit: Visit) -> list[int]:
    """The places of the ticked things, or of all that match the filter of the page."""
    if "every" in visit.form:
        pairs = [pair for pair in parse_qsl(visit.form.get("filter", "")) if pair[0] != "done"]
        wanted = read_filter(Subject.ITEMS, pairs)
        return await pages.run(lambda: find_places(pages.database, wanted))
    ids = [text for name, text in visit.fields if name == "thing"]
    return await pages.run(lambda: places_of_items(pages.database, ids))


async def undo(pages: Pages, visit: Visit) -> Response:
    """Take an edit back, and show what it was of."""
    visit.require(Scope.TRIAGE)
    edit_id, undo_id, at = id_of(visit), pages.new_id(), pages.now
    begun = await pages.run(
        lambda: begin_undo(pages.database, edit_id, undo_id=undo_id, who=visit.who, at=at)
    )
    pieces_of = pages.grouper().pieces
    await pages.run(
        lambda: carry_out(pages.database, begun, pieces_of, lambda: pages.now, _AT_ONCE)
    )
    if begun.cause_id is not None:
        return _back(f"/causes/{begun.cause_id}", None)
    query = f"?{begun.filter}" if begun.filter else ""
    return RedirectResponse(f"/things{query}", status_code=303, headers=HEADERS)


def _edit_of(visit: Visit, type_: Any) -> Any:
    """The edit that a form asks for; what is empty is left out. Raises WrongShape."""
    form = visit.form
    kind, _, reason = form.get("edit_and_reason", form.get("edit", "")).partition(".")
    asked: dict[str, Any] = {"edit": kind} | ({"reason": reason} if reason else {})
    for name in _MEMBERS:
        text = form.get(name, "").strip()
        if text and not (name == "to" and kind != "assign"):
            asked[name] = int(text) if name == "failures" and text.isdecimal() else text
    if asked["edit"] in ("assign", "name"):
        asked.setdefault("to" if asked["edit"] == "assign" else "name", None)
    if asked["edit"] in ("note", "fix"):
        asked.setdefault("text", "")
    try:
        return msgspec.convert(asked, type_)
    except msgspec.ValidationError as error:
        raise WrongShape(f"{error}.", "Go back and correct it.") from None


def _version_of(visit: Visit) -> int | None:
    text = visit.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _back(path: str, edit_id: str | None) -> Response:
    query = f"?{urlencode({'done': edit_id})}" if edit_id is not None else ""
    return RedirectResponse(f"{path}{query}", status_code=303, headers=HEADERS)
