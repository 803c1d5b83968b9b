"""What pages are made of besides lists: who did what, what to choose from, runs side by side."""

from __future__ import annotations

import time

import pytest

from snaglist.domain.access import Scope
from snaglist.domain.edits import Assign, Ignore
from snaglist.domain.errors import NotFound
from snaglist.domain.history import Event
from snaglist.domain.identity import ItemKey
from snaglist.domain.moment import utc_text
from snaglist.domain.run import Run, TryOutcome, run_id_of
from snaglist.service.choices import choices
from snaglist.service.evidence import Piece, dividing_pieces
from snaglist.service.history import newest_deeds
from snaglist.service.lists import summarize
from snaglist.service.run_failures import failures_of_run
from snaglist.service.run_views import look_at_run
from snaglist.service.runs import RunIn, begin_run
from snaglist.service.sightings import Targets
from snaglist.service.tokens import create_token, revoke_token, rotate_token
from snaglist.service.tries import Tried, note_tries
from snaglist.storage.database import Database
from support.records import new_record, new_sighting
from support.triage import Triage, pieces_of

NIGHT = "2026-11-24T01:00:00.000Z"


@pytest.fixture
def triage(database: Database) -> Triage:
    """A list that somebody works on."""
    return Triage(database)


def deeds(triage: Triage, below: int | None = None, most: int = 50) -> list[tuple[Event, str, str]]:
    """What was done, the newest first: what, by whom, and of how many or of whom."""
    found = newest_deeds(triage.database, below, most)
    return [(one.entry.event, one.entry.who, one.entry.after or "") for one in found]


def test_the_trail_has_one_entry_for_each_intention(triage: Triage) -> None:
    triage.fails(*range(40))
    triage.edits(7, Assign("ben"))
    edit = triage.edits_all(Ignore(why="the artist is away"))
    triage.undoes(edit.id)
    triage.edits_cause(triage.cause(), Ignore())

    assert deeds(triage) == [
        (Event.IGNORED, "ana", "ignored"),
        (Event.UNDONE, "ana", "40"),
        (Event.IGNORED, "ana", "40"),
        (Event.ASSIGNED, "ana", "ben"),
    ]
    found = newest_deeds(triage.database, None, 50)
    assert [one.entry.why for one in found] == [None, None, "the artist is away", None]
    assert [one.name for one in found] == ["It failed", "", "", "Asset Sheep"]


def test_an_edit_of_many_that_was_of_one_is_told_as_of_that_one(triage: Triage) -> None:
    triage.fails(1, 2)
    edit = triage.edits_all(Assign("ben"), [triage.item(2)])
    triage.undoes(edit.id)
    found = newest_deeds(triage.database, None, 50)
    assert [one.name for one in found] == ["Asset Sheep"] * 2
    assert found[1].entry.after == "ben"


def test_the_trail_goes_on_below_a_place(triage: Triage) -> None:
    triage.fails(1)
    for name in "abcde":
        triage.edits(1, Assign(name))
    first = newest_deeds(triage.database, None, 2)
    then = newest_deeds(triage.database, first[-1].seq, 10)
    assert [one.entry.after for one in (*first, *then)] == ["e", "d", "c", "b", "a"]


def test_who_made_and_closed_a_token_is_in_the_trail(triage: Triage) -> None:
    create_token(
        triage.database,
        token_id="t1",
        name="farm",
        scopes=(Scope.WORK,),
        random_bits=b"1" * 32,
        who="ana",
        at=triage.clock(),
    )
    rotate_token(
        *(triage.database, "farm"),
        random_bits=b"2" * 32,
        who="ben",
        at=triage.clock(),
        overlap_seconds=60,
    )
    revoke_token(triage.database, "farm", who="ana", at=triage.clock())
    with pytest.raises(NotFound):
        revoke_token(triage.database, "farm", who="ana", at=triage.clock())

    assert deeds(triage) == [
        (Event.REVOKED, "ana", "farm"),
        (Event.ROTATED, "ben", "farm"),
        (Event.MADE, "ana", "farm"),
    ]


def test_a_filter_is_chosen_from_what_there_is(triage: Triage) -> None:
    for number, (project, name, kind) in enumerate(
        [("87", "Big Buck Bunny", "Shot"), ("Kestrel", "", "Task"), ("88", "Kestrel", "Task")]
    ):
        key = ItemKey("shotgun", "kitsu", kind, str(number), "", project)
        sighting = new_sighting(key=key, project_name=name)
        triage.record([new_record(sighting=sighting)])
    triage.edits_cause(triage.cause(), Assign("zoe"))
    for name in ("ben", "gone"):
        create_token(
            triage.database,
            token_id=name,
            name=name,
            scopes=(Scope.TRIAGE,),
            random_bits=name[:1].encode() * 32,
            who="ana",
            at=triage.clock(),
        )
    revoke_token(triage.database, "gone", who="ana", at=triage.clock())

    found = choices(triage.database, triage.clock())

    assert found.projects == ["Big Buck Bunny", "Kestrel"]
    assert found.types == ["Shot", "Task"]
    assert found.people == ["ben", "zoe"]


def test_a_cause_is_split_by_what_its_failures_differ_in(triage: Triage) -> None:
    triage.fails(1, 2, 3, host="farm-1", version="4.1")
    triage.fails(4, host="farm-2", version="4.1")
    triage.fails(5, fingerprint="1/b", host="other")

    pieces, looked_at = dividing_pieces(triage.database, triage.cause().id, pieces_of, 50)

    assert pieces == [Piece("host", "farm-1", 3), Piece("host", "farm-2", 1)]
    assert looked_at == 4


def test_what_divides_a_cause_is_read_from_failures_spread_over_the_newest(triage: Triage) -> None:
    triage.fails(*range(500), host="farm1")
    triage.fails(*range(500, 750), host="farm2")
    pieces, looked_at = dividing_pieces(triage.database, triage.cause().id, pieces_of, 100)
    assert 90 <= looked_at <= 100
    found = {piece.value: piece.failures for piece in pieces}
    assert found.keys() == {"farm1", "farm2"}
    assert 0.3 < found["farm2"] / looked_at < 0.36


def test_what_was_set_aside_until_now_is_on_the_list_again_and_not_new(triage: Triage) -> None:
    day = 86_400
    triage.seconds = time.time()
    triage.fails(1, fingerprint="1/a")
    until = utc_text(triage.seconds + 3 * day)
    triage.edits_cause(triage.cause("1/a"), Ignore(until=until))
    assert pressing(triage) == {"new": 0, "again": 0}
    triage.ticks(3 * day + 1)
    assert pressing(triage) == {"new": 0, "again": 1}
    triage.ticks(2 * day)
    assert pressing(triage) == {"new": 0, "again": 0}


def test_what_failed_yesterday_for_the_first_time_is_new(triage: Triage) -> None:
    triage.seconds = time.time()
    triage.fails(1, fingerprint="1/a")
    assert pressing(triage) == {"new": 1, "again": 0}
    triage.ticks(2 * 86_400)
    assert pressing(triage) == {"new": 0, "again": 0}


def pressing(triage: Triage) -> dict[str, int]:
    """How many causes are new now, and how many are on the list again."""
    found = summarize(triage.database, utc_text(triage.seconds)).causes
    return {name: found[name] for name in ("new", "again")}


def test_a_run_is_told_beside_the_one_before_it(triage: Triage) -> None:
    triage.fails(1, 2, 3, 4)
    _night(triage, "monday", {1: "failed", 2: "failed", 3: "came_over", 9: "failed"})
    _night(triage, "elsewhere", {4: "failed"}, name="Another import")
    _night(triage, "of another show", {4: "failed"}, project=88)
    _night(triage, "tuesday", {1: "failed", 2: "came_over", 3: "failed", 4: "failed"})

    monday = failures_of_run(triage.database, _run(triage, "monday"), 5)
    found = failures_of_run(triage.database, _run(triage, "tuesday"), 1).compared

    assert monday.compared is None
    assert found is not None
    assert found.before.label == "monday"
    assert (found.new, len(found.some), found.mended) == (2, 1, 1)


def _night(
    triage: Triage, label: str, tried: dict[int, str], name: str = "Nightly", project: int = 87
) -> None:
    given = RunIn(label=label, name=name, project=project)
    begin_run(triage.database, given, Targets(), new_id=label, who="ana", at=NIGHT)
    tries = []
    for entity, outcome in tried.items():
        key = ItemKey("shotgun", "kitsu", "Asset", str(entity), "", "87")
        tries.append(Tried(label, key, key.digest, TryOutcome(outcome), NIGHT, "ana"))
    triage.database.write(lambda one: note_tries(one, tries, NIGHT))


def _run(triage: Triage, label: str) -> Run:
    return look_at_run(triage.database, run_id_of(label)).run
