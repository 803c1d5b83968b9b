"""Orders to try items again: looking at them and their items, pausing, resuming, aborting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from snaglist.domain.errors import NotFound
from snaglist.domain.history import Entry, Event
from snaglist.domain.moment import moment_after
from snaglist.domain.retry import Lane, Member, MemberState, Retry, RetryStatus, lanes_in_turn
from snaglist.domain.worker import CONNECTED_SECONDS, Worker
from snaglist.service.lists import Listed, listed
from snaglist.service.retry_chores import let_go_of_waiting
from snaglist.service.retry_moves import RetryMoves, roots_of
from snaglist.storage import retries as store
from snaglist.storage import retry_members as member_store
from snaglist.storage.causes import causes_by_id
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.items import items_by_id
from snaglist.storage.workers import workers_seen_since

RetryEdit = Literal["pause", "resume", "abort"]
_EVENTS = {"pause": Event.PAUSED, "resume": Event.RESUMED, "abort": Event.ABORTED}


class RetryView(msgspec.Struct, frozen=True):
    """An order with how many connected workers can do what its turn is now.

    `untaken` are the entity types whose turn it is, and which none of them takes.
    """

    retry: Retry
    workers: int
    untaken: tuple[str, ...] = ()


class WholeRetry(msgspec.Struct, frozen=True):
    """An order whole: with its history, and under which causes items failed again.

    `causes` are id, title and number, None and "" for what failed without an outcome.
    """

    view: RetryView
    history: list[Entry]
    causes: list[tuple[str | None, str, int]]


class ListedMember(msgspec.Struct, frozen=True):
    """An item of an order, as a list shows it, and how it stands there."""

    member: Member
    listed: Listed


def edit_retry(
    database: Database, retry_id: str, edit: RetryEdit, why: str | None, *, who: str, at: str
) -> Retry:
    """Pause, resume or abort an order. Raises NotFound or WrongState."""

    def change(connection: Connection) -> Retry:
        before = known_retry(connection, retry_id)
        match edit:
            case "pause":
                after = before.paused()
            case "resume":
                after = before.resumed()
            case "abort":
                after = before.aborted(at)
        if after is before:
            return before
        moves = RetryMoves(connection, at)
        moves.knows([before])
        moves.retry(after)
        moves.note(entry_of_retry(before, after, _EVENTS[edit], who, at, why))
        moves.write()
        return known_retry(connection, retry_id)

    edited = database.write(change)
    if edited.status is not RetryStatus.ABORTED:
        return edited
    let_go_of_waiting(database, retry_id, at)
    return database.read(lambda connection: known_retry(connection, retry_id))


def get_retry(database: Database, retry_id: str, at: str) -> WholeRetry:
    """An order whole. Raises NotFound."""

    def query(connection: Connection) -> WholeRetry:
        retry = known_retry(connection, retry_id)
        told = dict(member_store.failed_by_cause(connection, retry_id))
        number: Counter[str | None] = Counter()
        for one, root in roots_of(connection, told).items():
            number[root] += told[one]
        failed = number.most_common()
        causes = causes_by_id(connection, [one for one, _ in failed if one is not None])
        return WholeRetry(
            _viewed(connection, [retry], at)[0],
            store.entries_of_retry(connection, retry_id),
            [(one, causes[one].shown_title if one else "", n) for one, n in failed],
        )

    return database.read(query)


def view_retry(database: Database, retry: Retry, at: str) -> RetryView:
    """This order with what connected workers can do of it."""
    return database.read(lambda connection: _viewed(connection, [retry], at)[0])


def list_retries(
    database: Database, states: Sequence[str], before: int | None, most: int, at: str
) -> list[RetryView]:
    """Orders in these states (of all, without any), the newest first; ahead of place `before`."""
    return database.read(
        lambda connection: _viewed(
            connection, store.newest_retries(connection, states, before, most), at
        )
    )


def list_members(
    database: Database,
    retry_id: str,
    state: MemberState | None,
    behind: tuple[int, int] | None,
    most: int,
) -> list[ListedMember]:
    """The items of an order, in the order in which they are tried. Raises NotFound."""

    def query(connection: Connection) -> list[ListedMember]:
        known_retry(connection, retry_id)
        members = member_store.page_of_members(connection, retry_id, state, behind, most)
        items = items_by_id(connection, [member.item_id for member in members])
        members = [member for member in members if member.item_id in items]
        shown = listed(connection, [items[member.item_id] for member in members])
        return [ListedMember(*pair) for pair in zip(members, shown, strict=True)]

    return database.read(query)


def order_of_item(database: Database, item_id: str) -> str | None:
    """The id of the order in which an item waits, or is tried now; None if it is in none."""
    found = database.read(lambda one: member_store.active_members(one, [item_id]))
    return found[0].retry_id if found else None


def waiting_by_cause(database: Database) -> dict[str, int]:
    """How many of each cause's open items wait in an order already."""

    def query(connection: Connection) -> dict[str, int]:
        is_any = any(one.waiting for one in store.retries_going_on(connection))
        return member_store.waiting_by_cause(connection) if is_any else {}

    return database.read(query)


def orders_of_cause(database: Database, cause_id: str, at: str) -> list[tuple[RetryView, int]]:
    """The orders in which open items of a cause wait, and how many in each, the newest first."""

    def query(connection: Connection) -> list[tuple[RetryView, int]]:
        if not any(one.waiting for one in store.retries_going_on(connection)):
            return []
        waiting = member_store.waiting_by_retry(connection, cause_id)
        retries = store.retries_by_id(connection, waiting)
        views = _viewed(connection, [retries[one] for one in waiting], at)
        return list(zip(views, waiting.values(), strict=True))

    return database.read(query)


def known_retry(connection: Connection, retry_id: str) -> Retry:
    """The order of this id. Raises NotFound."""
    retry = store.find_retry(connection, retry_id)
    if retry is None:
        raise NotFound("There is no such retry.", "The list of retries shows all there are.")
    return retry


def connected(database: Database, at: str) -> list[Worker]:
    """The workers that are there."""
    since = moment_after(at, -CONNECTED_SECONDS)
    return database.read(lambda connection: workers_seen_since(connection, since))


def _viewed(connection: Connection, retries: Sequence[Retry], at: str) -> list[RetryView]:
    going_on = [retry.id for retry in retries if retry.ended_at is None]
    lanes = store.lanes_of(connection, going_on)
    workers = workers_seen_since(connection, moment_after(at, -CONNECTED_SECONDS))
    return [_view(retry, workers, lanes_in_turn(lanes.get(retry.id, ()))) for retry in retries]


def _view(retry: Retry, workers: Sequence[Worker], lanes: Sequence[Lane]) -> RetryView:
    """An order of which these lanes are tried now, with what these workers can do of it."""
    able: set[str] = set()
    untaken: dict[str, None] = {}
    for lane in lanes:
        takers = [one for one in workers if one.can_do(lane.source, lane.target, lane.entity_type)]
        able.update(one.id for one in takers)
        if not takers:
            untaken[lane.entity_type] = None
    return RetryView(retry, len(able), tuple(untaken))


def entry_of_retry(
    before: Retry | None, after: Retry, event: Event, who: str, at: str, why: str | None
) -> Entry:
    """What the audit trail tells of an order that somebody made or edited."""
    return Entry(
        *(at, who, event),
        before=None if before is None else before.status.value,
        after=after.status.value,
        why=why,
        edit_id=after.id,
    )
