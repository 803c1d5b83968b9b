"""Claims about records that the store itself refuses: each fails alone."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from snaglist.domain.errors import RecordRefused, SnaglistError
from snaglist.domain.record import NewRecord
from snaglist.storage.database import Database
from snaglist.storage.records import Stored
from snaglist.storage.writer import Write
from support.recorders import all_records
from support.records import STORE, new_record

pytestmark = pytest.mark.torture


@dataclass(frozen=True)
class Hundred:
    """A hundred records, and the place of one among them that no engine takes."""

    records: list[NewRecord]
    bad_place: int


@pytest.fixture(params=["fresh", "keyed", "with ids"])
def hundred(request: pytest.FixtureRequest) -> Hundred:
    """A hundred records of each kind that is stored in its own way."""
    records = [_record(number, request.param) for number in range(100)]
    records[57] = msgspec.structs.replace(records[57], event_data=None)
    return Hundred(records, 57)


def test_a_record_that_the_store_refuses_fails_alone(database: Database, hundred: Hundred) -> None:
    outcomes = _outcomes(database, [hundred.records])

    _assert_only_the_bad_one_failed(database, hundred, outcomes)


def test_a_refused_record_does_not_fail_other_requests(
    database: Database, hundred: Hundred
) -> None:
    outcomes = _outcomes(database, [[record] for record in hundred.records])

    _assert_only_the_bad_one_failed(database, hundred, outcomes)
    assert database.writer.fault is None


def _outcomes(database: Database, requests: list[list[NewRecord]]) -> list[Any]:
    """What became of each record, posted by so many requests at one time."""
    promises: list[Future[Any]] = []
    for records in requests:
        promises.append(Future())
        database.writer.submit(Write(STORE, records, promises[-1]))
    return [outcome for promise in promises for outcome in promise.result(10)]


def _assert_only_the_bad_one_failed(
    database: Database, hundred: Hundred, outcomes: list[Any]
) -> None:
    good = [record for place, record in enumerate(hundred.records) if place != hundred.bad_place]
    refused = [outcome for outcome in outcomes if isinstance(outcome, SnaglistError)]
    assert [type(outcome) for outcome in refused] == [RecordRefused]
    assert outcomes[hundred.bad_place] is refused[0]
    stored = [outcome for outcome in outcomes if isinstance(outcome, Stored)]
    assert [one.record.id for one in stored] == [record.id for record in good]
    assert not any(one.was_there for one in stored)
    found = sorted(record_id for record_id, _ in database.read(all_records))
    assert found == sorted(record.id for record in good)


def _record(number: int, kind: str) -> NewRecord:
    return new_record(
        event_data=f'{{"details":{{"number":{number}}}}}',
        idempotency_key=f"key-{number}" if kind == "keyed" else None,
        id_given=kind == "with ids",
    )
