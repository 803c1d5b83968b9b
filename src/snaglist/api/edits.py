"""POST of edits of items and causes, one and many; how far they have come, and undo."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from starlette.responses import Response

from snaglist.api.bodies import read_as
from snaglist.api.desk import Desk
from snaglist.api.edit_wire import EditedCauseOut, PreviewOut, edit_out
from snaglist.api.listed_wire import cause_out, item_out
from snaglist.api.paging import limit_of
from snaglist.api.records import cursor_of_place, place_of_cursor
from snaglist.api.routes import Call
from snaglist.api.wire import encode
from snaglist.domain.edits import CauseEdit, ItemEdit, checked
from snaglist.domain.errors import BadParameter, NotFound
from snaglist.domain.filtering import Filter, Subject, read_filter
from snaglist.service import edits as service
from snaglist.service.cause_edits import edit_cause as do_edit_cause
from snaglist.service.edits import edit_item as do_edit_item
from snaglist.service.merging import known_cause
from snaglist.service.slices import carry_out
from snaglist.service.undo import begin_undo
from snaglist.storage.edits import Edit

AT_ONCE = 10
"""How many slices of an edit are done before it is answered."""
_LARGEST_BODY = 64 << 10
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
_item_edit: msgspec.json.Decoder[ItemEdit] = msgspec.json.Decoder(ItemEdit)
_cause_edit: msgspec.json.Decoder[CauseEdit] = msgspec.json.Decoder(CauseEdit)
_ITEM_SHAPE = 'Send {"edit": "ignore", "resolve", "reopen", "assign" or "note", …}; see /docs.'
_CAUSE_SHAPE = 'Send {"edit": "name", "fix", "note", "claim", "merge", …}; see /docs.'


async def edit_item(desk: Desk, call: Call) -> Response:
    """Edit an item: ignore, resolve, reopen, assign, note.

    With `If-Match` only if it is at that version still.
    """
    item_id, version = id_of(call, "item"), version_of(call)
    edit, who, at = await _item_edit_of(desk, call), call.who, desk.now()
    item = await desk.run(
        lambda: do_edit_item(desk.database, item_id, edit, version, who=who, at=at)
    )
    return Response(
        encode(item_out(item)),
        media_type="application/json",
        headers={"etag": etag_of(item.version)},
    )


async def edit_items(desk: Desk, call: Call) -> Response:
    """Edit all items that a filter finds; which these are is settled at that moment.

    202 says that it is going on; the edit tells how far it is.
    """
    asked = filter_of(call)
    edit, who, at = await _item_edit_of(desk, call), call.who, desk.now()
    places = await desk.run(lambda: service.find_places(desk.database, asked))
    edit_id, query = desk.new_id(), asked.query
    begun = await desk.run(
        lambda: service.begin_edit(
            desk.database, places, edit, edit_id=edit_id, asked_of=query, who=who, at=at
        )
    )
    done = await desk.run(lambda: _carried_out(desk, begun))
    return _answer(encode(edit_out(done)), done)


async def preview_edit_items(desk: Desk, call: Call) -> Response:
    """Say what an edit of all items that a filter finds would do now; nothing is changed."""
    asked = filter_of(call)
    edit, at = await _item_edit_of(desk, call), desk.now()
    places = await desk.run(lambda: service.find_places(desk.database, asked))
    said = await desk.run(lambda: service.preview(desk.database, places, edit, at))
    body = encode(PreviewOut(said.matching, said.would_change))
    return Response(body, media_type="application/json")


async def edit_cause(desk: Desk, call: Call) -> Response:
    """Edit a cause: name, fix, note, assign, claim, ignore, reopen, resolve, merge, split.

    With `If-Match` only if it is at that version still. What its items follow in is an edit of
    many items; 202 says that it is still going on.
    """
    cause_id, version = id_of(call, "cause"), version_of(call)
    body = await desk.read_body(call, _LARGEST_BODY, "edit")
    try:
        edit: CauseEdit = read_as(_cause_edit, body, desk.recorder.limits.depth, _CAUSE_SHAPE)
    finally:
        desk.let_go(body)
    who, at = call.who, desk.now()
    edit = checked(edit, at)
    done = await desk.run(
        lambda: do_edit_cause(
            desk.database,
            cause_id,
            edit,
            version,
            new_id=desk.new_id,
            pieces_of=desk.recorder.grouper.pieces,
            who=who,
            at=at,
        )
    )
    began = done.edit
    carried = None if began is None else await desk.run(lambda: _carried_out(desk, began))
    cause = await desk.run(
        lambda: desk.database.read(lambda connection: known_cause(connection, cause_id))
    )
    return _answer(
        encode(EditedCauseOut(cause_out(cause), None if carried is None else edit_out(carried))),
        carried,
        etag=etag_of(cause.version),
    )


async def list_edits(desk: Desk, call: Call) -> Response:
    """Edits of many items, the newest first."""
    query = dict(parse_qsl(call.scope["query_string"].decode("latin-1")))
    limit = limit_of(query.get("limit"))
    before = place_of_cursor(query["cursor"]) if "cursor" in query else None
    edits = await desk.run(lambda: service.list_edits(desk.database, before, limit + 1))
    headers = {}
    if len(edits) > limit:
        further = urlencode({"limit": limit, "cursor": cursor_of_place(edits[limit - 1].seq)})
        headers["link"] = f'</api/v1/edits?{further}>; rel="next"'
    return Response(
        encode([edit_out(edit) for edit in edits[:limit]]),
        media_type="application/json",
        headers=headers,
    )


async def get_edit(desk: Desk, call: Call) -> Response:
    """An edit of many items, as far as it has come."""
    edit_id = id_of(call, "edit")
    edit = await desk.run(lambda: service.get_edit(desk.database, edit_id))
    return Response(encode(edit_out(edit)), media_type="application/json")


async def undo_edit(desk: Desk, call: Call) -> Response:
    """Take an edit back: each item becomes what it was, unless it was changed since.

    What was still going on of it ends. 202 says that the undo itself is still going on.
    """
    return await _undone(desk, call, id_of(call, "edit"))


async def undo_last_edit(desk: Desk, call: Call) -> Response:
    """Take the last edit back that this token made.

    A second time is refused, so that it can be repeated safely.
    """
    return await _undone(desk, call, None)


async def _undone(desk: Desk, call: Call, edit_id: str | None) -> Response:
    undo_id, who, at = desk.new_id(), call.who, desk.now()

    def undo() -> Edit:
        return _carried_out(
            desk, begin_undo(desk.database, edit_id, undo_id=undo_id, who=who, at=at)
        )

    edit = await desk.run(undo)
    return _answer(encode(edit_out(edit)), edit)


def _carried_out(desk: Desk, edit: Edit) -> Edit:
    """The edit after its first slices; the clock does the rest."""
    return carry_out(desk.database, edit, desk.recorder.grouper.pieces, desk.now, AT_ONCE)


def _answer(body: bytes, edit: Edit | None, etag: str = "") -> Response:
    headers = {"etag": etag} if etag else {}
    if edit is not None:
        headers["location"] = f"/api/v1/edits/{edit.id}"
    is_going_on = edit is not None and edit.ended_at is None
    return Response(
        body,
        status_code=202 if is_going_on else 200,
        media_type="application/json",
        headers=headers,
    )


async def _item_edit_of(desk: Desk, call: Call) -> ItemEdit:
    body = await desk.read_body(call, _LARGEST_BODY, "edit")
    try:
        edit: ItemEdit = read_as(_item_edit, body, desk.recorder.limits.depth, _ITEM_SHAPE)
    finally:
        desk.let_go(body)
    return checked(edit, desk.now())


def etag_of(version: int) -> str:
    """The ETag of something at this version."""
    return f'"{version}"'


def version_of(call: Call) -> int | None:
    """The version that `If-Match` asks for; None for any. Raises BadParameter."""
    given = call.headers.get(b"if-match", b"*").decode("latin-1").strip()
    if given == "*":
        return None
    found = _ETAG.fullmatch(given)
    if found is None:
        raise BadParameter(
            "If-Match holds no ETag of this desk's.",
            'Send the one ETag that came with it, such as "3", or leave it out.',
            where="If-Match",
        )
    return int(found[1])


def id_of(call: Call, what: str) -> str:
    """The id in the path, in its one spelling. Raises NotFound for what is none."""
    try:
        return str(UUID(call.params["id"]))
    except ValueError:
        raise NotFound(f"There is no such {what}: its id is a UUID.") from None


def filter_of(call: Call) -> Filter:
    """The filter of items that the query is. Raises BadParameter."""
    pairs = parse_qsl(call.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return read_filter(Subject.ITEMS, pairs)
