"""Looking at a regroup: how far it is, and what it changes, or would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from snaglist.domain.errors import NotFound
from snaglist.domain.regrouping import Plan, Regroup, Tally, plan
from snaglist.storage import causes as cause_store
from snaglist.storage import regroups as store
from snaglist.storage.causes import Pointer
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database


class Change(msgspec.Struct, frozen=True):
    """What a regroup does to the records of one cause, or would: they come to `to_title`.

    `to_cause_id` is None where that is a cause of its own, which is new.
    """

    from_cause_id: str | None
    from_title: str
    to_cause_id: str | None
    to_title: str
    records: int


def get_regroup(database: Database, regroup_id: str) -> Regroup:
    """The regroup of this id. Raises NotFound."""
    found = database.read(lambda connection: store.find_regroup(connection, regroup_id))
    if found is None:
        raise NotFound("There is no such regroup.", "POST /api/v1/regroups orders one.")
    return found


def changes_of(database: Database, regroup: Regroup, most: int = 200) -> list[Change]:
    """What a regroup that has counted would change, the largest first; at most `most`."""

    def query(connection: Connection) -> list[Change]:
        tallies = store.tallies_of(connection, regroup.id)
        planned, pointers = planned_of(connection, tallies)
        ids = {pointer.cause_id for pointer in pointers.values()}
        causes = cause_store.causes_by_id(connection, sorted(ids))
        counted: Counter[tuple[str | None, str | None, str]] = Counter()
        for tally in tallies:
            pointer = pointers.get(tally.old)
            before = None if pointer is None else pointer.cause_id
            after = planned.causes[tally.new]
            if before is None or before != after:
                title = tally.title if after is None else causes[after].shown_title
                counted[before, after, title] += tally.records
        return [
            Change(
                before,
                "" if before is None else causes[before].shown_title,
                after,
                title,
                records,
            )
            for (before, after, title), records in counted.most_common(most)
        ]

    return database.read(query)


def planned_of(connection: Connection, tallies: Sequence[Tally]) -> tuple[Plan, dict[str, Pointer]]:
    """Where the counted fingerprints are to lead, and where they lead now."""
    fingerprints = {tally.old for tally in tallies} | {tally.new for tally in tallies}
    pointers = cause_store.pointers_of(connection, sorted(fingerprints))
    leads = {pointer.fingerprint: pointer.cause_id for pointer in pointers.values()}
    return plan(tallies, leads, store.touched_causes(connection)), pointers
