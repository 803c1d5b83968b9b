"""Causes are found by what is asked of them, in order, page by page, and counted by their state."""

from __future__ import annotations

import pytest

from snaglist.domain.edits import Assign, ClaimFixed, Resolve, Unclaim
from snaglist.domain.filtering import Filter, Subject, read_filter
from snaglist.domain.identity import ItemKey
from snaglist.service.lists import count_of_causes, find_causes, find_items, summarize
from snaglist.storage.database import Database
from support.records import new_record, new_sighting
from support.triage import Triage


@pytest.fixture
def triage(database: Database) -> Triage:
    """Three causes: of two projects, of one, and of none."""
    triage = Triage(database)
    triage.fails(*range(5), fingerprint="1/a")
    for number, (project, kind, fingerprint) in enumerate(
        [("88", "Shot", "1/a"), ("88", "Shot", "1/b"), ("88", "Task", "1/b"), ("", "", "1/c")]
    ):
        at = triage.now()
        key = ItemKey("shotgun", "kitsu", kind, str(100 + number), "", project)
        sighting = new_sighting(key=key, fingerprint=fingerprint, attempted_at=at)
        triage.record([new_record(sighting=sighting, created_at=at)])
    return triage


def found(triage: Triage, query: str, order: str = "items", most: int = 10) -> list[str]:
    """The fingerprints of the causes that match, page by page."""
    pairs = [part.split("=") for part in query.split("&") if part]
    wanted = read_filter(Subject.CAUSES, [(name, value) for name, value in pairs])
    causes, behind = [], None
    while True:
        page = find_causes(triage.database, wanted, order, behind, most)
        causes += [cause.fingerprint for cause in page.causes]
        behind = page.further
        if behind is None:
            return causes


@pytest.mark.parametrize("most", [1, 2, 10])
def test_causes_of_a_project_come_by_how_much_of_it_they_hold_up(triage: Triage, most: int) -> None:
    assert found(triage, "", most=most) == ["1/a", "1/b", "1/c"]
    assert found(triage, "project=88", most=most) == ["1/b", "1/a"]
    assert found(triage, "project=88&type=Task", most=most) == ["1/b"]
    assert found(triage, "project=88", "newest", most=most) == ["1/b", "1/a"]


def test_what_names_no_project_or_type_has_a_list(triage: Triage) -> None:
    assert found(triage, "project=none") == ["1/c"]
    assert found(triage, "type=none") == ["1/c"]
    for wanted in (Filter(project="none"), Filter(entity_type="none"), Filter(cause_id="none")):
        listed = find_items(triage.database, wanted, None, 10).items
        expected = [] if wanted.cause_id else ["103"]
        assert [one.item.entity_id for one in listed] == expected


def test_causes_are_found_by_what_became_of_a_fix(triage: Triage) -> None:
    triage.edits_cause(triage.cause("1/a"), ClaimFixed())
    triage.edits_cause(triage.cause("1/b"), ClaimFixed())
    triage.fails(1, fingerprint="1/a")

    assert found(triage, "claim=did_not_hold") == ["1/a"]
    assert found(triage, "claim=waiting") == ["1/b"]
    triage.edits_cause(triage.cause("1/b"), Unclaim(why="the wrong one"))
    assert found(triage, "claim=waiting") == []


def test_causes_are_counted_by_state_under_a_filter(triage: Triage) -> None:
    triage.edits_cause(triage.cause("1/b"), Resolve(reason="not_meant"))
    triage.edits_cause(triage.cause("1/a"), Assign("ana"))

    def counted(wanted: Filter) -> dict[str, int]:
        return count_of_causes(triage.database, wanted)

    assert counted(Filter()) == {"open": 2, "done": 1}
    assert counted(Filter(project="88")) == {"open": 1, "done": 1}
    assert counted(Filter(assignee="ana")) == {"open": 1}
    assert counted(Filter(states=("done",))) == {"done": 1}


def test_what_is_pressing_is_counted_however_much_there_is(triage: Triage) -> None:
    for number in range(30):
        triage.fails(1_000 + number, fingerprint=f"2/{number}")
    told = summarize(triage.database, triage.now())
    assert (len(told.new), told.causes["new"]) == (20, 33)

    later = f"2026-12-24{triage.now()[10:]}"
    assert not any(summarize(triage.database, later).causes.values())
