"""Whose failure a record tells of."""

from __future__ import annotations

from typing import Any

import pytest
from bench.strangers.assemble import lines_of
from bench.strangers.catalogue import HALVES
from hypothesis import given
from hypothesis import strategies as st

from snaglist.domain.identity import entity_type_of, subject_of, target_of
from support.desks import SEED

ENTRY = {
    "type": "EventLogEntry",
    "id": 712550,
    "event_type": "Shotgun_Shot_Change",
    "attribute_name": "sg_status_list",
    "created_at": "2026-11-16T06:17:25Z",
    "entity": {"type": "Shot", "id": 11019, "name": "SH0560"},
    "meta": {"entity_id": 11019, "entity_type": "Shot", "type": "attribute_change"},
    "project": {"type": "Project", "id": 188, "name": "Falcon"},
}


def key(event: dict[str, Any]) -> tuple[str, str, str]:
    """Entity type, id and part."""
    found = subject_of("shotgun", "kitsu", event).key
    return found.entity_type, found.entity_id, found.part


def digest(event: dict[str, Any]) -> str:
    return subject_of("shotgun", "kitsu", event).key.digest


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (SEED, ("Asset", "12345", "")),
        ({"details": {"entity_type": "Shot", "shotgun_id": 7}}, ("Shot", "7", "")),
        ({"details": {"entity_type": "shots", "entity_id": "7"}}, ("Shot", "7", "")),
        ({"details": {"entity_type": "CustomEntity05", "id": 7}}, ("CustomEntity05", "7", "")),
        ({"details": {"entity": {"type": "Task", "id": 9}}}, ("Task", "9", "")),
        (
            {"details": {"entity_type": "Version", "shotgun_id": 5, "part": "movie"}},
            ("Version", "5", "movie"),
        ),
        (ENTRY, ("Shot", "11019", "sg_status_list")),
        (ENTRY | {"entity": None}, ("Shot", "11019", "sg_status_list")),
        (
            ENTRY
            | {"entity": None, "attribute_name": None, "event_type": "Shotgun_Note_Retirement"},
            ("Shot", "11019", ""),
        ),
        ({"error": "x", "details": {"event": ENTRY}}, ("Shot", "11019", "sg_status_list")),
        ({"error": "Importing shot failed", "details": {"id": 3}}, ("Shot", "3", "")),
        (
            {"error": "400", "details": {"id": 3, "url": "http://kitsu/api/import/shotgun/tasks"}},
            ("Task", "3", ""),
        ),
        ({"error": "no", "shotgun_id": 4, "entity_type": "Asset"}, ("Asset", "4", "")),
        ({"error": "no", "type": "Asset", "id": 4}, ("Asset", "4", "")),
    ],
)
def test_the_entity_is_found_where_importers_put_it(
    event: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert key(event) == expected


def test_a_type_that_the_text_leaves_open_is_not_guessed() -> None:
    event = {"error": "Failed to import asset or import shot", "details": {"shotgun_id": 3}}

    assert key(event)[0] == ""
    assert digest(event) != digest(event | {"error": "Something else"})


def test_without_an_entity_the_project_and_the_text_tell() -> None:
    event = {"error": "Batch 17 of 40 refused", "details": {"project": {"id": 87}}}
    next_night = {"error": "Batch 3 of 41 refused", "details": {"project": {"id": 87}}}
    elsewhere = {"error": "Batch 17 of 40 refused", "details": {"project": {"id": 88}}}

    assert digest(event) == digest(next_night)
    assert digest(event) != digest(elsewhere)


def test_the_project_does_not_split_an_entity() -> None:
    event = {"details": {"entity_type": "Shot", "shotgun_id": 7}}

    assert digest(event) == digest({"details": event["details"] | {"project": {"id": 9}}})


def test_the_key_never_changes() -> None:
    """An upgrade must not orphan open items: these digests are in databases."""
    assert digest(SEED) == "3bb9637c859d86850c993cff17219dba"
    assert digest(ENTRY) == "531d6ee0ec95e8eb4ea0707c67f5d079"
    assert digest({"error": "Batch 17 refused"}) == "d6e0940323d918a7e2ddc5fe141029bc"
    assert (
        digest({"error": "Oh no", "details": {"id": "a-7"}}) == "493ac1120dea6cb0dd1e1a596b0e6d8f"
    )


@pytest.mark.parametrize("same", [12345, "12345", 12345.0])
def test_an_id_is_one_however_it_is_written(same: object) -> None:
    assert key({"details": {"entity_type": "Shot", "shotgun_id": same}}) == ("Shot", "12345", "")


@pytest.mark.parametrize("none", [None, True, [], {}, "", "  ", 1.5, float("inf"), 10**400])
def test_what_is_no_id_is_passed_over(none: object) -> None:
    event = {
        "details": {"entity_type": "Shot", "shotgun_id": none, "entity": {"type": "Task", "id": 1}}
    }

    assert key(event) == ("Task", "1", "")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    "details error entity entity_type shotgun_id id meta project part type event_type name".split()
)
events = st.dictionaries(
    names, json_values | st.dictionaries(names, json_values, max_size=4), max_size=6
)


@given(events)
def test_whatever_is_sent_has_a_key_that_the_store_takes(event: dict[str, Any]) -> None:
    found = subject_of("shotgun", "kitsu", event)

    for text in (*vars_of(found.key), found.name, found.project_name, target_of(event)):
        assert len(text) <= 200
        assert "\0" not in text
        text.encode()
    assert found.key.digest == subject_of("shotgun", "kitsu", event).key.digest


def vars_of(one: Any) -> list[str]:
    return [getattr(one, name) for name in one.__struct_fields__]


@pytest.mark.parametrize("half", HALVES)
def test_on_every_line_of_a_mixed_import_entity_and_part_are_right(half: str) -> None:
    lines = lines_of(half, 3, 2_000)

    found = [key(line.record) for line in lines]

    assert [(f"{kind}:{number}", part) for kind, number, part in found] == [
        (line.label["item"], line.label["part"]) for line in lines
    ]


def test_types_are_in_shotgrids_spelling() -> None:
    assert [entity_type_of(name) for name in ("asset", "Assets", "persons", "Widget")] == [
        "Asset",
        "Asset",
        "HumanUser",
        "Widget",
    ]
