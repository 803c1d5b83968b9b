"""One pass of an import, or the endless kind, a mirror: how far it is, and every move it can make.

docs/states.md has the whole table. Times are RFC 3339 texts in UTC (`domain/moment.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import lru_cache
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from snaglist.domain.errors import WrongState

_decode = msgspec.json.Decoder(dict[str, int]).decode
_NAMESPACE = UUID("6f1e2c0a-52ad-4b7e-9a43-0c9f4d1b7a55")


COMPLETE = "complete"
"""The kind of the edit by which items leave the list with a complete run."""


class Kind(StrEnum):
    """A run has an end; a mirror goes on, with a heartbeat."""

    RUN = "run"
    MIRROR = "mirror"


class RunStatus(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    ENDED = "ended"
    COMPLETE = "complete"
    FAILED = "failed"
    ABANDONED = "abandoned"


class TryOutcome(StrEnum):
    """What became of one thing that a run tried."""

    CAME_OVER = "came_over"
    FAILED = "failed"


class Completion(msgspec.Struct, frozen=True):
    """That a run tried everything of projects (ids or names) and entity types; () is all of them.

    What was last tried before `began_at` and did not fail in the run is not failing any more.
    """

    run_id: str
    began_at: str
    projects: tuple[str, ...] = ()
    entity_types: tuple[str, ...] = ()


_decode_completion = msgspec.json.Decoder(Completion).decode


class Run(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A run as far as it has come; the order of its members is the order of the columns.

    Records name it by its `label`. `beat_at` is when it was last heard of, `unsent` how much its
    importer had yet to send then. `total` and `totals` (JSON, by entity type) are how many
    things it means to try; with `has_gaps` something that it reported was lost before it came
    here. `scope` and `completed_at` are those of a complete run.
    """

    id: str
    label: str
    name: str
    kind: Kind
    source: str
    target: str
    project: str
    host: str
    who: str
    status: RunStatus
    began_at: str
    beat_at: str
    ended_at: str | None = None
    total: int | None = None
    totals: str | None = None
    last_event_id: str | None = None
    last_event_at: str | None = None
    unsent: int = 0
    fault: str | None = None
    completed_at: str | None = None
    scope: str | None = None
    edit_id: str | None = None
    has_gaps: bool = False
    is_told: bool = False
    is_settled: bool = False
    seq: int = 0

    def heard(self, at: str) -> Run:
        """A record, a success or a beat came: it is alive, and goes on if it was abandoned."""
        if self.status is RunStatus.ABANDONED:
            return replace(self, status=RunStatus.RUNNING, beat_at=at, ended_at=None)
        return replace(self, beat_at=max(self.beat_at, at))

    def silent(self, at: str) -> Run:
        """It stopped answering."""
        if self.status is not RunStatus.RUNNING:
            return self
        return replace(self, status=RunStatus.ABANDONED, ended_at=at)

    def ended(self, at: str, fault: str | None) -> Run:
        """It came to its end, or to a fault. The first end counts, and a complete one stays."""
        if self.status in (RunStatus.RUNNING, RunStatus.ABANDONED):
            status = RunStatus.ENDED if fault is None else RunStatus.FAILED
            return replace(
                self, status=status, ended_at=at, beat_at=max(self.beat_at, at), fault=fault
            )
        return self

    def completed(
        self, at: str, scope: str, edit_id: str, tried: int, least: int, unsent: int = 0
    ) -> Run:
        """It tried everything in a scope; `tried` of at least `least` things have arrived here.

        Raises WrongState for a mirror, for one that failed, is complete already, tried less, has
        gaps or something unsent.
        """
        if self.kind is Kind.MIRROR:
            raise WrongState(
                f"{self.name} is a mirror, and never complete.", "Complete a run, not a mirror."
            )
        if self.status is RunStatus.FAILED:
            raise WrongState(
                f"Run {self.id} failed, and did not try everything.", "Complete the next run."
            )
        if self.status is RunStatus.COMPLETE:
            raise WrongState(
                f"Run {self.id} is complete already.",
                "Name all projects and types at once; to say it anew, undo its edit.",
            )
        if tried < least:
            raise WrongState(
                f"Run {self.id} was to try {least} things, and {tried} arrived here.",
                "Send what is unsent and try what is left, then complete it.",
            )
        if unsent:
            raise WrongState(
                f"Of run {self.id} something is still unsent: {unsent} by its own account.",
                "Send it, say so with a beat, then complete it.",
            )
        if self.has_gaps:
            raise WrongState(
                f"Some of run {self.id} was lost on its way here, so nobody knows all it tried.",
                "Complete the next run; the log of the import's host says why it was lost.",
            )
        return replace(
            self,
            status=RunStatus.COMPLETE,
            ended_at=self.ended_at or at,
            beat_at=max(self.beat_at, at),
            completed_at=at,
            scope=scope,
            edit_id=edit_id,
        )

    @property
    def completion(self) -> Completion | None:
        """Of what it said that it tried everything, if it did."""
        return None if self.scope is None else _decode_completion(self.scope)

    @property
    def totals_by_type(self) -> dict[str, int]:
        """How many things of each type it means to try, where its importer said so."""
        return {} if self.totals is None else _decode(self.totals)

    def check_totals(self, tried: Mapping[str, int], entity_types: Collection[str]) -> None:
        """Raise WrongState if it tried less of one of these types than it said; () is all.

        A total that is of no type is that of the types that are named.
        """
        of_these = sum(tried.get(name, 0) for name in entity_types)
        if entity_types and not self.totals_by_type and of_these < (self.total or 0):
            raise WrongState(
                f"Run {self.id} was to try {self.total}, and {of_these} of the types that are"
                " named arrived here.",
                'Try what is left; or say how many of each type: {"total": {"Asset": 12}}.',
            )
        for name, least in self.totals_by_type.items():
            if (not entity_types or name in entity_types) and tried.get(name, 0) < least:
                raise WrongState(
                    f"Run {self.id} was to try {least} of the type {name[:60]}, and"
                    f" {tried.get(name, 0)} arrived here.",
                    "Send what is unsent and try what is left, then complete it.",
                )

    def not_complete(self) -> Run:
        """That it tried everything is taken back; it ended."""
        return replace(self, status=RunStatus.ENDED, completed_at=None, scope=None, edit_id=None)


@lru_cache(maxsize=1024)
def run_id_of(label: str) -> str:
    """The id of the run that records name so: the label itself if it is a UUID.

    A label that is none has an id made of it, the same on every desk.
    """
    try:
        return str(UUID(label))
    except ValueError:
        return str(uuid5(_NAMESPACE, label))
