"""Outcomes of leases: what came over, what failed again, what was given back untried.

Reports of several workers that wait for the writer share one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from snaglist.domain.errors import LeaseLost, SnaglistError, WrongShape
from snaglist.domain.history import Event
from snaglist.domain.identity import ItemKey
from snaglist.domain.item import Item
from snaglist.domain.moment import attempted_at, utc_text
from snaglist.domain.record import NewRecord, Record
from snaglist.domain.retry import Member, MemberState, Outcome, RetryStatus
from snaglist.service.filing import Filing
from snaglist.service.moves import Moves
from snaglist.service.retry_moves import MEANWHILE, RetryMoves
from snaglist.service.successes import Arrival, failed_meanwhile, resolve_arrivals
from snaglist.storage import retry_members as member_store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.items import Success, items_by_id
from snaglist.storage.records import insert_records, told_apart
from snaglist.storage.writer import Promise, Write

ABORTED = "The order was stopped before it was tried."


class Taken(StrEnum):
    """What became of a report."""

    TAKEN = "taken"
    REPEATED = "repeated"


class Report(msgspec.Struct, frozen=True, gc=False):
    """One outcome that a worker reports; `who` is the name of its token.

    What failed comes with its record, what came over perhaps with its address in the target, and
    with when it did (`occurred_at`; else it counts from its arrival). `is_alone`: of a whole entity
    that came over, and nothing is said of its parts.
    """

    lease_id: str
    outcome: Outcome
    who: str
    record: NewRecord | None = None
    target_url: str | None = None
    is_alone: bool = False
    occurred_at: str | None = None


class Leased(msgspec.Struct, frozen=True):
    """A lease that is known, as it stood when it was looked up, and its item."""

    member: Member
    item: Item


Result = Taken | SnaglistError
"""What became of a report: LeaseLost where its lease is over, else what is wrong with it."""


class Outcomes:
    """Takes outcomes. `clock` gives Unix time in seconds; `filing` belongs to the same writer."""

    def __init__(self, database: Database, filing: Filing, clock: Callable[[], float]) -> None:
        self._database = database
        self._filing = filing
        self._clock = clock
        self._take = self._take_together

    def look_up(self, lease_ids: Sequence[str]) -> dict[str, Leased]:
        """The leases of these ids and their items; those that are over for good are missing."""

        def query(connection: Connection) -> dict[str, Leased]:
            members = member_store.members_by_lease(connection, lease_ids)
            items = items_by_id(connection, {member.item_id for member in members.values()})
            return {
                lease_id: Leased(member, items[member.item_id])
                for lease_id, member in members.items()
            }

        return self._database.read(query)

    def submit(self, reports: Sequence[Report], promise: Promise) -> None:
        """Have outcomes taken; the promise gets a result for each, in order.

        Raises StoreUnavailable or TooBusy at once when the store cannot take them.
        """
        self._database.writer.submit(Write(self._take, reports, promise))

    def take(self, *reports: Report) -> list[Result]:
        """As `submit`, for whoever may block."""
        promise: Future[list[Result]] = Future()
        self.submit(reports, promise)
        return list(promise.result())

    def _take_together(self, connection: Connection, reports: Sequence[Report]) -> Sequence[Result]:
        at = utc_text(self._clock())
        try:
            with connection.transaction():
                return _Sitting(connection, self._filing, at).take(reports)
        except BaseException:
            self._filing.forget()
            raise


class _Sitting:
    """The reports of one transaction."""

    def __init__(self, connection: Connection, filing: Filing, at: str) -> None:
        self._connection = connection
        self._filing = filing
        self._at = at
        self._members: dict[str, Member] = {}
        self._items: dict[str, Item] = {}

    def take(self, reports: Sequence[Report]) -> list[Result]:
        """Do what they say; the result of each."""
        connection = self._connection
        ids = sorted({report.lease_id for report in reports})
        self._members = member_store.members_by_lease(connection, ids)
        gone = [lease_id for lease_id in ids if lease_id not in self._members]
        returned = member_store.returned_among(connection, gone) if gone else set()
        self._items = items_by_id(
            connection, {one.item_id for one in self._members.values() if _is_leased(one)}
        )
        results: list[Result] = []
        first: dict[str, int] = {}
        again: dict[int, int] = {}
        for place, report in enumerate(reports):
            if report.lease_id in first:
                again[place] = first[report.lease_id]
            result = self._checked(report, returned)
            if result is Taken.TAKEN:
                first.setdefault(report.lease_id, place)
            results.append(result)
        taken = {place: reports[place] for place in first.values()}
        self._take_failures(taken, results)
        self._take_back([one for one in taken.values() if one.outcome is Outcome.RETURNED])
        self._take_successes([one for one in taken.values() if one.outcome is Outcome.CAME_OVER])
        for place, earlier in again.items():
            if results[earlier] is Taken.TAKEN:
                results[place] = _again(reports[earlier].outcome, reports[place])
            else:
                results[place] = results[earlier]
        return results

    def _checked(self, report: Report, returned: set[str]) -> Result:
        """Whether this is to be taken, or what else becomes of it."""
        member = self._members.get(report.lease_id)
        if member is None:
            if report.outcome is Outcome.RETURNED and report.lease_id in returned:
                return Taken.REPEATED
            return LeaseLost("This lease is over.")
        if _is_leased(member):
            if report.outcome is Outcome.FAILED and report.record is None:
                return WrongShape('"record" is missing.', "Send what failed as a record.")
            return Taken.TAKEN
        is_contradicted = member.reason == MEANWHILE
        told = Outcome.CAME_OVER.value if is_contradicted else member.state.value
        if told == report.outcome.value:
            return Taken.REPEATED
        return LeaseLost(f"This lease was reported as {told} before.")

    def _take_failures(self, taken: dict[int, Report], results: list[Result]) -> None:
        """Record what failed, each to its item; what the store has a reason against is invalid."""
        failed = {
            place: report for place, report in taken.items() if report.outcome is Outcome.FAILED
        }
        if not failed:
            return
        records = [self._own(report) for report in failed.values()]
        told = _each_once(
            [
                _of_another(one) if isinstance(one, Record) and one.item_id != item_id else one
                for one, item_id in zip(
                    told_apart(self._connection, records),
                    (self._members[report.lease_id].item_id for report in failed.values()),
                    strict=True,
                )
            ]
        )
        retries = {
            record.id: self._members[report.lease_id].retry_id
            for record, report in zip(records, failed.values(), strict=True)
        }
        fresh = [one for one in told if isinstance(one, NewRecord)]
        filed = self._filing.file(self._connection, fresh, self._at, retries) if fresh else []
        if filed:
            insert_records(self._connection, filed)
        causes = {one.record.id: one.cause_id for one in filed}
        known = [
            (report, told_of)
            for report, told_of in zip(failed.values(), told, strict=True)
            if isinstance(told_of, Record)
        ]
        self._end_leases(known)
        moves = RetryMoves(self._connection, self._at)
        for (place, report), told_of in zip(failed.items(), told, strict=True):
            if isinstance(told_of, SnaglistError):
                results[place] = told_of
                continue
            before = self._members[report.lease_id]
            cause = told_of.cause_id if isinstance(told_of, Record) else causes[told_of.id]
            moves.member(before, before.failed(told_of.id, cause))
        moves.write()

    def _own(self, report: Report) -> NewRecord:
        """The record as one of the leased item's, whatever it says of itself.

        The lease proves that it was tried after the lease began.
        """
        record = report.record
        if record is None:
            raise WrongShape('"record" is missing.', "Send what failed as a record.")
        item = self._items[self._members[report.lease_id].item_id]
        told = record.sighting
        key = ItemKey(
            *(item.source, item.target, item.entity_type, item.entity_id, item.part),
            told.key.project or item.project,
        )
        return replace(
            record,
            sighting=replace(
                told, key=key, digest=item.key, attempted_at=max(told.attempted_at, item.since)
            ),
        )

    def _end_leases(self, known: Sequence[tuple[Report, Record]]) -> None:
        """Open the items whose failure was recorded before its outcome came."""
        if not known:
            return
        moves = Moves(self._connection, self._at)
        for report, record in known:
            member = self._members[report.lease_id]
            item = self._items[member.item_id]
            moves.item(
                *(item, item.lease_ended(self._at), Event.LEASE_ENDED, report.who),
                record_id=record.id,
                edit_id=member.retry_id,
            )
        moves.write()

    def _take_back(self, reports: Sequence[Report]) -> None:
        """Let items wait again that were given back."""
        if not reports:
            return
        moves = Moves(self._connection, self._at)
        retry_moves = RetryMoves(self._connection, self._at)
        for report in reports:
            before = self._members[report.lease_id]
            item = self._items[before.item_id]
            put_back(before, before.returned(retry_moves.next_place(before.retry_id)), retry_moves)
            moves.item(
                *(item, item.lease_ended(self._at), Event.LEASE_ENDED, report.who),
                edit_id=before.retry_id,
            )
        moves.write()
        retry_moves.write()
        member_store.note_returned(
            self._connection, sorted({report.lease_id for report in reports}), self._at
        )

    def _take_successes(self, reports: Sequence[Report]) -> None:
        """Resolve what came over, with all parts of it unless it is alone.

        A part that failed since the whole was leased may have been tried after it, so it stays.
        So does what failed, in another's hands, after it came over here; and what failed, as told
        outside of any run, while it was tried here.
        """
        if not reports:
            return
        items = [self._items[self._members[report.lease_id].item_id] for report in reports]
        meanwhile = failed_meanwhile(self._connection, [(one, one.since) for one in items])
        contradicted: set[str] = set()
        arrivals: list[Arrival] = []
        moves = Moves(self._connection, self._at)
        for report in reports:
            member = self._members[report.lease_id]
            item = self._items[member.item_id]
            tried_at = self._tried_at(report, item)
            is_late = tried_at < item.decided_at
            if not is_late and (item.id, item.since) in meanwhile:
                contradicted.add(report.lease_id)
            if is_late or report.lease_id in contradicted:
                moves.item(
                    *(item, item.lease_ended(self._at), Event.LEASE_ENDED, report.who),
                    why=MEANWHILE if report.lease_id in contradicted else None,
                    edit_id=member.retry_id,
                )
            if item.entity_id:
                success = Success(
                    *(item.source, item.target, item.entity_id, item.entity_type, item.part),
                    tried_at,
                    report.target_url,
                    is_alone=not item.part,
                    began_at=item.since,
                )
                told = Arrival(success, report.who, member.retry_id, item.id)
                arrivals.append(told)
                if not item.part and not report.is_alone:
                    of_parts = replace(
                        success, came_over_at=item.since, is_alone=False, began_at=None
                    )
                    arrivals.append(replace(told, success=of_parts, yields_to_parts=True))
            elif not is_late and report.lease_id not in contradicted:
                moves.item(
                    *(item, item.came_over(tried_at, self._at), Event.CAME_OVER, report.who),
                    edit_id=member.retry_id,
                    by_retry=True,
                )
        moves.write()
        if arrivals:
            resolve_arrivals(self._connection, arrivals, self._at)
        retry_moves = RetryMoves(self._connection, self._at)
        for report, item in zip(reports, items, strict=True):
            before = self._members[report.lease_id]
            if report.lease_id in contradicted:
                after = before.contradicted(item.standing_record_id, item.cause_id, MEANWHILE)
            else:
                after = before.came_over()
            retry_moves.member(before, after)
        retry_moves.write()

    def _tried_at(self, report: Report, item: Item) -> str:
        """When what came over did so: not before its lease, whatever its worker's clock says."""
        if report.occurred_at is None:
            return max(self._at, item.decided_at)
        return max(attempted_at(report.occurred_at, self._at), item.since)


def put_back(before: Member, after: Member, moves: RetryMoves) -> None:
    """A lease ended and its item waits again, unless its order was aborted."""
    is_over = moves.of(before.retry_id).status is RetryStatus.ABORTED
    if after.state is MemberState.WAITING and is_over:
        after = after.skipped(ABORTED)
    moves.member(before, after)


def _each_once(
    told: Sequence[NewRecord | Record | SnaglistError],
) -> list[NewRecord | Record | SnaglistError]:
    """What is told of each, but a record tells of one lease only."""
    seen: set[str] = set()
    once: list[NewRecord | Record | SnaglistError] = []
    for one in told:
        if isinstance(one, NewRecord) and one.id in seen:
            once.append(_of_another(one))
            continue
        if isinstance(one, NewRecord):
            seen.add(one.id)
        once.append(one)
    return once


def _of_another(record: NewRecord | Record) -> WrongShape:
    return WrongShape(
        f"Record {record.id} tells of another lease.",
        "Give another failure another id.",
        where="/record/id",
    )


def _is_leased(member: Member) -> bool:
    return member.state is MemberState.LEASED


def _again(first: Outcome, report: Report) -> Result:
    """What becomes of a second report of a lease in the same transaction."""
    if report.outcome is first:
        return Taken.REPEATED
    return LeaseLost(f"This lease was reported as {first.value} before.")
