"""What a clock drives of retries: leases that ran out, orders that were aborted or never ended."""

from __future__ import annotations

from snaglist.domain.history import Entry, Event
from snaglist.domain.moment import moment_after
from snaglist.domain.worker import FORGOTTEN_SECONDS
from snaglist.service.moves import Moves
from snaglist.service.outcomes import ABORTED, put_back
from snaglist.service.retry_moves import WHO, RetryMoves
from snaglist.storage import retries as store
from snaglist.storage import retry_members as member_store
from snaglist.storage import workers as worker_store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.items import items_by_id

SLICE = 500
_AT_ONCE = 10


def do_due_of_retries(database: Database, at: str) -> bool:
    """Do a part of what is due, in short transactions; whether there may be more now.

    Raises StoreUnavailable; what was not done is due still.
    """
    long_ago = moment_after(at, -FORGOTTEN_SECONDS)
    run_out, aborted, stillborn, forgotten = database.read(
        lambda connection: (
            bool(member_store.members_run_out(connection, at, 1)),
            [one.id for one in store.retries_in(connection, "aborted") if one.waiting],
            [one.id for one in store.retries_in(connection, "preparing") if one.is_stillborn(at)],
            worker_store.is_any_forgotten(connection, long_ago),
        )
    )
    if run_out:
        database.write(lambda connection: _end_leases(connection, at))
    for retry_id in stillborn:
        database.write(lambda connection, one=retry_id: _bury(connection, one, at))  # type: ignore[misc]
    for retry_id in aborted:
        database.write(lambda connection, one=retry_id: _skip(connection, one, at))  # type: ignore[misc]
    if forgotten:
        database.write(lambda connection: _forget(connection, long_ago))
    return bool(run_out or stillborn or aborted)


def _end_leases(connection: Connection, at: str) -> None:
    """Free the items whose lease has run out, a slice of them: each was an attempt."""
    members = member_store.members_run_out(connection, at, SLICE)
    items = items_by_id(connection, [member.item_id for member in members])
    moves, retry_moves = Moves(connection, at), RetryMoves(connection, at)
    retry_moves.find({member.retry_id for member in members})
    for before in members:
        place = retry_moves.next_place(before.retry_id)
        after = before.ran_out(retry_moves.of(before.retry_id).attempts, place)
        put_back(before, after, retry_moves)
        item = items[before.item_id]
        moves.item(
            *(item, item.lease_ended(at), Event.LEASE_ENDED, WHO),
            why=after.reason or "Nothing was heard of it in time.",
            edit_id=before.retry_id,
        )
    moves.write()
    retry_moves.write()


def let_go_of_waiting(database: Database, retry_id: str, at: str) -> None:
    """Do the first slices of what an abort lets go; the clock does the rest."""
    for _ in range(_AT_ONCE):
        retry = database.read(lambda connection: store.find_retry(connection, retry_id))
        if retry is None or not retry.waiting:
            return
        database.write(lambda connection: _skip(connection, retry_id, at))


def _skip(connection: Connection, retry_id: str, at: str) -> None:
    """Let go what waits of an order that was aborted, a slice of it."""
    moves = RetryMoves(connection, at)
    for member in member_store.waiting_members(connection, retry_id, SLICE):
        moves.member(member, member.skipped(ABORTED))
    moves.write()


def _bury(connection: Connection, retry_id: str, at: str) -> None:
    """Abort an order that was never acknowledged: whoever made it died of it."""
    before = store.find_retry(connection, retry_id)
    if before is None or not before.is_stillborn(at):
        return
    after = before.aborted(at)
    moves = RetryMoves(connection, at)
    moves.knows([before])
    moves.retry(after)
    moves.note(
        Entry(
            *(at, WHO, Event.ABORTED),
            before=before.status.value,
            after=after.status.value,
            why="It was not made whole, and so never ordered.",
            edit_id=retry_id,
        )
    )
    moves.write()


def _forget(connection: Connection, before: str) -> None:
    """Forget workers, and leases that were given back, of long ago."""
    worker_store.forget_workers(connection, before)
    member_store.forget_returned(connection, before)
