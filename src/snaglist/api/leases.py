"""What workers do over HTTP: lease items, renew their leases, report outcomes; and who they are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from snaglist.api.bodies import read_as, shape_fault
from snaglist.api.desk import Desk
from snaglist.api.problems import problem_of
from snaglist.api.recording import take_allowance
from snaglist.api.retries import uuid_of
from snaglist.api.retry_wire import (
    AskIn,
    LeasesOut,
    OutcomeIn,
    OutcomeOut,
    OutcomesOut,
    RenewalIn,
    RenewalsOut,
    RenewedOut,
    WorkerIn,
    lease_out,
    worker_out,
)
from snaglist.api.routes import Call
from snaglist.api.wire import encode
from snaglist.domain.errors import LeaseLost, SnaglistError, TooLarge, WrongShape
from snaglist.domain.identity import entity_type_of
from snaglist.domain.payload import read_json
from snaglist.domain.record import Envelope, NewRecord, is_source
from snaglist.domain.retry import Outcome
from snaglist.domain.words import one_line
from snaglist.domain.worker import Worker
from snaglist.service import workers as service
from snaglist.service.leasing import Ask, Renewal
from snaglist.service.outcomes import Leased, Report, Result, Taken
from snaglist.service.successes import is_address

MOST_OUTCOMES = 1_000
_LARGEST_ASK = 64 << 10
_LONGEST = 200
_ASK_SHAPE = 'Send {"worker": {"id", "name", …}, "limit"?, "seconds"?, "retry"?}; see /docs.'
_RENEWAL_SHAPE = 'Send {"worker": UUID, "leases": [UUID, …], "seconds"?}.'
_OUTCOME_SHAPE = (
    'An outcome is {"lease_id", "outcome": "came_over", "failed" or "returned", "record"?, '
    '"target_url"?, "alone"?, "occurred_at"?}.'
)
_ask = msgspec.json.Decoder(AskIn)
_renewal = msgspec.json.Decoder(RenewalIn)
_members = msgspec.json.Decoder(list[msgspec.Raw])
_outcome = msgspec.json.Decoder(OutcomeIn)


async def lease_items(desk: Desk, call: Call) -> Response:
    """Lease items that are to be tried again, if there are any; else say when to ask again.

    Each call says that the worker is connected.
    """
    body = await desk.read_body(call, _LARGEST_ASK, "ask")
    try:
        given = read_as(_ask, body, desk.recorder.limits.depth, _ASK_SHAPE)
    finally:
        desk.let_go(body)
    retry_id = None if given.retry is None else uuid_of(given.retry, "/retry")
    ask = Ask(_worker(given.worker, call.who, desk.now()), given.limit, given.seconds, retry_id)
    leasing = desk.retrying.leasing
    prospect = await desk.run(lambda: leasing.prospect(ask))
    if not prospect.is_any and not prospect.is_news:
        return _answer(LeasesOut([], prospect.poll_seconds, prospect.waiting))
    ask = msgspec.structs.replace(ask, is_news=prospect.is_news)
    promise: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    leasing.submit_ask(ask, promise)
    leases = _only(await promise)
    shown = await desk.run(lambda: leasing.show(leases)) if leases else []
    told = [lease_out(*pair) for pair in zip(leases, shown, strict=True)]
    waiting = max(0, prospect.waiting - len(told))
    return _answer(LeasesOut(told, 0.0 if told else prospect.poll_seconds, waiting))


async def renew_leases(desk: Desk, call: Call) -> Response:
    """Keep leases for longer; those that are lost are told."""
    body = await desk.read_body(call, _LARGEST_ASK, "renewal")
    try:
        given = read_as(_renewal, body, desk.recorder.limits.depth, _RENEWAL_SHAPE)
    finally:
        desk.let_go(body)
    ids = tuple(uuid_of(one, f"/leases/{place}") for place, one in enumerate(given.leases))
    renewal = Renewal(uuid_of(given.worker, "/worker"), ids, given.seconds)
    promise: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    desk.retrying.leasing.submit_renewal(renewal, promise)
    untils = _only(await promise)
    results = [
        RenewedOut(lease_id, "lost" if until is None else "renewed", until)
        for lease_id, until in zip(ids, untils, strict=True)
    ]
    return _answer(RenewalsOut(results))


async def report_outcomes(desk: Desk, call: Call) -> Response:
    """Report what became of leases, one or many; each for itself, and each may be sent twice."""
    limits = desk.recorder.limits
    body = await desk.read_body(call, limits.batch_bytes, "batch")
    try:
        members = await desk.run(lambda: _read(body, limits.depth))
        told = await desk.run(lambda: _told(desk, members, call.who))
    finally:
        desk.let_go(body)
    reports = [one for one in told if isinstance(one, Report)]
    take_allowance(call, sum(report.record is not None for report in reports))
    results: Sequence[Result] = []
    if reports:
        promise: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        desk.retrying.outcomes.submit(reports, promise)
        results = await promise
    recorded = zip(reports, results, strict=True)
    desk.outcomes["recorded"] += sum(
        report.record is not None and result is Taken.TAKEN for report, result in recorded
    )
    in_turn = iter(results)
    return _answer(
        OutcomesOut(
            [
                _result(index, *((one.lease_id, next(in_turn)) if isinstance(one, Report) else one))
                for index, one in enumerate(told)
            ]
        )
    )


async def list_workers(desk: Desk, call: Call) -> Response:
    """The workers that are known: connected ones, and those of the last 30 days."""
    at = desk.now()
    found = await desk.run(lambda: service.list_workers(desk.database))
    return _answer([worker_out(worker, leases, at) for worker, leases in found])


Refused = tuple[str | None, Result]
"""An outcome that is settled without the writer: of which lease, and what became of it."""


def _told(desk: Desk, members: Sequence[bytes], who: str) -> list[Report | Refused]:
    """Each outcome as a report, with its record prepared; or what is wrong with it."""
    read = [_read_outcome(member) for member in members]
    ids = [one.lease_id for one in read if isinstance(one, OutcomeIn)]
    leases = desk.retrying.outcomes.look_up(ids) if ids else {}
    told: list[Report | Refused] = []
    for one in read:
        if not isinstance(one, OutcomeIn):
            told.append(one)
            continue
        try:
            told.append(_report(desk, one, leases.get(one.lease_id), who))
        except SnaglistError as error:
            told.append((one.lease_id, error))
    return told


def _report(desk: Desk, given: OutcomeIn, leased: Leased | None, who: str) -> Report:
    """The report that this is. Raises what is wrong with it."""
    outcome = Outcome(given.outcome)
    if given.target_url is not None and not is_address(given.target_url):
        raise WrongShape(
            '"target_url" is not an http or https address.', _OUTCOME_SHAPE, where="/target_url"
        )
    if (outcome is Outcome.FAILED) is (given.record is None):
        what = "is missing" if given.record is None else "goes with failed only"
        raise WrongShape(f'"record" {what}.', _OUTCOME_SHAPE, where="/record")
    record: NewRecord | None = None
    if given.record is not None and leased is not None:
        item = leased.item
        record = desk.recorder.prepare_told(
            Envelope(
                event_data=given.record.event_data,
                id=given.record.id,
                source=item.source,
                target=item.target,
                occurred_at=given.record.occurred_at,
            ),
            reporter=who,
        )
    return Report(
        *(given.lease_id, outcome, who, record, given.target_url),
        is_alone=given.alone,
        occurred_at=given.occurred_at,
    )


def _read(body: bytes, depth: int) -> list[bytes]:
    """The members of an array of outcomes, or the one that there is."""
    value = read_json(body, depth + 3)
    if not isinstance(value, list):
        return [body]
    if len(value) > MOST_OUTCOMES:
        raise TooLarge(f"More than {MOST_OUTCOMES} outcomes.", "Send them in smaller batches.")
    return [bytes(member) for member in _members.decode(body)]


def _read_outcome(member: bytes) -> OutcomeIn | Refused:
    try:
        given = _outcome.decode(member)
        given.lease_id = uuid_of(given.lease_id, "/lease_id")
    except msgspec.ValidationError as error:
        return None, shape_fault(error, _OUTCOME_SHAPE)
    except WrongShape as error:
        return None, error
    return given


def _result(index: int, lease_id: str | None, result: Result) -> OutcomeOut:
    match result:
        case Taken():
            return OutcomeOut(index, lease_id, result.value)
        case LeaseLost():
            return OutcomeOut(index, lease_id, "lost", problem_of(result))
        case _:
            return OutcomeOut(index, lease_id, "invalid", problem_of(result))


def _worker(given: WorkerIn, who: str, at: str) -> Worker:
    """The worker as it says of itself. Raises WrongShape."""
    for member in ("sources", "targets"):
        for slug in getattr(given, member) or ():
            if not is_source(slug):
                raise WrongShape(
                    f'"{member}" holds no slug such as shotgun or kitsu.',
                    _ASK_SHAPE,
                    where=f"/worker/{member}",
                )
    name = one_line(given.name, _LONGEST)
    if not name:
        raise WrongShape('"name" is blank.', _ASK_SHAPE, where="/worker/name")
    types = {entity_type_of(one_line(one, _LONGEST)) for one in given.entity_types or ()}
    return Worker(
        id=uuid_of(given.id, "/worker/id"),
        name=name,
        host=one_line(given.host, _LONGEST),
        who=who,
        sources=tuple(sorted(set(given.sources or ()))),
        targets=tuple(sorted(set(given.targets or ()))),
        entity_types=tuple(sorted(types)),
        first_seen_at=at,
        seen_at=at,
    )


def _only(outcomes: Sequence[Any]) -> Any:
    """The one outcome of a write. Raises it if it is an error."""
    (outcome,) = outcomes
    if isinstance(outcome, SnaglistError):
        raise outcome
    return outcome


def _answer(body: object) -> Response:
    return Response(encode(body), media_type="application/json")
