"""Where an item stands: on the list or off it, and why.

docs/states.md tells what moves it from one to the other; the moves are in `domain/item.py`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Status(StrEnum):
    """Where an item stands."""

    OPEN = "open"
    RETRYING = "retrying"
    IGNORED = "ignored"
    RESOLVED = "resolved"


class Reason(StrEnum):
    """Why an item is resolved. Only the first counts as come over."""

    CAME_OVER = "came_over"
    NOT_FAILING = "not_failing"
    DELETED_IN_SOURCE = "deleted_in_source"
    NOT_MEANT = "not_meant"
    BY_HAND = "by_hand"
    DELETED = "deleted"


REASONS_OF_PEOPLE = (Reason.DELETED_IN_SOURCE, Reason.NOT_MEANT, Reason.BY_HAND)
"""What a person may give as a reason; the others are for the desk to find."""

NEVER_MEANT = (Reason.DELETED_IN_SOURCE, Reason.NOT_MEANT, Reason.DELETED)
"""Reasons of what is not to come over at all."""


class Footing(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How an item stood before an edit, to be given back if that is undone."""

    status: Status
    since: str
    decided_at: str
    reason: Reason | None = None
    ignored_until: str | None = None
    ignored_failures: int | None = None
    ignored_with_cause: bool = False
