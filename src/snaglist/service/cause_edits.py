"""Edits of causes: what people say of one, and what its items do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

import msgspec

from snaglist.domain.cause import Cause
from snaglist.domain.edits import (
    Assign,
    CauseEdit,
    ClaimFixed,
    Fix,
    Ignore,
    Merge,
    Name,
    Note,
    Reopen,
    Resolve,
    Split,
    Unclaim,
    why_of,
)
from snaglist.domain.history import Entry, Event
from snaglist.domain.standing import Status
from snaglist.service.edits import kind_of, sliced, start
from snaglist.service.evidence import PiecesOf
from snaglist.service.merging import begin_merge, known_cause
from snaglist.service.moves import Moves
from snaglist.service.splitting import begin_split, check_piece
from snaglist.storage import edits as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit

_OPEN = (Status.OPEN, Status.RETRYING)
_encode = msgspec.json.Encoder().encode


class EditedCause(msgspec.Struct, frozen=True):
    """A cause after an edit, and what is to be carried out of it (`slices.carry_out`), if any."""

    cause: Cause
    edit: Edit | None


def edit_cause(
    database: Database,
    cause_id: str,
    edit: CauseEdit,
    version: int | None,
    *,
    new_id: Callable[[], str],
    pieces_of: PiecesOf,
    who: str,
    at: str,
) -> EditedCause:
    """Do this to a cause, if it is at this version (None: whatever it is).

    Raises NotFound, Stale, or WrongState where it cannot be done as the cause stands.
    """
    if isinstance(edit, Split):
        database.read(lambda connection: known_cause(connection, cause_id).check_version(version))
        check_piece(database, cause_id, edit, pieces_of)

    def change(connection: Connection) -> EditedCause:
        cause = known_cause(connection, cause_id)
        cause.check_version(version)
        noted = _done(connection, cause, edit, new_id, who, at)
        return EditedCause(known_cause(connection, cause_id), noted)

    return database.write(change)


def end_ignore(connection: Connection, cause: Cause, *, edit_id: str, who: str, at: str) -> Edit:
    """A cause's time aside is over: it and what was set aside with it open again."""
    _keep(connection, cause, cause.ignore_ended(), Event.IGNORE_ENDED, None, who, at, edit_id)
    return _with_items(connection, cause, "ignore_ended", "{}", edit_id, who, at)


def _done(
    connection: Connection,
    cause: Cause,
    edit: CauseEdit,
    new_id: Callable[[], str],
    who: str,
    at: str,
) -> Edit | None:
    """Do the edit inside a transaction; what its items have to follow, if they have."""
    match edit:
        case Merge():
            return begin_merge(connection, cause, edit, edit_id=new_id(), who=who, at=at)
        case Split():
            return begin_split(
                connection, cause, edit, cause_id=new_id(), edit_id=new_id(), who=who, at=at
            )
        case _:
            cause.check_whole()
            after, event = _edited(cause, edit, who, at)
    if not isinstance(edit, Ignore | Reopen | Resolve):
        _keep(connection, cause, after, event, why_of(edit), who, at, None)
        return None
    edit_id = new_id()
    reason = edit.reason if isinstance(edit, Resolve) else None
    _keep(connection, cause, after, event, why_of(edit), who, at, edit_id, reason)
    asked = _encode(edit).decode()
    return _with_items(connection, cause, kind_of(edit), asked, edit_id, who, at)


def _edited(
    cause: Cause,
    edit: Name | Fix | Note | Assign | ClaimFixed | Unclaim | Ignore | Reopen | Resolve,
    who: str,
    at: str,
) -> tuple[Cause, Event]:
    match edit:
        case Name():
            return cause.named(edit.name), Event.NAMED
        case Fix():
            return cause.fix_noted(edit.text or None), Event.FIX_NOTED
        case Note():
            return cause.noted(edit.text or None), Event.NOTED
        case Assign():
            return cause.assigned(edit.to), Event.ASSIGNED
        case ClaimFixed():
            return cause.claimed(who, at), Event.CLAIMED
        case Unclaim():
            return cause.unclaimed(), Event.UNCLAIMED
        case Ignore():
            return cause.ignored(until=edit.until, failures=edit.failures), Event.IGNORED
        case Reopen():
            return cause.reopened(), Event.REOPENED
        case Resolve():
            return cause, Event.RESOLVED
        case _:
            assert_never(edit)


def _keep(
    connection: Connection,
    before: Cause,
    after: Cause,
    event: Event,
    why: str | None,
    who: str,
    at: str,
    edit_id: str | None,
    reason: str | None = None,
) -> None:
    moves = Moves(connection, at)
    was, is_now = _told(before, event), _told(after, event) or reason
    moves.cause(
        after,
        Entry(
            *(at, who, event),
            cause_id=before.id,
            before=was,
            after=is_now,
            why=why,
            edit_id=edit_id,
        ),
    )
    moves.write()


def _told(cause: Cause, event: Event) -> str | None:
    """What the history tells of a cause before and after such an edit."""
    match event:
        case Event.NAMED:
            return cause.name
        case Event.FIX_NOTED:
            return cause.fix
        case Event.NOTED:
            return cause.note
        case Event.ASSIGNED:
            return cause.assignee
        case Event.CLAIMED | Event.UNCLAIMED:
            return cause.claim.value if cause.claim is not None else None
        case Event.IGNORED | Event.REOPENED | Event.IGNORE_ENDED:
            return "ignored" if cause.is_ignored else None
        case _:
            return None


def _with_items(
    connection: Connection, cause: Cause, kind: str, asked: str, edit_id: str, who: str, at: str
) -> Edit:
    """Take note that a cause's items are to follow it, those that it has now."""
    if kind in ("ignore", "resolve"):
        places = store.places_of_cause(connection, cause.id, _OPEN)
    else:
        places = store.places_set_aside_with(connection, cause.id)
    edit = Edit(*(edit_id, at, who, kind, asked), cause_id=cause.id, matching=len(places))
    return start(connection, edit, sliced(places))
