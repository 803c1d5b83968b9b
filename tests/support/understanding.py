"""A desk's understanding without HTTP: recording, successes and what came of them."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future
from typing import Any

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper
from snaglist.domain.cause import Cause
from snaglist.domain.item import Item
from snaglist.domain.moment import utc_text
from snaglist.domain.record import Record
from snaglist.domain.redaction import Redactor
from snaglist.service.recording import Limits, Recorder
from snaglist.service.records import delete_record
from snaglist.service.recount import Difference, recounted
from snaglist.service.sightings import Targets
from snaglist.service.successes import Imported, report_imported, reported
from snaglist.storage.causes import causes_by_id
from snaglist.storage.database import Database, engine_for
from snaglist.storage.items import items_by_id
from snaglist.wiring import new_id

SHIPPED = Catalogue.shipped()


class Understanding:
    """One client of an open database."""

    def __init__(self, database: Database, catalogue: Catalogue = SHIPPED) -> None:
        self.database = database
        self.recorder = Recorder(
            database.writer, Redactor(), time.time, new_id, Limits(), Grouper(catalogue)
        )

    def record(self, *events: dict[str, Any]) -> list[Record]:
        """Record these together, and give what the desk answers."""
        promise: Future[Any] = Future()
        self.recorder.submit(
            [
                self.recorder.prepare("shotgun", json.dumps(one).encode(), reporter="importer")
                for one in events
            ],
            promise,
        )
        return [outcome.record for outcome in promise.result(30)]

    def fail(self, error: str, **details: Any) -> Record:
        """Record that an asset failed, 12345 if `shotgun_id` does not say."""
        plain = {"entity_type": "Asset", "shotgun_id": 12345, "project": {"id": 87, "name": "BBB"}}
        (record,) = self.record({"error": error, "details": plain | details})
        return record

    def came_over(self, entity_type: str = "Asset", shotgun_id: int = 12345, **members: Any) -> int:
        """Report a success; how many items it resolved."""
        return self.report([{"shotgun_id": shotgun_id, "entity_type": entity_type, **members}])

    def report(self, successes: list[dict[str, Any]]) -> int:
        """Report these together; how many items they resolved."""
        at = utc_text(time.time())
        told = [
            reported("shotgun", Imported(**one), Targets(), who="importer", arrived_at=at)
            for one in successes
        ]
        return report_imported(self.database, told, who="importer", at=at)

    def delete(self, record: Record) -> None:
        """Delete a record."""
        at = utc_text(time.time())
        delete_record(self.database, "shotgun", record.id, who="admin", at=at)

    def item(self, record: Record) -> Item:
        """The item of a record as it stands now."""
        assert record.item_id is not None
        item_id = record.item_id
        return self.database.read(lambda one: items_by_id(one, [item_id]))[item_id]

    def cause(self, cause_id: str | None) -> Cause:
        """A cause as it stands now."""
        assert cause_id is not None
        return self.database.read(lambda one: causes_by_id(one, [cause_id]))[cause_id]

    def count(self, sql: str) -> int:
        """The one number that this statement gives."""
        return int(self.database.read(lambda one: one.execute(sql))[0][0])

    def differences(self) -> list[Difference]:
        """Where counts are not what they must be."""
        return self.database.read(recounted)


def recount(url: str) -> list[Difference]:
    """Where the counts of the database at this address are not what they must be."""
    connection = engine_for(url).reader()
    try:
        return recounted(connection)
    finally:
        connection.close()
