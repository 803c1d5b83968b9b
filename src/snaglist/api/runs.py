"""POST of runs: begun, alive, ended, complete; and GET of how far they are."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.responses import Response

from snaglist.api.bodies import read_as
from snaglist.api.desk import Desk
from snaglist.api.edit_wire import edit_out
from snaglist.api.edits import AT_ONCE
from snaglist.api.paging import USUAL_PAGE, limit_of
from snaglist.api.records import cursor_of_place, place_of_cursor
from snaglist.api.routes import Call
from snaglist.api.run_wire import CompletionOut, run_out
from snaglist.api.wire import encode
from snaglist.domain.errors import BadParameter, NotFound
from snaglist.domain.record import is_label, is_source
from snaglist.domain.run import Kind, RunStatus, run_id_of
from snaglist.service import run_views
from snaglist.service import runs as service
from snaglist.service.run_views import RunView
from snaglist.service.runs import BeatIn, CompleteIn, EndIn, RunIn
from snaglist.service.slices import carry_out
from snaglist.service.undo import begin_reopening

_LARGEST_BODY = 64 << 10
_KNOWN = {
    "state": [status.value for status in RunStatus],
    "kind": [kind.value for kind in Kind],
}
T = TypeVar("T")


async def begin_run(desk: Desk, call: Call) -> Response:
    """Announce a run, or a mirror. The same id again is the same run."""
    given = await _read(desk, call, RunIn, 'Send {"name", "project"?, "total"?, …}; see /docs.')
    who, at, new_id = call.who, desk.now(), desk.new_id()
    targets = desk.recorder.targets

    def begin() -> tuple[RunView, bool]:
        run, is_new = service.begin_run(
            desk.database, given, targets, new_id=new_id, who=who, at=at, sent_at=call.sent_at
        )
        return run_views.look_at_run(desk.database, run.id), is_new

    view, is_new = await desk.run(begin)
    return _answer(view, 201 if is_new else 200)


async def beat(desk: Desk, call: Call) -> Response:
    """Say that a run is alive: how much is unsent, and how far a mirror has come.

    Or that it has gaps; one that was complete is not any more, and what left the list comes back.
    """
    given = await _read(desk, call, BeatIn, 'Send {"unsent"?, "last_event_id"?, …}.')
    run_id, undo_id, who, at = _id_of(call), desk.new_id(), call.who, desk.now()

    def keep() -> RunView:
        view = service.beat(desk.database, run_id, given, at=at)
        begun = begin_reopening(desk.database, view.run, undo_id=undo_id, who=who, at=at)
        if begun is None:
            return view
        carry_out(desk.database, begun, desk.recorder.grouper.pieces, desk.now, AT_ONCE)
        return run_views.look_at_run(desk.database, run_id)

    return _answer(await desk.run(keep))


async def end_run(desk: Desk, call: Call) -> Response:
    """Say that a run came to its end, or to a fault. A second time changes nothing."""
    given = await _read(desk, call, EndIn, 'Send {"fault"?, "ended_at"?}.')
    run_id, at = _id_of(call), desk.now()
    return _answer(await desk.run(lambda: service.end_run(desk.database, run_id, given, at=at)))


async def complete_run(desk: Desk, call: Call) -> Response:
    """Say that a run tried everything of these projects and types: what did not fail leaves.

    Open items of that scope that were last tried before it began are not failing any more.
    Refused while fewer things have arrived than it was to try. 202 says that it is going on.
    """
    given = await _read(desk, call, CompleteIn, 'Send {"projects"?, "entity_types"?, "tried"?}.')
    run_id, edit_id, who, at = _id_of(call), desk.new_id(), call.who, desk.now()

    def complete() -> CompletionOut:
        begun = service.begin_completion(
            desk.database, run_id, given, edit_id=edit_id, who=who, at=at
        )
        edit = carry_out(desk.database, begun, desk.recorder.grouper.pieces, desk.now, AT_ONCE)
        return CompletionOut(run_out(run_views.look_at_run(desk.database, run_id)), edit_out(edit))

    done = await desk.run(complete)
    return Response(
        encode(done),
        status_code=202 if done.edit.ended_at is None else 200,
        media_type="application/json",
        headers={"location": f"/api/v1/edits/{edit_id}"},
    )


async def get_run(desk: Desk, call: Call) -> Response:
    """A run as far as it has come."""
    run_id = _id_of(call)
    return _answer(await desk.run(lambda: run_views.look_at_run(desk.database, run_id)))


async def list_runs(desk: Desk, call: Call) -> Response:
    """Runs and mirrors, the newest first."""
    pairs = parse_qsl(call.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    wanted, limit, below = _asked(pairs)
    columns = {"status" if name == "state" else name: text for name, text in wanted.items()}
    views = await desk.run(lambda: run_views.list_runs(desk.database, columns, below, limit + 1))
    headers = {}
    if len(views) > limit:
        cursor = cursor_of_place(views[limit - 1].run.seq)
        onward = urlencode({**wanted, "limit": limit, "cursor": cursor})
        headers["link"] = f'</api/v1/runs?{onward}>; rel="next"'
    body = encode([run_out(view) for view in views[:limit]])
    return Response(body, media_type="application/json", headers=headers)


async def _read(desk: Desk, call: Call, kind: type[T], shape: str) -> T:
    body = await desk.read_body(call, _LARGEST_BODY, "run")
    try:
        decoder = msgspec.json.Decoder(kind)
        return read_as(decoder, body or b"{}", desk.recorder.limits.depth, shape)
    finally:
        desk.let_go(body)


def _answer(view: RunView, status: int = 200) -> Response:
    headers = {"location": f"/api/v1/runs/{view.run.id}"} if status == 201 else {}
    return Response(
        encode(run_out(view)), status_code=status, media_type="application/json", headers=headers
    )


def _id_of(call: Call) -> str:
    """The id that the path gives, or the label, as an id. Raises NotFound."""
    label = call.params["id"]
    if not is_label(label):
        raise NotFound("There is no such run.", "The list of runs shows all there are.")
    return run_id_of(label)


def _asked(pairs: list[tuple[str, str]]) -> tuple[dict[str, str], int, int | None]:
    """What is wanted, at most how many, and below which place. Raises BadParameter."""
    wanted: dict[str, str] = {}
    limit, below = USUAL_PAGE, None
    for name, text in pairs:
        if name in wanted:
            raise BadParameter(f"{name} is given twice.", "Give it once.", where=name)
        if name == "limit":
            limit = limit_of(text)
        elif name == "cursor":
            below = place_of_cursor(text)
        elif (name == "source" and is_source(text)) or (name in _KNOWN and text in _KNOWN[name]):
            wanted[name] = text
        else:
            raise BadParameter(
                f"Runs cannot be filtered by {name[:50]!a} {text[:50]!a}.",
                "Filter by state, kind or source; the API's page lists their values.",
                where=name[:50],
            )
    return wanted, limit, below
