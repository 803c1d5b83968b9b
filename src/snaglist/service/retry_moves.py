"""Every move of retries' members in one transaction, and what follows from it.

Whoever moves members tells `RetryMoves` what was and what is; the counts of their lanes and
retries, the end of a probe and the end of a retry follow here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from snaglist.domain.history import Entry, Event
from snaglist.domain.item import Item
from snaglist.domain.moment import moment_after
from snaglist.domain.retry import PROBE, Member, MemberState, Retry, RetryStatus
from snaglist.domain.standing import REASONS_OF_PEOPLE, Reason
from snaglist.storage import history
from snaglist.storage import retries as store
from snaglist.storage.causes import causes_by_id
from snaglist.storage.connection import Connection
from snaglist.storage.retry_members import (
    active_members,
    failed_alike,
    members_over,
    update_members,
)

MEANWHILE = "It came over, says who tried it, but a failure was told while it was tried."
WHO = "snaglist"
"""Whose doing it is in the audit trail that a retry stops."""


class RetryMoves:
    """Gathers the moves of members in one transaction; `write` stores all that follows.

    `at` is the time of the transaction.
    """

    def __init__(self, connection: Connection, at: str) -> None:
        self._connection = connection
        self._at = at
        self._retries: dict[str, Retry] = {}
        self._read: dict[str, Retry] = {}
        self._members: dict[int, Member] = {}
        self._lanes: dict[tuple[str, int], tuple[int, int]] = {}
        self._entries: list[Entry] = []

    def knows(self, retries: Iterable[Retry]) -> None:
        """These retries were read in this transaction already."""
        for retry in retries:
            self._retries[retry.id] = self._read[retry.id] = retry

    def find(self, retry_ids: Iterable[str]) -> None:
        """Read these retries, those that are known aside."""
        missing = set(retry_ids) - self._retries.keys()
        if missing:
            self.knows(store.retries_by_id(self._connection, sorted(missing)).values())

    def of(self, retry_id: str) -> Retry:
        """The retry of this id as it stands by now."""
        self.find([retry_id])
        return self._retries[retry_id]

    def retry(self, after: Retry) -> None:
        """A retry as it is by now."""
        self._retries[after.id] = after

    def next_place(self, retry_id: str) -> int:
        """A place behind all those that wait."""
        after = self.of(retry_id).with_place()
        self._retries[retry_id] = after
        return after.last_place

    def member(self, before: Member, after: Member) -> None:
        """A member as it was and as it is."""
        self._members[after.seq] = after
        if before.state is after.state:
            return
        self._retries[after.retry_id] = self.of(after.retry_id).counted(before.state, after.state)
        lane = (after.retry_id, after.lane)
        waiting, leased = self._lanes.get(lane, (0, 0))
        self._lanes[lane] = (
            waiting + _change(before, after, MemberState.WAITING),
            leased + _change(before, after, MemberState.LEASED),
        )

    def note(self, entry: Entry) -> None:
        """Something that was done to a retry."""
        self._entries.append(entry)

    def write(self) -> None:
        """Store it all."""
        connection = self._connection
        if self._members:
            update_members(connection, list(self._members.values()))
        store.count_lanes(connection, self._lanes)
        changed = [
            settled
            for retry_id, retry in sorted(self._retries.items())
            if (settled := self._probed(retry).settled(self._at)) is not self._read[retry_id]
        ]
        if changed:
            store.update_retries(connection, changed)
        history.add_entries(connection, self._entries)

    def _probed(self, retry: Retry) -> Retry:
        """The retry with what its first few brought, if it is probing and they brought it now."""
        if not retry.is_probing or retry.status is RetryStatus.PREPARING:
            return retry
        if retry.came_over:
            return retry.probed()
        if not retry.failed or not retry.waiting:
            return retry
        alike = [*{*roots_of(self._connection, failed_alike(self._connection, retry.id)).values()}]
        if len(alike) > 1:
            return retry.probed()
        if retry.failed < PROBE:
            return retry
        because = self._because(retry, alike[0])
        stopped = retry.stopped(because)
        if stopped is not retry:
            self._entries.append(
                Entry(
                    *(self._at, WHO, Event.STOPPED, None, None, None),
                    before=retry.status.value,
                    after=stopped.status.value,
                    why=because,
                    edit_id=retry.id,
                )
            )
        return stopped

    def _because(self, retry: Retry, cause_id: str | None) -> str:
        if cause_id is None:
            return (
                f"The first {retry.failed} were given to workers, "
                "of which nothing was heard again: they may end or hang on each."
            )
        cause = causes_by_id(self._connection, [cause_id])[cause_id]
        return f"The first {retry.failed} all failed again: {cause.shown_title}"


def roots_of(
    connection: Connection, cause_ids: Iterable[str | None]
) -> dict[str | None, str | None]:
    """What each of these causes is now: itself, or that into which it was merged since."""
    roots: dict[str | None, str | None] = {one: one for one in cause_ids}
    while True:
        known = causes_by_id(connection, sorted({one for one in roots.values() if one}))
        merged = {one: known[one].merged_into for one in known if known[one].merged_into}
        if not merged:
            return roots
        roots = {one: merged.get(root or "", root) for one, root in roots.items()}


def let_go(connection: Connection, items: Sequence[Item], at: str) -> None:
    """These items left the list by other means than a retry: nothing of them waits any more.

    What came over fulfils the retries that it waits in; all else is skipped there.
    """
    members = active_members(connection, [item.id for item in items])
    if not members:
        return
    by_id = {item.id: item for item in items}
    moves = RetryMoves(connection, at)
    moves.find({member.retry_id for member in members})
    for before in members:
        item = by_id[before.item_id]
        if item.reason is Reason.CAME_OVER:
            moves.member(before, before.fulfilled())
        else:
            moves.member(before, before.skipped(_told(item)))
    moves.write()


_KEPT_SECONDS = 86_400


def take_up(connection: Connection, items: Sequence[Item], at: str) -> None:
    """These items were put back on the list: an order that passed one over for that tries it.

    Unless the order was aborted, or ended a day ago or longer.
    """
    since = moment_after(at, -_KEPT_SECONDS)
    retries = {one.id: one for one in store.retries_not_over(connection, since)}
    if not retries:
        return
    ids = [item.id for item in items]
    waits = {member.item_id for member in active_members(connection, ids)}
    moves = RetryMoves(connection, at)
    moves.knows(retries.values())
    for before in members_over(connection, MemberState.SKIPPED, retries, ids):
        if before.item_id not in waits and before.reason in _BY_PEOPLE:
            waits.add(before.item_id)
            _wait_again(connection, moves, before)
    moves.write()


class Undone(msgspec.Struct, frozen=True, gc=False):
    """What was taken as come over at this time, and had failed by then, as arrived behind it.

    `retry_id` is the order whose worker said so of the very try that failed.
    """

    item_id: str
    came_over_at: str
    retry_id: str | None
    record_id: str
    cause_id: str


def take_back(connection: Connection, undone: Sequence[Undone], at: str) -> None:
    """What came over by these did not: what a worker said so of failed, all else waits again.

    Unless the order was aborted, or ended before.
    """
    since = moment_after(at, -_KEPT_SECONDS)
    retries = {one.id: one for one in store.retries_not_over(connection, since)}
    if not retries:
        return
    by_id = {one.item_id: one for one in undone}
    moves = RetryMoves(connection, at)
    moves.knows(retries.values())
    waits = {member.item_id for member in active_members(connection, list(by_id))}
    for before in members_over(connection, MemberState.CAME_OVER, retries, list(by_id)):
        one, retry = by_id[before.item_id], moves.of(before.retry_id)
        if before.retry_id == one.retry_id:
            moves.member(before, before.contradicted(one.record_id, one.cause_id, MEANWHILE))
        elif (
            before.lease_id is None
            and before.item_id not in waits
            and (retry.ended_at is None or retry.ended_at >= one.came_over_at)
        ):
            waits.add(before.item_id)
            _wait_again(connection, moves, before)
    moves.write()


def _wait_again(connection: Connection, moves: RetryMoves, before: Member) -> None:
    """Have this tried after all; its order goes on if it was done."""
    retry = moves.of(before.retry_id)
    if retry.status is RetryStatus.DONE:
        moves.retry(retry.taken_up(is_held=_is_held(connection, retry.id)))
    moves.member(before, before.taken_up(moves.next_place(before.retry_id)))


def _is_held(connection: Connection, retry_id: str) -> bool:
    """Whether people, or its first few, held this order up when something was last done to it."""
    done = [one.event for one in store.entries_of_retry(connection, retry_id)]
    held = (Event.PAUSED, Event.STOPPED)
    return next((one in held for one in reversed(done) if one in (*held, Event.RESUMED)), False)


def _told(item: Item) -> str:
    """Why an item that left the list is not tried any more, in words."""
    if item.reason is None:
        return _ASIDE
    return _TOLD[item.reason]


_ASIDE = "It was set aside."
_TOLD = {
    Reason.CAME_OVER: "It came over.",
    Reason.NOT_FAILING: "It is not failing any more: a complete import passed without it.",
    Reason.DELETED_IN_SOURCE: "It was deleted where it came from.",
    Reason.NOT_MEANT: "It is not meant to come over.",
    Reason.BY_HAND: "It was made by hand.",
    Reason.DELETED: "Its standing record was deleted.",
}


_BY_PEOPLE = {_ASIDE, *(_TOLD[reason] for reason in REASONS_OF_PEOPLE)}


def _change(before: Member, after: Member, state: MemberState) -> int:
    return (after.state is state) - (before.state is state)
