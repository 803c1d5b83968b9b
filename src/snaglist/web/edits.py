"""What people do on the pages: every form, checked and carried out as the API does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.responses import RedirectResponse, Response

from snaglist.domain.access import Scope
from snaglist.domain.cause import Cause
from snaglist.domain.edits import CauseEdit, ItemEdit, Note, checked
from snaglist.domain.errors import WrongShape
from snaglist.domain.filtering import Subject
from snaglist.service.cause_edits import edit_cause as do_edit_cause
from snaglist.service.edits import (
    Preview,
    begin_edit,
    edit_item,
    find_places,
    get_edit,
    places_of_items,
    preview,
    things_at,
)
from snaglist.service.lists import find_cause, look_at_item
from snaglist.service.ordering import preview_of
from snaglist.service.slices import carry_out
from snaglist.service.splitting import made_by
from snaglist.service.undo import begin_undo
from snaglist.storage.edits import Edit
from snaglist.web.opposites import happened
from snaglist.web.pages import HEADERS, Outdated, Pages, Visit, back_of, id_of, is_id
from snaglist.web.retries import ordered

_AT_ONCE = 10
_SOME = 10
_ONLY_OF = {"to": ("assign",), "until": ("ignore",), "failures": ("ignore",)}
"""Fields that a form for several edits has, and which of them they are for."""

_WORDS = ("note", "fix", "name")
_MEMBERS = ("until", "failures", "reason", "to", "text", "name", "into", "why")


async def edit_cause(pages: Pages, visit: Visit) -> Response:
    """Edit a cause, and show it again."""
    visit.require(Scope.TRIAGE)
    cause_id, at = id_of(visit), pages.now
    cause = await pages.run(lambda: find_cause(pages.database, cause_id))
    now = {"assign": None if cause is None else cause.assignee, **_words_of(cause)}
    if visit.form.get("edit") == "words":
        return await _edit_words(pages, visit, cause_id, now)
    edit: CauseEdit = checked(_edit_of(pages, visit.form, CauseEdit), at)
    _check_was(pages, visit.form, now)
    began = await pages.run(lambda: _edit_cause(pages, visit, cause_id, edit, at))
    if began is None:
        return _shown_again(f"/causes/{cause_id}", [visit.form.get("edit", "")])
    await pages.run(lambda: _carry_out(pages, began))
    if began.kind == "split":
        return _back(f"/causes/{made_by(began)}", began.id)
    if began.kind in ("resolve", "merge"):
        return _back(f"/causes/{cause_id}", began.id)
    return _shown_again(f"/causes/{cause_id}", [visit.form.get("edit", "")])


async def _edit_words(
    pages: Pages, visit: Visit, cause_id: str, now: Mapping[str, str | None]
) -> Response:
    """Keep those words of a cause that were changed: its note, its fix, its name."""
    at, form = pages.now, visit.form
    was = {kind: form.get(f"was_{kind}", "") for kind in _WORDS}
    forms = [
        {"edit": kind, "name" if kind == "name" else "text": form[kind], "was": was[kind]}
        for kind in _WORDS
        if kind in form and _plain(form[kind]) != _plain(was[kind])
    ]
    edits = [checked(_edit_of(pages, one, CauseEdit), at) for one in forms]
    for one in forms:
        _check_was(pages, one, now)
    for edit in edits:
        await pages.run(lambda edit=edit: _edit_cause(pages, visit, cause_id, edit, at))  # type: ignore[misc]
    return _shown_again(f"/causes/{cause_id}", [one["edit"] for one in forms])


def _words_of(cause: Cause | None) -> dict[str, str | None]:
    return {} if cause is None else {kind: getattr(cause, kind) for kind in _WORDS}


def _edit_cause(pages: Pages, visit: Visit, cause_id: str, edit: CauseEdit, at: str) -> Edit | None:
    """Edit a cause; what is to be carried out of it. Blocks."""
    return do_edit_cause(
        pages.database,
        cause_id,
        edit,
        None,
        new_id=pages.new_id,
        pieces_of=pages.grouper().pieces,
        who=visit.who,
        at=at,
    ).edit


async def edit_thing(pages: Pages, visit: Visit) -> Response:
    """Edit a thing, and show it again."""
    visit.require(Scope.TRIAGE)
    item_id, at = id_of(visit), pages.now
    edit: ItemEdit = checked(_edit_of(pages, visit.form, ItemEdit), at)
    if "was" in visit.form:
        view = await pages.run(lambda: look_at_item(pages.database, item_id))
        _check_was(pages, visit.form, {"note": view.listed.item.note})
    if isinstance(edit, Note):
        await pages.run(
            lambda: edit_item(pages.database, item_id, edit, None, who=visit.who, at=at)
        )
        return _shown_again(f"/things/{item_id}", ["note"])

    def do_it() -> str | None:
        places = places_of_items(pages.database, [item_id])
        if not preview(pages.database, places, edit, at).would_change:
            edit_item(pages.database, item_id, edit, None, who=visit.who, at=at)
            return None
        return _begin(pages, visit, places, edit, "", at)

    return _back(f"/things/{item_id}", await pages.run(do_it))


async def edit_things(pages: Pages, visit: Visit) -> Response:
    """Edit many things, or try them again: first a preview, then, when it is sure, it is done."""
    kind = visit.form.get("edit_and_reason", "")
    if visit.form.get("to", "").strip() and kind != "assign":
        raise _unfit(pages, "bulk.whom", name=visit.form["to"].strip()[:100])
    if visit.form.get("until", "").strip() and kind != "ignore":
        raise _unfit(pages, "bulk.until_only")
    if kind == "retry":
        return await _retry_things(pages, visit)
    visit.require(Scope.TRIAGE)
    at = pages.now
    edit: ItemEdit = checked(_edit_of(pages, visit.form, ItemEdit), at)
    places, query = await _chosen(pages, visit)
    if not _is_sure(visit, places):
        said = await pages.run(lambda: preview(pages.database, places, edit, at))
        return await _ask(pages, visit, said, places)

    edit_id = await pages.run(lambda: _begin(pages, visit, places, edit, query, at))
    pairs = [*parse_qsl(visit.form.get("filter", "")), ("done", edit_id)]
    return RedirectResponse(f"/things?{urlencode(pairs)}", status_code=303, headers=HEADERS)


def _begin(
    pages: Pages, visit: Visit, places: Sequence[int], edit: ItemEdit, query: str, at: str
) -> str:
    """Edit the things at these places, which can be undone by the id. Blocks."""
    begun = begin_edit(
        *(pages.database, places, edit),
        edit_id=pages.new_id(),
        asked_of=query,
        who=visit.who,
        at=at,
    )
    _carry_out(pages, begun)
    return begun.id


async def _retry_things(pages: Pages, visit: Visit) -> Response:
    visit.require(Scope.RETRY)
    places, query = await _chosen(pages, visit)
    if _is_sure(visit, places):
        return await ordered(pages, visit, query, places)
    said = await pages.run(lambda: preview_of(pages.database, places, pages.now))
    shown = Preview(said.matching, said.would_try)
    return await _ask(pages, visit, shown, places, has_workers=bool(said.workers))


def _is_sure(visit: Visit, places: Sequence[int]) -> bool:
    """Whether somebody saw what would be done to exactly these."""
    return "sure" in visit.form and visit.form.get("of") == _mark_of(places)


def _mark_of(places: Sequence[int]) -> str:
    return blake2b(",".join(map(str, sorted(places))).encode(), digest_size=12).hexdigest()


async def _ask(
    pages: Pages,
    visit: Visit,
    said: Preview,
    places: Sequence[int],
    *,
    has_workers: bool = True,
) -> Response:
    """Say what it would do, and ask whether to do it: the same form again."""
    form = visit.form
    kept = [(name, text) for name, text in visit.fields if name not in ("form_key", "sure", "of")]
    kind, _, reason = form.get("edit_and_reason", "").partition(".")
    asked = await pages.page(
        visit,
        "bulk.html",
        {
            "said": said,
            "some": await pages.run(lambda: things_at(pages.database, places[:_SOME])),
            "kept": kept,
            "back": back_of(visit),
            "of": _mark_of(places),
            "has_workers": has_workers,
            "kind": kind,
            "reason": reason,
            "has_changed": "sure" in form,
        },
    )
    # What a form was answered with is not asked for again: without it Back would lead nowhere.
    asked.headers["cache-control"] = "private, max-age=600"
    return asked


async def _chosen(pages: Pages, visit: Visit) -> tuple[list[int], str]:
    """The places of the ticked things, or of all that match the page's filter, and that filter."""
    if "every" in visit.form:
        asked = dict(parse_qsl(visit.form.get("filter", "")))
        wanted = pages.wanted(asked, Subject.ITEMS)
        return await pages.run(lambda: find_places(pages.database, wanted)), wanted.query
    ids = [text for name, text in visit.fields if name == "thing"]
    return await pages.run(lambda: places_of_items(pages.database, ids)), ""


def _carry_out(pages: Pages, edit: Edit) -> None:
    """Do the first slices of an edit; the clock does the rest. Blocks."""
    pieces_of = pages.grouper().pieces
    carry_out(pages.database, edit, pieces_of, lambda: pages.now, _AT_ONCE)


async def undo(pages: Pages, visit: Visit) -> Response:
    """Take an edit back, and show what it was of."""
    visit.require(Scope.TRIAGE)
    edit_id, undo_id, at = id_of(visit), pages.new_id(), pages.now
    begun = await pages.run(
        lambda: begin_undo(pages.database, edit_id, undo_id=undo_id, who=visit.who, at=at)
    )
    await pages.run(lambda: _carry_out(pages, begun))
    of_cause, of_thing = begun.cause_id, visit.form.get("thing", "")
    done = await pages.run(lambda: get_edit(pages.database, begun.id))
    if of_cause is None and done.ended_at is not None and not done.changed:
        raise Outdated(pages.texts("problem.not_undone"))
    if of_cause is not None:
        cause = await pages.run(lambda: find_cause(pages.database, of_cause))
        shown = cause.merged_into if cause is not None and cause.merged_into else of_cause
        return _back(f"/causes/{shown}", begun.id if begun.kind == "merge" else None)
    if is_id(of_thing):
        return _back(f"/things/{of_thing}", None)
    pairs = [*parse_qsl(visit.form.get("filter", begun.filter or "")), ("done", begun.id)]
    return RedirectResponse(f"/things?{urlencode(pairs)}", status_code=303, headers=HEADERS)


def _check_was(pages: Pages, form: Mapping[str, str], now: Mapping[str, str | None]) -> None:
    """Raise Outdated if what a form replaces is no longer what it showed."""
    was, kind = form.get("was"), form.get("edit", "")
    if was is not None and kind in now and _plain(was) != _plain(now[kind] or ""):
        raise Outdated(pages.texts("problem.other_text", text=now[kind] or ""))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _edit_of(pages: Pages, form: Mapping[str, str], type_: Any) -> Any:
    """The edit that a form asks for; what is empty is left out. Raises WrongShape."""
    kind, _, reason = form.get("edit_and_reason", form.get("edit", "")).partition(".")
    piece, _, value = form.get("piece_and_value", "").partition("=")
    asked: dict[str, Any] = {"edit": kind} | ({"reason": reason} if reason else {})
    for name in _MEMBERS:
        text = form.get(name, "").strip()
        if text and kind in _ONLY_OF.get(name, (kind,)):
            asked[name] = int(text) if name == "failures" and text.isdecimal() else text
    if len(asked.get("until", "")) == len("2026-12-24"):
        asked["until"] += "T00:00:00Z"
        if asked["until"][:10] <= pages.now[:10]:
            raise _unfit(pages, "problem.past_day")
    if piece:
        asked |= {"piece": piece, "value": value}
    if asked["edit"] in ("assign", "name"):
        asked.setdefault("to" if asked["edit"] == "assign" else "name", None)
    if asked["edit"] in ("note", "fix"):
        asked.setdefault("text", "")
    try:
        return msgspec.convert(asked, type_)
    except msgspec.ValidationError:
        raise _unfit(pages, "problem.unfit") from None


def _unfit(pages: Pages, key: str, **values: object) -> WrongShape:
    return WrongShape(pages.texts(key, **values), pages.texts("problem.correct"))


def _shown_again(path: str, edits: Sequence[str]) -> Response:
    """The page of what was edited, which says so."""
    did = ",".join(map(happened, edits))
    query = f"?{urlencode({'did': did})}" if did else ""
    return RedirectResponse(f"{path}{query}", status_code=303, headers=HEADERS)


def _back(path: str, edit_id: str | None) -> Response:
    query = f"?{urlencode({'done': edit_id})}" if edit_id is not None else ""
    return RedirectResponse(f"{path}{query}", status_code=303, headers=HEADERS)
