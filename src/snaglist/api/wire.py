"""The JSON that goes out, as types: what is encoded is what `/openapi.json` describes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw

from snaglist.api.problems import Problem
from snaglist.domain.record import Record
from snaglist.domain.regrouping import Phase
from snaglist.domain.run import run_id_of
from snaglist.service.regroups import Change

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Id = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
encode = msgspec.json.Encoder().encode
_NO_POINTERS = Raw(b"[]")


class RecordOut(msgspec.Struct):
    """One import error as it was recorded."""

    id: Id
    source: Annotated[str, Meta(description="Where the import reads: `shotgun`, or another slug.")]
    event_data: Annotated[
        Raw,
        Meta(
            description="The JSON as sent: key order, numbers and duplicate keys included.",
            extra_json_schema={"type": "object"},
        ),
    ]
    created_at: Moment
    updated_at: Moment
    type: Literal["DataImportError"] = "DataImportError"
    status: Annotated[str | None, Meta(description="The state of the record's item.")] = None
    item_id: Annotated[str | None, Meta(description="The item that failed.")] = None
    cause_id: Annotated[str | None, Meta(description="The cause of this record.")] = None
    run_id: Annotated[str | None, Meta(description="The run that reported it.")] = None
    redacted: Annotated[
        Raw,
        Meta(
            description="JSON pointers to where secrets were taken out of `event_data`.",
            extra_json_schema={"type": "array", "items": {"type": "string"}},
        ),
    ] = msgspec.field(default_factory=lambda: _NO_POINTERS)


class BatchResult(msgspec.Struct, omit_defaults=True):
    """What became of one member of a batch."""

    index: Annotated[int, Meta(description="Its place in the batch, from 0; blank lines aside.")]
    status: Literal["recorded", "duplicate", "invalid"]
    id: Id | None = None
    problem: Problem | None = None


class BatchOut(msgspec.Struct):
    """What became of a batch."""

    results: list[BatchResult]


class InterruptedBatch(Problem, omit_defaults=True, kw_only=True):
    """A batch that the store did not take to its end: what went wrong, and what had come so far."""

    results: list[BatchResult]


class RecordIn(msgspec.Struct):
    """One import error. Any further member is kept as well."""

    error: Annotated[str, Meta(description="The error's message.")] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    details: (
        Annotated[
            dict[str, Any],
            Meta(description="What failed and why: `shotgun_id`, `entity_type`, `reason`, …"),
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET


class EnvelopeIn(msgspec.Struct, forbid_unknown_fields=True):
    """One member of a batch."""

    event_data: RecordIn
    id: Annotated[
        str | None,
        Meta(description="A UUID of the importer's choice; the same one is recorded only once."),
    ] = None
    source: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")] = "shotgun"
    target: Annotated[
        str | None, Meta(description="Where the import writes: `kitsu`, `jira`, … (a slug).")
    ] = None
    run: Annotated[str | None, Meta(description="The run that this belongs to.")] = None
    occurred_at: Annotated[
        str | None, Meta(description="When it failed, RFC 3339; without offset, UTC.")
    ] = None


class ImportedOut(msgspec.Struct):
    """What a report of successes did."""

    resolved: Annotated[int, Meta(description="How many items left the list by it.", ge=0)]


class RegroupIn(msgspec.Struct, forbid_unknown_fields=True):
    """An order to make all causes again."""

    dry_run: Annotated[bool, Meta(description="Only count, and show what would change.")] = False


class RegroupOut(msgspec.Struct):
    """One making of all causes again."""

    id: Id
    who: str
    dry_run: bool
    phase: Annotated[Phase, Meta(description="`counting`, `moving`, then `done`, or `failed`.")]
    progress: Annotated[float, Meta(description="Of this phase: 0 to 1.", ge=0, le=1)]
    records: Annotated[int, Meta(description="How many records were looked at.", ge=0)]
    moved: Annotated[int, Meta(description="How many changed cause; in a dry run, would.", ge=0)]
    began_at: Moment
    ended_at: Moment | None
    fault: str | None
    changes: Annotated[
        list[Change],
        Meta(description="What it does, or would do, the largest first; when it has counted."),
    ]


class DeskOut(msgspec.Struct):
    """What answers here."""

    api: str
    version: str


class HealthOut(msgspec.Struct):
    """The process is there."""

    status: Literal["ok"]


class ReadyOut(msgspec.Struct):
    """The desk records and reads."""

    status: Literal["ready"]


def record_out(record: Record) -> bytes:
    """The JSON of one record."""
    return encode(
        RecordOut(
            record.id,
            record.source,
            Raw(record.event_data.encode()),
            record.created_at,
            record.created_at,
            status=record.status,
            item_id=record.item_id,
            cause_id=record.cause_id,
            run_id=None if record.run is None else run_id_of(record.run),
            redacted=Raw(record.redacted.encode()) if record.redacted else _NO_POINTERS,
        )
    )
