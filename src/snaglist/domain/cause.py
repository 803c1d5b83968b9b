"""Why items fail: what one fix repairs, what people said of it, and how it stands."""

from __future__ import annotations

from enum import StrEnum

import msgspec
from msgspec.structs import replace


class CauseStatus(StrEnum):
    """How a cause stands, told by its items."""

    OPEN = "open"
    DONE = "done"
    MOVED_ON = "moved_on"
    IGNORED = "ignored"


class Claim(StrEnum):
    """What became of somebody's word that it is fixed."""

    WAITING = "waiting"
    HELD = "held"
    DID_NOT_HOLD = "did_not_hold"


class Tally(msgspec.Struct, frozen=True, gc=False):
    """What one transaction did to a cause, from all its items together.

    `opened`, `resolved`, `ignored`, `moved_away` say how many items came into that; `moved_to`
    is the cause that the last of those now fails for. `failed_at` and `came_over_at` are the
    newest attempts, "" without one.
    """

    failures: int = 0
    open_change: int = 0
    ignored_change: int = 0
    resolved_change: int = 0
    resolved: int = 0
    moved_away: int = 0
    moved_to: str | None = None
    first_failed_at: str = ""
    failed_at: str = ""
    came_over_at: str = ""
    failed_since_claim: int = 0


class Cause(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A cause as it stands; the order of its members is the order of the columns.

    `open_items` counts the open and the retrying, `left_resolved` and `left_moved` how the items
    left since it opened last. `name`, `fix` and `note` are what people wrote.
    """

    id: str
    fingerprint: str
    known: str | None
    piece: str
    title: str
    is_transient: bool
    status: CauseStatus
    since: str
    first_failed_at: str
    last_failed_at: str
    failures: int = 0
    open_items: int = 0
    ignored_items: int = 0
    resolved_items: int = 0
    left_resolved: int = 0
    left_moved: int = 0
    moved_to: str | None = None
    times_back: int = 0
    is_ignored: bool = False
    ignored_until: str | None = None
    ignored_failures: int | None = None
    claim: Claim | None = None
    claimed_by: str | None = None
    claimed_at: str | None = None
    failed_since_claim: int = 0
    merged_into: str | None = None
    name: str | None = None
    fix: str | None = None
    note: str | None = None
    assignee: str | None = None
    version: int = 1
    seq: int = 0

    @property
    def shown_title(self) -> str:
        """The name that people gave it, else its title."""
        return self.name or self.title

    def counted(self, tally: Tally, at: str) -> Cause:
        """The cause after a transaction that did this to its items."""
        after = replace(
            self,
            failures=self.failures + tally.failures,
            open_items=self.open_items + tally.open_change,
            ignored_items=self.ignored_items + tally.ignored_change,
            resolved_items=self.resolved_items + tally.resolved_change,
            left_resolved=self.left_resolved + tally.resolved,
            left_moved=self.left_moved + tally.moved_away,
            moved_to=tally.moved_to or self.moved_to,
            first_failed_at=min(self.first_failed_at, tally.first_failed_at or "~"),
            last_failed_at=max(self.last_failed_at, tally.failed_at),
        )
        return after._claim_shown(tally)._told_by_items(self, at)

    def claimed(self, who: str, at: str) -> Cause:
        """Somebody says it is fixed; the next attempt shows."""
        return replace(
            self,
            claim=Claim.WAITING,
            claimed_by=who,
            claimed_at=at,
            failed_since_claim=0,
            version=self.version + 1,
        )

    def _claim_shown(self, tally: Tally) -> Cause:
        """With the claim as the newest attempts have shown it."""
        if self.claim is None or self.claimed_at is None:
            return self
        if tally.failed_since_claim:
            return replace(
                self,
                claim=Claim.DID_NOT_HOLD,
                failed_since_claim=self.failed_since_claim + tally.failed_since_claim,
            )
        if self.claim is Claim.WAITING and tally.came_over_at > self.claimed_at:
            return replace(self, claim=Claim.HELD)
        return self

    def _told_by_items(self, before: Cause, at: str) -> Cause:
        """With the status that its items give it, if that changed."""
        status = self._status()
        if status is before.status:
            return self
        if status is CauseStatus.OPEN:
            was_gone = before.failures > 0 and before.status is not CauseStatus.IGNORED
            return replace(
                self,
                status=status,
                since=at,
                left_resolved=0,
                left_moved=0,
                moved_to=None,
                times_back=self.times_back + was_gone,
            )
        return replace(self, status=status, since=at)

    def _status(self) -> CauseStatus:
        if self.open_items:
            return CauseStatus.OPEN
        if self.ignored_items or self.is_ignored:
            return CauseStatus.IGNORED
        # More went on to fail for another cause than were resolved: no good news.
        if self.left_moved and self.left_moved >= self.left_resolved:
            return CauseStatus.MOVED_ON
        return CauseStatus.DONE
