"""What zeros rest on: the newest complete import of each project, and what stopped on its way."""

from __future__ import annotations

import pytest

from snaglist.domain.identity import ItemKey
from snaglist.domain.moment import moment_after
from snaglist.domain.run import Kind, TryOutcome, run_id_of
from snaglist.service.run_standing import Standing, standing
from snaglist.service.runs import (
    BeatIn,
    CompleteIn,
    EndIn,
    RunIn,
    beat,
    begin_completion,
    begin_run,
    end_run,
)
from snaglist.service.sightings import Targets
from snaglist.service.tries import Tried, note_tries
from snaglist.storage.database import Database
from support.triage import Triage


@pytest.fixture
def triage(database: Database) -> Triage:
    """A desk that imports report to."""
    return Triage(database)


def begins(triage: Triage, label: str, project: int | None = None, name: str = "Nightly") -> None:
    """An import is announced."""
    given = RunIn(label=label, name=name, project=project)
    begin_run(triage.database, given, Targets(), new_id=label, who="td", at=triage.now())


def tries(
    triage: Triage, label: str, *projects: int | str, entity_types: tuple[str, ...] = ()
) -> None:
    """An import tries a thing of each of these."""
    tried = [
        Tried(label, key, key.digest, TryOutcome.CAME_OVER, triage.now(), "td")
        for project in projects or ("",)
        for kind in entity_types or ("Shot",)
        for key in [ItemKey("shotgun", "kitsu", kind, f"9{project}", "", str(project))]
    ]
    triage.database.write(lambda connection: note_tries(connection, tried, triage.now()))


def completes(
    triage: Triage, label: str, *projects: int | str, entity_types: tuple[str, ...] = ()
) -> str:
    """An import has tried everything; the id of the edit."""
    begins(triage, label)
    tries(triage, label, *projects, entity_types=entity_types)
    edit_id = run_id_of(f"edit of {label}")
    given = CompleteIn(projects=[*projects] or None, entity_types=[*entity_types] or None)
    edit = begin_completion(
        triage.database, run_id_of(label), given, edit_id=edit_id, who="td", at=triage.now()
    )
    triage.carries_out(edit)
    return edit_id


def told(triage: Triage) -> dict[str, str]:
    """By which run each project was last complete; of a type alone as "project type"."""
    stands = _standing(triage)
    runs = {run_id_of(label): label for label in (*"abcdef", *map(str, range(30)))}
    complete = stands.complete.get(("shotgun", "kitsu"), {})
    return {" ".join(scope).strip(): runs[one.run_id] for scope, one in complete.items()}


def test_each_project_has_its_newest_complete_import(triage: Triage) -> None:
    completes(triage, "a", 87, 88)
    completes(triage, "b", 88)
    completes(triage, "c", 88, entity_types=("Shot",))
    completes(triage, "d")
    assert told(triage) == {"87": "a", "88": "b", "88 Shot": "c", "": "d"}


def test_a_type_is_complete_where_something_of_it_was_tried(triage: Triage) -> None:
    begins(triage, "a")
    tries(triage, "a", 87, entity_types=("Shot",))
    tries(triage, "a", 88, entity_types=("Asset",))
    given = CompleteIn(projects=[87, 88], entity_types=["Shot", "Asset", "Task"])
    edit_id = run_id_of("edit of a")
    begin_completion(
        triage.database, run_id_of("a"), given, edit_id=edit_id, who="td", at=triage.now()
    )
    assert told(triage) == {"87 Shot": "a", "88 Asset": "a"}


def test_a_project_of_which_nothing_was_tried_is_not_complete(triage: Triage) -> None:
    begins(triage, "a")
    tries(triage, "a", 87)
    given = CompleteIn(projects=[87, 88])
    edit_id = run_id_of("edit of a")
    begin_completion(
        triage.database, run_id_of("a"), given, edit_id=edit_id, who="td", at=triage.now()
    )
    assert told(triage) == {"87": "a"}


def test_the_one_before_counts_again_when_a_completion_is_undone(triage: Triage) -> None:
    completes(triage, "a", 87)
    edit = completes(triage, "b", 87)
    assert told(triage) == {"87": "b"}
    triage.undoes(edit)
    assert told(triage) == {"87": "a"}


def test_however_often_it_was_complete_only_a_few_are_kept(triage: Triage) -> None:
    for number in range(12):
        completes(triage, str(number), 87)
    completes(triage, "a", 88)
    assert told(triage) == {"87": "11", "88": "a"}
    rows = triage.database.read(lambda one: one.execute("SELECT count(*) FROM completions"))
    assert rows[0][0] == 8 + 1


def test_what_stopped_is_told_until_something_makes_up_for_it(triage: Triage) -> None:
    for label, project, name in (("a", 87, "Day"), ("b", 88, "Night"), ("c", None, "All")):
        begins(triage, label, project, name)
        end_run(triage.database, run_id_of(label), EndIn(fault="disk full"), at=triage.now())
    assert _stopped(triage) == ["c", "b", "a"]

    begins(triage, "d", 87, "Day")
    assert _stopped(triage) == ["c", "b"]
    completes(triage, "e", 88)
    assert _stopped(triage) == ["c"]
    completes(triage, "f")
    assert _stopped(triage) == []


def test_a_mirror_that_stopped_is_told_whatever_was_complete_since(triage: Triage) -> None:
    given = RunIn(label="a", name="events", kind=Kind.MIRROR)
    begin_run(triage.database, given, Targets(), new_id="a", who="td", at=triage.now())
    end_run(triage.database, run_id_of("a"), EndIn(fault="disk full"), at=triage.now())
    completes(triage, "b")
    assert _stopped(triage) == ["a"]


def test_what_stopped_is_not_hidden_by_newer_imports_of_others(triage: Triage) -> None:
    begins(triage, "a", 87, "Day")
    end_run(triage.database, run_id_of("a"), EndIn(fault="disk full"), at=triage.now())
    for number in range(120):
        begins(triage, f"n{number}", 88, f"Nightly {number}")
    assert _stopped(triage) == ["a"]
    fortnight = moment_after(triage.now(), 15 * 24 * 3600)
    assert standing(triage.database, fortnight).stopped == []


def test_what_is_on_its_way_is_told(triage: Triage) -> None:
    begins(triage, "a", 87)
    beat(triage.database, run_id_of("a"), BeatIn(unsent=4), at=triage.now())
    assert [run.label for run in _standing(triage).unsent] == ["a"]


def _standing(triage: Triage) -> Standing:
    return standing(triage.database, triage.now())


def _stopped(triage: Triage) -> list[str]:
    return [run.label for run in _standing(triage).stopped]
