"""What happened to items and causes: the entries of the audit trail, which is only added to."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Event(StrEnum):
    """What can happen to an item, a cause or, at the end, a retry and a token."""

    FAILED = "failed"
    CAME_OVER = "came_over"
    LEASED = "leased"
    LEASE_ENDED = "lease_ended"
    RESOLVED = "resolved"
    IGNORED = "ignored"
    IGNORE_ENDED = "ignore_ended"
    REOPENED = "reopened"
    NOT_FAILING = "not_failing"
    RECORD_DELETED = "record_deleted"
    REGROUPED = "regrouped"
    ASSIGNED = "assigned"
    NOTED = "noted"
    NAMED = "named"
    FIX_NOTED = "fix_noted"
    CLAIMED = "claimed"
    UNCLAIMED = "unclaimed"
    MERGED = "merged"
    SPLIT = "split"
    UNDONE = "undone"
    ORDERED = "ordered"
    PAUSED = "paused"
    RESUMED = "resumed"
    ABORTED = "aborted"
    STOPPED = "stopped"
    MADE = "token_made"
    ROTATED = "token_rotated"
    REVOKED = "token_revoked"


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing that happened; the order of its members is the order of the columns.

    Of an item, `before` and `after` are its bucket (or what an edit changed), and `cause_id` is
    the cause after it. `undo` is JSON of what a bulk edit replaced, `edit_id` the bulk edit or the
    retry that it is part of, `run_id` the run. An edit of many items has an entry without an item
    beside those of each; its `after` is how many it was to change. Of a token, `after` is its name.
    """

    at: str
    who: str
    event: Event
    item_id: str | None = None
    cause_id: str | None = None
    record_id: str | None = None
    before: str | None = None
    after: str | None = None
    why: str | None = None
    edit_id: str | None = None
    undo: str | None = None
    run_id: str | None = None
