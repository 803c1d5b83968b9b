"""The JSON of items and causes that goes out, as types."""

from __future__ import annotations

import msgspec

from snaglist.api.wire import Id, Moment
from snaglist.domain.cause import Cause, CauseStatus, Claim
from snaglist.domain.item import Item, Reason, Status


class ItemOut(msgspec.Struct):
    """One part of one entity that did not come over."""

    id: Id
    source: str
    target: str
    entity_type: str
    entity_id: str
    part: str
    name: str
    project: str
    status: Status
    reason: Reason | None
    since: Moment
    failures: int
    first_failed_at: Moment
    last_failed_at: Moment
    standing_record_id: str | None
    cause_id: Id
    ignored_until: Moment | None
    ignored_failures: int | None
    ignored_with_cause: bool
    assignee: str | None
    note: str | None
    version: int


class CauseOut(msgspec.Struct):
    """What one fix repairs."""

    id: Id
    known: str | None
    piece: str
    title: str
    name: str | None
    status: CauseStatus
    since: Moment
    first_failed_at: Moment
    last_failed_at: Moment
    failures: int
    open_items: int
    ignored_items: int
    resolved_items: int
    moved_to: str | None
    times_back: int
    is_ignored: bool
    ignored_until: Moment | None
    ignored_failures: int | None
    claim: Claim | None
    claimed_by: str | None
    claimed_at: Moment | None
    merged_into: str | None
    fix: str | None
    note: str | None
    assignee: str | None
    version: int


def item_out(item: Item) -> ItemOut:
    """An item as it goes out."""
    return ItemOut(**{name: getattr(item, name) for name in ItemOut.__struct_fields__})


def cause_out(cause: Cause) -> CauseOut:
    """A cause as it goes out."""
    return CauseOut(**{name: getattr(cause, name) for name in CauseOut.__struct_fields__})
