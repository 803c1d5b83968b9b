"""Ordering that all causes are made again, and seeing how far that is."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from snaglist.api.desk import Desk
from snaglist.api.routes import Call
from snaglist.api.wire import RegroupIn, RegroupOut, encode
from snaglist.domain.errors import WrongShape
from snaglist.domain.payload import read_json
from snaglist.domain.regrouping import Phase, Regroup
from snaglist.service import regroups as service

_LONGEST = 1 << 10


async def start_regroup(desk: Desk, call: Call) -> Response:
    """Make all causes again from the records; what people decided is kept.

    The answer comes at once; the work is done beside recording. A dry run changes nothing.
    """
    body = await desk.read_body(call, _LONGEST, "order")
    desk.let_go(body)
    try:
        order = msgspec.convert(read_json(body or b"{}", 8), RegroupIn)
    except msgspec.ValidationError as error:
        raise WrongShape(f"{error}.", 'Send {} or {"dry_run": true}.') from None
    who = call.who
    regroup = await desk.run(lambda: desk.regrouping.start(who, is_dry=order.dry_run))
    return Response(
        encode(_out(regroup, [])),
        status_code=202,
        media_type="application/json",
        headers={"location": f"/api/v1/regroups/{regroup.id}"},
    )


async def get_regroup(desk: Desk, call: Call) -> Response:
    """How far a regroup is, and what it does."""
    id_text = call.params["id"]

    def look() -> RegroupOut:
        regroup = service.get_regroup(desk.database, id_text)
        has_counted = regroup.phase is not Phase.COUNTING
        changes = service.changes_of(desk.database, regroup) if has_counted else []
        return _out(regroup, changes)

    return Response(encode(await desk.run(look)), media_type="application/json")


def _out(regroup: Regroup, changes: list[service.Change]) -> RegroupOut:
    is_over = regroup.ended_at is not None or not regroup.last
    return RegroupOut(
        regroup.id,
        regroup.who,
        regroup.is_dry,
        regroup.phase,
        1.0 if is_over else round(regroup.place / regroup.last, 4),
        regroup.records,
        regroup.moved,
        regroup.began_at,
        regroup.ended_at,
        regroup.fault,
        changes,
    )
