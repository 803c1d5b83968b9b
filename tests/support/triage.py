"""A list that people work on, in this process: failures come in, edits are made."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from snaglist.domain.cause import Cause
from snaglist.domain.edits import CauseEdit, ItemEdit
from snaglist.domain.history import Entry
from snaglist.domain.identity import ItemKey
from snaglist.domain.item import Item
from snaglist.domain.moment import utc_text
from snaglist.domain.record import NewRecord
from snaglist.service.cause_edits import edit_cause
from snaglist.service.clock import Clock
from snaglist.service.edits import begin_edit, edit_item
from snaglist.service.filing import Filing
from snaglist.service.recount import Difference, recounted
from snaglist.service.run_chores import Watch
from snaglist.service.sightings import Targets
from snaglist.service.slices import carry_out
from snaglist.service.successes import Imported, report_imported, reported
from snaglist.service.undo import begin_undo
from snaglist.storage import causes as cause_store
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit
from snaglist.storage.history import entries_of_cause, entries_of_item
from snaglist.storage.items import COLUMNS, item_of
from snaglist.storage.writer import Write
from snaglist.wiring import new_id
from support.records import new_record, new_sighting

START = 1_795_500_000.0


def pieces_of(event: Mapping[str, Any]) -> Mapping[str, str]:
    """The pieces of evidence of the records here: what they were made with."""
    return {name: str(value) for name, value in event.items()}


class Triage:
    """One open database; every step is a second later than the one before."""

    def __init__(self, database: Database, who: str = "ana") -> None:
        self.database = database
        self.who = who
        self.store = Filing(new_id, self.clock, pieces_of).store
        self.ticking = Clock(database, self.clock, new_id, pieces_of, Watch(database, seconds=600))
        self.seconds = START

    def clock(self) -> float:
        """Unix time."""
        return self.seconds

    def now(self) -> str:
        """A second later."""
        self.seconds += 1
        return utc_text(self.seconds)

    def failure(self, entity: int, fingerprint: str = "1/a", **evidence: str) -> NewRecord:
        """A failure of this asset, now, with these pieces of evidence."""
        at = self.now()
        key = ItemKey("shotgun", "kitsu", "Asset", str(entity), "", "87")
        sighting = new_sighting(key=key, fingerprint=fingerprint, attempted_at=at)
        return new_record(sighting=sighting, created_at=at, event_data=json.dumps(evidence))

    def fails(self, *entities: int, fingerprint: str = "1/a", **evidence: str) -> None:
        """Each of these assets fails, and it is stored."""
        self.record([self.failure(entity, fingerprint, **evidence) for entity in entities])

    def comes_over(self, *entities: int) -> None:
        """Each of these assets is reported to have come over."""
        for entity in entities:
            at = self.now()
            told = Imported(shotgun_id=entity, entity_type="Asset", target="kitsu")
            success = reported("shotgun", told, Targets(), who=self.who, arrived_at=at)
            report_imported(self.database, [success], who=self.who, at=at)

    def record(self, records: list[NewRecord]) -> None:
        """Store these, some together."""
        for start in range(0, len(records), 500):
            promise: Future[list[Any]] = Future()
            self.database.writer.submit(Write(self.store, records[start : start + 500], promise))
            for outcome in promise.result(60):
                assert not isinstance(outcome, Exception), outcome

    def items(self) -> list[Item]:
        """All items, in order."""
        rows = self.database.read(
            lambda connection: connection.execute(f"SELECT {COLUMNS} FROM items ORDER BY seq")
        )
        return [item_of(row) for row in rows]

    def item(self, entity: int) -> Item:
        """The item of this asset."""
        return next(item for item in self.items() if item.entity_id == str(entity))

    def cause(self, fingerprint: str = "1/a") -> Cause:
        """The cause that this fingerprint leads to."""
        return self.database.read(
            lambda connection: next(
                iter(
                    cause_store.causes_by_id(
                        connection,
                        [cause_store.pointers_of(connection, [fingerprint])[fingerprint].cause_id],
                    ).values()
                )
            )
        )

    def cause_by_id(self, cause_id: str) -> Cause:
        """The cause of this id."""
        return self.database.read(
            lambda connection: cause_store.causes_by_id(connection, [cause_id])[cause_id]
        )

    def edits(self, entity: int, edit: ItemEdit) -> Item:
        """Somebody edits the item of this asset."""
        return edit_item(
            self.database, self.item(entity).id, edit, None, who=self.who, at=self.now()
        )

    def begins(self, edit: ItemEdit, items: list[Item] | None = None) -> Edit:
        """Somebody asks for an edit of all items, or these."""
        places = [item.seq for item in (self.items() if items is None else items)]
        return begin_edit(
            self.database,
            places,
            edit,
            edit_id=str(uuid.uuid4()),
            asked_of="all",
            who=self.who,
            at=self.now(),
        )

    def edits_all(self, edit: ItemEdit, items: list[Item] | None = None) -> Edit:
        """Somebody edits all items, or these, and it is carried out."""
        return self.carries_out(self.begins(edit, items))

    def carries_out(self, edit: Edit) -> Edit:
        """All that is left of an edit is done."""
        return carry_out(self.database, edit, pieces_of, self.now)

    def undoes(self, edit_id: str | None = None) -> Edit:
        """Somebody takes an edit back, the last one if none is named."""
        undo = begin_undo(
            self.database, edit_id, undo_id=str(uuid.uuid4()), who=self.who, at=self.now()
        )
        return self.carries_out(undo)

    def edits_cause(self, cause: Cause, edit: CauseEdit, version: int | None = None) -> Edit | None:
        """Somebody edits a cause, and it is carried out."""
        done = edit_cause(
            self.database,
            cause.id,
            edit,
            version,
            new_id=new_id,
            pieces_of=pieces_of,
            who=self.who,
            at=self.now(),
        )
        return None if done.edit is None else self.carries_out(done.edit)

    def ticks(self, seconds: float = 0) -> None:
        """So much later, the clock does all that is due."""
        self.seconds += seconds
        while self.ticking.tick():
            pass

    def history(self, one: Item | Cause) -> list[Entry]:
        """What happened to it, the oldest first."""
        of = entries_of_item if isinstance(one, Item) else entries_of_cause
        return self.database.read(lambda connection: of(connection, one.id))

    def differences(self) -> list[Difference]:
        """Where counts are not what they must be."""
        return self.database.read(recounted)
