"""POST of successes: the opposite of an error, for whoever has only curl."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from snaglist.api.bodies import read_as
from snaglist.api.desk import Desk
from snaglist.api.routes import Call
from snaglist.api.wire import ImportedOut, encode
from snaglist.domain.errors import WrongShape
from snaglist.domain.payload import read_json
from snaglist.service.recording import Limits
from snaglist.service.successes import Imported, report_imported, reported

_one = msgspec.json.Decoder(Imported)
_many = msgspec.json.Decoder(list[Imported])
_SHAPE = (
    'Send {"shotgun_id", "entity_type", "part"?, "target"?, "run"?, "occurred_at"?, '
    '"target_url"?, "project"?, "alone"?, "began_at"?} or an array of them.'
)


async def report(desk: Desk, call: Call) -> Response:
    """Say that entities, or parts of them, came over: what is on the list of them leaves it."""
    source, who, at = call.params["source"], call.who, desk.now()
    recorder = desk.recorder
    body = await desk.read_body(call, recorder.limits.batch_bytes, "batch")
    try:
        told = [
            reported(source, one, recorder.targets, who=who, arrived_at=at, sent_at=call.sent_at)
            for one in _read(body, recorder.limits)
        ]
        resolved = await desk.run(lambda: report_imported(desk.database, told, who=who, at=at))
    finally:
        desk.let_go(body)
    return Response(encode(ImportedOut(resolved)), media_type="application/json")


def _read(body: bytes, limits: Limits) -> list[Imported]:
    """One success, or an array of them. Raises NotJson, TooDeep or WrongShape."""
    value = read_json(body, limits.depth)
    if isinstance(value, list) and len(value) > limits.batch_records:
        raise WrongShape(
            f"The array has more than {limits.batch_records} members.", "Send it in parts."
        )
    if isinstance(value, list):
        return read_as(_many, body, limits.depth, _SHAPE)
    return [read_as(_one, body, limits.depth, _SHAPE)]
