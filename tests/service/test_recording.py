"""Recording through the store: what was sent comes back byte for byte, on both engines."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import Future
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper
from snaglist.domain.redaction import Redactor
from snaglist.service.recording import Limits, Recorder
from snaglist.service.records import get_record
from snaglist.storage.database import Database
from snaglist.storage.records import Stored

values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)
members = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(
        lambda key: key not in ("error", "details")
    ),
    values,
    max_size=6,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(value=members, as_ascii=st.booleans(), indent=st.none() | st.just(1))
def test_what_was_sent_is_what_is_stored(
    database: Database, value: dict[str, Any], as_ascii: bool, indent: int | None
) -> None:
    recorder = Recorder(
        database.writer,
        Redactor(enabled=False),
        time.time,
        lambda: str(uuid.uuid4()),
        Limits(),
        Grouper(Catalogue.shipped()),
    )
    sent = json.dumps(value, ensure_ascii=as_ascii, indent=indent)
    promise: Future[list[Any]] = Future()

    recorder.submit([recorder.prepare("shotgun", sent.encode())], promise)

    (outcome,) = promise.result(10)
    assert isinstance(outcome, Stored)
    assert get_record(database, outcome.record.id).event_data == sent
