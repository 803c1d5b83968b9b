"""Clients that record and delete in this process, through the recorder and its one writer."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import Future
from random import Random
from typing import Any

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper
from snaglist.domain.errors import SnaglistError, StoreUnavailable
from snaglist.domain.moment import utc_text
from snaglist.domain.redaction import Redactor
from snaglist.service.recording import Limits, Recorder
from snaglist.service.records import delete_record
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.wiring import new_id
from support.ledger import Ledger, Sent

CLIENTS = 4
_GROUPER = Grouper(Catalogue.shipped())


class StoreClient:
    """One client of an open database; what it is promised goes into the ledger."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger
        self._recorder = Recorder(
            database.writer, Redactor(), time.time, new_id, Limits(), _GROUPER
        )
        self._own: list[Sent] = []

    def record(self, *, keyed: bool = False) -> None:
        """Have one record stored, as the desk does it. Raises StoreUnavailable."""
        sent = self._ledger.new(keyed=keyed)
        record = self._recorder.prepare("shotgun", _bulky(sent), sent.key)
        promise: Future[Any] = Future()
        self._recorder.submit([record], promise)
        (outcome,) = promise.result()
        if isinstance(outcome, SnaglistError):
            self._ledger.surprise(f"record {sent.number} was refused: {outcome}")
            return
        self._ledger.acknowledge(sent, record.id)
        self._own.append(sent)

    def delete_one(self, random: Random) -> None:
        """Delete one of this client's own records. Raises StoreUnavailable."""
        sent = self._own.pop(random.randrange(len(self._own)))
        delete_record(
            self._database,
            "shotgun",
            self._ledger.send_delete(sent),
            who="test",
            at=utc_text(time.time()),
        )
        self._ledger.acknowledge_delete(sent)

    def work_until_refused(self, random: Random) -> None:
        """Record and delete, one after the other, until the store cannot any more."""
        try:
            while True:
                if self._own and random.random() < 0.2:
                    self.delete_one(random)
                else:
                    self.record(keyed=random.random() < 0.3)
        except StoreUnavailable:
            return


def load_until_refused(database: Database, ledger: Ledger, random: Random) -> None:
    """`CLIENTS` of them at work, each in a thread, until the store refuses them all."""
    threads = [
        threading.Thread(
            target=StoreClient(database, ledger).work_until_refused,
            args=(Random(random.random()),),
        )
        for _ in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def all_records(connection: Connection) -> list[tuple[str, str]]:
    """Id and event_data of every record."""
    return [(row[0], row[1]) for row in connection.execute("SELECT id, event_data FROM records")]


def _bulky(sent: Sent) -> bytes:
    """The body with a traceback of its own length, so that some records need several pages."""
    bulk = "x" * (sent.number * 997 % 6000)
    return json.dumps(json.loads(sent.event_data) | {"traceback": bulk}).encode()
