"""What desks, runs and mirrors have in common: telling of one thing that failed or came over."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from snaglist_client import in_hand, kin
from snaglist_client.courier import Courier
from snaglist_client.failures import Failure, event_of
from snaglist_client.in_hand import Failed, InHand, entity_of, one_of
from snaglist_client.kin import Kin, Told
from snaglist_client.messages import (
    EntityId,
    entity_id_of,
    imported_line,
    name_or_none,
    project_in,
    project_of,
    record_line,
    small,
)
from snaglist_client.moments import new_id, now
from snaglist_client.things import Thing, heard_from_above, thing, with_known, with_more


class Reporter:
    """Tells one desk of what failed and came over, under one source, target and run.

    Of an `is_endless` run it is not kept what was tried: there would be no end to it.
    """

    def __init__(
        self,
        courier: Courier,
        source: str,
        target: str | None,
        run: str = "",
        *,
        is_endless: bool = False,
    ) -> None:
        self.courier = courier
        self.source = source
        self.target = target
        self.run = run
        self._is_counted = bool(run) and not is_endless
        self._is_guessed = False
        self._known: dict[str, Any] = {}
        self.usual_project: Any = None
        self.came_over = 0
        self.failed = 0
        self.lost = 0
        self.last_record_id = ""
        self._tried: set[int] = set()
        self._failed_in_part: set[int] = set()
        self.unfinished: dict[int, str] = {}
        self.kin: Kin | None = None
        self.pid = os.getpid()

    @property
    def tried(self) -> int:
        """How many entities were tried in this process; parts aside."""
        return len(self._tried)

    def _note(self, entity_type: str, entity_id: EntityId, part: str) -> None:
        """This entity, or this part of it, was tried to its end."""
        if not part:
            self._tried.add(one_of(entity_type, entity_id))
        if self.unfinished:
            self.unfinished.pop(one_of(entity_type, entity_id, part), None)

    def broken_off(self, entity_type: Any, entity_id: Any, part: Any = None) -> None:
        """Something was begun, and nothing is known of how it would have ended."""
        tried = thing(entity_type, entity_id, part=part)
        entity = entity_of(tried.entity_type, tried.entity_id)
        held, speaker = self._heard(entity)
        label = f"{tried.entity_type} {tried.entity_id} {tried.part}".strip() or "nobody knows what"
        speaker.unfinished[one_of(tried.entity_type, tried.entity_id, tried.part)] = label
        speaker._echo(entity, tried.part, held, Told.LEFT_OPEN)
        for one in held:
            one.leave_open(tried.part)

    def has_failed_in_part(self, entity_type: str, entity_id: EntityId) -> bool:
        """Whether a part of this entity failed in this run, or in the block that it is in."""
        if in_hand.everything and not self.run:
            held, speaker = self._heard(one_of(entity_type, entity_id))
            if speaker is not self:
                return speaker.has_failed_in_part(entity_type, entity_id)
            return any(one.is_failed_in_part for one in held)
        known, related = self._failed_in_part, self.kin
        if not known and related is None:
            return False
        entity = one_of(entity_type, entity_id)
        return entity in known or (related is not None and related.has_failed_in_part(entity))

    def report_failure(
        self, tried: Thing, error: Failure, details: Mapping[str, Any] | None = None
    ) -> str:
        """Record that this failed; the record's id, or "" if it had to be dropped."""
        held, speaker = self._heard(entity_of(tried.entity_type, tried.entity_id))
        details = with_more(with_known(held, {**tried.details, **(details or {})}), speaker._known)
        if project_of(details.get("project")) is None and speaker.usual_project is not None:
            details["project"] = small(speaker.usual_project)
        return speaker._tell_failure(tried, event_of(error, details), held)

    def known_of(self, tried: Thing, details: Mapping[str, Any]) -> dict[str, Any]:
        """These details, with what the blocks in which it is told know of this entity besides."""
        held, speaker = self._heard(entity_of(tried.entity_type, tried.entity_id))
        found = with_more(with_known(held, details), speaker._known)
        if speaker._is_guessed and project_of(found.get("project")) is None:
            found["project"] = speaker.usual_project
        return found

    def tell_failure(self, tried: Thing | None, event_data: bytes, occurred_at: str = "") -> str:
        """The same, of what is worded already; None is nothing that is known."""
        if tried is None:
            return self._tell_failure(None, event_data, [], occurred_at)
        held, speaker = self._heard(entity_of(tried.entity_type, tried.entity_id))
        return speaker._tell_failure(tried, event_data, held, occurred_at)

    def _tell_failure(
        self, tried: Thing | None, event_data: bytes, held: list[InHand], occurred_at: str = ""
    ) -> str:
        """The same, to these blocks."""
        if tried is not None:
            self._note_failure(tried)
        self.failed += 1
        record_id = self.record(event_data, occurred_at)
        if tried is not None:
            entity = entity_of(tried.entity_type, tried.entity_id)
            self._echo(entity, tried.part, held, Told.FAILED)
            for one in held:
                one.note(tried.part, Failed(record_id, event_data, self.run, tried.part))
        return record_id

    def _echo(self, entity: int, part: str, held: list[InHand], told: Told) -> None:
        """Tell other processes, as those hear it that are of this run, or of these blocks'."""
        if kin.echo is not None:
            own = [] if self.run and not self._is_counted else [self.run]
            own += [""] if self._is_guessed else []
            runs = {*own, *(one.echo_name for one in held if one.echo_name is not None)}
            place = in_hand.place_of(self.source, entity, part)
            kin.echo.tell(place, runs, self.target, told)
            if told is Told.FAILED or not part:  # that a part came over says nothing of others
                beside = in_hand.PARTS if part else in_hand.WHOLE
                beside_it = in_hand.place_of(self.source, entity, beside)
                kin.echo.tell(beside_it, runs, self.target, told)

    def tell_again(self, tried: Thing | None, failure: Failed) -> str:
        """The id of a failure's record in this run, which is made if another run has it alone."""
        if failure.run == self.run:
            return failure.record_id
        return self.tell_failure(tried, failure.event_data)

    def _note_failure(self, tried: Thing) -> None:
        if self._is_counted:
            self._note(tried.entity_type, tried.entity_id, tried.part)
            if tried.part:
                entity = one_of(tried.entity_type, tried.entity_id)
                self._failed_in_part.add(entity)
                if self.kin is not None:
                    self.kin.fails_in_part(entity)

    def _heard(self, entity: int) -> tuple[list[InHand], Reporter]:
        """The blocks that hear what is told of this entity now, and who tells it.

        What another run tries at the same time is another try, unless the one is in the other.
        """
        held = in_hand.holders(self.source, self.target, entity)
        if not held:
            return held, self._run_elsewhere(entity)
        around = in_hand.around(held)
        speaker = self._speaker(around or held)
        if self.run or around:
            held = [one for one in held if one in around or speaker._is_of(one)]
        return held, speaker

    def key_of(self, entity: int) -> int:
        """What stands for an entity on its way to this desk and target among forked processes."""
        return hash((self.courier.settings, self.source, self.target, entity))

    def _run_elsewhere(self, entity: int) -> Reporter:
        """Who tells of the run in which another process has this entity in its hands, or this."""
        if kin.runs is None or self.run or entity == in_hand.NOTHING:
            return self
        known = heard_from_above(kin.runs.of(self.key_of(entity)))
        if not known:
            return self
        found = Reporter(self.courier, self.source, self.target, known.pop("run"))
        found._is_guessed = True  # another run may try it, too: that hears of it as well
        found.usual_project = known.pop("project", None)
        found._known = known
        return found

    def failed_elsewhere(self, tried: Thing) -> None:
        """It failed in this run, as another process told."""
        self.failed += 1
        self._note_failure(tried)

    def _is_of(self, one: InHand) -> bool:
        """Whether this block may be one try with what is told in this run, in another thread."""
        reporter = one.reporter
        if reporter is None or not self.run:
            return reporter is None
        return bool(reporter.run == self.run and self._is_counted)

    def _speaker(self, held: list[InHand]) -> Reporter:
        """Whoever tells of it: the run in whose block it is, where none is named."""
        if not self.run:
            for one in held:
                if one.reporter is not None and one.reporter.courier is self.courier:
                    found: Reporter = one.reporter
                    return found
        return self

    def report_success(
        self,
        tried: Thing,
        target_url: str | None = None,
        *,
        alone: bool = False,
        began: int | None = None,
    ) -> bool:
        """Say that this came over; False if that had to be dropped, or has no type or id.

        `alone` of a whole entity whose parts are told of apart, `began` of what was tried since
        then (nanoseconds since 1970).
        """
        entity_type, entity_id, part, _, project, payload = tried
        return self.came_over_now(
            entity_type, entity_id, part, project, payload, target_url, bool(alone), began
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
        began: int | None,
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
        held: list[InHand] = []
        speaker = self
        is_heard = not self.run and (in_hand.everything or kin.runs is not None)
        if in_hand.noted or is_heard:
            held, speaker = self._heard(one_of(entity_type, entity_id))
            for one in held:
                one.note(part, None)
        if kin.echo is not None:
            speaker._echo(one_of(entity_type, entity_id), part, held, Told.NOTHING_BAD)
        return speaker._came_over(
            entity_type, entity_id, part, project, payload, target_url, alone, began
        )

    def _came_over(
        self,
        entity_type: str,
        entity_id: EntityId,
        part: str,
        project: Any,
        payload: Any,
        target_url: Any,
        alone: bool,
        began: int | None,
    ) -> bool:
        if self._is_counted:
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
        if began is not None and courier.failure_at <= began:
            began = _after_millisecond(courier.failure_at, began, moment)
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
            began,
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


def _let_pass(moment: int) -> None:
    """Return when the millisecond of this moment is over.

    The desk's times are milliseconds, and successes are sent behind failures. So a failure right
    after a success of the same entity must not look older; nor a success of a whole that of a part
    before it, for in one millisecond the part's failure counts.
    """
    wait = (moment // _MILLISECOND + 1) * _MILLISECOND - now()
    if 0 < wait <= _MILLISECOND:
        time.sleep(wait / 1e9)


def _after_millisecond(failure_at: int, began: int, ended: int) -> int | None:
    """Since when something is said to be tried, so that what was told right before it is older.

    None if it ended in the same millisecond.
    """
    if failure_at // _MILLISECOND < began // _MILLISECOND:
        return began
    return began + _MILLISECOND if ended // _MILLISECOND > began // _MILLISECOND else None


_MILLISECOND = 1_000_000
