"""All that a clock drives: ends of being set aside, of leases, of silent runs; edits that go on.

Any number of servers may do so on one database: each looks what is due with a read that is cheap
when nothing is, and decides anew inside the transaction that changes it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from snaglist.domain.errors import SnaglistError, StoreUnavailable
from snaglist.domain.history import Event
from snaglist.domain.moment import utc_text
from snaglist.service.cause_edits import end_ignore
from snaglist.service.evidence import PiecesOf
from snaglist.service.merging import known_cause
from snaglist.service.moves import Moves
from snaglist.service.retry_chores import do_due_of_retries
from snaglist.service.run_chores import Watch
from snaglist.service.slices import do_slice
from snaglist.service.tidying import Tidying
from snaglist.storage import edits as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database

log = logging.getLogger("snaglist.clock")

SLICE = 500
WHO = "snaglist"
"""Whose doing it is in the audit trail."""
_MOST_CAUSES = 20
_MOST_EDITS = 4


class Clock:
    """Does what is due. `clock` gives Unix time in seconds, `new_id` a fresh UUIDv7."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        pieces_of: PiecesOf,
        watch: Watch,
    ) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._pieces_of = pieces_of
        self._watch = watch
        self._tidying = Tidying(database)

    def tick(self) -> bool:
        """Do a part of what is due, in short transactions; whether there may be more now.

        Raises StoreUnavailable; what was not done is due still.
        """
        at = utc_text(self._clock())
        items, causes, edits = self._database.read(
            lambda connection: (
                bool(store.items_due(connection, at, 1)),
                store.causes_due(connection, at, _MOST_CAUSES),
                store.edits_going_on(connection, _MOST_EDITS),
            )
        )
        if items:
            self._database.write(lambda connection: _open_items(connection, at))
        for cause_id in causes:
            self._database.write(
                lambda connection, cause_id=cause_id: self._open_cause(connection, cause_id, at)  # type: ignore[misc]
            )
        went_on = [self._went_on(edit_id, at) for edit_id in edits]
        watched = self._watch.tick(at)
        retried = do_due_of_retries(self._database, at)
        tidied = self._tidying.tick()
        return bool(items or causes or any(went_on) or watched or retried or tidied)

    def _went_on(self, edit_id: str, at: str) -> bool:
        """Do a slice of an edit; False where the store refuses it, so that others go on."""
        try:
            do_slice(self._database, edit_id, self._pieces_of, at)
        except StoreUnavailable:
            raise
        except SnaglistError:
            log.exception("edit %s cannot go on", edit_id)
            return False
        return True

    def _open_cause(self, connection: Connection, cause_id: str, at: str) -> None:
        cause = known_cause(connection, cause_id)
        if cause.is_due(at):
            end_ignore(connection, cause, edit_id=self._new_id(), who=WHO, at=at)


def _open_items(connection: Connection, at: str) -> None:
    """Open items whose moment has come, a slice of them."""
    moves = Moves(connection, at)
    for item in store.items_due(connection, at, SLICE):
        moves.item(item, item.ignore_ended(at), Event.IGNORE_ENDED, WHO)
    moves.write()
