"""SQLite, PostgreSQL and a model of three dictionaries, step by step the same."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import uuid
from concurrent.futures import Future
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from conftest import ENGINES, open_database
from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper
from snaglist.domain.errors import NotFound, SnaglistError
from snaglist.domain.record import NewRecord
from snaglist.domain.redaction import Redactor
from snaglist.service.recording import Limits, Recorder, prepared_slices
from snaglist.service.records import delete_record, find_stretch, get_record, pages_of
from snaglist.storage.database import Database
from snaglist.storage.records import Outcome
from support.stores import Stores

AT = "2026-11-23T10:53:12.000Z"
SOURCES = st.sampled_from(["shotgun", "csv"])
BODIES = st.sampled_from(
    ["{}", '{"error":"a"}', '{"n":1e2,"n":2}', '{"error":"\\u0000"}', '{"password":"x"}', "[]", "{"]
)
KEYS = st.sampled_from(["k1", "k2", "k3"])
IDS = st.sampled_from([f"0199b0a0-0000-7000-8000-00000000000{digit}" for digit in range(5)])


class Model:
    """What should be stored: records in order of arrival, and who took which key."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, str]] = {}
        self.keys: dict[tuple[str, str], str] = {}

    def record(self, record: NewRecord) -> str:
        """Store as the desk should, and say how it went, in a word."""
        key = (record.source, record.idempotency_key or "")
        there = self.keys.get(key) if record.idempotency_key else record.id
        content = (record.source, record.event_data)
        if there in self.rows:
            if self.rows[there] == content:
                return f"there {there}"
            return "refused"
        self.rows[record.id] = content
        if record.idempotency_key:
            self.keys[key] = record.id
        return f"stored {record.id}"

    def delete(self, source: str, record_id: str) -> bool:
        """Delete as the desk should."""
        if self.rows.get(record_id, ("",))[0] != source:
            return False
        del self.rows[record_id]
        self.keys = {key: taken for key, taken in self.keys.items() if taken != record_id}
        return True


class OneDesk:
    """The real services on one engine; ids are counted, so that both engines give the same."""

    def __init__(self, database: Database) -> None:
        self.database = database
        counter = itertools.count(1)
        self.recorder = Recorder(
            database.writer,
            Redactor(),
            lambda: 1795431192.0,
            lambda: str(uuid.UUID(int=next(counter))),
            Limits(batch_records=20),
            Grouper(Catalogue.shipped()),
        )

    def record(self, records: list[NewRecord]) -> list[str]:
        """Store these, and say how it went with each, in a word."""
        promise: Future[list[Outcome]] = Future()
        self.recorder.submit(records, promise)
        return [_in_a_word(outcome) for outcome in promise.result(10)]

    def listed(self, source: str) -> list[tuple[str, str, str]]:
        """Every record of a source."""
        stretch = find_stretch(self.database, source)
        return [
            (one.id, one.source, one.event_data)
            for page in pages_of(self.database, stretch)
            for one in page
        ]


class SameEverywhere(RuleBasedStateMachine):
    """Each step is done on all three, and must look the same on all three."""

    stores: Stores

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.open = contextlib.ExitStack()
        folder = Path(self.open.enter_context(tempfile.TemporaryDirectory()))
        self.desks: list[OneDesk] = []
        for engine_name in ENGINES:
            url = self.stores.made(engine_name, folder)
            self.open.callback(self.stores.drop, url)
            self.desks.append(OneDesk(self.open.enter_context(open_database(url))))

    def teardown(self) -> None:
        if hasattr(self, "open"):
            self.open.close()

    @rule(source=SOURCES, body=BODIES, key=st.none() | KEYS)
    def record(self, source: str, body: str, key: str | None) -> None:
        def one(desk: OneDesk) -> tuple[list[str], NewRecord | None]:
            try:
                record = desk.recorder.prepare(source, body.encode(), key)
            except SnaglistError as error:
                return [error.code], None
            return desk.record([record]), record

        (said, record), (also_said, _) = [one(desk) for desk in self.desks]
        assert said == also_said
        if record is not None:
            assert said == [self.model.record(record)]

    @rule(members=st.lists(st.tuples(SOURCES, BODIES, st.none() | IDS), max_size=6))
    def record_many(self, members: list[tuple[str, str, str | None]]) -> None:
        lines = [
            f'{{"source":"{source}","event_data":{body}'.encode()
            + (f',"id":"{record_id}"}}'.encode() if record_id else b"}")
            for source, body, record_id in members
        ]

        def all_of(desk: OneDesk) -> tuple[list[str], list[NewRecord]]:
            said: list[str] = []
            records: list[NewRecord] = []
            for prepared in prepared_slices(desk.recorder, lines):
                these = [each for each in prepared if isinstance(each, NewRecord)]
                records += these
                words = iter(desk.record(these))
                said += [
                    next(words) if isinstance(each, NewRecord) else each.code for each in prepared
                ]
            return said, records

        (said, records), (also_said, _) = [all_of(desk) for desk in self.desks]
        assert said == also_said
        assert [word for word in said if " " in word or word == "refused"] == [
            self.model.record(record) for record in records
        ]

    @rule(source=SOURCES, place=st.integers(0, 20))
    def delete(self, source: str, place: int) -> None:
        known = [*self.model.rows, str(uuid.UUID(int=0))]
        record_id = known[place % len(known)]

        def one(desk: OneDesk) -> bool:
            try:
                delete_record(desk.database, source, record_id, who="test", at=AT)
            except NotFound:
                return False
            return True

        assert [one(desk) for desk in self.desks] == [self.model.delete(source, record_id)] * 2

    @invariant()
    def all_list_the_same(self) -> None:
        if not hasattr(self, "desks"):
            return
        for source in ("shotgun", "csv"):
            expected = [
                (record_id, *content)
                for record_id, content in self.model.rows.items()
                if content[0] == source
            ]
            for desk in self.desks:
                assert desk.listed(source) == expected
                for record_id, _, event_data in expected[:2]:
                    assert get_record(desk.database, record_id).event_data == event_data


def _in_a_word(outcome: Outcome) -> str:
    if isinstance(outcome, SnaglistError):
        return "refused"
    return f"{'there' if outcome.was_there else 'stored'} {outcome.record.id}"


def test_both_engines_and_the_model_agree(stores: Stores) -> None:
    SameEverywhere.stores = stores
    test = SameEverywhere.TestCase
    test.settings = settings(
        max_examples=25,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    test().runTest()
