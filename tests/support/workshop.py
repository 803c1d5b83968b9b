"""A list that workers bring to zero, in this process: orders, leases, outcomes."""

from __future__ import annotations

import uuid
from typing import Any

from snaglist.domain.dependence import read_order
from snaglist.domain.filtering import Filter
from snaglist.domain.history import Entry
from snaglist.domain.identity import ItemKey
from snaglist.domain.item import Item
from snaglist.domain.moment import utc_text
from snaglist.domain.record import NewRecord
from snaglist.domain.retry import Member, MemberState, Outcome, Retry
from snaglist.domain.worker import Worker
from snaglist.service import ordering, retries
from snaglist.service.edits import find_places
from snaglist.service.filing import Filing
from snaglist.service.leasing import Ask, Lease, Renewal
from snaglist.service.outcomes import Report, Result
from snaglist.service.retrying import Retrying
from snaglist.service.successes import Reported, report_imported
from snaglist.storage.database import Database
from snaglist.storage.items import Success
from snaglist.wiring import new_id
from support.records import new_record, new_sighting
from support.triage import Triage, pieces_of

EVERYTHING = Filter()


class Workshop(Triage):
    """One open database; the clock stands still but for `now` and `ticks`."""

    def __init__(self, database: Database, who: str = "ana") -> None:
        super().__init__(database, who)
        filing = Filing(new_id, self.clock, pieces_of)
        self.store = filing.store
        self.retrying = Retrying(database, filing, read_order(()), self.clock, new_id)

    def orders(self, asked: Filter = EVERYTHING, **members: Any) -> Retry:
        """Somebody orders that what this filter finds is tried again."""
        plain: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "at": self.now(),
            "who": self.who,
            "filter": asked.query,
            "why": None,
            "attempts": 3,
            "rate": None,
        }
        made, _ = ordering.order(
            self.database,
            lambda: find_places(self.database, asked),
            Retry(**(plain | members)),
            self.retrying.order,
            self.now,
        )
        return made

    def retry(self, retry: Retry) -> Retry:
        """The order as it stands."""
        return self.whole(retry).view.retry

    def whole(self, retry: Retry) -> retries.WholeRetry:
        """The order whole."""
        return retries.get_retry(self.database, retry.id, self.now())

    def edits_retry(self, retry: Retry, edit: retries.RetryEdit) -> Retry:
        """Somebody pauses, resumes or aborts it."""
        return retries.edit_retry(self.database, retry.id, edit, None, who=self.who, at=self.now())

    def members(self, retry: Retry, state: MemberState | None = None) -> list[Member]:
        """Its items, in the order in which they are tried."""
        found = retries.list_members(self.database, retry.id, state, None, 10_000)
        return [one.member for one in found]

    def worker(self, name: str = "w1", **members: Any) -> Worker:
        """A worker that calls now."""
        at = self.now()
        plain: dict[str, Any] = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
            "name": name,
            "host": "farm-1",
            "who": "farm",
            "sources": (),
            "targets": (),
            "entity_types": (),
            "first_seen_at": at,
            "seen_at": at,
        }
        return Worker(**(plain | members))

    def leases(
        self, limit: int = 1, seconds: float = 60, worker: Worker | None = None, **members: Any
    ) -> list[Lease]:
        """A worker asks."""
        return self.retrying.leasing.lease(Ask(worker or self.worker(), limit, seconds, **members))

    def renews(self, *leases: Lease, seconds: float = 60, worker: str = "w1") -> list[str | None]:
        """A worker wants to keep these."""
        ids = tuple(lease.member.lease_id or "" for lease in leases)
        return self.retrying.leasing.renew(Renewal(self.worker(worker).id, ids, seconds))

    def reports(self, *reports: Report) -> list[Result]:
        """Outcomes come in."""
        self.now()
        return self.retrying.outcomes.take(*reports)

    def came_over(self, lease: Lease, **members: Any) -> Report:
        """What a worker says of what it brought over."""
        return Report(lease.member.lease_id or "", Outcome.CAME_OVER, "farm", **members)

    def returned(self, lease: Lease) -> Report:
        """What a worker says of what it did not try."""
        return Report(lease.member.lease_id or "", Outcome.RETURNED, "farm")

    def failed(self, lease: Lease, fingerprint: str = "1/a", **members: Any) -> Report:
        """What a worker says of what failed again."""
        record = self.record_of(lease.item, fingerprint, **members)
        return Report(lease.member.lease_id or "", Outcome.FAILED, "farm", record)

    def record_of(self, item: Item, fingerprint: str = "1/a", **members: Any) -> NewRecord:
        """A record as a worker sends it, whatever it says of whose failure it is."""
        at = utc_text(self.seconds)
        told = {name: members.pop(name) for name in ("is_transient", "title") if name in members}
        key = ItemKey(item.source, item.target, "", "", "", "", "some trace")
        sighting = new_sighting(
            key=key, fingerprint=fingerprint, attempted_at=at, reporter="farm", **told
        )
        return new_record(sighting=sighting, created_at=at, **members)

    def imports(self, entity: int, part: str = "") -> None:
        """Whoever imports says that this asset came over."""
        at = self.now()
        success = Success("shotgun", "kitsu", str(entity), "Asset", part, at)
        report_imported(self.database, [Reported(success, None)], who="nightly", at=at)

    def fails_as(self, entity_type: str, *entities: int, part: str = "", **members: Any) -> None:
        """Entities of a type fail."""
        at = self.now()
        self.record(
            [
                new_record(
                    sighting=new_sighting(
                        key=ItemKey("shotgun", "kitsu", entity_type, str(entity), part, "87"),
                        attempted_at=at,
                        name=f"{entity_type} {entity}",
                    ),
                    created_at=at,
                    **members,
                )
                for entity in entities
            ]
        )

    def told(self, item: Item) -> list[tuple[str, str | None, str | None]]:
        """An item's history as event, before and after."""
        return [(one.event.value, one.before, one.after) for one in self.history(item)]

    def story(self, retry: Retry) -> list[Entry]:
        """An order's history."""
        return self.whole(retry).history


def entities(leases: list[Lease]) -> list[str]:
    """The ids of the entities of leases, in order."""
    return [lease.item.entity_id for lease in leases]


def types(leases: list[Lease]) -> set[str]:
    """The types of the entities of leases."""
    return {lease.item.entity_type for lease in leases}
