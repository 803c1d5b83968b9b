"""What people do to items and causes, one and many, and taking it back, on both engines."""

from __future__ import annotations

import threading

import pytest

from snaglist.domain.cause import CauseStatus
from snaglist.domain.edits import (
    Assign,
    Fix,
    Ignore,
    ItemEdit,
    Name,
    Note,
    Reopen,
    Resolve,
)
from snaglist.domain.errors import NotFound, Stale, WrongState
from snaglist.domain.history import Event
from snaglist.domain.item import Item
from snaglist.domain.moment import utc_text
from snaglist.domain.standing import Reason, Status
from snaglist.service.edits import edit_item, list_edits, preview
from snaglist.service.records import delete_record
from snaglist.service.slices import do_slice
from snaglist.storage.database import Database
from support.triage import Triage, pieces_of


@pytest.fixture
def triage(database: Database) -> Triage:
    """A list to work on, on each engine in turn."""
    return Triage(database)


def test_an_edit_is_in_the_history_with_who_when_and_why(triage: Triage) -> None:
    triage.fails(1)

    triage.edits(1, Resolve(reason="not_meant", why="a placeholder"))

    last = triage.history(triage.item(1))[-1]
    assert (last.who, last.event, last.why) == ("ana", Event.RESOLVED, "a placeholder")
    assert (last.before, last.after) == ("open", "not_meant")
    assert last.at == triage.item(1).since


def test_whoever_assigns_or_notes_sees_what_was_there_before(triage: Triage) -> None:
    triage.fails(1)

    triage.edits(1, Assign(to="Ben"))
    triage.edits(1, Assign(to=None))
    triage.edits(1, Note(text="look at the rig"))

    told = [(one.event, one.before, one.after) for one in triage.history(triage.item(1))[1:]]
    assert told == [
        (Event.ASSIGNED, None, "Ben"),
        (Event.ASSIGNED, "Ben", None),
        (Event.NOTED, None, "look at the rig"),
    ]
    assert triage.item(1).note == "look at the rig"
    assert triage.differences() == []


def test_an_edit_of_what_was_changed_meanwhile_is_refused(triage: Triage) -> None:
    triage.fails(1)
    seen = triage.item(1)
    triage.edits(1, Assign(to="Ben"))

    with pytest.raises(Stale):
        edit_item(triage.database, seen.id, Reopen(), seen.version, who="eve", at=triage.now())

    assert triage.item(1).assignee == "Ben"


def test_a_failure_that_only_counts_makes_no_edit_stale(triage: Triage) -> None:
    triage.fails(1)
    seen = triage.item(1)
    triage.fails(1)

    edit_item(triage.database, seen.id, Assign(to="Ben"), seen.version, who="ana", at=triage.now())

    assert triage.item(1).failures == 2


def test_what_cannot_be_done_says_why_and_leaves_all_as_it_was(triage: Triage) -> None:
    triage.fails(1)
    before = triage.item(1)

    with pytest.raises(WrongState, match="is open"):
        triage.edits(1, Reopen())

    assert triage.item(1) == before
    assert len(triage.history(before)) == 1


def test_an_edit_of_many_counts_what_it_changed_and_what_it_could_not(triage: Triage) -> None:
    triage.fails(*range(5))
    triage.edits(0, Resolve(reason="by_hand"))

    edit = triage.edits_all(Ignore(why="till Monday"))

    assert (edit.matching, edit.changed, edit.skipped) == (5, 4, 1)
    assert edit.ended_at is not None
    assert [item.status for item in triage.items()] == [Status.RESOLVED, *[Status.IGNORED] * 4]
    assert triage.history(triage.item(3))[-1].why == "till Monday"
    assert triage.differences() == []


def test_an_edit_of_nothing_is_done_at_once(triage: Triage) -> None:
    assert triage.edits_all(Ignore()).ended_at is not None


def test_an_undo_gives_back_what_each_item_was(triage: Triage) -> None:
    triage.fails(*range(6))
    triage.edits(1, Ignore(failures=3))
    triage.edits(2, Resolve(reason="not_meant"))
    before = [_shown(item) for item in triage.items()]
    edit = triage.edits_all(Resolve(reason="by_hand"))
    triage.fails(4)

    undo = triage.undoes()

    after = [_shown(item) for item in triage.items()]
    assert after[:4] == before[:4]
    assert after[5] == before[5]
    assert triage.item(4).status is Status.OPEN
    assert triage.item(4).failures == 2
    assert (undo.undoes, undo.changed, undo.skipped) == (edit.id, 4, 1)
    assert triage.differences() == []
    assert triage.history(triage.item(1))[-1].event is Event.UNDONE


def test_an_undo_of_assigning_leaves_what_was_assigned_since(triage: Triage) -> None:
    triage.fails(1, 2)
    triage.edits(1, Assign(to="Ben"))
    triage.edits_all(Assign(to="Cleo"))
    triage.edits(2, Assign(to="Dan"))
    triage.fails(1)

    undo = triage.undoes()

    assert [item.assignee for item in triage.items()] == ["Ben", "Dan"]
    assert (undo.changed, undo.skipped) == (1, 1)


def test_an_undo_does_not_set_aside_anew_what_a_cause_no_longer_sets_aside(
    triage: Triage,
) -> None:
    triage.fails(1)
    triage.edits_cause(triage.cause(), Ignore())
    edit = triage.edits_all(Resolve(reason="by_hand"))
    triage.edits_cause(triage.cause(), Reopen())

    triage.undoes(edit.id)

    assert triage.item(1).status is Status.OPEN


def test_the_last_edit_is_undone_once_and_it_is_ones_own(triage: Triage) -> None:
    triage.fails(1)
    triage.edits_all(Assign(to="Ben"))
    other = Triage(triage.database, who="eve")
    other.seconds = triage.seconds

    with pytest.raises(NotFound):
        other.undoes()
    triage.undoes()
    with pytest.raises(WrongState, match="undone already"):
        triage.undoes()

    assert triage.item(1).assignee is None


def test_the_list_of_edits_is_newest_first(triage: Triage) -> None:
    triage.fails(1)
    first = triage.edits_all(Assign(to="Ben"))
    undo = triage.undoes()

    listed = list_edits(triage.database, None, 10)

    assert [edit.id for edit in listed] == [undo.id, first.id]
    assert listed[1].undone_by == undo.id
    assert list_edits(triage.database, listed[0].seq, 10) == listed[1:]


def test_an_edit_that_was_stopped_midway_goes_on_where_it_was(triage: Triage) -> None:
    triage.fails(*range(1_200))
    edit = triage.begins(Resolve(reason="by_hand"))
    do_slice(triage.database, edit.id, pieces_of, triage.now())
    done = [item for item in triage.items() if item.status is Status.RESOLVED]
    assert 0 < len(done) < 1_200

    triage.ticks()

    assert {item.bucket for item in triage.items()} == {"by_hand"}
    (edit,) = list_edits(triage.database, None, 10)
    assert (edit.changed, edit.skipped) == (1_200, 0)
    assert triage.differences() == []


def test_an_undo_stops_what_is_going_on(triage: Triage) -> None:
    triage.fails(*range(1_200))
    edit = triage.begins(Resolve(reason="by_hand"))
    do_slice(triage.database, edit.id, pieces_of, triage.now())

    undo = triage.undoes(edit.id)
    triage.ticks()

    assert {item.status for item in triage.items()} == {Status.OPEN}
    assert 0 < undo.changed < 1_200
    stopped = list_edits(triage.database, None, 10)[1]
    assert stopped.changed == undo.changed
    assert stopped.changed + stopped.skipped == 1_200
    assert triage.differences() == []


def test_what_was_set_aside_until_a_moment_opens_when_it_comes(triage: Triage) -> None:
    triage.fails(1, 2)
    triage.edits(1, Ignore(until=utc_text(triage.seconds + 3_600)))
    triage.edits(2, Ignore())
    triage.ticks(3_000)
    assert triage.item(1).status is Status.IGNORED

    triage.ticks(600)

    assert triage.item(1).status is Status.OPEN
    assert triage.item(2).status is Status.IGNORED
    assert triage.history(triage.item(1))[-1].event is Event.IGNORE_ENDED
    assert triage.ticking.tick() is False


def test_an_ignored_cause_sets_aside_what_it_has_and_what_comes(triage: Triage) -> None:
    triage.fails(1, 2, 3)
    triage.edits(3, Ignore())
    edit = triage.edits_cause(triage.cause(), Ignore(why="known"))
    triage.fails(4)

    assert [item.status for item in triage.items()] == [Status.IGNORED] * 4
    assert triage.cause().status is CauseStatus.IGNORED
    assert edit is not None
    assert (edit.matching, edit.changed) == (2, 2)

    triage.edits_cause(triage.cause(), Reopen())

    statuses = [item.status for item in triage.items()]
    assert statuses == [Status.OPEN, Status.OPEN, Status.IGNORED, Status.OPEN]
    assert triage.cause().status is CauseStatus.OPEN
    assert triage.cause().times_back == 0
    assert triage.differences() == []


def test_a_cause_opens_after_so_many_further_failures(triage: Triage) -> None:
    triage.fails(1, 2)
    triage.edits_cause(triage.cause(), Ignore(failures=3))
    triage.fails(1, 3)
    triage.ticks()
    assert triage.cause().is_ignored

    triage.fails(2)
    triage.ticks()

    assert not triage.cause().is_ignored
    assert {item.status for item in triage.items()} == {Status.OPEN}
    assert triage.history(triage.cause())[-1].event is Event.IGNORE_ENDED
    assert triage.history(triage.cause())[-1].who == "snaglist"
    assert triage.differences() == []


def test_a_cause_opens_when_its_day_comes(triage: Triage) -> None:
    triage.fails(1)
    triage.edits_cause(triage.cause(), Ignore(until=utc_text(triage.seconds + 60)))

    triage.ticks(61)

    assert triage.item(1).status is Status.OPEN
    assert triage.cause().status is CauseStatus.OPEN


def test_a_cause_keeps_what_people_wrote(triage: Triage) -> None:
    triage.fails(1)
    for edit in (
        Name(name="The farm"),
        Fix(text="Restart it.\nThen wait."),
        Note(text="again"),
        Assign(to="Ben"),
    ):
        triage.edits_cause(triage.cause(), edit)

    cause = triage.cause()
    assert (cause.shown_title, cause.fix) == ("The farm", "Restart it.\nThen wait.")
    assert (cause.note, cause.assignee) == ("again", "Ben")
    assert [one.event for one in triage.history(cause)] == [
        Event.NAMED,
        Event.FIX_NOTED,
        Event.NOTED,
        Event.ASSIGNED,
    ]
    triage.edits_cause(cause, Name(name=None))
    assert triage.cause().shown_title == "It failed"


def test_resolving_a_cause_is_an_edit_of_its_items_that_can_be_undone(triage: Triage) -> None:
    triage.fails(1, 2)
    triage.fails(3, fingerprint="1/b")
    triage.edits_cause(triage.cause(), Resolve(reason="not_meant"))
    assert triage.cause().status is CauseStatus.DONE
    assert triage.item(2).reason is Reason.NOT_MEANT
    assert triage.item(3).status is Status.OPEN

    triage.undoes()

    assert {item.status for item in triage.items()} == {Status.OPEN}
    assert triage.cause().times_back == 0
    assert triage.cause().left_resolved == 0


def test_an_edit_of_a_stale_cause_is_refused(triage: Triage) -> None:
    triage.fails(1)
    seen = triage.cause()
    triage.edits_cause(seen, Name(name="The farm"))

    with pytest.raises(Stale):
        triage.edits_cause(seen, Name(name="Mine"), seen.version)

    assert triage.cause().name == "The farm"


def test_resolves_while_records_arrive_leave_every_count_right(triage: Triage) -> None:
    triage.fails(*range(40))
    records = [
        [triage.failure(number % 40) for number in range(start, start + 20)]
        for start in range(0, 400, 20)
    ]

    def arrive() -> None:
        for some in records:
            triage.record(some)

    arriving = threading.Thread(target=arrive)
    arriving.start()
    edits = 0
    while arriving.is_alive():
        triage.edits_all(Resolve(reason="by_hand"))
        triage.undoes()
        edits += 1
    arriving.join()

    assert edits
    assert sum(item.failures for item in triage.items()) == 440
    assert triage.differences() == []


def _shown(item: Item) -> tuple[object, ...]:
    """What an undo gives back."""
    return (item.status, item.reason, item.since, item.ignored_failures, item.assignee)


@pytest.mark.parametrize(
    "edit",
    [
        Ignore(),
        Ignore(failures=4),
        Ignore(until="2999-01-01T00:00:00.000Z"),
        Resolve(reason="by_hand"),
        Reopen(),
        Assign(to="Ben"),
        Assign(to=None),
        Note(text="look"),
        Note(text=""),
    ],
    ids=repr,
)
def test_a_preview_says_what_the_edit_then_does(edit: ItemEdit, triage: Triage) -> None:
    triage.fails(*range(8))
    triage.edits(1, Ignore())
    triage.edits(2, Ignore(failures=3))
    triage.edits(3, Ignore(until="2999-01-01T00:00:00.000Z"))
    triage.edits(4, Resolve(reason="by_hand"))
    triage.edits(5, Assign(to="Ben"))
    triage.edits(6, Note(text="look"))
    delete_standing(triage, 7)
    before = triage.items()

    said = preview(triage.database, [item.seq for item in before], edit, triage.now())
    assert triage.items() == before
    done = triage.edits_all(edit)

    assert (said.matching, said.would_change) == (done.matching, done.changed)
    assert done.matching == 8


def delete_standing(triage: Triage, entity: int) -> None:
    """The record that an asset's item stands by is deleted."""
    record_id = triage.item(entity).standing_record_id or ""
    delete_record(triage.database, "shotgun", record_id, who="ana", at=triage.now())
