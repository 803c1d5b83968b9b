"""A table of records (records.jsonl) with the cause and piece each must land on, also wrapped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper, Grouping

GROUPER = Grouper(Catalogue.shipped())
LINES = (Path(__file__).parent / "records.jsonl").read_text("utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]
IDS = [f"{place}-{case['known']}" for place, case in enumerate(CASES, 1)]
ONE_LINERS = [case["event"] for case in CASES if "\n" not in case["event"].get("error", "\n")]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_record_lands_on_its_cause(case: dict[str, Any]) -> None:
    found = GROUPER.group_strictly(case["event"])

    assert found.known == case["known"]
    if case["piece"] is not None:
        assert case["piece"].casefold() in (key_of(found), found.piece.casefold())


@pytest.mark.parametrize("event", ONE_LINERS)
def test_a_logger_around_the_text_changes_nothing(event: dict[str, Any]) -> None:
    plain = GROUPER.group_strictly(event).fingerprint
    text = event["error"]

    for wrapped in (
        f"2026-11-20 12:00:01,123 ERROR importer.sync: {text}",
        f"[2026-11-20T12:00:01Z] [ERROR] {text}",
        f"Nov 20 12:00:01 core7 bridge[512]: E {text}",
        json.dumps({"level": "error", "ts": "2026-11-20T12:00:01Z", "msg": text}),
    ):
        assert GROUPER.group_strictly({**event, "error": wrapped}).fingerprint == plain


@pytest.mark.parametrize("name", ["exception", "message", "exc_info", "stderr", "reason", "stack"])
@pytest.mark.parametrize("event", ONE_LINERS)
def test_the_text_may_stand_under_another_name(event: dict[str, Any], name: str) -> None:
    plain = GROUPER.group_strictly(event).fingerprint
    moved = {key: value for key, value in event.items() if key != "error"}
    if "details" in moved:
        moved["details"] = {name: event["error"], **moved["details"]}
    else:
        moved[name] = event["error"]

    assert GROUPER.group_strictly(moved).fingerprint == plain


def key_of(found: Grouping) -> str:
    return found.fingerprint.removeprefix(f"known/{found.known}/").casefold()
