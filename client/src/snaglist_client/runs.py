"""A run, one pass of an import; and an item, one thing that it tries."""

from __future__ import annotations

import logging
import os
import platform
from types import TracebackType
from typing import Any

from snaglist_client import in_hand
from snaglist_client.completion import Completion, completed
from snaglist_client.courier import Courier
from snaglist_client.delivery import json_of
from snaglist_client.failures import Failure, error_text
from snaglist_client.in_hand import Failed, InHand, entity_of
from snaglist_client.kin import expect_forks
from snaglist_client.messages import (
    begin_line,
    end_line,
    is_mapping,
    member_of,
    name_of,
    name_or_none,
    path_of_run,
    project_of,
    small,
    total_of,
)
from snaglist_client.moments import new_id, utc_now
from snaglist_client.plain import said
from snaglist_client.quietly import complain, passes, quietly, tell
from snaglist_client.reporter import Reporter
from snaglist_client.returned import UNKNOWN, Checked, check_returned
from snaglist_client.things import Thing, thing, told_to_forks, with_known

_SHOWN = 5


class Run:
    """One pass of an import: `with desk.run("nightly", total=900) as run:`.

    It begins with its block, or with its first item, and ends with its block; an exception that
    leaves the block is kept as the run's fault, and passes.
    """

    def __init__(
        self,
        courier: Courier,
        source: str,
        target: str | None,
        name: Any,
        project: Any = None,
        total: Any = None,
    ) -> None:
        self.id = new_id()
        self.name = name_of(name)
        self._reporter = Reporter(courier, source, target, self.id)
        self._reporter.usual_project = project
        self._total: Any = None
        self._total_fault = ""
        try:
            self._total = total_of(total)
        except BaseException as fault:  # whatever a hostile class does
            if passes(fault):
                raise
            self._total_fault = f"The run's total cannot be read: {said(fault)[:200]}."
            tell(logging.WARNING, "Snaglist: %s", self._total_fault)
        self._is_begun = False
        expect_forks(self._reporter)  # it may be begun by its first item, in each of its forks

    def item(
        self,
        entity_type: Any,
        entity_id: Any,
        *,
        name: Any = None,
        payload: Any = None,
        part: Any = None,
        project: Any = None,
        alone: bool = False,
        reraise: bool = False,
    ) -> Item:
        """One thing to try: `with run.item("Asset", 12, payload=asset) as item:`.

        What raises in the block is recorded, and the loop goes on (`reraise=True`: is raised
        further); what does not is reported as come over. `payload` is the source's entity: kept
        with a failure, and read for what is None of type, id, name and project. `part` names a
        piece of the entity, such as `movie`. `alone` says of a whole entity that its parts are told
        of apart: else its success speaks for all of them. KeyboardInterrupt, SystemExit and their
        kind always pass, and then nothing is reported.
        """
        if not self._is_begun:
            self.begin()
        if entity_type is None:
            entity_type = member_of(payload, "type")
        if entity_id is None:
            entity_id = member_of(payload, "id")
        given = entity_type, entity_id, name, payload, part, project
        return Item(self._reporter, given, alone, reraise)

    @quietly(None)
    def begin(self) -> None:
        """Announce the run; done by itself."""
        if self._is_begun:
            return
        self._is_begun = True
        reporter = self._reporter
        began = {
            "id": self.id,
            "name": self.name or None,
            "kind": "run",
            "source": reporter.source,
            "target": reporter.target,
            "project": project_of(reporter.usual_project),
            "total": self._total,
            "began_at": utc_now(),
            "host": name_of(platform.node()),
        }
        if not reporter.courier.capture(begin_line(began), lasting=True, run=self.id):
            reporter.lost += 1
        reporter.courier.live(self.id, self._beat)

    @quietly(None)
    def end(self, fault: Failure | None = None) -> None:
        """Say that the run is over; done by the block's end. A fork's copy never says so."""
        reporter = self._reporter
        if not self._is_begun or not _is_own(reporter):
            return
        reporter.courier.live(self.id, None)
        line = end_line(self.id, None if fault is None else error_text(fault))
        reporter.courier.capture(line, run=self.id)

    @quietly(Completion(reason="The client is at fault; its log says more."))
    def complete(
        self, projects: Any = None, entity_types: Any = None, *, seconds: float = 30.0
    ) -> Completion:
        """Say that this run tried *everything* of these projects and types; None is all.

        Open items of that scope that did not fail now, and were last tried before the run began,
        leave the list as not failing any more. Flushes first, for at most so many seconds, or
        for 5 if one waited in vain and nothing arrived since. The answer is true if the desk took
        it; else its `reason` says why not: something is unsent or was dropped, or fewer things
        were tried than the run's total.
        """
        if not _is_own(self._reporter):
            return Completion(reason="Only the process that began the run can complete it.")
        if self._total_fault:
            return Completion(reason=self._total_fault)
        if self._reporter.unfinished:
            left = ", ".join(list(self._reporter.unfinished.values())[:_SHOWN])
            return Completion(
                reason=f"Something was begun and broken off: {left}. Try it again first."
            )
        kin = self._reporter.kin
        if self._total is None and in_hand.is_anything_of(self._reporter):
            return Completion(reason="Something of this run is still being tried. Wait for it.")
        if self._total is None and kin is not None and kin.has_something_begun():
            return Completion(
                reason="Something was begun in another process of this run and has not ended. Wait "
                "for its processes; if one was ended in the middle, complete the next run."
            )
        self.begin()
        return completed(self._reporter, projects, entity_types, seconds)

    @quietly(UNKNOWN)
    def check_returned(self, sent: Any, returned: Any, **more: Any) -> Checked:
        """As `Desk.check_returned`, in this run."""
        self.begin()
        return check_returned(self._reporter, sent, returned, **more)

    @property
    def tried(self) -> int:
        """How many entities were tried in this process; parts of them aside."""
        return self._reporter.tried

    @property
    def came_over(self) -> int:
        """How many things came over in this process, parts too."""
        return self._reporter.came_over

    @property
    def failed(self) -> int:
        """How many things failed in this process, parts too."""
        return self._reporter.failed

    def __enter__(self) -> Run:
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end(None if isinstance(error, SystemExit) and not error.code else error)

    def _beat(self, unsent: int) -> tuple[str, bytes]:
        return path_of_run(self.id, "beats"), json_of({"unsent": unsent})


class Item(InHand):
    """One thing that a run tries. `ok` tells, after its block, whether it came over.

    Set `target_url` in the block to have it with the success. `record_id` is there after a
    failure.
    """

    __slots__ = (
        "_alone",
        "_given",
        "_is_told",
        "_reporter",
        "_reraise",
        "ok",
        "record_id",
        "target_url",
    )

    def __init__(
        self,
        reporter: Reporter,
        given: tuple[Any, Any, Any, Any, Any, Any],
        alone: bool,
        reraise: bool,
    ) -> None:
        super().__init__()
        self._reporter = reporter
        self._given = given  # entity type, entity id, name, payload, part, project
        self._alone = alone
        self._reraise = reraise
        self._is_told = False
        self.ok = False
        self.record_id = ""
        self.target_url: str | None = None

    def __enter__(self) -> Item:
        self._is_told = self.ok = False
        in_hand.take(self)
        if self._reporter.kin is not None:
            self._reporter.kin.begins()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        in_hand.put_back(self)
        kin = self._reporter.kin
        if kin is not None and (error is None or not passes(error)):
            kin.ends()
        if error is None:
            if self.failure is not None:
                self.ok = False
                self._fail_again(self.failure)
            elif self.is_open or self.is_failed_elsewhere:
                self.ok = False
                if self.is_failed_elsewhere and not self.is_open:
                    self._reporter.failed_elsewhere(self._thing())
            elif not self._is_told:
                self._is_told = self.ok = True
                entity_type, entity_id, _, payload, part, project = self._given
                try:
                    self._reporter.came_over_now(
                        *(entity_type, entity_id, part, project, payload),
                        *(self.target_url, bool(self._alone) or self.is_failed_in_part),
                        self.taken_at,
                    )
                except BaseException as fault:  # nothing of ours reaches the host
                    if passes(fault):
                        raise
                    complain("report of a success", fault)
            return False
        if passes(error):
            entity_type, entity_id, _, _, part, _ = self._given
            self._reporter.broken_off(entity_type, entity_id, part)
            return False
        self.fail(error)
        return not self._reraise

    @quietly("")
    def fail(self, error: Failure, /, **details: Any) -> str:
        """Record that this failed without raising: a text or an exception, and what to note."""
        self.ok = False
        part = name_or_none(self._given[4])
        self.failure = Failed("", b"{}", self._reporter.run, part)  # also if it cannot be kept
        self.record_id = self._reporter.report_failure(self._thing(), error, details)
        return self.record_id

    @quietly(False)
    def check_returned(self, returned: Any, **more: Any) -> bool:
        """Look at what the target answered to this item's payload, as `Desk.check_returned`.

        Whether it came over; the block's end then reports nothing more.
        """
        entity_type, entity_id, _, payload, part, project = self._given
        sent = dict(payload) if is_mapping(payload) else {}
        if entity_id is not None:
            sent["id"] = entity_id
        usual = {"entity_type": entity_type, "project": project, "alone": self._alone, "part": part}
        self._is_told = True
        try:
            self.ok = bool(check_returned(self._reporter, sent, returned, **{**usual, **more}))
        except BaseException as fault:  # of what was returned, while it was looked at
            if passes(fault):
                raise
            self.fail(fault)
        else:
            self.record_id = "" if self.ok else self._reporter.last_record_id
        return self.ok

    @quietly(None)
    def _fail_again(self, failure: Failed) -> None:
        self.record_id = self._reporter.tell_again(self._thing(), failure)

    def whose(self) -> tuple[str, str | None, int, str]:
        """As `InHand` says."""
        tried = self._thing()
        source, target = self._reporter.source, self._reporter.target
        return source, target, entity_of(tried.entity_type, tried.entity_id), tried.part

    @property
    def reporter(self) -> Reporter:
        """Who tells of it."""
        return self._reporter

    def told_to_forks(self) -> bytes:
        """As `InHand` says."""
        run = self._reporter.run
        for details in (self._details_with_around, self._usual_details):
            try:
                return told_to_forks(run, details())
            except BaseException as fault:  # whatever a hostile payload does
                if passes(fault):
                    raise
        return told_to_forks(run, {})

    def _details_with_around(self) -> dict[str, Any]:
        return with_known(in_hand.around_it(self), self.details())

    def _usual_details(self) -> dict[str, Any]:
        return {"project": small(self._reporter.usual_project)}

    def details(self) -> dict[str, Any]:
        """What a record's details say of it."""
        tried = self._thing()
        if tried.project_id is None:
            tried = tried._replace(project=self._reporter.usual_project)
        return tried.details

    def _thing(self) -> Thing:
        entity_type, entity_id, name, payload, part, project = self._given
        return thing(entity_type, entity_id, part=part, name=name, project=project, payload=payload)


def _is_own(reporter: Reporter) -> bool:
    return reporter.pid == os.getpid()
