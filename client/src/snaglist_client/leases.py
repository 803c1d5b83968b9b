"""Items that the desk gives out to be tried again: leased, kept, and what became of them."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from snaglist_client import in_hand
from snaglist_client.courier import Courier
from snaglist_client.delivery import json_of, outcome_line
from snaglist_client.failures import Failure, event_of
from snaglist_client.in_hand import FAILED_ELSEWHERE, InHand, entity_of
from snaglist_client.line import SECONDS, NoDesk, ShutOut
from snaglist_client.messages import address_of, imported_line, name_of, record_line
from snaglist_client.moments import new_id, now, utc_now, utc_text_of
from snaglist_client.quietly import passes, quietly
from snaglist_client.things import thing

_LONGEST_NUMBER = 30


class Worker:
    """What tries again, as the desk knows it: a name, and the kinds of items that it takes.

    `waiting` is how many more it could have had when it asked last; None where nobody says.
    """

    def __init__(
        self,
        courier: Courier,
        name: Any = "",
        *,
        sources: Iterable[Any] = (),
        targets: Iterable[Any] = (),
        entity_types: Iterable[Any] = (),
        seconds: int = 60,
    ) -> None:
        host = name_of(platform.node())
        self.courier = courier
        self.id = new_id()
        self.waiting: int | None = None
        self.seconds = max(5, min(int(seconds), 3600)) if isinstance(seconds, (int, float)) else 60
        self._about: dict[str, Any] = {"id": self.id, "name": name_of(name) or host or "worker"}
        self._about["host"] = host
        for member, names in (
            ("sources", sources),
            ("targets", targets),
            ("entity_types", entity_types),
        ):
            if named := [name_of(one) for one in _several(names or ())]:
                self._about[member] = named

    def lease(self, limit: int = 1, retry: str | None = None) -> tuple[list[RetryItem], float]:
        """Items to try now, and after how many seconds to ask again.

        Raises Away, or ShutOut when the desk has no such thing or the token no scope `work`, or,
        as NoDesk, when something else answers.
        """
        asked = {"worker": self._about, "limit": limit, "seconds": self.seconds}
        if retry:
            asked["retry"] = retry
        answer = self.courier.ask("/api/v1/leases", json_of(asked), SECONDS)
        if not isinstance(answer.body, dict):
            raise NoDesk(answer.status)
        if answer.status >= 300:
            raise ShutOut(answer.reason)
        leases = answer.body.get("leases") or []
        waiting = answer.body.get("waiting")
        self.waiting = waiting if isinstance(waiting, int) else None
        return [RetryItem(self, one) for one in leases], float(answer.body.get("poll_seconds") or 0)

    def renew(self, items: Iterable[RetryItem]) -> None:
        """Keep these items for longer; those that are lost say so then. Raises Away or ShutOut."""
        held = {item.lease_id: item for item in items if not item.is_settled}
        if not held:
            return
        asked = {"worker": self.id, "leases": list(held), "seconds": self.seconds}
        answer = self.courier.ask("/api/v1/leases/renew", json_of(asked), SECONDS)
        if answer.status < 300 and isinstance(answer.body, dict):
            for result in answer.body.get("results") or []:
                item = held.get(result.get("lease_id"))
                if item is not None and result.get("status") == "lost":
                    item.is_lost = True


class RetryItem(InHand):
    """One item to try again: `with item: import_asset(reload(item))`.

    What raises in the block failed again; what does not came over. What ends the program gives
    the item back untried. Set `target_url` to have it with the success, and `alone` where only
    the whole itself was tried and none of its parts. `is_lost` when the desk gave it to somebody
    else meanwhile.
    """

    def __init__(self, worker: Worker, lease: dict[str, Any]) -> None:
        super().__init__()
        given = lease["item"]
        self._worker = worker
        self.lease_id: str = lease["lease_id"]
        self.retry_id: str = lease["retry_id"]
        self.attempt: int = lease.get("attempt") or 1
        self.began = time.monotonic()
        self.leased_at = now()
        self.item_id: str = given["id"]
        self.source: str = given["source"]
        self.target: str = given["target"]
        self.entity_type: str = given["entity_type"]
        self.entity_id: int | str = _as_in_shotgrid(given["entity_id"])
        self.part: str = given["part"]
        self.name: str = given.get("name") or ""
        self.project: str = given.get("project") or ""
        self.project_name: str = given.get("project_name") or ""
        self.cause_title: str = given.get("cause_title") or ""
        self.message: str = given.get("message") or ""
        self.target_url: str | None = None
        self.alone = False
        self.is_lost = False
        self.is_settled = False
        self._is_given_back = False
        self.ok = False

    @property
    def waiting(self) -> int | None:
        """How many more wait, as its worker heard last; None where nobody says."""
        return self._worker.waiting

    @property
    def about(self) -> dict[str, Any]:
        """What is known of it, as plain values."""
        names = "item_id source target entity_type entity_id part name project project_name"
        names += " cause_title message attempt retry_id lease_id"
        return {name: getattr(self, name) for name in names.split()}

    def whose(self) -> tuple[str, str | None, int, str]:
        """As `InHand` says."""
        entity = entity_of(self.entity_type, self.entity_id)
        return self.source, self.target or None, entity, self.part

    def details(self) -> dict[str, Any]:
        """What a record's details say of it."""
        project = {"id": self.project, "name": self.project_name} if self.project else None
        tried = thing(
            self.entity_type, self.entity_id, part=self.part, name=self.name, project=project
        )
        return tried.details

    @quietly(None)
    def came_over(self) -> None:
        """Report that it came over."""
        if self._settle():
            self.ok = True
            outcome: dict[str, Any] = {"lease_id": self.lease_id, "outcome": "came_over"}
            outcome["occurred_at"] = utc_now()
            if url := address_of(self.target_url):
                outcome["target_url"] = url
            alone = bool(self.alone) and not self.part
            if alone:
                outcome["alone"] = True
            tried = thing(self.entity_type, self.entity_id, part=self.part)
            otherwise = imported_line(
                *(self.source, self.target, tried.entity_type, tried.entity_id, tried.part),
                *(self.project or None, self.target_url, ""),
                alone=alone,
                moment=now(),
                began=self.taken_at or self.leased_at,
            )
            self._say(json_of(outcome), otherwise)

    @quietly(None)
    def fail(self, error: Failure, /, **details: Any) -> None:
        """Report that it failed again: an exception or a text, and what to note."""
        self.fail_with(event_of(error, {**self.details(), **details}))

    @quietly(None)
    def fail_with(self, event_data: bytes) -> None:
        """Report that it failed again, as this JSON says.

        If the lease is over by then it is told as a failure of when the lease began: what another
        one brought over since stays so.
        """
        if self._settle():
            record_id = new_id()
            record = json_of({"id": record_id, "occurred_at": utc_now()})[:-1]
            record += b',"event_data":' + event_data + b"}"
            outcome = json_of({"lease_id": self.lease_id, "outcome": "failed"})[:-1]
            otherwise = record_line(
                *(record_id, self.source, self.target, event_data),
                occurred_at=utc_text_of(self.leased_at),
            )
            self._say(outcome + b',"record":' + record + b"}", otherwise)

    @quietly(None)
    def give_back(self) -> None:
        """Report that it was not tried: it waits again, and no attempt is counted."""
        if not self.is_settled and self._settle():
            self._is_given_back = True
            self._say(json_of({"lease_id": self.lease_id, "outcome": "returned"}), b"")

    def __enter__(self) -> RetryItem:
        in_hand.take(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        in_hand.put_back(self)
        if error is None and self.failure is not None:
            self.fail_with(self.failure.event_data)
        elif error is None and self.is_failed_elsewhere:
            self.fail(FAILED_ELSEWHERE)
        elif error is None and self.is_open:
            self.give_back()
        elif error is None:
            self.alone = self.alone or self.is_failed_in_part
            self.came_over()
        elif passes(error):
            self.give_back()
            return False
        else:
            self.fail(error)
        return True

    def _settle(self) -> bool:
        """Whether it is to be told of now: once, and once more if it was given back before."""
        was, self.is_settled = self.is_settled, True
        was_given_back, self._is_given_back = self._is_given_back, False
        return not was or was_given_back

    def _say(self, outcome: bytes, otherwise: bytes) -> None:
        courier = self._worker.courier
        courier.capture(outcome_line(outcome, otherwise), lasting=True)
        courier.hurry()


def _several(names: Any) -> Iterable[Any]:
    """Names, also if it is one alone."""
    return names if isinstance(names, Iterable) and not isinstance(names, (str, bytes)) else [names]


def _as_in_shotgrid(entity_id: str) -> int | str:
    """An id that is a number as a number; "007" is another one than 7, and stays a text."""
    is_number = entity_id.isascii() and entity_id.isdecimal() and len(entity_id) < _LONGEST_NUMBER
    return int(entity_id) if is_number and str(int(entity_id)) == entity_id else entity_id
