"""One part of one entity that did not come over: its state, and every move it can make.

docs/states.md has the whole table, every state by every event; a test holds the two together.
Times are RFC 3339 texts in UTC (`domain/moment.py`), which sort by time. `at` is when a move is
made; an attempt carries its own time beside, and the newest attempt decides.
"""

from __future__ import annotations

from typing import NoReturn, assert_never

import msgspec
from msgspec.structs import replace

from snaglist.domain.errors import Stale, WrongState
from snaglist.domain.identity import ItemKey
from snaglist.domain.standing import REASONS_OF_PEOPLE, Footing, Reason, Status


class Failure(msgspec.Struct, frozen=True, gc=False):
    """A failed attempt at an item, as a record tells of it.

    `attempted_at` is when it was tried; `is_transient` says that it clears by itself;
    `is_ignored` that its cause is set aside.
    """

    record_id: str
    attempted_at: str
    fingerprint: str
    cause_id: str
    is_transient: bool
    is_ignored: bool = False
    name: str = ""
    project: str = ""


class Item(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An item as it stands; the order of its members is the order of the columns.

    `since` is when it came into its status, `decided_at` when the newest attempt was or the
    last move was made. The *standing* failure is the one that its cause is told by. `version`
    grows with every move and edit, not with every count; `rank` is the place of the newest of
    those among all items', by which they are listed.
    """

    id: str
    key: str
    source: str
    target: str
    entity_type: str
    entity_id: str
    part: str
    name: str
    project: str
    status: Status
    reason: Reason | None
    since: str
    decided_at: str
    failures: int
    first_failed_at: str
    last_failed_at: str
    standing_record_id: str | None
    standing_is_transient: bool
    fingerprint: str
    cause_id: str
    ignored_until: str | None = None
    ignored_failures: int | None = None
    ignored_with_cause: bool = False
    assignee: str | None = None
    note: str | None = None
    version: int = 1
    rank: int = 0
    seq: int = 0

    @property
    def bucket(self) -> str:
        """What it is counted under: its status, or the reason for which it is resolved."""
        return self.status.value if self.reason is None else self.reason.value

    @property
    def whole_key(self) -> str:
        """The key of the whole entity that this is, or is a part of."""
        return self.key if not self.part else replace(self.named, part="").digest

    @property
    def named(self) -> ItemKey:
        """What it is, of which `key` is the digest."""
        return ItemKey(
            *(self.source, self.target, self.entity_type, self.entity_id, self.part, self.project)
        )

    def failed(self, failure: Failure, at: str, *, is_newest: bool = False) -> Item:
        """A failed attempt: counted always; it stands and opens unless it is late.

        One that clears by itself is only counted while another stands. What is older than what
        decided is late, unless it `is_newest` all the same.
        """
        counted = replace(
            self,
            failures=self.failures + 1,
            first_failed_at=min(self.first_failed_at, failure.attempted_at),
            last_failed_at=max(self.last_failed_at, failure.attempted_at),
        )
        if failure.attempted_at < self.decided_at and not is_newest:
            return counted
        match self.status:
            case Status.RETRYING:
                return counted._stands(failure)
            case Status.OPEN:
                standing = counted._stands(failure)
                if failure.is_ignored and standing.cause_id != self.cause_id:
                    return standing._opened_by(failure, at)
                return standing
            case Status.IGNORED:
                standing = counted._stands(failure)
                return standing._opened_by(failure, at) if self._wakes(standing) else standing
            case Status.RESOLVED:
                return counted._stands(failure)._opened_by(failure, at)
            case _:
                assert_never(self.status)

    def came_over(self, attempted_at: str, at: str, *, yields: bool = False) -> Item:
        """A success: it resolves from any state but deleted, unless something newer decided.

        `yields`: what decided at the very same time was after it.
        """
        is_older = attempted_at < self.decided_at
        if is_older or (yields and attempted_at == self.decided_at):
            return self
        if self.reason is Reason.DELETED:
            return self
        if self.reason is Reason.CAME_OVER:
            return replace(self, decided_at=attempted_at)
        return self._resolved(Reason.CAME_OVER, at, attempted_at)

    def leased(self, at: str) -> Item:
        """A worker took it to try it again. Raises WrongState unless it is open."""
        if self.status is not Status.OPEN:
            self._refuse("be leased", "Only what is open is tried again.")
        return self._moved(Status.RETRYING, at, self.decided_at)

    def lease_ended(self, at: str) -> Item:
        """The lease ran out or was given back: open again; nothing if it is not leased."""
        if self.status is not Status.RETRYING:
            return self
        return self._moved(Status.OPEN, at, self.decided_at)

    def failed_again(self, failure: Failure, at: str) -> Item:
        """Its worker reports that it failed: the lease ends with it.

        If the cause was set aside meanwhile, or is one that was, it goes with the cause.
        """
        after = self.lease_ended(at).failed(failure, at)
        is_its = failure.is_ignored and after.cause_id == failure.cause_id
        return after._opened_by(failure, at) if is_its and after.status is Status.OPEN else after

    def resolve(self, reason: Reason, at: str) -> Item:
        """A person says it is done, for one of `REASONS_OF_PEOPLE`. Raises WrongState."""
        if reason not in REASONS_OF_PEOPLE:
            self._refuse(
                f"be resolved by a person as {reason.value}",
                f"Give one of {', '.join(REASONS_OF_PEOPLE)}; "
                "what came over is reported at /import/{source}/imported.",
            )
        if self.status is Status.RESOLVED:
            self._refuse("be resolved again", "Reopen it first, to give another reason.")
        return self._resolved(reason, at, at)

    def ignore(
        self,
        at: str,
        *,
        until: str | None = None,
        failures: int | None = None,
        with_cause: bool = False,
    ) -> Item:
        """Set aside: for good, until a moment, or until so many more failures.

        Itself if it is so already. Raises WrongState if it is resolved.
        """
        if self.status is Status.RESOLVED:
            self._refuse("be ignored", "It is resolved; a new failure opens it.")
        is_so = (self.ignored_until, self.ignored_failures, self.ignored_with_cause)
        if (
            self.status is Status.IGNORED
            and failures is None
            and is_so == (until, None, with_cause)
        ):
            return self
        return self._moved(
            Status.IGNORED,
            at,
            at,
            ignored_until=until,
            ignored_failures=None if failures is None else self.failures + failures,
            ignored_with_cause=with_cause,
        )

    def ignore_ended(self, at: str) -> Item:
        """The moment came until which it was set aside: open; nothing if it is not set aside."""
        if self.status is not Status.IGNORED:
            return self
        return self._moved(Status.OPEN, at, self.decided_at)

    def reopen(self, at: str) -> Item:
        """A person wants it on the list again. Raises WrongState if it is, or has no failure."""
        if self.status in (Status.OPEN, Status.RETRYING):
            self._refuse("be reopened", "It is open.")
        if self.standing_record_id is None:
            self._refuse("be reopened", "Its record was deleted; a new failure opens it.")
        return self._moved(Status.OPEN, at, at)

    def assigned(self, to: str | None) -> Item:
        """Somebody's to look after; itself if it is so already."""
        if to == self.assignee:
            return self
        return replace(self, assignee=to, version=self.version + 1)

    def noted(self, text: str | None) -> Item:
        """With this note; itself if it has it already."""
        if text == self.note:
            return self
        return replace(self, note=text, version=self.version + 1)

    @property
    def footing(self) -> Footing:
        """How it stands, as an undo needs it."""
        return Footing(
            self.status,
            self.since,
            self.decided_at,
            self.reason,
            self.ignored_until,
            self.ignored_failures,
            self.ignored_with_cause,
        )

    def taken_back(self, footing: Footing, cause_is_ignored: bool, at: str) -> Item:
        """As it stood before an edit that is undone; what came since stays counted.

        A lease that the edit ended stays ended, and what was set aside with a cause that is so
        no more is open.
        """
        if footing.status is Status.RETRYING or (
            footing.ignored_with_cause and not cause_is_ignored
        ):
            return self._moved(Status.OPEN, at, footing.decided_at)
        return replace(
            self,
            status=footing.status,
            reason=footing.reason,
            since=footing.since,
            decided_at=footing.decided_at,
            ignored_until=footing.ignored_until,
            ignored_failures=footing.ignored_failures,
            ignored_with_cause=footing.ignored_with_cause,
            version=self.version + 1,
        )

    def check_version(self, version: int | None) -> None:
        """Raise Stale unless it is this version; None is any."""
        if version is not None and version != self.version:
            raise Stale(f"Item {self.id} is at version {self.version}, not {version}.")

    def not_failing(self, began_at: str, at: str) -> Item:
        """A complete run that began at `began_at` passed its scope without it.

        It resolves what is open and was last tried before.
        """
        if self.status is not Status.OPEN or self.decided_at >= began_at:
            return self
        return self._resolved(Reason.NOT_FAILING, at, began_at)

    def standing_deleted(self, at: str) -> Item:
        """Its standing record was deleted: it is off the list, and nothing older comes back."""
        gone = replace(self, standing_record_id=None, decided_at=at, version=self.version + 1)
        if self.status is Status.RESOLVED:
            return gone
        return gone._resolved(Reason.DELETED, at, at)

    def regrouped(
        self, fingerprint: str, cause_id: str, *, is_transient: bool, is_ignored: bool, at: str
    ) -> Item:
        """People, or a better grouping, say that its standing failure has another cause.

        `is_ignored` is whether that one is set aside: what is open goes with it, and what was
        set aside with the former cause alone is open.
        """
        told = (self.fingerprint, self.cause_id, bool(self.standing_is_transient))
        if told == (fingerprint, cause_id, is_transient):
            return self
        led = replace(
            self, fingerprint=fingerprint, cause_id=cause_id, standing_is_transient=is_transient
        )
        if cause_id == self.cause_id:
            return led
        if self.status is Status.OPEN and is_ignored:
            return led._moved(Status.IGNORED, at, self.decided_at, ignored_with_cause=True)
        if self.ignored_with_cause and not is_ignored:
            return led._moved(Status.OPEN, at, self.decided_at)
        return replace(led, version=self.version + 1)

    def _stands(self, failure: Failure) -> Item:
        """With this failure standing, but where it clears by itself and another one stands."""
        displaces = (
            not failure.is_transient or self.standing_is_transient or self.status is Status.RESOLVED
        )
        if not displaces:
            return replace(self, decided_at=failure.attempted_at)
        project = failure.project or self.project
        moved = failure.cause_id != self.cause_id or project != self.project
        return replace(
            self,
            decided_at=failure.attempted_at,
            standing_record_id=failure.record_id,
            standing_is_transient=failure.is_transient,
            fingerprint=failure.fingerprint,
            cause_id=failure.cause_id,
            name=failure.name or self.name,
            project=project,
            version=self.version + 1 if moved else self.version,
        )

    def _wakes(self, standing: Item) -> bool:
        """Whether being set aside ends here: so many failures came, or another cause's."""
        most = self.ignored_failures
        if most is not None and standing.failures >= most:
            return True
        return self.ignored_with_cause and standing.cause_id != self.cause_id

    def _opened_by(self, failure: Failure, at: str) -> Item:
        """Open, or set aside where the cause of what stands now is."""
        if failure.is_ignored and failure.cause_id == self.cause_id:
            return self._moved(Status.IGNORED, at, self.decided_at, ignored_with_cause=True)
        return self._moved(Status.OPEN, at, self.decided_at)

    def _resolved(self, reason: Reason, at: str, decided_at: str) -> Item:
        return self._moved(Status.RESOLVED, at, decided_at, reason=reason)

    def _moved(
        self,
        status: Status,
        at: str,
        decided_at: str,
        *,
        reason: Reason | None = None,
        ignored_until: str | None = None,
        ignored_failures: int | None = None,
        ignored_with_cause: bool = False,
    ) -> Item:
        return replace(
            self,
            status=status,
            reason=reason,
            since=at,
            decided_at=decided_at,
            ignored_until=ignored_until,
            ignored_failures=ignored_failures,
            ignored_with_cause=ignored_with_cause,
            version=self.version + 1,
        )

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        raise WrongState(f"Item {self.id} is {self.bucket} and cannot {what}.", remedy)


def new_item(
    item_id: str, key: ItemKey, failure: Failure, at: str, came_over_at: str | None = None
) -> Item:
    """The item that a first failure makes.

    It is open; set aside where its cause is; come over where a success is known that is newer
    than this failure, which came late.
    """
    item = Item(
        id=item_id,
        key=key.digest,
        source=key.source,
        target=key.target,
        entity_type=key.entity_type,
        entity_id=key.entity_id,
        part=key.part,
        name=failure.name,
        project=failure.project,
        status=Status.OPEN,
        reason=None,
        since=at,
        decided_at=failure.attempted_at,
        failures=1,
        first_failed_at=failure.attempted_at,
        last_failed_at=failure.attempted_at,
        standing_record_id=failure.record_id,
        standing_is_transient=failure.is_transient,
        fingerprint=failure.fingerprint,
        cause_id=failure.cause_id,
    )
    if came_over_at is not None and came_over_at > failure.attempted_at:
        return replace(
            item, status=Status.RESOLVED, reason=Reason.CAME_OVER, decided_at=came_over_at
        )
    if failure.is_ignored:
        return replace(item, status=Status.IGNORED, ignored_with_cause=True)
    return item
