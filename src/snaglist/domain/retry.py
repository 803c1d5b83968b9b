"""An order to try a fixed set of items again: its state, its members', and every move they make.

docs/states.md draws both. Times are RFC 3339 texts in UTC; `at` is when a move is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from math import ceil
from typing import NoReturn

import msgspec
from msgspec.structs import replace

from snaglist.domain.errors import LeaseLost, WrongState
from snaglist.domain.moment import moment_after, seconds_between

PROBE = 3
"""How many items are tried before all others."""

USUAL_ATTEMPTS = 3
PREPARING_SECONDS = 600
"""How long an order may be in the making; then whoever made it has died of it."""

_ROUNDING = 1e-6
_MINUTE = 60


class RetryStatus(StrEnum):
    """Where an order stands."""

    PREPARING = "preparing"
    WORKING = "working"
    PAUSED = "paused"
    STOPPED = "stopped"
    ABORTED = "aborted"
    DONE = "done"


class MemberState(StrEnum):
    """Where one item of an order stands."""

    WAITING = "waiting"
    LEASED = "leased"
    CAME_OVER = "came_over"
    FAILED = "failed"
    SKIPPED = "skipped"


class Outcome(StrEnum):
    """What became of a leased item, as its worker says."""

    CAME_OVER = "came_over"
    FAILED = "failed"
    RETURNED = "returned"


def _paced(rate: int) -> tuple[int, float]:
    """How many may be leased at once, and how many seconds apart the others: evenly.

    So that in no minute, wherever it begins, there are more than the rate.
    """
    at_once = max(1, rate // 60)
    steady = rate if at_once == 1 else rate - at_once
    return at_once, ceil(1_000 * _MINUTE / steady) / 1_000


class Retry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An order as it stands; the order of its members is the order of the columns.

    While it `is_probing` only the first few are tried. `rate` is how many may be leased in a
    minute, and at `free_at` it may give as many as it ever does at once. `last_place` is the
    place of the last of those that wait. It has ended when nothing of it waits or is leased.
    """

    id: str
    at: str
    who: str
    filter: str
    why: str | None
    attempts: int
    rate: int | None
    status: RetryStatus = RetryStatus.PREPARING
    is_probing: bool = True
    total: int = 0
    waiting: int = 0
    leased: int = 0
    came_over: int = 0
    failed: int = 0
    skipped: int = 0
    last_place: int = 0
    free_at: str | None = None
    stopped_because: str | None = None
    ended_at: str | None = None
    version: int = 1
    seq: int = 0

    def grown(self, members: int) -> Retry:
        """With so many more members, which wait. Raises WrongState once it is prepared."""
        if self.status is not RetryStatus.PREPARING:
            self._refuse("take more items", "Order another retry for them.")
        return replace(
            self,
            total=self.total + members,
            waiting=self.waiting + members,
            last_place=self.last_place + members,
        )

    def prepared(self, at: str) -> Retry:
        """All its members are there: it is worked on. Itself if it was so before."""
        if self.status is not RetryStatus.PREPARING:
            return self
        return self._come_to(RetryStatus.WORKING).settled(at)

    def room(self, at: str) -> int:
        """How many items may be leased now."""
        if self.status is not RetryStatus.WORKING:
            return 0
        room = self.waiting
        if self.is_probing:
            room = min(room, PROBE - self.leased - self.came_over - self.failed)
        if self.rate is not None:
            at_once, apart = _paced(self.rate)
            ahead = 0.0 if self.free_at is None else max(0.0, seconds_between(at, self.free_at))
            room = min(room, int(at_once - ahead / apart + _ROUNDING))
        return max(room, 0)

    def took(self, items: int, at: str) -> Retry:
        """So many were leased, as far as its rate is concerned. Raises WrongState beyond it."""
        if items > self.room(at):
            self._refuse(f"give {items} items now", "Ask again later.")
        if self.rate is None:
            return self
        _, apart = _paced(self.rate)
        return replace(self, free_at=moment_after(max(self.free_at or at, at), items * apart))

    def counted(self, before: MemberState, after: MemberState) -> Retry:
        """One of its members went from one state to another."""
        if before is after:
            return self
        return replace(
            self,
            **{
                before.value: getattr(self, before.value) - 1,
                after.value: getattr(self, after.value) + 1,
            },
        )

    def with_place(self) -> Retry:
        """With one more place behind all those that wait: `last_place`."""
        return replace(self, last_place=self.last_place + 1)

    def probed(self) -> Retry:
        """The first few brought news: all others may be tried."""
        return replace(self, is_probing=False) if self.is_probing else self

    def stopped(self, because: str) -> Retry:
        """The first few all failed alike. Itself if it is not at work."""
        if self.status is not RetryStatus.WORKING:
            return self
        return replace(
            self._come_to(RetryStatus.STOPPED), is_probing=False, stopped_because=because
        )

    def paused(self) -> Retry:
        """Nothing more is leased for now; itself if it is so already. Raises WrongState."""
        if self.status is RetryStatus.PAUSED:
            return self
        if self.status is not RetryStatus.WORKING:
            self._refuse("be paused", "Only what is being worked on can be.")
        return self._come_to(RetryStatus.PAUSED)

    def resumed(self) -> Retry:
        """It goes on; one that was stopped without probing. Raises WrongState."""
        if self.status is RetryStatus.WORKING:
            return self
        if self.status not in (RetryStatus.PAUSED, RetryStatus.STOPPED):
            self._refuse("be resumed", "Order another retry.")
        return replace(self._come_to(RetryStatus.WORKING), stopped_because=None)

    def aborted(self, at: str) -> Retry:
        """Nothing more is tried; what is leased may still be reported. Raises WrongState."""
        if self.status is RetryStatus.ABORTED:
            return self
        if self.status is RetryStatus.DONE:
            self._refuse("be aborted", "Nothing is left of it to abort.")
        return self._come_to(RetryStatus.ABORTED).settled(at)

    def settled(self, at: str) -> Retry:
        """It has ended if nothing of it waits or is leased."""
        is_over = (
            self.ended_at is None
            and self.status is not RetryStatus.PREPARING
            and not self.waiting
            and not self.leased
        )
        if not is_over:
            return self
        if self.status is RetryStatus.ABORTED:
            return replace(self, ended_at=at)
        return replace(
            self._come_to(RetryStatus.DONE), is_probing=False, stopped_because=None, ended_at=at
        )

    def taken_up(self, *, is_held: bool) -> Retry:
        """It was done, and something that it had passed over is to be tried after all.

        It goes on, or waits for people if it `is_held`: it was paused, or stopped, before.
        """
        again = self._come_to(RetryStatus.PAUSED if is_held else RetryStatus.WORKING)
        is_untried = not (self.came_over or self.failed)
        return replace(again, ended_at=None, is_probing=is_untried)

    def is_stillborn(self, at: str) -> bool:
        """Whether it is in the making for so long that whoever made it must have died."""
        return (
            self.status is RetryStatus.PREPARING and moment_after(self.at, PREPARING_SECONDS) <= at
        )

    def _come_to(self, status: RetryStatus) -> Retry:
        return replace(self, status=status, version=self.version + 1)

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        raise WrongState(f"Retry {self.id} is {self.status.value} and cannot {what}.", remedy)


class Member(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One item of an order; the order of its members is the order of the columns.

    It waits in a `lane` at a `place`. `attempts` counts the leases that ended, those that were
    given back aside. `reason` says in words why it failed without an outcome or was skipped;
    `record_id` and `cause_id` are those of the outcome *failed*. A lease that was reported on
    stays, so that the report can be repeated.
    """

    retry_id: str
    item_id: str
    lane: int
    place: int
    state: MemberState = MemberState.WAITING
    attempts: int = 0
    lease_id: str | None = None
    worker_id: str | None = None
    leased_until: str | None = None
    reason: str | None = None
    record_id: str | None = None
    cause_id: str | None = None
    seq: int = 0

    @property
    def is_active(self) -> bool:
        """Whether it waits or is leased."""
        return self.state in (MemberState.WAITING, MemberState.LEASED)

    def leased(self, lease_id: str, worker_id: str, until: str) -> Member:
        """A worker has it until then. Raises WrongState unless it waits."""
        if self.state is not MemberState.WAITING:
            raise WrongState(
                f"Item {self.item_id} is {self.state.value} in retry {self.retry_id}.",
                "Only what waits is leased.",
            )
        return replace(
            self,
            state=MemberState.LEASED,
            lease_id=lease_id,
            worker_id=worker_id,
            leased_until=until,
        )

    def renewed(self, worker_id: str, until: str) -> Member:
        """The worker has it for longer, never for less. Raises LeaseLost if it has it no more."""
        if self.state is not MemberState.LEASED or self.worker_id != worker_id:
            raise LeaseLost(f"The lease of item {self.item_id} is over.")
        return replace(self, leased_until=max(until, self.leased_until or ""))

    def returned(self, place: int) -> Member:
        """Given back untried: it waits again, at this place. Raises LeaseLost."""
        self._check_leased()
        return replace(self._freed(MemberState.WAITING), place=place)

    def ran_out(self, most: int, place: int) -> Member:
        """Its time is over without an outcome. It waits again, or failed its `most` attempts.

        Raises LeaseLost.
        """
        self._check_leased()
        attempts = self.attempts + 1
        if attempts < most:
            return replace(self._freed(MemberState.WAITING), place=place, attempts=attempts)
        times = "once" if attempts == 1 else f"{attempts} times"
        reason = (
            f"Given to a worker {times}, and nothing was heard again: it may end or hang on it."
        )
        return replace(self._freed(MemberState.FAILED), attempts=attempts, reason=reason)

    def came_over(self) -> Member:
        """Its worker says so. Raises LeaseLost."""
        self._check_leased()
        return replace(self, state=MemberState.CAME_OVER, attempts=self.attempts + 1)

    def failed(self, record_id: str, cause_id: str | None) -> Member:
        """Its worker says so, with this record. Raises LeaseLost."""
        self._check_leased()
        return replace(
            self,
            state=MemberState.FAILED,
            attempts=self.attempts + 1,
            record_id=record_id,
            cause_id=cause_id,
        )

    def contradicted(self, record_id: str | None, cause_id: str, reason: str) -> Member:
        """Its worker says, or said, that it came over, but a record tells that this try failed."""
        attempts = self.attempts + (self.state is MemberState.LEASED)
        return replace(
            self,
            state=MemberState.FAILED,
            attempts=attempts,
            reason=reason,
            record_id=record_id,
            cause_id=cause_id,
        )

    def fulfilled(self) -> Member:
        """It came over by other means; a lease is lost."""
        return self._freed(MemberState.CAME_OVER)

    def skipped(self, reason: str) -> Member:
        """It is not to be tried any more; a lease is lost."""
        return replace(self._freed(MemberState.SKIPPED), reason=reason)

    def taken_up(self, place: int) -> Member:
        """What was skipped, or fulfilled, waits again, at this place."""
        return replace(self._freed(MemberState.WAITING), place=place, reason=None)

    def _freed(self, state: MemberState) -> Member:
        return replace(self, state=state, lease_id=None, worker_id=None, leased_until=None)

    def _check_leased(self) -> None:
        if self.state is not MemberState.LEASED:
            raise LeaseLost(f"The lease of item {self.item_id} is over.")


class Lane(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Those members of an order that are alike: of one target, stage, source and type.

    Lanes of a stage wait for all earlier stages of the same target.
    """

    retry_id: str
    lane: int
    target: str
    stage: int
    source: str
    entity_type: str
    waiting: int = 0
    leased: int = 0


def lanes_in_turn(lanes: Iterable[Lane]) -> list[Lane]:
    """Of one order's lanes those that are tried now: of the first stage that is not done yet."""
    lanes = sorted(lanes, key=lambda lane: (lane.stage, lane.lane))
    left = [lane for lane in lanes if lane.waiting or lane.leased]
    first: dict[str, int] = {}
    for lane in left:
        first.setdefault(lane.target, lane.stage)
    return [lane for lane in left if lane.stage == first[lane.target]]


def open_lanes(lanes: Iterable[Lane]) -> list[Lane]:
    """Of one order's lanes those from which may be leased, as far as others go."""
    return [lane for lane in lanes_in_turn(lanes) if lane.waiting]
