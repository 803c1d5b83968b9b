"""POST of errors: one, and many."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from snaglist.api.desk import Desk
from snaglist.api.problems import MEDIA_TYPE, problem_of
from snaglist.api.protocol import send_answer
from snaglist.api.routes import Call
from snaglist.api.wire import BatchOut, BatchResult, InterruptedBatch, encode, record_out
from snaglist.domain.errors import SnaglistError, StoreUnavailable, WrongMediaType
from snaglist.domain.record import NewRecord, idempotency_key
from snaglist.service.recording import merged, prepared_slices
from snaglist.storage.records import Outcome, Stored

_LONG_BODY = 32 << 10
BATCH_TYPES = (
    "application/json",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
)


async def record_error(desk: Desk, call: Call) -> None:
    """Record one import error. The 201 says that it is on disk."""
    key_header = call.headers.get(b"idempotency-key")
    key = None if key_header is None else idempotency_key(key_header)
    source = call.params["source"]
    recorder, reporter = desk.recorder, call.who
    body = await desk.read_body(call, recorder.limits.record_bytes, "record")
    try:
        take_allowance(call, 1)
        if len(body) < _LONG_BODY:
            record = recorder.prepare(source, body, key, reporter=reporter)
        else:
            record = await desk.run(lambda: recorder.prepare(source, body, key, reporter=reporter))
        outcome = await desk.gathering.record(record)
    finally:
        desk.let_go(body)
    if isinstance(outcome, SnaglistError):
        raise outcome
    desk.outcomes["duplicate" if outcome.was_there else "recorded"] += 1
    answer = record_out(outcome.record)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(answer)),
        (b"location", f"/import/{source}/errors/{outcome.record.id}".encode()),
    ]
    await send_answer(call.send, 201, headers, answer)


async def record_errors(desk: Desk, call: Call) -> Response | None:
    """Record many import errors, given as a JSON array or as NDJSON, each for itself.

    Committed in slices of at most 1,000. The answer tells of each by its place. A batch that
    names the ids of its records can be sent again as it is: what is there counts as duplicate.
    """
    _check_batch_type(call)
    recorder = desk.recorder
    body = await desk.read_body(call, recorder.limits.batch_bytes, "batch")
    try:
        members = await desk.run(lambda: recorder.members(body))
        take_allowance(call, len(members))
        results, fault = await _record_slices(desk, members, call.who)
    finally:
        desk.let_go(body)
    for result in results:
        desk.outcomes[result.status] += 1
    if fault is None:
        return Response(encode(BatchOut(results)), media_type="application/json")
    if not results:
        raise fault
    return _interrupted(fault, results)


async def _record_slices(
    desk: Desk, members: list[bytes], reporter: str
) -> tuple[list[BatchResult], StoreUnavailable | None]:
    """Prepare slice after slice while the writer stores those before; what came of each member.

    With the fault, if the store failed on the way; its slice has no results then.
    """
    slices = prepared_slices(desk.recorder, members, reporter=reporter)
    submitted: list[tuple[list[NewRecord | SnaglistError], asyncio.Future[list[Outcome]]]] = []
    fault: StoreUnavailable | None = None
    try:
        while prepared := await desk.run(lambda: next(slices, [])):
            records = [one for one in prepared if isinstance(one, NewRecord)]
            submitted.append((prepared, _submitted(desk, records)))
    except StoreUnavailable as error:
        fault = error
    results: list[BatchResult] = []
    start = 0
    for prepared, promise in submitted:
        try:
            outcomes = merged(prepared, await promise)
            results += [_result(start + place, one) for place, one in enumerate(outcomes)]
        except StoreUnavailable as error:
            fault = fault or error
        start += len(prepared)
    return results, fault


def _submitted(desk: Desk, records: list[NewRecord]) -> asyncio.Future[list[Outcome]]:
    promise: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
    if records:
        desk.recorder.submit(records, promise)
    else:
        promise.set_result([])
    return promise


def _result(index: int, outcome: Outcome) -> BatchResult:
    match outcome:
        case Stored(record, was_there):
            return BatchResult(index, "duplicate" if was_there else "recorded", record.id)
        case _:
            return BatchResult(index, "invalid", problem=problem_of(outcome))


def _interrupted(fault: StoreUnavailable, results: list[BatchResult]) -> Response:
    problem = problem_of(fault)
    members = {name: getattr(problem, name) for name in problem.__struct_fields__}
    return Response(
        encode(InterruptedBatch(**members, results=results)),
        status_code=problem.status,
        media_type=MEDIA_TYPE.decode(),
        headers={"retry-after": str(fault.retry_after)},
    )


def take_allowance(call: Call, records: int) -> None:
    """Count so many records on the token's cap. Raises RateExceeded."""
    if call.admitted is not None and call.admitted.allowance is not None:
        call.admitted.allowance.take(records)


def _check_batch_type(call: Call) -> None:
    given = call.headers.get(b"content-type", b"").decode("latin-1")
    media_type = given.split(";")[0].strip().lower()
    if media_type and media_type not in BATCH_TYPES and not media_type.endswith("+json"):
        raise WrongMediaType(
            f"A batch cannot be {media_type[:100]!a}.",
            "Send an array as application/json, or one record a line as application/x-ndjson.",
        )
