"""Making all causes again from the records, and keeping what people decided.

Two passes over the records, in slices of their own while recording goes on: the first counts
which fingerprint each gets now, then `domain/regrouping.py` plans which cause each of these
leads to, and the second moves records and items there. How far it is lies in the database, in
the transaction of each slice, so a kill only interrupts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from snaglist.causes.grouping import Grouping
from snaglist.domain.cause import Cause
from snaglist.domain.errors import WrongState
from snaglist.domain.history import Event
from snaglist.domain.moment import utc_text
from snaglist.domain.regrouping import Phase, Plan, Regroup, Tally
from snaglist.service.filing import Filing, follow_splits, made_cause, split_fingerprint
from snaglist.service.moves import Moves
from snaglist.service.recording import Recorder
from snaglist.service.regroups import planned_of
from snaglist.storage import causes as cause_store
from snaglist.storage import regroups as store
from snaglist.storage.causes import Pointer, Split
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.items import items_by_id
from snaglist.storage.regroups import Evident

PAGE_ROWS = 500
PAGE_BYTES = 1 << 20
STALE_SECONDS = 10
"""Another server takes a regroup over that has not moved for so long."""

_decode = msgspec.json.Decoder().decode


class Regrouping:
    """Regroups one database, a slice at each `step`; `clock` gives Unix time in seconds."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        clock: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._new_id = new_id
        self._own: str | None = None
        self._filing = Filing(new_id, clock, lambda event: recorder.grouper.pieces(event))

    def start(self, who: str, *, is_dry: bool) -> Regroup:
        """Order a regroup; `step` does it. Raises WrongState while another one is under way."""
        at = self._now()

        def change(connection: Connection) -> Regroup:
            other = store.unfinished_regroup(connection)
            if other is not None:
                raise WrongState(
                    f"Regroup {other.id} of {other.who} is under way already.",
                    "Wait for its end; `snaglist regroup` shows how far it is.",
                )
            last = store.last_place(connection)
            regroup = Regroup(self._new_id(), who, is_dry, Phase.COUNTING, 0, last, 0, 0, at, at)
            store.save_regroup(connection, regroup)
            return regroup

        regroup = self._database.write(change)
        self._own = regroup.id
        return regroup

    def step(self) -> bool:
        """Do a slice of the regroup that is under way; False if there is none for this server.

        One that another server began is left to it, unless that has stopped moving.
        """
        regroup = self._database.read(store.unfinished_regroup)
        if regroup is None or not self._may_take(regroup):
            return False
        self._own = regroup.id
        page = self._database.read(
            lambda one: store.evidence_page(one, regroup.place, regroup.last, PAGE_ROWS, PAGE_BYTES)
        )
        told = [(record, *self._told(record)) for record in page]
        if regroup.phase is Phase.COUNTING:
            if page:
                self._database.write(lambda one: self._count(one, regroup, told))
            else:
                self._database.write(lambda one: self._decide(one, regroup))
        elif page:
            self._database.write(lambda one: self._move(one, regroup, told))
        else:
            self._database.write(lambda one: self._end(one, regroup))
        return True

    def fail(self, reason: str) -> None:
        """End the regroup that is under way here, for this reason."""
        at = self._now()

        def change(connection: Connection) -> None:
            regroup = store.unfinished_regroup(connection)
            if regroup is not None and regroup.id == self._own:
                failed = replace(regroup, phase=Phase.FAILED, ended_at=at, fault=reason)
                store.save_regroup(connection, failed)

        self._database.write(change)

    def _may_take(self, regroup: Regroup) -> bool:
        if regroup.id == self._own or self._database.engine.name == "sqlite":
            return True
        return regroup.beat_at < utc_text(self._clock() - STALE_SECONDS)

    def _told(self, record: Evident) -> tuple[dict[str, Any], Grouping]:
        event = _decode(record.event_data)
        return event, self._recorder.grouper.group(event)

    def _count(
        self,
        connection: Connection,
        regroup: Regroup,
        told: Sequence[tuple[Evident, dict[str, Any], Grouping]],
    ) -> None:
        """Count which fingerprint these records get, before anything is split off."""
        bases = _bases(connection, [record for record, _, _ in told])
        counted: Counter[tuple[str, str]] = Counter()
        groupings: dict[str, Grouping] = {}
        for record, _, grouping in told:
            old = bases.get(record.fingerprint or "", record.fingerprint or "")
            counted[old, grouping.fingerprint] += 1
            groupings[grouping.fingerprint] = grouping
        tallies = [
            Tally(
                *(old, new, records, groupings[new].known, groupings[new].piece),
                *(groupings[new].title, groupings[new].transient),
            )
            for (old, new), records in sorted(counted.items())
        ]
        store.add_tallies(connection, regroup.id, tallies)
        moved = sum(tally.records for tally in tallies if tally.old != tally.new)
        store.save_regroup(
            connection,
            replace(
                regroup,
                place=told[-1][0].seq,
                records=regroup.records + len(told),
                moved=regroup.moved + moved,
                beat_at=self._now(),
            ),
        )

    def _decide(self, connection: Connection, regroup: Regroup) -> None:
        """Plan where fingerprints lead, and let them lead there; a dry run ends here."""
        if regroup.is_dry:
            self._end(connection, regroup)
            return
        at = self._now()
        tallies = store.tallies_of(connection, regroup.id)
        planned, pointers = planned_of(connection, tallies)
        store.note_old_causes(connection, regroup.id, pointers)
        self._point(connection, tallies, planned, pointers, at)
        last = store.last_place(connection)
        store.save_regroup(
            connection,
            replace(regroup, phase=Phase.MOVING, place=0, last=last, moved=0, beat_at=at),
        )

    def _point(
        self,
        connection: Connection,
        tallies: Sequence[Tally],
        planned: Plan,
        pointers: Mapping[str, Pointer],
        at: str,
    ) -> None:
        """Make the causes that are new, and let every fingerprint lead where it is to."""
        by_new = {tally.new: tally for tally in tallies}
        made: list[Cause] = []
        led: list[Pointer] = []
        splits = _inherited(connection, planned)
        split = {one.fingerprint for one in splits}
        for new, cause_id in planned.causes.items():
            if cause_id is None:
                tally = by_new[new]
                cause_id = self._new_id()
                made.append(
                    made_cause(
                        cause_id,
                        new,
                        tally.known,
                        tally.piece,
                        tally.title,
                        tally.is_transient,
                        at,
                    )
                )
            there = pointers.get(new)
            led.append(
                Pointer(new, cause_id, new in split or (there is not None and there.is_split))
            )
        if made:
            cause_store.insert_causes(connection, made)
        if led:
            cause_store.point(connection, led)
        if splits:
            cause_store.insert_splits(connection, splits)
        self._retitle(connection, by_new, planned)

    def _retitle(self, connection: Connection, by_new: Mapping[str, Tally], planned: Plan) -> None:
        """Let causes be told as their fingerprint is told now; names of people stay."""
        ids = {cause_id for cause_id in planned.causes.values() if cause_id is not None}
        changed: list[Cause] = []
        for cause in cause_store.causes_by_id(connection, sorted(ids)).values():
            heir = planned.heirs.get(cause.fingerprint, "")
            tally = by_new.get(heir)
            if tally is None or planned.causes.get(heir) != cause.id:
                continue
            after = replace(
                cause,
                fingerprint=heir,
                known=tally.known,
                piece=tally.piece,
                title=tally.title,
                is_transient=tally.is_transient,
            )
            if after != cause:
                changed.append(after)
        if changed:
            cause_store.update_causes(connection, changed)

    def _move(
        self,
        connection: Connection,
        regroup: Regroup,
        told: Sequence[tuple[Evident, dict[str, Any], Grouping]],
    ) -> None:
        """Move these records, and the items whose standing ones they are."""
        at = self._now()
        there = store.still_there(connection, [record.seq for record, _, _ in told])
        alive = [one for one in told if one[0].seq in there]
        self._file_old(connection, [one for one in alive if one[0].item_id is None], at)
        moved = self._refile(
            connection, regroup, [one for one in alive if one[0].item_id is not None], at
        )
        store.save_regroup(
            connection,
            replace(regroup, place=told[-1][0].seq, moved=regroup.moved + moved, beat_at=at),
        )

    def _file_old(
        self,
        connection: Connection,
        told: Sequence[tuple[Evident, dict[str, Any], Grouping]],
        at: str,
    ) -> None:
        """File what was recorded before there were items."""
        records = [
            self._recorder.recorded_before(
                record.id,
                record.source,
                record.target,
                record.occurred_at,
                record.created_at,
                event,
            )
            for record, event, _ in told
        ]
        if records:
            store.file_old(connection, self._filing.file(connection, records, at))

    def _refile(
        self,
        connection: Connection,
        regroup: Regroup,
        told: Sequence[tuple[Evident, dict[str, Any], Grouping]],
        at: str,
    ) -> int:
        """Give these records their fingerprints of now; how many changed cause."""
        new = _final_fingerprints(connection, told, self._recorder.grouper.pieces)
        pointers = cause_store.pointers_of(connection, sorted(set(new.values())))
        old_causes = store.old_causes_of(connection, regroup.id)
        ids = {pointer.cause_id for pointer in pointers.values()} | set(old_causes.values())
        causes = cause_store.causes_by_id(connection, sorted(ids))
        moves = Moves(connection, at)
        moves.knows(causes.values())
        standing = items_by_id(
            connection, sorted({record.item_id for record, _, _ in told if record.item_id})
        )
        changed: dict[int, str] = {}
        moved = 0
        for record, _, grouping in told:
            fingerprint = new[record.seq]
            if fingerprint != record.fingerprint:
                changed[record.seq] = fingerprint
            before = _as_merged(causes, old_causes.get(record.fingerprint or "", ""))
            after = pointers[fingerprint].cause_id
            if before and before != after:
                moved += 1
                moves.recounts(before, after, record.project or "", record.attempted_at or at)
            item = standing.get(record.item_id or "")
            if item is not None and item.standing_record_id == record.id:
                moves.item(
                    item,
                    item.regrouped(
                        fingerprint,
                        after,
                        is_transient=grouping.transient,
                        is_ignored=causes[after].is_ignored,
                        at=at,
                    ),
                    Event.REGROUPED,
                    regroup.who,
                    record_id=record.id,
                )
        if changed:
            store.refile_records(connection, changed)
        moves.write()
        return moved

    def _end(self, connection: Connection, regroup: Regroup) -> None:
        at = self._now()
        store.save_regroup(connection, replace(regroup, phase=Phase.DONE, beat_at=at, ended_at=at))

    def _now(self) -> str:
        return utc_text(self._clock())


def _bases(connection: Connection, records: Sequence[Evident]) -> dict[str, str]:
    """By fingerprint that something was split off into: the one that it was split off from first.

    What was split off may have been split further.
    """
    found: dict[str, str] = {}
    asked = {record.fingerprint for record in records if record.fingerprint}
    while asked:
        off = cause_store.split_off_from(connection, sorted(asked))
        found |= off
        asked = set(off.values()) - found.keys()
    return {one: _first_of(found, one) for one in found}


def _first_of(split_off: Mapping[str, str], fingerprint: str) -> str:
    while fingerprint in split_off:
        fingerprint = split_off[fingerprint]
    return fingerprint


def _inherited(connection: Connection, planned: Plan) -> list[Split]:
    """What people split off the old fingerprints, for their heirs."""
    splits = cause_store.splits_of(connection, sorted(planned.heirs))
    return [
        Split(planned.heirs[one.fingerprint], one.piece, one.value, one.into_fingerprint)
        for one in splits
        if planned.heirs[one.fingerprint] != one.fingerprint
    ]


def _final_fingerprints(
    connection: Connection,
    told: Sequence[tuple[Evident, dict[str, Any], Grouping]],
    pieces_of: Callable[[Mapping[str, Any]], Mapping[str, str]],
) -> dict[int, str]:
    """The fingerprint of each record by place, after what people split off."""
    pointers = cause_store.pointers_of(
        connection, sorted({grouping.fingerprint for _, _, grouping in told})
    )
    splits = follow_splits(connection, pointers)
    split = {one.fingerprint for one in splits}
    return {
        record.seq: (
            split_fingerprint(grouping.fingerprint, pieces_of(event), splits)
            if grouping.fingerprint in split
            else grouping.fingerprint
        )
        for record, event, grouping in told
    }


def _as_merged(causes: Mapping[str, Cause], cause_id: str) -> str:
    """The cause that this one was merged into meanwhile, or itself."""
    cause = causes.get(cause_id)
    while cause is not None and cause.merged_into is not None:
        cause_id = cause.merged_into
        cause = causes.get(cause_id)
    return cause_id
