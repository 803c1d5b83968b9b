"""The JSON of edits that goes out, as types."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from snaglist.api.listed_wire import CauseOut
from snaglist.api.wire import Id, Moment
from snaglist.storage.edits import Edit


class PreviewOut(msgspec.Struct):
    """What an edit would do now."""

    matching: Annotated[int, Meta(description="So many items are meant.", ge=0)]
    would_change: Annotated[
        int, Meta(description="So many of them it would change; the others stay.", ge=0)
    ]


class EditOut(msgspec.Struct):
    """An edit of many items, as far as it has come."""

    edit_id: Id
    at: Moment
    who: str
    kind: Annotated[str, Meta(description="The edit's name; also undo, unmerge, ignore_ended.")]
    asked: Annotated[
        Raw,
        Meta(description="The edit as asked for.", extra_json_schema={"type": "object"}),
    ]
    filter: Annotated[str | None, Meta(description="Which items, where a filter said so.")]
    cause_id: Annotated[str | None, Meta(description="The cause that it is an edit of.")]
    undoes: Annotated[str | None, Meta(description="The edit that this one takes back.")]
    undone_by: Annotated[str | None, Meta(description="The edit that took this one back.")]
    status: Literal["working", "done"]
    matching: Annotated[int, Meta(description="Items that it was asked for.", ge=0)]
    changed: Annotated[int, Meta(description="Items changed so far.", ge=0)]
    skipped: Annotated[
        int, Meta(description="Items that it could not be done to, or were so already.", ge=0)
    ]
    ended_at: Moment | None


class EditedCauseOut(msgspec.Struct):
    """A cause after an edit, and what its items follow in."""

    cause: CauseOut
    edit: EditOut | None


def edit_out(edit: Edit) -> EditOut:
    """An edit as it goes out."""
    return EditOut(
        edit.id,
        edit.at,
        edit.who,
        edit.kind,
        Raw(edit.asked.encode()),
        edit.filter,
        edit.cause_id,
        edit.undoes,
        edit.undone_by,
        "working" if edit.ended_at is None else "done",
        edit.matching,
        edit.changed,
        edit.skipped,
        edit.ended_at,
    )
