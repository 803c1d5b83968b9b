"""What clients sent, what they were promised, and whether a store kept those promises."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

ENTITIES = 97
ERRORS = (
    "Failed to import asset",
    "KeyError: 'sg_cut_in'",
    "KeyError: 'sg_sort_order'",
    "HTTPConnectionPool(host='kitsu.lan', port=80): Read timed out. (read timeout=30)",
)


@dataclass(frozen=True)
class Sent:
    """One record as its client sent it: recognized by its number, repeatable by key or id."""

    number: int
    key: str | None = None
    id: str | None = None

    @property
    def event_data(self) -> str:
        """The body; no two records have the same, but many tell of one item or cause."""
        details = {
            "number": self.number,
            "entity_type": "Asset",
            "shotgun_id": self.number % ENTITIES,
            "project": {"id": self.number % 3, "name": "Sheep"},
        }
        return json.dumps({"error": ERRORS[self.number % len(ERRORS)], "details": details})


class Ledger:
    """The promises of a store to all its clients, whichever thread they live in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: dict[int, Sent] = {}
        self._acknowledged: dict[int, str] = {}
        self._delete_sent: set[int] = set()
        self._deleted: set[int] = set()
        self.surprises: list[str] = []
        """Answers that no client should get."""

    def new(self, *, keyed: bool = False, with_id: bool = False) -> Sent:
        """A record that is going to be sent."""
        with self._lock:
            number = len(self._sent) + 1
            key = f"key-{uuid.uuid4()}" if keyed else None
            self._sent[number] = Sent(number, key, str(uuid.uuid4()) if with_id else None)
            return self._sent[number]

    def acknowledge(self, sent: Sent, record_id: str) -> None:
        """The store promised to have this record, under this id."""
        with self._lock:
            self._acknowledged[sent.number] = record_id

    def send_delete(self, sent: Sent) -> str:
        """A delete is going to be sent: from now on the record may be there or not. Its id."""
        with self._lock:
            self._delete_sent.add(sent.number)
            return self._acknowledged[sent.number]

    def acknowledge_delete(self, sent: Sent) -> None:
        """The store promised that this record is gone for good."""
        with self._lock:
            self._deleted.add(sent.number)

    def surprise(self, what: str) -> None:
        """A client got an answer that it never should."""
        with self._lock:
            self.surprises.append(what)

    @property
    def acknowledged(self) -> int:
        """How many records were acknowledged so far."""
        return len(self._acknowledged)

    @property
    def deleted(self) -> int:
        """How many deletes were acknowledged so far."""
        return len(self._deleted)

    def repeatable(self) -> list[Sent]:
        """What was never acknowledged and can be sent again, since it has a key or an id."""
        return [
            sent
            for number, sent in self._sent.items()
            if number not in self._acknowledged and (sent.key or sent.id)
        ]

    def broken_promises(self, found: Iterable[tuple[str, str]]) -> list[str]:
        """What is wrong with a store that holds these records (id, event_data); [] if nothing."""
        ids: dict[int, str] = {}
        times: Counter[int] = Counter()
        for record_id, event_data in found:
            number = json.loads(event_data)["details"]["number"]
            ids[number] = record_id
            times[number] += 1
        kept = self._acknowledged.keys() - self._delete_sent
        wrong = {
            "lost": kept - ids.keys(),
            "twice": {number for number, count in times.items() if count > 1},
            "back after its delete": self._deleted & ids.keys(),
            "never sent": ids.keys() - self._sent.keys(),
            "under another id": {
                number
                for number, record_id in self._acknowledged.items()
                if ids.get(number, record_id) != record_id
            },
        }
        told = [
            f"{len(numbers)} {what}: {sorted(numbers)[:10]}"
            for what, numbers in wrong.items()
            if numbers
        ]
        return self.surprises + told
