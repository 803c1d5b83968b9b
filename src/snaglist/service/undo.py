"""Taking edits of many items back: each item becomes what it was, unless it was changed since."""

from __future__ import annotations

from msgspec.structs import replace

from snaglist.domain.errors import NotFound, WrongState
from snaglist.domain.history import Entry, Event
from snaglist.domain.run import COMPLETE, Run, RunStatus
from snaglist.service import merging, splitting
from snaglist.service.edits import known_edit, sliced, start
from snaglist.service.runs import not_complete
from snaglist.storage import edits as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit
from snaglist.storage.history import add_entries

_OF_CAUSES = ("resolve", "merge", "split")
_KINDS = ("ignore", "reopen", "assign", "note", *_OF_CAUSES, COMPLETE)


def begin_undo(database: Database, edit_id: str | None, *, undo_id: str, who: str, at: str) -> Edit:
    """Take note that an edit is to be taken back; `carry_out` does it.

    Without an id it is the last one that `who` made. What was going on of it ends here. Raises
    NotFound, or WrongState for what is undone already or cannot be.
    """

    def change(connection: Connection) -> Edit:
        edit = _wanted(connection, edit_id, who)
        if edit.undone_by is not None:
            raise WrongState(
                f"Edit {edit.id} is undone already.",
                f"Look at /api/v1/edits/{edit.undone_by}; to undo another one, give its id.",
            )
        if not _can_be_undone(edit):
            raise WrongState(
                f"Edit {edit.id} ({edit.kind}) cannot be undone.",
                "Make the opposite edit: reopen what is set aside, ignore what was reopened.",
            )
        store.drop_slices(connection, edit.id)
        ended = replace(
            edit,
            undone_by=undo_id,
            ended_at=edit.ended_at or at,
            skipped=edit.matching - edit.changed,
        )
        store.update_edit(connection, ended)
        if edit.kind == COMPLETE:
            not_complete(connection, edit)
        if edit.kind == "merge":
            return merging.begin_unmerge(connection, edit, edit_id=undo_id, who=who, at=at)
        if edit.kind == "split":
            return splitting.begin_unsplit(connection, edit, edit_id=undo_id, who=who, at=at)
        if edit.cause_id is not None:
            told = Entry(at, who, Event.UNDONE, cause_id=edit.cause_id, edit_id=undo_id)
            add_entries(connection, [told])
        places = store.entries_of_edit(connection, edit.id)
        undo = Edit(
            *(undo_id, at, who, "undo", edit.asked, edit.filter, edit.cause_id),
            undoes=edit.id,
            matching=len(places),
        )
        return start(connection, undo, sliced(places))

    return database.write(change)


def begin_reopening(
    database: Database, run: Run, *, undo_id: str, who: str, at: str
) -> Edit | None:
    """Take back that a run was complete if it has gaps; None if there is nothing to take back.

    What left the list with it, and was not changed since, is put back: it may have failed.
    """
    if not run.has_gaps or run.status is not RunStatus.COMPLETE:
        return None
    return begin_undo(database, run.edit_id, undo_id=undo_id, who=who, at=at)


def _wanted(connection: Connection, edit_id: str | None, who: str) -> Edit:
    if edit_id is not None:
        return known_edit(connection, edit_id)
    edit = store.last_edit_of(connection, who, _KINDS)
    if edit is None:
        raise NotFound(
            "You have made no edit of many items.", "The list of edits shows those of others."
        )
    return edit


def _can_be_undone(edit: Edit) -> bool:
    """Of a cause's own edits, those that only its items keep, and merge and split."""
    return edit.kind in _KINDS and (edit.cause_id is None or edit.kind in _OF_CAUSES)
