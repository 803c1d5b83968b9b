"""Who works on retries: a program that leases items, what it can do, and whether it is there."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from snaglist.domain.moment import moment_after

CONNECTED_SECONDS = 60
"""How long after its last call a worker counts as connected."""

NOTED_SECONDS = 10
"""How old the note of its last call may be before it is written anew."""

FORGOTTEN_SECONDS = 30 * 24 * 3600
"""How long a worker is remembered that does not call any more."""


class Worker(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A worker as it said of itself; the order of its members is the order of the columns.

    Of `sources`, `targets` and `entity_types` () is all.
    """

    id: str
    name: str
    host: str
    who: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    entity_types: tuple[str, ...]
    first_seen_at: str
    seen_at: str

    def can_do(self, source: str, target: str, entity_type: str) -> bool:
        """Whether it takes items of this source, target and type."""
        return (
            (not self.sources or source in self.sources)
            and (not self.targets or target in self.targets)
            and (not self.entity_types or entity_type in self.entity_types)
        )

    def can_do_some(self, entity_types: Collection[str]) -> bool:
        """Whether it takes items of one of these types."""
        return not self.entity_types or any(kind in self.entity_types for kind in entity_types)

    def is_connected(self, at: str) -> bool:
        """Whether it called of late."""
        return moment_after(self.seen_at, CONNECTED_SECONDS) >= at

    def is_news(self, known: Worker | None) -> bool:
        """Whether what is known of it is to be written anew."""
        return (
            known is None
            or moment_after(known.seen_at, NOTED_SECONDS) <= self.seen_at
            or _what(known) != _what(self)
        )


def _what(worker: Worker) -> tuple[object, ...]:
    return (
        *(worker.name, worker.host, worker.who),
        *(worker.sources, worker.targets, worker.entity_types),
    )
