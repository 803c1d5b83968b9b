"""Counting again what is kept counted: from items, records and the audit trail; `doctor --deep`.

Every figure that the desk shows without counting is compared with what it must be. Differences
are faults of the desk, and are told with what they concern.
"""

from __future__ import annotations

import msgspec

from snaglist.storage.connection import Connection
from snaglist.storage.recount import CHECKS

_MOST_SHOWN = 3


class Difference(msgspec.Struct, frozen=True):
    """One figure that is not what it must be."""

    check: str
    what: str
    kept: str
    counted: str


def recounted(connection: Connection) -> list[Difference]:
    """Every difference between what is kept and what is counted again; reads everything.

    All of it as it is at one moment, so it may run beside a desk that records.
    """
    with connection.snapshot():
        return [
            Difference(name, str(what), str(kept), str(counted))
            for name, sql in CHECKS.items()
            for what, kept, counted in connection.execute(sql)
        ]


def told_shortly(found: list[Difference]) -> str:
    """The differences in a sentence: how many there are, and the first few."""
    shown = "; ".join(
        f"{one.check} of {one.what}: kept {one.kept}, counted {one.counted}"
        for one in found[:_MOST_SHOWN]
    )
    return f"{len(found)} differ. {shown}"
