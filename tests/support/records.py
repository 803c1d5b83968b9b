"""Records as the store gets them, and storing them without a desk."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import Future
from typing import Any

from snaglist.domain.identity import ItemKey
from snaglist.domain.record import NewRecord, Sighting
from snaglist.service.filing import Filing
from snaglist.storage.database import Database
from snaglist.storage.writer import Write
from snaglist.wiring import new_id

ARRIVED_AT = "2026-11-23T10:00:00.000Z"
STORE = Filing(new_id, time.time, lambda _: {}).store
"""The work of a write that stores records."""


def new_sighting(**members: Any) -> Sighting:
    """What a record tells of: these members, and plain ones for the rest."""
    key = members.pop("key", ItemKey("shotgun", "kitsu", "Asset", "1", "", "87"))
    plain: dict[str, Any] = {
        "digest": key.digest,
        "attempted_at": ARRIVED_AT,
        "fingerprint": "1/a",
        "known": None,
        "piece": "",
        "title": "It failed",
        "is_transient": False,
        "name": "Sheep",
        "project_name": "Big Buck Bunny",
        "reporter": "test",
    }
    return Sighting(key=key, **(plain | members))


def new_record(**members: Any) -> NewRecord:
    """A record with these members, and plain ones for the rest."""
    plain: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "source": "shotgun",
        "target": None,
        "run": None,
        "occurred_at": None,
        "event_data": "{}",
        "redacted": None,
        "idempotency_key": None,
        "created_at": ARRIVED_AT,
        "sighting": new_sighting(),
    }
    return NewRecord(**(plain | members))


def record_all(database: Database, *records: NewRecord) -> list[Any]:
    """Store these together and return what became of each."""
    promise: Future[list[Any]] = Future()
    database.writer.submit(Write(STORE, records, promise))
    return promise.result(10)
