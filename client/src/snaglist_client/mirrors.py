"""A mirror, the endless kind of run: it follows the source's event log, entry by entry."""

from __future__ import annotations

import mmap
import os
import platform
import re
import time
from collections.abc import Mapping
from itertools import count
from types import TracebackType
from typing import Any

from snaglist_client import in_hand
from snaglist_client.courier import Courier
from snaglist_client.delivery import json_of
from snaglist_client.failures import Failure, entry_event_of
from snaglist_client.in_hand import Failed, InHand, entity_of
from snaglist_client.messages import (
    EntityId,
    begin_line,
    entity_id_of,
    name_of,
    path_of_run,
    project_of,
)
from snaglist_client.moments import utc_now, utc_text
from snaglist_client.plain import said
from snaglist_client.quietly import passes, quietly
from snaglist_client.reporter import Reporter
from snaglist_client.things import Thing, thing

_LAST_BEAT_SECONDS = 2.0
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_numbers = count()


class Mirror:
    """Follows events: `for entry in entries: with mirror.event(entry): apply(entry)`.

    A heartbeat and the last event's id reach the desk by themselves. The same name, source and
    target are the same mirror when the program is started anew.
    """

    def __init__(
        self, courier: Courier, source: str, target: str | None, name: Any, project: Any = None
    ) -> None:
        self.name = name_of(name)
        self.label = f"mirror:{source}:{target or ''}:{self.name}"[:200]
        self._last = LastEvent()
        self._reporter = Reporter(courier, source, target, self.label, is_endless=True)
        self._reporter.usual_project = project
        self._is_begun = False

    @quietly(None)
    def begin(self) -> None:
        """Announce the mirror; done by itself."""
        if self._is_begun:
            return
        self._is_begun = True
        reporter = self._reporter
        began = {
            "label": self.label,
            "name": self.name or None,
            "kind": "mirror",
            "source": reporter.source,
            "target": reporter.target,
            "project": project_of(reporter.usual_project),
            "began_at": utc_now(),
            "host": name_of(platform.node()),
        }
        reporter.courier.capture(begin_line(began), lasting=True)
        reporter.courier.live(self.label, self._beat)

    def event(self, entry: Any, *, reraise: bool = False) -> MirroredEvent:
        """One EventLogEntry: what raises in its block is recorded as that entry's failure.

        What does not is reported as come over: the attribute that changed, or the entity when it
        is new or revived. Another event without an attribute is a part of its own, by its type.
        """
        if not self._is_begun:
            self.begin()
        return MirroredEvent(self, self._reporter, entry, reraise=reraise)

    def close(self) -> None:
        """Stop the heartbeat. The desk calls a mirror abandoned that is silent for long."""
        courier = self._reporter.courier
        courier.live(self.label, None)
        until = time.monotonic() + _LAST_BEAT_SECONDS

        def end() -> None:
            courier.deliver(until - time.monotonic())  # it may not be announced yet
            courier.ask(*self._beat(courier.keeping.unsent()), until - time.monotonic())

        courier.elsewhere(_LAST_BEAT_SECONDS, end)

    def __enter__(self) -> Mirror:
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def last_event_id(self) -> Any:
        """The id of the last event that is behind it, in whatever process; None before one is."""
        return self._last.told[0]

    @quietly(None)
    def note(self, entry: Any) -> None:
        """This entry is behind us, come over or not."""
        if isinstance(entry, Mapping) and entry.get("id") is not None:
            self._last.put(entity_id_of(entry["id"]), _moment_of(entry.get("created_at")))

    def _beat(self, unsent: int) -> tuple[str, bytes]:
        beat: dict[str, Any] = {"unsent": unsent}
        number, at = self._last.told
        if number is not None:
            beat["last_event_id"] = number
            if at is not None:
                beat["last_event_at"] = at
        return path_of_run(self.label, "beats"), json_of(beat)


class LastEvent:
    """The last event that is behind a mirror: in all its processes the one of the highest id."""

    def __init__(self) -> None:
        self._named: tuple[Any, str | None] = (None, None)
        try:
            self._shared: mmap.mmap | None = mmap.mmap(-1, mmap.PAGESIZE)
        except OSError:
            self._shared = None

    def put(self, number: EntityId, at: str | None) -> None:
        """This one is; what has no number for an id is simply the last."""
        shared = self._shared
        if shared is None or type(number) is not int or not 0 < number < _HIGHEST_ID:
            self._named = number, at
        elif number >= int.from_bytes(shared[:_ID_BYTES], "big"):
            moment = (at or "").encode("ascii", "replace")[:_MOMENT_BYTES]
            shared[: _ID_BYTES + _MOMENT_BYTES] = number.to_bytes(_ID_BYTES, "big") + moment.ljust(
                _MOMENT_BYTES
            )

    @property
    def told(self) -> tuple[Any, str | None]:
        """Its id, and when it happened; None for what is not known."""
        shared = b"" if self._shared is None else self._shared[: _ID_BYTES + _MOMENT_BYTES]
        number = int.from_bytes(shared[:_ID_BYTES], "big")
        if not number:
            return self._named
        return number, shared[_ID_BYTES:].decode("ascii").strip() or None


_ID_BYTES = 8
_HIGHEST_ID = 1 << 63
_MOMENT_BYTES = 40

_OF_THE_WHOLE = ("New", "Revival")
"""How the types of events end that bring an entity over as a whole."""


class MirroredEvent(InHand):
    """One EventLogEntry on its way. `ok` tells, after its block, whether it came over."""

    def __init__(self, mirror: Mirror, reporter: Reporter, entry: Any, *, reraise: bool) -> None:
        super().__init__()
        self._mirror = mirror
        self._reporter = reporter
        self._entry = entry
        self._reraise = reraise
        self.ok = False
        self.record_id = ""
        self._is_skipped = False
        self._echo_name = ""

    def skip(self) -> None:
        """Say, in the block, that nothing is done for this one: then nothing came over, either."""
        self._is_skipped = True

    def whose(self) -> tuple[str, str | None, int, str]:
        """As `InHand` says."""
        changed = self._changed()
        source, target = self._reporter.source, self._reporter.target
        if changed is None:
            return source, target, in_hand.NOTHING, ""
        return source, target, entity_of(changed.entity_type, changed.entity_id), changed.part

    def details(self) -> dict[str, Any]:
        """What a record's details say of what it changed."""
        changed = self._changed()
        return {} if changed is None else changed.details

    @property
    def reporter(self) -> Reporter:
        """Who tells of it."""
        return self._reporter

    @quietly(None)
    def _changed(self) -> Thing | None:
        return thing_of_entry(self._entry)

    @property
    def echo_name(self) -> str:
        """Its own: another event of the same thing is another try."""
        return self._echo_name

    def __enter__(self) -> MirroredEvent:
        self._echo_name = f"event {os.getpid()} {next(_numbers)}"
        in_hand.take(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        in_hand.put_back(self)
        if error is not None and passes(error):
            return False
        if error is None:
            self.ok = self.failure is None and not self.is_open and not self.is_failed_elsewhere
            if self.failure is not None:
                self._record_again(self.failure)
            elif self.ok and not self._is_skipped:
                self._report()
        else:
            self._record(error)
        self._mirror.note(self._entry)
        return error is not None and not self._reraise

    @quietly(None)
    def _record_again(self, failure: Failed) -> None:
        self.record_id = self._reporter.tell_again(self._changed(), failure)

    @quietly(None)
    def _report(self) -> None:
        changed = thing_of_entry(self._entry)
        if changed is not None and (changed.part or _is_of_the_whole(self._entry)):
            alone = self.is_failed_in_part or _is_revival(self._entry)
            self._reporter.report_success(changed, alone=alone, began=self.taken_at)

    @quietly(None)
    def _record(self, error: BaseException) -> None:
        self.record_id = record_entry(self._reporter, self._entry, error, {})


def record_entry(reporter: Reporter, entry: Any, error: Failure, details: Mapping[str, Any]) -> str:
    """Record the failure of this EventLogEntry; the record's id, or ""."""
    try:
        changed = thing_of_entry(entry)
    except BaseException as fault:  # whatever a hostile class does: the failure is told of
        if passes(fault):
            raise
        changed = None
    if changed is not None and changed.part:
        details = {"part": changed.part, **details}
    return reporter.tell_failure(changed, entry_event_of(entry, error, details))


def thing_of_entry(entry: Any) -> Thing | None:
    """What an EventLogEntry changed, as the desk reads it: the entity, or one attribute of it."""
    if not isinstance(entry, Mapping):
        return None
    meta = entry.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    link = entry.get("entity")
    link = link if isinstance(link, Mapping) else {}
    kind, entity_id = link.get("type"), link.get("id")
    if entity_id is None:
        kind, entity_id = meta.get("entity_type") or meta.get("type"), meta.get("entity_id")
    if not kind or entity_id is None:
        return None
    part = entry.get("attribute_name") or meta.get("attribute_name")
    if not part and not _is_of_the_whole(entry):
        part = entry.get("event_type") or None
    return thing(kind, entity_id, part=part, project=entry.get("project"))


def _moment_of(value: Any) -> str | None:
    """When it happened; None for what is no time, since the desk would take no such beat."""
    try:
        told = utc_text(value) if hasattr(value, "astimezone") else said(value or "")
    except (ValueError, OverflowError, OSError):
        return None
    return told if _MOMENT.match(told) else None


def _is_revival(entry: Mapping[str, Any]) -> bool:
    """Whether it brings back what was retired: nothing is said of its attributes."""
    return _change_of(entry) == "Revival"


def _is_of_the_whole(entry: Mapping[str, Any]) -> bool:
    return _change_of(entry) in _OF_THE_WHOLE


def _change_of(entry: Mapping[str, Any]) -> str:
    """How its type ends: `New`, `Change`, `Retirement`, `Revival`."""
    return said(entry.get("event_type") or "").rpartition("_")[2]
