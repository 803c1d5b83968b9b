"""The JSON of retries, leases, outcomes and workers, as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from snaglist.api.listed_wire import EntryOut, FoundItemOut, entry_out, found_item_out
from snaglist.api.problems import Problem
from snaglist.api.wire import Id, Moment
from snaglist.domain.edits import Why
from snaglist.domain.retry import USUAL_ATTEMPTS, MemberState, RetryStatus
from snaglist.domain.worker import Worker
from snaglist.service.leasing import Lease
from snaglist.service.lists import Listed
from snaglist.service.ordering import RetryPreview
from snaglist.service.retries import ListedMember, RetryEdit, RetryView, WholeRetry

Given = Annotated[str, Meta(max_length=100, description="A UUID.")]
Names = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=200)]],
    Meta(max_length=100, description="What it takes; without them all."),
]
Seconds = Annotated[float, Meta(ge=5, le=3600, description="How long it keeps them.")]


class OrderIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An order to try all again that the filter finds."""

    id: Given | None = None
    attempts: Annotated[
        int, Meta(ge=1, le=20, description="How often an item may be leased without an outcome.")
    ] = USUAL_ATTEMPTS
    rate: (
        Annotated[int, Meta(ge=1, le=1_000_000, description="Items a minute, at most.")] | None
    ) = None
    probe: Annotated[
        bool, Meta(description="Try three first; stop if they all fail with the same cause.")
    ] = True
    why: Why | None = None


class RetryEditIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is to become of an order."""

    edit: RetryEdit
    why: Why | None = None


class WorkerIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Who asks, and what it can do."""

    id: Given
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    host: Annotated[str, Meta(max_length=200)] = ""
    sources: Names | None = None
    targets: Names | None = None
    entity_types: Names | None = None


class AskIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A worker asks for items."""

    worker: WorkerIn
    limit: Annotated[int, Meta(ge=1, le=100, description="At most so many.")] = 1
    seconds: Seconds = 60
    retry: Given | None = None


class RenewalIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A worker wants to keep what it has."""

    worker: Given
    leases: Annotated[list[Given], Meta(max_length=1_000)]
    seconds: Seconds = 60


class FailureIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The record of what failed; source and target are the item's."""

    event_data: Annotated[
        Raw, Meta(description="As in recording one.", extra_json_schema={"type": "object"})
    ]
    id: Given | None = None
    occurred_at: str | None = None


class OutcomeIn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What became of a lease."""

    lease_id: Given
    outcome: Literal["came_over", "failed", "returned"]
    record: Annotated[FailureIn | None, Meta(description="Of what failed, and only of that.")] = (
        None
    )
    target_url: Annotated[
        str | None, Meta(description="Where it is in the target now, http or https.")
    ] = None
    alone: Annotated[
        bool, Meta(description="Of a whole that came over: no part of it was tried with it.")
    ] = False
    occurred_at: Annotated[
        str | None, Meta(description="When it came over, RFC 3339; its arrival if not said.")
    ] = None


class RetryPreviewOut(msgspec.Struct):
    """What an order would try now."""

    matching: int
    would_try: int
    not_open: int
    in_another: Annotated[int, Meta(description="Waiting or leased in another retry.")]
    workers: Annotated[int, Meta(description="Connected workers that could do some of it.")]


class RetryOut(msgspec.Struct):
    """An order as far as it has come."""

    id: Id
    at: Moment
    who: str
    filter: str
    why: str | None
    status: RetryStatus
    is_probing: bool
    attempts: int
    rate: int | None
    total: int
    waiting: int
    leased: int
    came_over: int
    failed: int
    skipped: int
    stopped_because: str | None
    ended_at: Moment | None
    workers: Annotated[
        int, Meta(description="Connected workers that can do some of what is tried now.")
    ]
    untaken: Annotated[
        list[str], Meta(description="Types whose turn it is, and which none of these takes.")
    ]


class FailedUnderOut(msgspec.Struct):
    """How many of an order's items failed again under a cause."""

    cause_id: Annotated[str | None, Meta(description="Null where no outcome came.")]
    cause_title: str
    items: int


class WholeRetryOut(RetryOut, kw_only=True):
    """An order whole."""

    failed_under: Annotated[list[FailedUnderOut], Meta(description="Most first.")]
    history: Annotated[list[EntryOut], Meta(description="The oldest first.")]


class RetryItemOut(msgspec.Struct):
    """An item of an order. `record_id` and `cause_id` are those of the outcome *failed*."""

    state: MemberState
    attempts: int
    worker_id: str | None
    leased_until: Moment | None
    reason: Annotated[str | None, Meta(description="Why it is skipped or failed, in words.")]
    record_id: str | None
    cause_id: str | None
    item: FoundItemOut


class LeasedItemOut(msgspec.Struct):
    """What a worker needs to know of an item that it is to try."""

    id: Id
    source: str
    target: str
    entity_type: str
    entity_id: str
    part: str
    name: str
    project: str
    project_name: str
    failures: int
    cause_id: Id
    cause_title: str
    message: str


class LeaseOut(msgspec.Struct):
    """An item that a worker has until a moment."""

    lease_id: Id
    retry_id: Id
    until: Moment
    attempt: int
    item: LeasedItemOut


class LeasesOut(msgspec.Struct):
    """What a worker got, when it may ask again, and how many items wait that it could try."""

    leases: list[LeaseOut]
    poll_seconds: float
    waiting: int


class RenewedOut(msgspec.Struct):
    """What became of the wish to keep one."""

    lease_id: str
    status: Literal["renewed", "lost"]
    until: Moment | None


class RenewalsOut(msgspec.Struct):
    """What became of each, in order."""

    results: list[RenewedOut]


class OutcomeOut(msgspec.Struct, omit_defaults=True):
    """What became of one outcome."""

    index: int
    lease_id: str | None
    status: Literal["taken", "repeated", "lost", "invalid"]
    problem: Problem | UnsetType = UNSET


class OutcomesOut(msgspec.Struct):
    """What became of each, by its place."""

    results: list[OutcomeOut]


class WorkerOut(msgspec.Struct):
    """A worker as it said of itself; of sources, targets and types [] is all."""

    id: Id
    name: str
    host: str
    who: str
    sources: list[str]
    targets: list[str]
    entity_types: list[str]
    first_seen_at: Moment
    seen_at: Moment
    leases: int
    is_connected: bool


_PLAIN = tuple(name for name in RetryOut.__struct_fields__ if name not in ("workers", "untaken"))


def preview_out(said: RetryPreview) -> RetryPreviewOut:
    """A preview as it goes out."""
    return RetryPreviewOut(*msgspec.structs.astuple(said))


def retry_out(view: RetryView) -> RetryOut:
    """An order as it goes out."""
    return RetryOut(**_plain(view))


def whole_retry_out(whole: WholeRetry) -> WholeRetryOut:
    """An order whole as it goes out."""
    return WholeRetryOut(
        **_plain(whole.view),
        failed_under=[FailedUnderOut(*one) for one in whole.causes],
        history=[entry_out(entry) for entry in whole.history],
    )


def retry_item_out(one: ListedMember) -> RetryItemOut:
    """An item of an order as it goes out."""
    member = one.member
    return RetryItemOut(
        member.state,
        member.attempts,
        member.worker_id,
        member.leased_until if member.state is MemberState.LEASED else None,
        member.reason,
        member.record_id,
        member.cause_id,
        found_item_out(one.listed),
    )


def lease_out(lease: Lease, shown: Listed) -> LeaseOut:
    """A lease as it goes out."""
    member, item = lease.member, lease.item
    return LeaseOut(
        member.lease_id or "",
        member.retry_id,
        member.leased_until or "",
        lease.attempt,
        LeasedItemOut(
            *(item.id, item.source, item.target, item.entity_type, item.entity_id, item.part),
            *(item.name, item.project, shown.project_name, item.failures, item.cause_id),
            *(shown.cause_title, shown.message),
        ),
    )


def worker_out(worker: Worker, leases: int, at: str) -> WorkerOut:
    """A worker as it goes out."""
    return WorkerOut(
        worker.id,
        worker.name,
        worker.host,
        worker.who,
        list(worker.sources),
        list(worker.targets),
        list(worker.entity_types),
        worker.first_seen_at,
        worker.seen_at,
        leases,
        worker.is_connected(at),
    )


def _plain(view: RetryView) -> dict[str, Any]:
    retry = {name: getattr(view.retry, name) for name in _PLAIN}
    return retry | {"workers": view.workers, "untaken": list(view.untaken)}
