"""What items should come to by docs/states.md: written apart from the desk, to hold beside it."""

from __future__ import annotations

from dataclasses import dataclass, field

OUTAGE = "known/outage"
"""The cause here that clears by itself."""

Key = tuple[str, str]
"""An entity's id, and a part of it."""


@dataclass
class Expected:
    """An item. `standing` is the number of the record that stands, None once it is deleted."""

    state: str
    decided_at: str
    standing: int | None
    cause: str
    failures: int = 1
    until: str | None = None
    most: int | None = None
    assignee: str | None = None
    records: dict[int, str] = field(default_factory=dict)
    was_aside: tuple[str | None, int | None] | None = None
    came_over_at: str = ""

    @property
    def is_resolved(self) -> bool:
        """Whether it is, for whatever reason."""
        return self.state not in ("open", "ignored")

    def comes_to(self, state: str, decided_at: str) -> None:
        """In this state, and nothing is left of what it was set aside for.

        But of what came over it is known how it was set aside until then.
        """
        if self.state == "ignored":
            self.was_aside = self.until, self.most
        if state != "came_over" or self.state not in ("ignored", "came_over"):
            self.was_aside = None
        self.state, self.decided_at, self.until, self.most = state, decided_at, None, None


@dataclass
class Expectations:
    """All items, and what is known to have come over."""

    items: dict[Key, Expected] = field(default_factory=dict)
    came_over: dict[tuple[Key, bool], tuple[str, str | None]] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)

    def fails(self, key: Key, record: int, cause: str, tried_at: str) -> None:
        """A failed attempt, told outside of any run."""
        self.failures[cause] = self.failures.get(cause, 0) + 1
        said = {((key[0], ""), False), (key, True), (key, False)}
        newer = [self.came_over[one] for one in said & self.came_over.keys()]
        newer = [(at, began_at) for at, began_at in newer if at > tried_at]
        settled = [at for at, began_at in newer if (began_at or at) > tried_at]
        if key not in self.items:
            self.items[key] = Expected(
                "came_over" if settled else "open", max([*settled, tried_at]), record, cause
            )
            self.items[key].records[record] = tried_at
            return
        item = self.items[key]
        item.failures += 1
        item.records[record] = tried_at
        is_of_try = item.state == "came_over" and newer and not settled
        if tried_at < item.decided_at and not is_of_try:
            return
        had_failed = tried_at < item.decided_at and tried_at <= item.came_over_at
        if is_of_try and had_failed and item.was_aside is not None:
            until, most = item.was_aside
            item.comes_to("ignored", tried_at)
            item.until, item.most = until, most
        item.decided_at = tried_at
        if cause != OUTAGE or item.cause == OUTAGE or item.is_resolved:
            item.standing, item.cause = record, cause
        enough = item.most is not None and item.failures >= item.most
        if item.is_resolved or (item.state == "ignored" and enough):
            item.comes_to("open", tried_at)

    def succeeds(
        self,
        key: Key,
        tried_at: str,
        *,
        alone: bool = False,
        yields: bool = False,
        began_at: str | None = None,
        at: str = "",
    ) -> None:
        """A success of a whole entity, with or without its parts, or of a part, heard of then.

        It may yield to a part that failed at the same time, and to what failed since it began.
        """
        said = key, alone
        if tried_at > self.came_over.get(said, ("", None))[0]:
            self.came_over[said] = tried_at, began_at
        for (entity, part), item in self.items.items():
            is_itself = part == key[1]
            concerned = entity == key[0] and (is_itself or (not key[1] and not alone))
            if began_at is not None and max(item.records.values(), default="") >= began_at:
                continue
            newest = "" if is_itself or not yields else item.decided_at
            if concerned and newest != tried_at >= item.decided_at and item.state != "deleted":
                item.came_over_at = item.came_over_at if item.state == "came_over" else at
                item.comes_to("came_over", tried_at)

    def is_resolved(self, key: Key, reason: str, at: str) -> bool:
        """A person says it is done; False if that is refused."""
        if self.items[key].is_resolved:
            return False
        self.items[key].comes_to(reason, at)
        return True

    def is_ignored(self, key: Key, until: str | None, failures: int | None, at: str) -> bool:
        """A person sets it aside; False if that is refused."""
        item = self.items[key]
        if item.is_resolved:
            return False
        if (item.state, item.until, item.most, until, failures) == ("ignored", *(None,) * 4):
            return True
        item.comes_to("ignored", at)
        item.until, item.most = until, None if failures is None else item.failures + failures
        return True

    def is_reopened(self, key: Key, at: str) -> bool:
        """A person wants it on the list again; False if that is refused."""
        item = self.items[key]
        if item.state == "open" or item.standing is None:
            return False
        item.comes_to("open", at)
        return True

    def record_is_deleted(self, key: Key, record: int, at: str) -> None:
        """A record of it is no more."""
        item = self.items[key]
        item.records.pop(record, None)
        if item.standing != record:
            return
        item.standing, item.decided_at = None, at
        if not item.is_resolved:
            item.comes_to("deleted", at)

    def it_is(self, at: str) -> None:
        """Time has come to this."""
        for item in self.items.values():
            if item.until is not None and item.until <= at:
                item.comes_to("open", item.decided_at)
