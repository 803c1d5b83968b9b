"""What happened to an item in order, and what each of it belonged to: a run, a retry, a cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import merge
from operator import attrgetter

import msgspec
from msgspec.structs import replace

from snaglist.domain.cause import Cause
from snaglist.domain.edits import Ignore
from snaglist.domain.history import Entry, Event
from snaglist.domain.record import Record
from snaglist.domain.run import Run, run_id_of
from snaglist.storage.causes import causes_by_id
from snaglist.storage.connection import Connection
from snaglist.storage.edits import find_edit
from snaglist.storage.records import attempts_of
from snaglist.storage.retries import retries_by_id
from snaglist.storage.runs import runs_by_id

_OF_RETRIES = (Event.LEASED, Event.LEASE_ENDED, Event.FAILED, Event.CAME_OVER)
_SAYS_WHY = (Event.FAILED, Event.MERGED, Event.SPLIT, Event.REGROUPED)


class Happening(msgspec.Struct, frozen=True):
    """One thing that happened to an item: what the audit trail tells, or failures without a move.

    Of the latter `times` in a row, alike and of one run, are one, at the time of the last; `who`
    is then whose run it was, "" if nobody knows. `cause_id` and `cause_title` are its cause from
    then on, where another one was told before; None and "" where not. `edit_id` is the bulk
    edit, `retry_id` the retry that it was part of, which `ordered_by` asked for. `at` is when the
    desk heard of it, `attempted_at` when the attempt was, of one that a newest record tells of.
    What was set aside, was so until the moment `until`, or until `failures` more failures.
    """

    at: str
    who: str
    event: Event
    record_id: str | None = None
    before: str | None = None
    after: str | None = None
    why: str | None = None
    edit_id: str | None = None
    retry_id: str | None = None
    run_id: str | None = None
    run_name: str = ""
    cause_id: str | None = None
    cause_title: str = ""
    times: int = 1
    attempted_at: str | None = None
    ordered_by: str | None = None
    until: str | None = None
    failures: int | None = None


def timeline(
    connection: Connection, entries: Sequence[Entry], records: Sequence[Record]
) -> list[Happening]:
    """All that these entries of an item tell, and those of its records that moved nothing.

    `entries` come oldest first, `records` newest first.
    """
    told = {entry.record_id for entry in entries}
    counted = [_counted(one) for one in reversed(records) if one.id not in told]
    attempts = attempts_of(connection, [one.id for one in records])
    happened = [
        replace(one, attempted_at=attempts.get(one.record_id or ""))
        for one in merge(map(_moved, entries), counted, key=attrgetter("at"))
    ]
    causes = _causes(connection, {one.cause_id for one in happened if one.cause_id})
    run_ids = {one.run_id for one in happened if one.run_id}
    runs = runs_by_id(connection, sorted(run_ids)) if run_ids else {}
    retries = retries_by_id(connection, {one.retry_id for one in happened if one.retry_id})
    aside = {one.edit_id for one in happened if one.event is Event.IGNORED and one.edit_id}
    asked = {edit_id: _asked_of(connection, edit_id) for edit_id in aside}

    def whole(one: Happening) -> Happening:
        retry = retries.get(one.retry_id or "")
        ignore = asked.get(one.edit_id or "") if one.event is Event.IGNORED else None
        return replace(
            _named(one, runs, causes),
            ordered_by=None if retry is None else retry.who,
            until=None if ignore is None else ignore.until,
            failures=None if ignore is None else ignore.failures,
        )

    return [whole(one) for one in _changes_of_cause(_in_a_row(happened), causes)]


def _asked_of(connection: Connection, edit_id: str) -> Ignore | None:
    """What an edit that set things aside asked for."""
    edit = find_edit(connection, edit_id)
    if edit is None or edit.kind != "ignore":
        return None
    return msgspec.json.decode(edit.asked, type=Ignore)


def _moved(entry: Entry) -> Happening:
    is_of_retry = entry.event in _OF_RETRIES
    return Happening(
        *(entry.at, entry.who, entry.event, entry.record_id),
        *(entry.before, entry.after, entry.why),
        edit_id=None if is_of_retry else entry.edit_id,
        retry_id=entry.edit_id if is_of_retry else None,
        run_id=entry.run_id,
        cause_id=entry.cause_id,
    )


def _counted(record: Record) -> Happening:
    """A failure that was counted and moved nothing, with the cause of its own evidence."""
    return Happening(
        *(record.created_at, "", Event.FAILED, record.id),
        run_id=None if record.run is None else run_id_of(record.run),
        cause_id=record.cause_id,
    )


def _in_a_row(happened: Iterable[Happening]) -> list[Happening]:
    """The same, failures that moved nothing and are alike as one."""
    shown: list[Happening] = []
    for one in happened:
        last = shown[-1] if shown else None
        if last is not None and _is_alike(last, one):
            shown[-1] = replace(one, times=last.times + 1)
        else:
            shown.append(one)
    return shown


def _is_alike(last: Happening, one: Happening) -> bool:
    return (
        _moves_nothing(last)
        and _moves_nothing(one)
        and (last.run_id, last.cause_id) == (one.run_id, one.cause_id)
    )


def _moves_nothing(one: Happening) -> bool:
    return one.event is Event.FAILED and one.after is None


def _changes_of_cause(happened: Iterable[Happening], causes: dict[str, Cause]) -> list[Happening]:
    """The same, each that says why it fails with its cause where another one was told before."""
    shown: list[Happening] = []
    before: str | None = None
    for one in happened:
        cause_id = _final(one.cause_id, causes) if one.event in _SAYS_WHY else None
        is_told = cause_id is not None and cause_id != before
        shown.append(one if is_told else replace(one, cause_id=None))
        before = cause_id or before
    return shown


def _named(one: Happening, runs: dict[str, Run], causes: dict[str, Cause]) -> Happening:
    run = runs.get(one.run_id or "")
    cause = causes.get(one.cause_id or "")
    return replace(
        one,
        who=one.who or (run.who if run is not None else ""),
        run_name=run.name if run is not None else "",
        cause_title=cause.shown_title if cause is not None else "",
    )


def _causes(connection: Connection, ids: Iterable[str]) -> dict[str, Cause]:
    """These causes, and those that they were merged into, by id."""
    found: dict[str, Cause] = {}
    missing = set(ids)
    while missing:
        found |= causes_by_id(connection, sorted(missing))
        merged = {one.merged_into for one in found.values() if one.merged_into is not None}
        missing = merged - found.keys()
    return found


def _final(cause_id: str | None, causes: dict[str, Cause]) -> str | None:
    """The cause that one is by now, merges considered."""
    while cause_id is not None and (cause := causes.get(cause_id)) and cause.merged_into:
        cause_id = cause.merged_into
    return cause_id
