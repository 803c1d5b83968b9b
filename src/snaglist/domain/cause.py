"""Why items fail: what one fix repairs, what people said of it, and how it stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from snaglist.domain.errors import Stale, WrongState
from snaglist.domain.words import one_line

_LONGEST_TITLE = 300


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
    newest attempts, "" without one; what fails for another cause now got past this one. `taken`
    are failures that came from another cause by a merge or split, or went there,
    `taken_since_claim` those of them that this cause's claim counts. `is_quiet` says that what
    opened was opened by people's own hand: no news that the cause came back.
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
    taken: int = 0
    taken_since_claim: int = 0
    is_quiet: bool = False


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

    @property
    def is_back(self) -> bool:
        """Whether it was done, or had moved on, and failed again."""
        return self.status is CauseStatus.OPEN and self.times_back > 0

    def counted(self, tally: Tally, at: str) -> Cause:
        """The cause after a transaction that did this to its items."""
        after = replace(
            self,
            failures=self.failures + tally.failures + tally.taken,
            open_items=self.open_items + tally.open_change,
            ignored_items=self.ignored_items + tally.ignored_change,
            resolved_items=self.resolved_items + tally.resolved_change,
            left_resolved=max(0, self.left_resolved + tally.resolved),
            left_moved=self.left_moved + tally.moved_away,
            moved_to=tally.moved_to or self.moved_to,
            first_failed_at=min(self.first_failed_at, tally.first_failed_at or "~"),
            last_failed_at=max(self.last_failed_at, tally.failed_at),
        )
        if tally.taken and after.ignored_failures is not None:
            # So many *further* failures: those of before count no more than they did.
            after = replace(after, ignored_failures=after.ignored_failures + tally.taken)
        return after._claim_shown(tally)._told_by_items(self, tally.is_quiet, at)

    def named(self, name: str | None) -> Cause:
        """With the name that people give it, or with its own title again."""
        return self._edited(name=name)

    def fix_noted(self, text: str | None) -> Cause:
        """With what people wrote on how to fix it."""
        return self._edited(fix=text)

    def noted(self, text: str | None) -> Cause:
        """With this note."""
        return self._edited(note=text)

    def assigned(self, to: str | None) -> Cause:
        """Somebody's to look after."""
        return self._edited(assignee=to)

    def ignored(self, *, until: str | None = None, failures: int | None = None) -> Cause:
        """Set aside with all that comes: for good, until a moment, or until so many more."""
        return self._edited(
            is_ignored=True,
            ignored_until=until,
            ignored_failures=None if failures is None else self.failures + failures,
        )

    def ignore_ended(self) -> Cause:
        """Not set aside any more."""
        return self._edited(is_ignored=False, ignored_until=None, ignored_failures=None)

    def is_due(self, at: str) -> bool:
        """Whether its time aside is over: the moment came, or so many more failures did."""
        if not self.is_ignored or self.merged_into is not None:
            return False
        until, most = self.ignored_until, self.ignored_failures
        return (until is not None and until <= at) or (most is not None and self.failures >= most)

    def reopened(self) -> Cause:
        """A person wants it on the list again. Raises WrongState if it is not set aside."""
        if not self.is_ignored:
            raise WrongState(
                f"Cause {self.id} is not set aside.",
                "What is resolved opens with its next failure; or reopen its items.",
            )
        return self.ignore_ended()

    def merged(self, into: Cause) -> Cause:
        """One with another, which all that failed for this one belongs to. Raises WrongState."""
        if into.id == self.id:
            raise WrongState(
                f"Cause {self.id} cannot be merged into itself.", "Name the other cause."
            )
        self.check_whole()
        into.check_whole()
        return self._edited(merged_into=into.id, moved_to=into.id)

    def unmerged(self, moved_to: str | None) -> Cause:
        """A cause of its own again; `moved_to` is what it was before the merge."""
        return self._edited(merged_into=None, moved_to=moved_to)

    def failed_between(self, first: str, last: str) -> Cause:
        """When it failed first and last, without what it gave back to another cause."""
        return replace(self, first_failed_at=first, last_failed_at=last)

    def took_over(self, other: Cause) -> Cause:
        """With another one merged into it: what people wrote there counts where nothing is here."""
        return self._edited(
            fix=self.fix or other.fix,
            note=self.note or other.note,
            assignee=self.assignee or other.assignee,
        )

    def gave_back(
        self, other: Cause, fix: str | None, note: str | None, assignee: str | None
    ) -> Cause:
        """Without what it took over from another one, where nobody wrote anything else since."""
        return self._edited(
            fix=fix if self.fix == other.fix else self.fix,
            note=note if self.note == other.note else self.note,
            assignee=assignee if self.assignee == other.assignee else self.assignee,
        )

    def split_off(self) -> Cause:
        """What is left of it when something was split off: itself, at its next version."""
        return self._edited()

    def part(self, cause_id: str, fingerprint: str, piece: str, value: str, at: str) -> Cause:
        """The cause that people split off: its failures have this piece of evidence."""
        return Cause(
            id=cause_id,
            fingerprint=fingerprint,
            known=self.known,
            piece=value,
            title=one_line(f"{self.title} [{piece}: {value}]", _LONGEST_TITLE),
            is_transient=self.is_transient,
            status=CauseStatus.DONE,
            since=at,
            # Nothing is known of it yet: the first failure that it takes over says both.
            first_failed_at=self.last_failed_at,
            last_failed_at=self.first_failed_at,
            is_ignored=self.is_ignored,
            ignored_until=self.ignored_until,
            ignored_failures=None
            if self.ignored_failures is None
            else self.ignored_failures - self.failures,
            claim=None if self.claim is None else Claim.WAITING,
            claimed_by=self.claimed_by,
            claimed_at=self.claimed_at,
        )

    def check_whole(self) -> None:
        """Raise WrongState if it was merged into another one."""
        if self.merged_into is not None:
            raise WrongState(
                f"Cause {self.id} was merged into {self.merged_into}.", "Edit that one."
            )

    def check_version(self, version: int | None) -> None:
        """Raise Stale unless it is this version; None is any."""
        if version is not None and version != self.version:
            raise Stale(f"Cause {self.id} is at version {self.version}, not {version}.")

    def claim_settled(self, came_over: bool) -> Cause:
        """With the claim of which no failure is known, as what `came_over` since shows."""
        return replace(self, claim=Claim.HELD if came_over else Claim.WAITING)

    def is_claimed(self, attempted_at: str) -> bool:
        """Whether it was said to be fixed before this attempt."""
        return self.claimed_at is not None and attempted_at > self.claimed_at

    def shares_claim(self, other: Cause) -> bool:
        """Whether one word that it is fixed was said of both, which were one cause then."""
        own = (self.claimed_by, self.claimed_at)
        return self.claim is not None and own == (other.claimed_by, other.claimed_at)

    def claimed(self, who: str, at: str) -> Cause:
        """Somebody says it is fixed; the next attempt shows."""
        return self._edited(
            claim=Claim.WAITING, claimed_by=who, claimed_at=at, failed_since_claim=0
        )

    def unclaimed(self) -> Cause:
        """Nobody says any more that it is fixed; itself if nobody did."""
        if self.claim is None:
            return self
        return self._edited(claim=None, claimed_by=None, claimed_at=None, failed_since_claim=0)

    def _edited(self, **members: Any) -> Cause:
        return replace(self, version=self.version + 1, **members)

    def _claim_shown(self, tally: Tally) -> Cause:
        """With the claim as the newest attempts have shown it."""
        if self.claim is None or self.claimed_at is None:
            return self
        change = tally.failed_since_claim + tally.taken_since_claim
        failed = max(0, self.failed_since_claim + change)
        if failed:
            return replace(self, claim=Claim.DID_NOT_HOLD, failed_since_claim=failed)
        if self.claim is not Claim.HELD and tally.came_over_at > self.claimed_at:
            return replace(self, claim=Claim.HELD, failed_since_claim=0)
        if self.claim is Claim.DID_NOT_HOLD:
            return replace(self, claim=Claim.WAITING, failed_since_claim=0)
        return self

    def _told_by_items(self, before: Cause, is_quiet: bool, at: str) -> Cause:
        """With the status that its items give it, if that changed."""
        status = self._status()
        if status is before.status:
            return self
        if status is CauseStatus.OPEN:
            was_gone = before.status in (CauseStatus.DONE, CauseStatus.MOVED_ON) and (
                before.left_resolved or before.left_moved
            )
            return replace(
                self,
                status=status,
                since=at,
                left_resolved=0,
                left_moved=0,
                moved_to=None,
                times_back=self.times_back + bool(was_gone and not is_quiet),
            )
        return replace(self, status=status, since=at)

    def _status(self) -> CauseStatus:
        if self.merged_into is not None:
            return CauseStatus.MOVED_ON
        if self.open_items:
            return CauseStatus.OPEN
        if self.ignored_items or self.is_ignored:
            return CauseStatus.IGNORED
        # More went on to fail for another cause than were resolved: no good news.
        if self.moved_to is not None and self.left_moved >= self.left_resolved:
            return CauseStatus.MOVED_ON
        return CauseStatus.DONE
