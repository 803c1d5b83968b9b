"""The evidence of one record, complete: for a page, for people, and for a split by hand."""

from __future__ import annotations

import msgspec

from snaglist.causes.masks import masked
from snaglist.causes.naming import names_in
from snaglist.causes.reading import Reading


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a record says about its failure. Empty texts, 0 and None where it says nothing."""

    message: str
    masked: str
    exceptions: tuple[str, ...]
    frames: tuple[str, ...]
    key: str
    constraint: str
    column: str
    relation: str
    limit: str
    field: str
    entity_type: str
    event_type: str
    attribute: str
    project: str
    status: int
    endpoint: str
    host: str
    side: str
    page_title: str
    absent: tuple[str, ...]
    false: tuple[str, ...]
    link_type: str
    sent: int | None
    returned: int | None
    problem: str
    subject: str
    texts: tuple[str, ...]


def evidence_of(reading: Reading, message: str) -> Evidence:
    """Everything that can be read from a record; `message` is the one line for people."""
    problem, subject = reading.subject
    return Evidence(
        message=message,
        masked=masked(reading.speech, names_in(reading)),
        exceptions=tuple(reading.exceptions),
        frames=tuple(frame.where for frame in reading.frames),
        key=reading.key,
        constraint=reading.constraint,
        column=reading.column,
        relation=reading.relation,
        limit=reading.limit,
        field=reading.field,
        entity_type=reading.entity_type,
        event_type=reading.event_type,
        attribute=reading.attribute,
        project=reading.project,
        status=reading.status,
        endpoint=reading.endpoint,
        host=reading.host,
        side=reading.side,
        page_title=reading.title,
        absent=tuple(sorted(reading.absent)),
        false=tuple(sorted(set(reading.payload.denied))),
        link_type=reading.link_type,
        sent=_whole(reading.member("sent")),
        returned=_whole(reading.member("returned")),
        problem=problem,
        subject=subject,
        texts=tuple(reading.texts),
    )


def _whole(value: object) -> int | None:
    return value if type(value) is int else None
