"""What people do to items and causes: every edit as it is asked for, and what it makes of one."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeVar, assert_never

from msgspec import Meta, Struct
from msgspec.structs import replace

from snaglist.domain.errors import WrongShape
from snaglist.domain.history import Event
from snaglist.domain.item import Item
from snaglist.domain.moment import read_moment
from snaglist.domain.standing import Reason

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BREAK = re.compile(r"[\t\r\n]")

Why = Annotated[str, Meta(max_length=500, description="Kept in the history.")]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
Person = Annotated[str, Meta(min_length=1, max_length=100, description="A name, as people use it.")]
Text = Annotated[str, Meta(max_length=10_000, description="May have several lines; empty: none.")]
Further = Annotated[int, Meta(ge=1, le=1_000_000_000, description="So many more failures.")]
Until = Annotated[
    str, Meta(description="A moment to come, RFC 3339.", extra_json_schema={"format": "date-time"})
]


class _Edit(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
    tag_field="edit",
):
    """What all edits share."""


class Ignore(_Edit, frozen=True, tag="ignore"):
    """Set aside: until a moment, until so many more failures, or, without both, for good."""

    until: Until | None = None
    failures: Further | None = None
    why: Why | None = None


class Resolve(_Edit, frozen=True, tag="resolve"):
    """Done, for a reason that a person can give."""

    reason: Literal["by_hand", "not_meant", "deleted_in_source"]
    why: Why | None = None


class Reopen(_Edit, frozen=True, tag="reopen"):
    """On the list again."""

    why: Why | None = None


class Assign(_Edit, frozen=True, tag="assign"):
    """Somebody's to look after; null is nobody's."""

    to: Person | None
    why: Why | None = None


class Note(_Edit, frozen=True, tag="note"):
    """What people want to remember of it; replaces the note that was there."""

    text: Text


class Name(_Edit, frozen=True, tag="name"):
    """What people call this cause; null gives it its own title back."""

    name: Line | None


class Fix(_Edit, frozen=True, tag="fix"):
    """How it is fixed, in people's words; replaces what was there."""

    text: Text


class ClaimFixed(_Edit, frozen=True, tag="claim"):
    """I fixed it: kept until the next attempt shows it, or shows otherwise."""

    why: Why | None = None


class Unclaim(_Edit, frozen=True, tag="unclaim"):
    """It is not fixed after all: the word of whoever said so is taken back."""

    why: Why | None = None


class Merge(_Edit, frozen=True, tag="merge"):
    """One fix repairs both: what fails for this cause belongs to that one, also in future."""

    into: Annotated[str, Meta(min_length=1, max_length=100, description="The other cause's id.")]
    why: Why | None = None


class Split(_Edit, frozen=True, tag="split"):
    """Failures with this piece of evidence are a cause of their own, also in future."""

    piece: Line
    value: Line
    why: Why | None = None


ItemEdit = Ignore | Resolve | Reopen | Assign | Note
"""What can be done to an item, or to many."""

CauseEdit = (
    Name | Fix | Note | Assign | ClaimFixed | Unclaim | Ignore | Reopen | Resolve | Merge | Split
)
"""What can be done to a cause."""


AnyEdit = TypeVar("AnyEdit", bound=Struct)


def checked(edit: AnyEdit, at: str) -> AnyEdit:
    """The edit with its texts in order and its moment in the desk's spelling.

    Raises WrongShape that names the member: control characters, a moment that is none or past.
    """
    for member in ("why", "to", "name", "text", "piece", "value", "into"):
        text = getattr(edit, member, None)
        if text is None:
            continue
        if _CONTROL.search(text) or (member != "text" and _BREAK.search(text)):
            raise _fault(member, "has control characters", "Send plain text.")
        if member in ("to", "name") and not text.strip():
            raise _fault(member, "is blank", "Send a name, or null for none.")
    if isinstance(edit, Ignore) and edit.until is not None:
        until = read_moment(edit.until)
        if until is None:
            raise _fault("until", "is no time", "Write it as 2026-12-24T18:00:00Z.")
        if until <= at:
            raise _fault("until", "is past", "Give a moment to come.")
        return replace(edit, until=until)
    return edit


def edited(item: Item, edit: ItemEdit, at: str) -> Item:
    """The item after this edit; itself where it is so already. Raises WrongState."""
    match edit:
        case Ignore():
            return item.ignore(at, until=edit.until, failures=edit.failures)
        case Resolve():
            return item.resolve(Reason(edit.reason), at)
        case Reopen():
            return item.reopen(at)
        case Assign():
            return item.assigned(edit.to)
        case Note():
            return item.noted(edit.text or None)
        case _:
            assert_never(edit)


def event_of(edit: ItemEdit) -> Event:
    """What the audit trail calls this edit of an item."""
    match edit:
        case Ignore():
            return Event.IGNORED
        case Resolve():
            return Event.RESOLVED
        case Reopen():
            return Event.REOPENED
        case Assign():
            return Event.ASSIGNED
        case Note():
            return Event.NOTED
        case _:
            assert_never(edit)


def checked_why(why: str | None) -> str | None:
    """A reason as it is kept, None for none. Raises WrongShape for control characters."""
    if why and (_CONTROL.search(why) or _BREAK.search(why)):
        raise _fault("why", "has control characters", "Send plain text.")
    return why or None


def why_of(edit: ItemEdit | CauseEdit) -> str | None:
    """The reason that was given with the edit."""
    return getattr(edit, "why", None) or None


def _fault(member: str, what: str, remedy: str) -> WrongShape:
    return WrongShape(f'"{member}" {what}.', remedy, where=f"/{member}")
