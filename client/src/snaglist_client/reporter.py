"""What desks, runs and mirrors have in common: telling of one thing that failed or came over."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from snaglist_client.courier import Courier
from snaglist_client.failures import Failure, event_of
from snaglist_client.messages import (
    EntityId,
    entity_id_of,
    imported_line,
    name_or_none,
    payload_name,
    project_in,
    project_of,
    record_line,
    small,
)
from snaglist_client.moments import new_id, now


class Thing(NamedTuple):
    """What was tried: an entity or a part of it, and what is known of it."""

    entity_type: str
    entity_id: EntityId
    part: str = ""
    name: str = ""
    project: Any = None
    payload: Any = None

    @property
    def details(self) -> dict[str, Any]:
        """The same as a record's details."""
        found: dict[str, Any] = {"entity_type": self.entity_type, "shotgun_id": self.entity_id}
        if name := self.name or payload_name(self.payload):
            found["name"] = name
        if (project := small(self.own_project)) is not None:
            found["project"] = project
        if self.part:
            found["part"] = self.part
        if self.payload is not None:
            found["payload"] = self.payload
        return found

    @property
    def project_id(self) -> EntityId | None:
        """The project's id or name."""
        return project_of(self.own_project)

    @property
    def own_project(self) -> Any:
        """The project as it was given, or as the payload has it."""
        return project_in(self.payload) if self.project is None else self.project


def thing(
    entity_type: Any,
    entity_id: Any,
    part: Any = None,
    name: Any = None,
    project: Any = None,
    payload: Any = None,
) -> Thing:
    """What was tried, of whatever types the host has."""
    is_plain = type(entity_type) is str and entity_type.isascii() and entity_type.isalpha()
    return Thing(
        entity_type if is_plain else name_or_none(entity_type),
        entity_id if type(entity_id) is int else entity_id_of(entity_id),
        name_or_none(part),
        name_or_none(name),
        project,
        payload,
    )


class Reporter:
    """Tells one desk of what failed and came over, under one source, target and run."""

    def __init__(self, courier: Courier, source: str, target: str | None, run: str = "") -> None:
        self.courier = courier
        self.source = source
        self.target = target
        self.run = run
        self.usual_project: Any = None
        self.came_over = 0
        self.failed = 0
        self.lost = 0
        self.last_record_id = ""
        self._tried: set[int] = set()
        self._failed_in_part: set[int] = set()
        self.unfinished: set[int] = set()
        self.pid = os.getpid()

    @property
    def tried(self) -> int:
        """How many entities were tried in this process; parts aside."""
        return len(self._tried)

    def _note(self, entity_type: str, entity_id: EntityId, part: str) -> None:
        """This entity, or this part of it, was tried to its end."""
        if not part:
            self._tried.add(_one_of(entity_type, entity_id))
        if self.unfinished:
            self.unfinished.discard(_one_of(entity_type, entity_id, part))

    def broken_off(self, entity_type: Any, entity_id: Any, part: Any = None) -> None:
        """Something was begun, and nothing is known of how it would have ended."""
        tried = thing(entity_type, entity_id, part=part)
        self.unfinished.add(_one_of(tried.entity_type, tried.entity_id, tried.part))

    def has_failed_in_part(self, entity_type: str, entity_id: EntityId) -> bool:
        """Whether a part of this entity failed in this process and run."""
        known = self._failed_in_part
        return bool(known) and _one_of(entity_type, entity_id) in known

    def report_failure(
        self, tried: Thing, error: Failure, details: Mapping[str, Any] | None = None
    ) -> str:
        """Record that this failed; the record's id, or "" if it had to be dropped."""
        if tried.project_id is None and self.usual_project is not None:
            tried = tried._replace(project=self.usual_project)
        if self.run:
            self._note(tried.entity_type, tried.entity_id, tried.part)
            if tried.part:
                self._failed_in_part.add(_one_of(tried.entity_type, tried.entity_id))
        self.failed += 1
        return self.record(event_of(error, {**tried.details, **(details or {})}))

    def report_success(
        self, tried: Thing, target_url: str | None = None, *, alone: bool = False
    ) -> bool:
        """Say that this came over; False if that had to be dropped, or has no type or id.

        `alone` of a whole entity whose parts are told of apart.
        """
        entity_type, entity_id, part, _, project, payload = tried
        return self.came_over_now(
            entity_type, entity_id, part, project, payload, target_url, bool(alone)
        )

    def came_over_now(
        self,
        entity_type: Any,
        entity_id: Any,
        part: Any,
        project: Any,
        payload: Any,
        target_url: Any,
        alone: bool,
    ) -> bool:
        """The same of what is not known to be plain: an import's most frequent call.

        A whole of which a part failed in this run is alone: its success cannot speak for that.
        """
        if type(entity_type) is not str or not (entity_type.isascii() and entity_type.isalpha()):
            entity_type = name_or_none(entity_type)
        if type(entity_id) is not int:
            entity_id = entity_id_of(entity_id)
        if entity_id == "" or not entity_type:
            self.courier.say("What came over without a type or an id is not reported.")
            return False
        part = name_or_none(part)
        if self.run:
            self._note(entity_type, entity_id, part)
            if not part:
                alone = alone or self.has_failed_in_part(entity_type, entity_id)
        self.came_over += 1
        if project is None:
            project = project_in(payload)
            if project is None:
                project = self.usual_project
        courier = self.courier
        moment = now()
        if moment - courier.failure_at < _MILLISECOND and not part and not alone:
            _let_pass(courier.failure_at)
            moment = now()
        courier.success_at = moment
        line = imported_line(
            self.source,
            self.target,
            entity_type,
            entity_id,
            part,
            project_of(project),
            target_url,
            self.run,
            alone,
            moment,
        )
        kept = courier.capture(line, run=self.run)
        if not kept:
            self.lost += 1
        return kept

    def record(self, event_data: bytes, occurred_at: str = "") -> str:
        """Record a failure as it is; the record's id, or "" if it had to be dropped."""
        _let_pass(self.courier.success_at)
        record_id = new_id()
        line = record_line(
            record_id,
            self.source,
            self.target,
            event_data,
            run=self.run,
            occurred_at=occurred_at,
        )
        self.courier.failure_at = now()
        if self.courier.capture(line, lasting=True, run=self.run):
            self.last_record_id = record_id
            return record_id
        self.lost += 1
        return ""


def _one_of(entity_type: str, entity_id: EntityId, part: str = "") -> int:
    """What stands for a thing, however its type is spelled: `Shot`, `shot`, `shots`, `statuses`."""
    return hash((entity_type.lower().rstrip("es"), str(entity_id), part))


def _let_pass(moment: int) -> None:
    """Return when the millisecond of this moment is over.

    The desk's times are milliseconds, and successes are sent behind failures. So a failure right
    after a success of the same entity must not look older; nor a success of a whole that of a part
    before it, for in one millisecond the part's failure counts.
    """
    wait = (moment // _MILLISECOND + 1) * _MILLISECOND - now()
    if 0 < wait <= _MILLISECOND:
        time.sleep(wait / 1e9)


_MILLISECOND = 1_000_000
