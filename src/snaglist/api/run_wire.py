"""The JSON of runs that goes out, as types."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from snaglist.api.edit_wire import EditOut
from snaglist.api.wire import Id, Moment
from snaglist.domain.run import Kind, RunStatus
from snaglist.service.run_views import RunView

Count = Annotated[int, Meta(ge=0)]


class RunCountOut(msgspec.Struct):
    """What a run tried of one project and type."""

    project: str
    project_name: str
    entity_type: str
    came_over: Count
    failed: Count


class CompletedOut(msgspec.Struct):
    """What a complete run tried all of; nothing named is everything."""

    at: Moment
    projects: list[str]
    entity_types: list[str]
    edit_id: Annotated[Id, Meta(description="The edit by which items left the list with it.")]


class RunOut(msgspec.Struct):
    """One pass of an import, as far as it has come."""

    id: Id
    label: Annotated[str, Meta(description="By which records name it.")]
    name: str
    kind: Kind
    source: str
    target: str
    project: str
    host: str
    who: str
    status: RunStatus
    began_at: Moment
    beat_at: Annotated[Moment, Meta(description="When it was last heard of.")]
    ended_at: Moment | None
    total: Annotated[int | None, Meta(description="How many entities it means to try.")]
    totals: dict[str, int] | None
    tried: Annotated[int, Meta(description="Entities tried; parts of them aside.", ge=0)]
    came_over: Count
    failed: Count
    not_tried: Annotated[int | None, Meta(description="Null without a total.")]
    parts_came_over: Count
    parts_failed: Count
    counts: list[RunCountOut]
    last_event_id: str | None
    last_event_at: Moment | None
    unsent: Annotated[int, Meta(description="What its importer had yet to send.", ge=0)]
    has_gaps: Annotated[
        bool, Meta(description="Some of what it reported was lost; it cannot be complete.")
    ]
    fault: str | None
    completed: CompletedOut | None


class CompletionOut(msgspec.Struct):
    """A complete run, and the edit by which items leave the list with it."""

    run: RunOut
    edit: EditOut


def run_out(view: RunView) -> RunOut:
    """A run as it goes out."""
    run = view.run
    return RunOut(
        id=run.id,
        label=run.label,
        name=run.name,
        kind=run.kind,
        source=run.source,
        target=run.target,
        project=run.project,
        host=run.host,
        who=run.who,
        status=run.status,
        began_at=run.began_at,
        beat_at=run.beat_at,
        ended_at=run.ended_at,
        total=run.total,
        totals=None if run.totals is None else msgspec.json.decode(run.totals),
        tried=view.tried,
        came_over=view.came_over,
        failed=view.failed,
        not_tried=view.not_tried,
        parts_came_over=view.parts_came_over,
        parts_failed=view.parts_failed,
        counts=[RunCountOut(**msgspec.structs.asdict(line)) for line in view.lines],
        last_event_id=run.last_event_id,
        last_event_at=run.last_event_at,
        unsent=run.unsent,
        has_gaps=run.has_gaps,
        fault=run.fault,
        completed=_completed(view),
    )


def _completed(view: RunView) -> CompletedOut | None:
    run = view.run
    scope = run.completion
    if run.completed_at is None or scope is None or run.edit_id is None:
        return None
    return CompletedOut(
        run.completed_at, list(scope.projects), list(scope.entity_types), run.edit_id
    )
