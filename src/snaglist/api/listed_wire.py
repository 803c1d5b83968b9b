"""The JSON of items and causes that goes out, as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from snaglist.api.wire import Id, Moment
from snaglist.domain.cause import Cause, CauseStatus, Claim
from snaglist.domain.history import Entry, Event
from snaglist.domain.item import Item
from snaglist.domain.standing import Reason, Status
from snaglist.service.lists import CauseView, ItemView, Listed, Summary


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


class FoundItemOut(ItemOut, kw_only=True):
    """An item in a list, with what a person reads of it."""

    project_name: str
    cause_title: str
    message: Annotated[str, Meta(description="What its standing record says, in a line.")]
    target_url: str | None = None


class EntryOut(msgspec.Struct):
    """One thing that happened."""

    at: Moment
    who: str
    event: Event
    record_id: str | None
    before: str | None
    after: str | None
    why: str | None
    edit_id: str | None


class HappeningOut(EntryOut, kw_only=True):
    """One thing that happened to an item, or failures in a row that moved nothing.

    `edit_id` is the bulk edit that it was part of.
    """

    retry_id: Annotated[str | None, Meta(description="The retry that it was part of.")]
    run_id: Annotated[str | None, Meta(description="The run that it was part of.")]
    run_name: str
    cause_id: Annotated[
        str | None, Meta(description="Its cause, where another one was told before.")
    ]
    cause_title: str
    times: Annotated[int, Meta(ge=1, description="How many failures that moved nothing it is.")]
    attempted_at: Annotated[
        str | None, Meta(description="When the attempt was, of one of the newest; `at` is arrival.")
    ]
    ordered_by: Annotated[str | None, Meta(description="Who asked for that retry.")]
    until: Annotated[Moment | None, Meta(description="Until when it was set aside.")]
    failures: Annotated[int | None, Meta(description="After how many more failures that ends.")]


class ItemViewOut(FoundItemOut, kw_only=True):
    """One item whole."""

    history: Annotated[list[HappeningOut], Meta(description="The oldest first.")]
    record_ids: Annotated[list[Id], Meta(description="Its newest records, the newest first.")]


class CountOut(msgspec.Struct):
    """How many items there are of one project, type and state."""

    project: str
    project_name: str
    entity_type: str
    state: str
    items: int


class CauseViewOut(CauseOut, kw_only=True):
    """One cause whole. `meaning`, `how_to_fix` and `who_can` are empty where nobody knows."""

    meaning: str
    how_to_fix: str
    who_can: Literal["", "coordinator", "td", "it", "target_admin"]
    message: Annotated[str, Meta(description="What one of its records says, in a line.")]
    evidence: Annotated[
        dict[str, str], Meta(description="Pieces of that record, by which it can be split.")
    ]
    counts: list[CountOut]
    failures_by_day: Annotated[dict[str, int], Meta(description="Of 14 days, in UTC.")]
    history: list[EntryOut]


class ProjectOut(msgspec.Struct):
    """One project's items by state."""

    project: str
    name: str
    items: dict[str, int]


class SummaryOut(msgspec.Struct):
    """What the front page needs."""

    items: Annotated[dict[str, int], Meta(description="By status, the resolved by their reason.")]
    projects: list[ProjectOut]
    new_causes: Annotated[list[CauseOut], Meta(description="Heard of since yesterday, 20 at most.")]
    came_back: list[CauseOut]
    did_not_hold: Annotated[list[CauseOut], Meta(description="Said to be fixed, and failing.")]
    outages: Annotated[list[CauseOut], Meta(description="What clears by itself, newest first.")]
    cause_counts: Annotated[
        dict[str, int],
        Meta(description="How many are new, open again, came_back or did_not_hold, in all."),
    ]
    failures_by_day: Annotated[
        dict[str, dict[str, int]], Meta(description="Of 14 days, by day and cause.")
    ]


def found_item_out(listed: Listed) -> FoundItemOut:
    """An item of a list as it goes out."""
    return FoundItemOut(**_found(listed))


def item_view_out(view: ItemView) -> ItemViewOut:
    """An item whole as it goes out."""
    return ItemViewOut(
        **_found(view.listed),
        history=[HappeningOut(**msgspec.structs.asdict(one)) for one in view.history],
        record_ids=[record.id for record in view.records],
    )


def cause_view_out(view: CauseView) -> CauseViewOut:
    """A cause whole as it goes out."""
    return CauseViewOut(
        **{name: getattr(view.cause, name) for name in CauseOut.__struct_fields__},
        meaning=view.meaning,
        how_to_fix=view.how,
        who_can=view.who,  # type: ignore[arg-type]
        message=view.message,
        evidence=view.evidence,
        counts=[
            CountOut(
                quad.project,
                view.project_names.get(quad.project, ""),
                quad.entity_type,
                quad.bucket,
                quad.items,
            )
            for quad in view.quads
        ],
        failures_by_day=view.days,
        history=[entry_out(entry) for entry in view.history],
    )


def summary_out(summary: Summary) -> SummaryOut:
    """The summary as it goes out."""
    return SummaryOut(
        summary.items,
        [
            ProjectOut(project, summary.project_names.get(project, ""), items)
            for project, items in sorted(summary.projects.items())
        ],
        [cause_out(cause) for cause in summary.new],
        [cause_out(cause) for cause in summary.came_back],
        [cause_out(cause) for cause in summary.did_not_hold],
        [cause_out(cause) for cause in summary.outages],
        summary.causes,
        summary.days,
    )


def _found(listed: Listed) -> dict[str, Any]:
    item = {name: getattr(listed.item, name) for name in ItemOut.__struct_fields__}
    beside = ("project_name", "cause_title", "message", "target_url")
    return item | {name: getattr(listed, name) for name in beside}


def entry_out(entry: Entry) -> EntryOut:
    """An entry of the history as it goes out."""
    return EntryOut(**{name: getattr(entry, name) for name in EntryOut.__struct_fields__})
