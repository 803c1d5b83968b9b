"""A table of records with the cause and piece they must land on, in several wrappings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from causes.regressions import CASES
from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper, Grouping

GROUPER = Grouper(Catalogue.shipped())


def ids() -> list[str]:
    return [f"{place}-{known}" for place, (known, _, _) in enumerate(CASES)]


def landed(event: dict[str, Any]) -> Grouping:
    return GROUPER.group_strictly(event)


@pytest.mark.parametrize(("known", "piece", "event"), CASES, ids=ids())
def test_a_record_lands_on_its_cause(known: str, piece: str | None, event: dict[str, Any]) -> None:
    found = landed(event)

    assert found.known == known
    if piece is not None:
        assert piece.casefold() in (key_of(found), found.piece.casefold())


@pytest.mark.parametrize(("known", "piece", "event"), CASES, ids=ids())
def test_a_logger_around_the_text_changes_nothing(
    known: str, piece: str | None, event: dict[str, Any]
) -> None:
    if "error" not in event or "\n" in event["error"]:
        pytest.skip("one line only")
    plain = landed(event).fingerprint
    for wrapped in (
        f"2026-11-20 12:00:01,123 ERROR importer.sync: {event['error']}",
        f"[2026-11-20T12:00:01Z] [ERROR] {event['error']}",
        json.dumps({"level": "error", "ts": "2026-11-20T12:00:01Z", "msg": event["error"]}),
    ):
        assert landed({**event, "error": wrapped}).fingerprint == plain


def key_of(found: Grouping) -> str:
    return found.fingerprint.removeprefix(f"known/{found.known}/").casefold()
