"""Leasing: a worker gets items of the orders that it can do, keeps them, or lets them run out.

Asks of several workers that wait for the writer share one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

import msgspec

from snaglist.domain.errors import LeaseLost, SnaglistError
from snaglist.domain.history import Event
from snaglist.domain.item import Item
from snaglist.domain.moment import moment_after, utc_text
from snaglist.domain.retry import Lane, Member, open_lanes
from snaglist.domain.standing import Status
from snaglist.domain.worker import Worker
from snaglist.service.lists import Listed, listed
from snaglist.service.moves import Moves
from snaglist.service.retries import known_retry
from snaglist.service.retry_moves import RetryMoves
from snaglist.storage import retries as store
from snaglist.storage import retry_members as member_store
from snaglist.storage import workers as worker_store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.items import items_by_id
from snaglist.storage.writer import Promise, Write

POLL_SECONDS = 0.5
"""When to ask again while something of what a worker can do is going on."""

IDLE_SECONDS = 2.0
"""When to ask again while there is nothing."""


class Ask(msgspec.Struct, frozen=True, gc=False):
    """A worker that asks for so many items for so many seconds, of one order or of any.

    `is_news` says that what is known of it is to be written.
    """

    worker: Worker
    limit: int = 1
    seconds: float = 60
    retry_id: str | None = None
    is_news: bool = True


class Lease(msgspec.Struct, frozen=True, gc=False):
    """An item that a worker has; `attempt` is which of its attempts in this order it is."""

    member: Member
    item: Item

    @property
    def attempt(self) -> int:
        """The first attempt is 1."""
        return self.member.attempts + 1


class Prospect(msgspec.Struct, frozen=True):
    """What may be had now: whether to ask the writer, when to ask again, and how many wait."""

    is_any: bool
    is_news: bool
    poll_seconds: float
    waiting: int


class Renewal(msgspec.Struct, frozen=True, gc=False):
    """A worker that wants to keep these for so many more seconds."""

    worker_id: str
    lease_ids: tuple[str, ...]
    seconds: float = 60


class Leasing:
    """Hands out items. `clock` gives Unix time in seconds, `new_id` a fresh UUIDv7."""

    def __init__(
        self, database: Database, clock: Callable[[], float], new_id: Callable[[], str]
    ) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._lease = self._lease_together
        self._renew = self._renew_together

    def prospect(self, ask: Ask) -> Prospect:
        """What this worker would get now, at the cost of a read.

        Raises NotFound if it asks for an order that there is not.
        """
        at = ask.worker.seen_at

        def query(connection: Connection) -> Prospect:
            if ask.retry_id is not None:
                known_retry(connection, ask.retry_id)
            known = worker_store.find_worker(connection, ask.worker.id)
            board = _Board(connection)
            is_any = bool(board.taken(ask, at))
            return Prospect(
                is_any,
                ask.worker.is_news(known),
                POLL_SECONDS if board.concerns(ask) else IDLE_SECONDS,
                board.waiting(ask),
            )

        return self._database.read(query)

    def submit_ask(self, ask: Ask, promise: Promise) -> None:
        """Have a worker given what it asks for; the promise gets a list of one list of leases.

        Raises StoreUnavailable or TooBusy at once when the store cannot take it.
        """
        self._database.writer.submit(Write(self._lease, [ask], promise))

    def submit_renewal(self, renewal: Renewal, promise: Promise) -> None:
        """Have leases renewed; the promise gets a list of one list: until when, None if lost."""
        self._database.writer.submit(Write(self._renew, [renewal], promise))

    def lease(self, ask: Ask) -> list[Lease]:
        """As `submit_ask`, for whoever may block."""
        leases: list[Lease] = _waited_for(lambda promise: self.submit_ask(ask, promise))
        return leases

    def renew(self, renewal: Renewal) -> list[str | None]:
        """As `submit_renewal`, for whoever may block."""
        kept: list[str | None] = _waited_for(lambda promise: self.submit_renewal(renewal, promise))
        return kept

    def show(self, leases: Sequence[Lease]) -> list[Listed]:
        """The items of leases as a list shows them."""
        items = [lease.item for lease in leases]
        return self._database.read(lambda connection: listed(connection, items))

    def _lease_together(self, connection: Connection, asks: Sequence[Ask]) -> Sequence[list[Lease]]:
        at = utc_text(self._clock())
        with connection.transaction():
            worker_store.note_workers(
                connection, _newest(ask.worker for ask in asks if ask.is_news)
            )
            board = _Board(connection)
            wanted = [board.taken(ask, at) for ask in asks]
            return self._given(connection, board, asks, wanted, at)

    def _given(
        self,
        connection: Connection,
        board: _Board,
        asks: Sequence[Ask],
        wanted: Sequence[Sequence[_Take]],
        at: str,
    ) -> list[list[Lease]]:
        """The leases of each ask, once it is settled how many of which lane it gets."""
        queues = _next_of(connection, wanted)
        if not queues:
            return [[] for _ in asks]
        items = items_by_id(connection, [one.item_id for queue in queues.values() for one in queue])
        moves, retry_moves = Moves(connection, at), RetryMoves(connection, at)
        retry_moves.knows(board.retries.values())
        given: list[list[Lease]] = []
        for ask, takes in zip(asks, wanted, strict=True):
            leases: list[Lease] = []
            for take in takes:
                queue = queues[take.lane.retry_id, take.lane.lane]
                for before in [queue.pop(0) for _ in range(min(take.items, len(queue)))]:
                    item = items[before.item_id]
                    if item.status is not Status.OPEN:
                        retry_moves.member(before, before.skipped("It is not open any more."))
                        continue
                    leases.append(self._leased(before, item, ask, moves, retry_moves))
            given.append(leases)
        moves.write()
        retry_moves.write()
        return given

    def _leased(
        self, before: Member, item: Item, ask: Ask, moves: Moves, retry_moves: RetryMoves
    ) -> Lease:
        until = moment_after(moves.at, ask.seconds)
        member = before.leased(self._new_id(), ask.worker.id, until)
        retry_moves.retry(retry_moves.of(before.retry_id).took(1, moves.at))
        retry_moves.member(before, member)
        after = item.leased(moves.at)
        moves.item(
            *(item, after, Event.LEASED, ask.worker.who),
            why=f"by {ask.worker.name}",
            edit_id=before.retry_id,
        )
        return Lease(member, after)

    def _renew_together(
        self, connection: Connection, renewals: Sequence[Renewal]
    ) -> Sequence[list[str | None]]:
        at = utc_text(self._clock())
        ids = {lease_id for renewal in renewals for lease_id in renewal.lease_ids}
        with connection.transaction():
            _seen(connection, {renewal.worker_id for renewal in renewals}, at)
            found = member_store.members_by_lease(connection, sorted(ids))
            results: list[list[str | None]] = []
            changed: dict[int, Member] = {}
            for renewal in renewals:
                until = moment_after(at, renewal.seconds)
                kept: list[str | None] = []
                for lease_id in renewal.lease_ids:
                    try:
                        member = found[lease_id].renewed(renewal.worker_id, until)
                    except (KeyError, LeaseLost):
                        kept.append(None)
                        continue
                    changed[member.seq] = found[lease_id] = member
                    kept.append(member.leased_until)
                results.append(kept)
            if changed:
                member_store.update_members(connection, list(changed.values()))
        return results


class _Take(msgspec.Struct, frozen=True, gc=False):
    """So many items of a lane for one ask."""

    lane: Lane
    items: int


class _Board:
    """What waits in the orders that are worked on, while asks are met one after the other."""

    def __init__(self, connection: Connection) -> None:
        self.retries = {one.id: one for one in store.retries_to_lease_from(connection)}
        self._lanes = store.lanes_of(connection, self.retries) if self.retries else {}
        self._taken: dict[str, int] = defaultdict(int)
        self._lane_taken: dict[tuple[str, int], int] = defaultdict(int)

    def concerns(self, ask: Ask) -> bool:
        """Whether something waits, now or later, that this worker can do."""
        return any(
            lane.waiting and ask.worker.can_do(lane.source, lane.target, lane.entity_type)
            for lanes in self._lanes.values()
            for lane in lanes
        )

    def waiting(self, ask: Ask) -> int:
        """How many items wait, now or later, that this ask is for."""
        return sum(
            lane.waiting
            for retry_id, lanes in self._lanes.items()
            for lane in lanes
            if ask.retry_id in (None, retry_id)
            and ask.worker.can_do(lane.source, lane.target, lane.entity_type)
        )

    def taken(self, ask: Ask, at: str) -> list[_Take]:
        """What this ask gets of what is left by those before it; the oldest order first."""
        takes: list[_Take] = []
        left = ask.limit
        for retry in self.retries.values():
            if ask.retry_id not in (None, retry.id):
                continue
            for lane in open_lanes(self._lanes.get(retry.id, ())):
                if not ask.worker.can_do(lane.source, lane.target, lane.entity_type):
                    continue
                place = (retry.id, lane.lane)
                items = min(
                    left,
                    retry.room(at) - self._taken[retry.id],
                    lane.waiting - self._lane_taken[place],
                )
                if items > 0:
                    takes.append(_Take(lane, items))
                    self._taken[retry.id] += items
                    self._lane_taken[place] += items
                    left -= items
        return takes


def _next_of(
    connection: Connection, wanted: Sequence[Sequence[_Take]]
) -> dict[tuple[str, int], list[Member]]:
    """The members that come next, by order and lane: as many as are wanted of each."""
    numbers: dict[tuple[str, int], int] = defaultdict(int)
    for takes in wanted:
        for take in takes:
            numbers[take.lane.retry_id, take.lane.lane] += take.items
    return {
        place: member_store.next_members(connection, *place, number)
        for place, number in numbers.items()
    }


def _newest(workers: Iterable[Worker]) -> list[Worker]:
    """One note of each worker, the last."""
    newest = {worker.id: worker for worker in workers}
    return [newest[worker_id] for worker_id in sorted(newest)]


def _seen(connection: Connection, worker_ids: Iterable[str], at: str) -> None:
    """These workers are there; written as rarely as at a lease."""
    known = [worker_store.find_worker(connection, one) for one in sorted(worker_ids)]
    now = [(one, msgspec.structs.replace(one, seen_at=at)) for one in known if one is not None]
    worker_store.note_workers(connection, [new for old, new in now if new.is_news(old)])


def _waited_for(submit: Callable[[Promise], object]) -> Any:
    """What a write of one argument comes to. Raises what it raises, and StoreUnavailable."""
    promise: Future[Sequence[Any]] = Future()
    submit(promise)
    (outcome,) = promise.result()
    if isinstance(outcome, SnaglistError):
        raise outcome
    return outcome
