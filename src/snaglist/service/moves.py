"""Every move of items in one transaction, and what follows from it.

Whoever moves items (recording, a success, an edit, a deletion) tells `Moves` what was and what
is; counts, causes and the audit trail follow here and nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import attrgetter

from msgspec.structs import replace

from snaglist.domain.cause import Cause, Tally
from snaglist.domain.history import Entry, Event
from snaglist.domain.item import Item
from snaglist.domain.standing import Status
from snaglist.service.retry_moves import let_go, take_up
from snaglist.storage import causes as cause_store
from snaglist.storage import history
from snaglist.storage import items as item_store
from snaglist.storage.connection import Connection
from snaglist.storage.search.index import reindex_items
from snaglist.storage.search.tokens import Tokens, tokens_of

_REGROUPING = (Event.MERGED, Event.SPLIT, Event.REGROUPED)
_QUIET = (*_REGROUPING, Event.UNDONE)


class Moves:
    """Gathers the moves of one transaction; `write` stores all that follows from them.

    `at` is the time of the transaction.
    """

    def __init__(self, connection: Connection, at: str) -> None:
        self._connection = connection
        self.at = at
        self._new: dict[str, Item] = {}
        self._moved: dict[str, Item] = {}
        self._counted: dict[str, Item] = {}
        self._tallies: dict[str, _Tally] = defaultdict(_Tally)
        self._causes: dict[str, Cause] = {}
        self._new_causes: dict[str, Cause] = {}
        self._entries: list[Entry] = []
        self._counts: dict[history.Bucket, int] = defaultdict(int)
        self._days: dict[history.Day, int] = defaultdict(int)
        self._left: set[str] = set()
        self._back: set[str] = set()

    def knows(self, causes: Iterable[Cause]) -> None:
        """These causes were read in this transaction already."""
        self._causes.update((cause.id, cause) for cause in causes)

    def makes(self, cause: Cause) -> None:
        """A new cause."""
        self._causes[cause.id] = self._new_causes[cause.id] = cause

    def fails(self, cause_id: str, project: str, attempted_at: str) -> None:
        """A failed attempt whose evidence tells of this cause, whatever it does to the item."""
        self._days[attempted_at[:10], cause_id, project] += 1
        tally = self._tallies[cause_id]
        tally.failures += 1
        tally.saw(attempted_at)
        tally.failed_since_claim += self._is_claimed(cause_id, attempted_at)

    def recounts(self, before: str, after: str, project: str, attempted_at: str) -> None:
        """A failed attempt that was counted under one cause belongs to another."""
        day = attempted_at[:10]
        for cause_id, change in ((before, -1), (after, 1)):
            self._days[day, cause_id, project] += change
            tally = self._tallies[cause_id]
            tally.taken += change
            tally.taken_since_claim += change * self._is_claimed(cause_id, attempted_at)
        self._tallies[after].saw(attempted_at)

    def item(
        self,
        before: Item | None,
        after: Item,
        event: Event,
        who: str,
        *,
        why: str | None = None,
        record_id: str | None = None,
        edit_id: str | None = None,
        undo: str | None = None,
        run_id: str | None = None,
        by_retry: bool = False,
    ) -> None:
        """An item as it was (None: it is new) and as it is, and what made it so.

        `undo` is what an undo needs to know, as JSON; `run_id` the run that it is part of.
        `by_retry` says that a retry moves it, which keeps its own books.
        """
        if before is None:
            self._new[after.id] = after
        elif before is after:
            return
        elif after.id in self._new:
            self._new[after.id] = after
        elif before.version == after.version and after.id not in self._moved:
            self._counted[after.id] = after
        else:
            self._moved[after.id] = after
            self._counted.pop(after.id, None)
        if before is not None and before.version == after.version:
            return
        if before is not None and not by_retry and _is_open(before) and not _is_open(after):
            self._left.add(after.id)
        if event in (Event.UNDONE, Event.REOPENED) and _is_open(after):
            self._back.add(after.id)
        self._account(before, after, event)
        was, is_now = _told(before, after, event)
        self._entries.append(
            Entry(
                self.at,
                who,
                event,
                after.id,
                after.cause_id,
                record_id,
                was,
                is_now,
                why,
                edit_id,
                undo,
                run_id,
            )
        )

    def cause(self, after: Cause, entry: Entry) -> None:
        """A cause as somebody's edit left it, and the entry that tells of that."""
        self._causes[after.id] = after
        self._tallies[after.id] = self._tallies[after.id]
        self._entries.append(entry)

    def hand_over(
        self,
        from_id: str,
        to_id: str,
        failures: Mapping[tuple[str, str], int],
        first_failed_at: str,
        last_failed_at: str,
    ) -> None:
        """These failures of one cause, by day and project, belong to another one now."""
        for (day, project), number in failures.items():
            self._days[day, from_id, project] -= number
            self._days[day, to_id, project] += number
        total = sum(failures.values())
        self._tallies[from_id].taken -= total
        tally = self._tallies[to_id]
        tally.taken += total
        if total:
            tally.first_failed_at, tally.failed_at = first_failed_at, last_failed_at

    def takes_claimed(self, cause_id: str, failures: int) -> None:
        """Of the failures that a cause took over, or gave away, its claim counts so many."""
        self._tallies[cause_id].taken_since_claim += failures

    def note(self, entry: Entry) -> None:
        """Something that happened and moves nothing."""
        self._entries.append(entry)

    def write(self) -> None:
        """Store it all."""
        connection = self._connection
        self._write_causes()
        self._rank()
        if self._new:
            item_store.insert_items(connection, list(self._new.values()))
        if self._moved:
            item_store.move_items(connection, list(self._moved.values()))
        if self._counted:
            item_store.count_items(connection, list(self._counted.values()))
        history.add_counts(connection, self._counts)
        history.add_failures(connection, self._days)
        history.add_entries(connection, self._entries)
        if self._left:
            self._let_go()
        if self._back:
            take_up(connection, [self._moved[item_id] for item_id in sorted(self._back)], self.at)

    def _is_claimed(self, cause_id: str, attempted_at: str) -> bool:
        """Whether a cause was said to be fixed when this was tried."""
        cause = self._causes.get(cause_id)
        return cause is not None and cause.is_claimed(attempted_at)

    def _let_go(self) -> None:
        """Retries in which these items wait, or are leased, need not try them any more."""
        gone = [self._moved.get(item_id) or self._new[item_id] for item_id in sorted(self._left)]
        let_go(self._connection, [item for item in gone if not _is_open(item)], self.at)

    def _rank(self) -> None:
        """Let new and moved items come first in the lists, and be found by what they are now."""
        ranked = [*self._new.values(), *self._moved.values()]
        if not ranked:
            return
        highest = item_store.highest_rank(self._connection)
        gone = [item.rank for item in self._moved.values()]
        found: list[tuple[int, Tokens]] = []
        for rank, unranked in enumerate(ranked, highest + 1):
            item = replace(unranked, rank=rank)
            (self._new if item.id in self._new else self._moved)[item.id] = item
            found.append((rank, tokens_of(item, self._causes[item.cause_id])))
        reindex_items(self._connection, gone, found)

    def _account(self, before: Item | None, after: Item, event: Event) -> None:
        if before is not None:
            self._counts[_bucket(before)] -= 1
            tally = self._tallies[before.cause_id]
            _count(tally, before, -1)
            if before.cause_id != after.cause_id and _is_open(before):
                tally.moved_away += event not in _REGROUPING
                tally.moved_to = after.cause_id
                if event is Event.FAILED:
                    tally.came_over_at = max(tally.came_over_at, after.decided_at)
            elif after.status is Status.RESOLVED and before.status is not Status.RESOLVED:
                tally.resolved += 1
            elif event is Event.UNDONE and before.bucket != after.bucket:
                tally.resolved -= before.status is Status.RESOLVED
        self._counts[_bucket(after)] += 1
        tally = self._tallies[after.cause_id]
        _count(tally, after, 1)
        tally.is_quiet |= event in _QUIET
        if event in (Event.CAME_OVER, Event.NOT_FAILING) and after.decided_at > tally.came_over_at:
            tally.came_over_at = after.decided_at

    def _write_causes(self) -> None:
        missing = self._tallies.keys() - self._causes.keys()
        if missing:
            self.knows(cause_store.causes_by_id(self._connection, sorted(missing)).values())
        made: list[Cause] = []
        changed: list[Cause] = []
        for cause_id, tally in sorted(self._tallies.items()):
            cause = self._causes[cause_id].counted(tally.frozen(), self.at)
            (made if cause_id in self._new_causes else changed).append(cause)
        if made:
            cause_store.insert_causes(self._connection, made)
        if changed:
            cause_store.update_causes(self._connection, changed)


_members = attrgetter(*Tally.__struct_fields__)


class _Tally:
    """A `Tally` while it is being counted."""

    __slots__ = Tally.__struct_fields__

    def __init__(self) -> None:
        self.failures = self.open_change = self.ignored_change = self.resolved_change = 0
        self.resolved = self.moved_away = self.failed_since_claim = 0
        self.moved_to: str | None = None
        self.first_failed_at = self.failed_at = self.came_over_at = ""
        self.taken = self.taken_since_claim = 0
        self.is_quiet = False

    def saw(self, attempted_at: str) -> None:
        """A failed attempt of this time."""
        if not self.first_failed_at or attempted_at < self.first_failed_at:
            self.first_failed_at = attempted_at
        if attempted_at > self.failed_at:
            self.failed_at = attempted_at

    def frozen(self) -> Tally:
        return Tally(*_members(self))


def _told(before: Item | None, after: Item, event: Event) -> tuple[str | None, str | None]:
    """What the audit trail tells of an item as it was and as it is."""
    match event:
        case Event.ASSIGNED:
            return before.assignee if before is not None else None, after.assignee
        case Event.NOTED:
            return before.note if before is not None else None, after.note
        case _:
            return None if before is None else before.bucket, after.bucket


def _bucket(item: Item) -> history.Bucket:
    return (item.cause_id, item.project, item.entity_type, item.bucket)


def _is_open(item: Item) -> bool:
    return item.status in (Status.OPEN, Status.RETRYING)


def _count(tally: _Tally, item: Item, change: int) -> None:
    if _is_open(item):
        tally.open_change += change
    elif item.status is Status.IGNORED:
        tally.ignored_change += change
    else:
        tally.resolved_change += change
