"""What people do on the pages: every form, checked and carried out as the API does it."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from starlette.responses import RedirectResponse, Response

from snaglist.domain.access import Scope
from snaglist.domain.edits import CauseEdit, ItemEdit, checked
from snaglist.domain.errors import WrongShape
from snaglist.service.cause_edits import edit_cause as do_edit_cause
from snaglist.service.edits import edit_item
from snaglist.service.slices import carry_out
from snaglist.service.undo import begin_undo
from snaglist.web.pages import HEADERS, Pages, Visit, id_of

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
    return _back("/" if begun.cause_id is None else f"/causes/{begun.cause_id}", None)


def _edit_of(visit: Visit, kind: Any) -> Any:
    """The edit that a form asks for; what is empty is left out. Raises WrongShape."""
    form = visit.form
    asked: dict[str, Any] = {"edit": form.get("edit", "")}
    for name in _MEMBERS:
        text = form.get(name, "").strip()
        if text:
            asked[name] = int(text) if name == "failures" and text.isdecimal() else text
    if asked["edit"] in ("assign", "name"):
        asked.setdefault("to" if asked["edit"] == "assign" else "name", None)
    if asked["edit"] in ("note", "fix"):
        asked.setdefault("text", "")
    try:
        return msgspec.convert(asked, kind)
    except msgspec.ValidationError as error:
        raise WrongShape(f"{error}.", "Go back and correct it.") from None


def _version_of(visit: Visit) -> int | None:
    text = visit.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _back(path: str, edit_id: str | None) -> Response:
    query = f"?{urlencode({'done': edit_id})}" if edit_id is not None else ""
    return RedirectResponse(f"{path}{query}", status_code=303, headers=HEADERS)
