"""What a record tells of: whose failure, when, and why."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

from snaglist.causes.grouping import Grouper, Grouping
from snaglist.domain.identity import Subject, subject_of, target_of
from snaglist.domain.moment import attempted_at
from snaglist.domain.payload import lasting_part
from snaglist.domain.record import Sighting, is_source

_encode = msgspec.json.Encoder().encode
_MOST_REMEMBERED = 32_768


class Targets(msgspec.Struct, frozen=True):
    """Where a source's import writes, when the record does not say."""

    default: str = "kitsu"
    by_source: dict[str, str] = {}

    def of(self, source: str, given: str | None) -> str:
        """The target that was given, if it is a slug, else the source's."""
        if given and is_source(given):
            return given
        return self.by_source.get(source, self.default)


class Told(msgspec.Struct, frozen=True, gc=False):
    """What a record tells that another attempt at the same, failing alike, tells again."""

    subject: Subject
    digest: str
    grouping: Grouping


class Sightings:
    """Reads records by one catalogue; what was read is remembered, for failures come again.

    An import that runs every night posts most of what it posted the night before.
    """

    def __init__(self, grouper: Grouper, targets: Targets) -> None:
        self.grouper = grouper
        self._targets = targets
        self._remembered: dict[bytes, Told] = {}

    def of(
        self,
        event: dict[str, Any],
        source: str,
        target: str | None,
        occurred_at: str | None,
        arrived_at: str,
        reporter: str,
    ) -> Sighting:
        """What this record tells of; `target` and `occurred_at` are its envelope's."""
        details = event.get("details")
        if type(details) is dict and occurred_at is None:
            occurred_at = details.get("occurred_at")
        told = self._told(event, source, target)
        subject, grouping = told.subject, told.grouping
        return Sighting(
            subject.key,
            told.digest,
            attempted_at(occurred_at, arrived_at),
            grouping.fingerprint,
            grouping.known,
            grouping.piece,
            grouping.title,
            grouping.transient,
            subject.name,
            subject.project_name,
            reporter,
        )

    def _told(self, event: dict[str, Any], source: str, target: str | None) -> Told:
        lasting, aside = lasting_part(event)
        mark = blake2b(_encode((source, target, aside, lasting)), digest_size=16).digest()
        told = self._remembered.get(mark)
        if told is None:
            given = target or target_of(event)
            subject = subject_of(source, self._targets.of(source, given), event)
            told = Told(subject, subject.key.digest, self.grouper.group(lasting))
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[mark] = told
        return told
