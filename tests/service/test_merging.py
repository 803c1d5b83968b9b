"""Causes that people merge and split, while records arrive and after, on both engines."""

from __future__ import annotations

import threading
import uuid

import pytest

from conftest import open_database
from snaglist.domain.cause import CauseStatus
from snaglist.domain.edits import Fix, Ignore, Merge, Resolve, Split
from snaglist.domain.errors import NotFound, WrongState
from snaglist.domain.history import Event
from snaglist.domain.standing import Status
from snaglist.service.cause_edits import edit_cause
from snaglist.service.recount import recounted
from snaglist.service.slices import do_slice
from snaglist.storage.database import Database
from snaglist.storage.edits import Edit
from support.triage import Triage, pieces_of


@pytest.fixture
def triage(database: Database) -> Triage:
    """A list to work on, on each engine in turn."""
    return Triage(database)


def test_what_was_merged_belongs_to_the_other_cause_and_so_does_what_comes(
    triage: Triage,
) -> None:
    triage.fails(1, 2, fingerprint="1/a")
    triage.fails(3, fingerprint="1/b")
    former, other = triage.cause("1/a"), triage.cause("1/b")
    triage.edits_cause(former, Fix(text="Restart the farm."))

    edit = triage.edits_cause(former, Merge(into=other.id, why="one farm"))
    triage.fails(4, fingerprint="1/a")

    assert edit is not None
    assert (edit.changed, edit.skipped) == (2, 0)
    assert {item.cause_id for item in triage.items()} == {other.id}
    merged, into = triage.cause_by_id(former.id), triage.cause("1/a")
    assert merged.merged_into == into.id == other.id
    assert (merged.failures, merged.open_items, merged.status) == (0, 0, CauseStatus.MOVED_ON)
    assert (into.failures, into.open_items, into.fix) == (4, 4, "Restart the farm.")
    assert (into.left_moved, into.times_back) == (0, 0)
    assert into.first_failed_at == former.first_failed_at
    assert triage.differences() == []


def test_both_histories_tell_of_a_merge(triage: Triage) -> None:
    triage.fails(1, fingerprint="1/a")
    triage.fails(2, fingerprint="1/b")
    former, other = triage.cause("1/a"), triage.cause("1/b")

    triage.edits_cause(former, Merge(into=other.id, why="one farm"))

    for cause, told in ((former, (None, other.id)), (other, (former.id, None))):
        (entry,) = triage.history(cause)
        assert (entry.event, entry.who, entry.why) == (Event.MERGED, "ana", "one farm")
        assert (entry.before, entry.after) == told
    assert triage.history(triage.item(1))[-1].event is Event.MERGED
    assert triage.history(triage.item(1))[-1].cause_id == other.id


def test_a_merge_into_itself_or_into_what_was_merged_is_refused(triage: Triage) -> None:
    for entity, fingerprint in enumerate(("1/a", "1/b", "1/c")):
        triage.fails(entity, fingerprint=fingerprint)
    one, two, three = (triage.cause(name) for name in ("1/a", "1/b", "1/c"))
    triage.edits_cause(one, Merge(into=two.id))

    for cause, into in ((two, two), (three, one), (one, three)):
        with pytest.raises(WrongState):
            triage.edits_cause(cause, Merge(into=into.id))
    with pytest.raises(NotFound):
        triage.edits_cause(three, Merge(into=str(uuid.uuid4())))

    assert triage.differences() == []


def test_a_chain_of_merges_leads_to_its_end(triage: Triage) -> None:
    for entity, fingerprint in enumerate(("1/a", "1/b", "1/c")):
        triage.fails(entity, fingerprint=fingerprint)
    one, two, three = (triage.cause(name) for name in ("1/a", "1/b", "1/c"))
    begun = _begins(triage, one.id, Merge(into=two.id))
    triage.edits_cause(two, Merge(into=three.id))
    triage.carries_out(begun)
    triage.fails(7, fingerprint="1/a")

    assert {item.cause_id for item in triage.items()} == {three.id}
    assert triage.cause("1/a").failures == 4
    assert triage.differences() == []


def test_a_merge_into_what_is_set_aside_sets_aside(triage: Triage) -> None:
    triage.fails(1, fingerprint="1/a")
    triage.fails(2, fingerprint="1/b")
    other = triage.cause("1/b")
    triage.edits_cause(other, Ignore(failures=2))

    triage.edits_cause(triage.cause("1/a"), Merge(into=other.id))
    triage.ticks()

    assert {item.status for item in triage.items()} == {Status.IGNORED}
    assert triage.cause("1/b").is_ignored, "the failures of before are no further ones"
    triage.fails(1, fingerprint="1/a")
    triage.fails(1, fingerprint="1/a")
    triage.ticks()
    assert {item.status for item in triage.items()} == {Status.OPEN}
    assert triage.differences() == []


def test_a_merge_from_what_was_set_aside_into_what_is_not_opens(triage: Triage) -> None:
    triage.fails(1, fingerprint="1/a")
    triage.fails(2, fingerprint="1/b")
    triage.edits_cause(triage.cause("1/a"), Ignore())

    triage.edits_cause(triage.cause("1/a"), Merge(into=triage.cause("1/b").id))

    assert {item.status for item in triage.items()} == {Status.OPEN}
    assert triage.differences() == []


def test_a_merge_taken_back_gives_each_cause_its_own_again(triage: Triage) -> None:
    triage.fails(1, 2, fingerprint="1/a")
    triage.fails(3, fingerprint="1/b")
    former, other = triage.cause("1/a"), triage.cause("1/b")
    triage.edits_cause(former, Merge(into=other.id))
    triage.fails(2, 4, fingerprint="1/a")
    triage.fails(3, fingerprint="1/b")

    triage.undoes()
    triage.fails(5, fingerprint="1/a")

    again = triage.cause("1/a")
    assert (again.id, again.merged_into, again.times_back) == (former.id, None, 0)
    assert (again.failures, again.open_items) == (5, 4)
    assert (triage.cause("1/b").failures, triage.cause("1/b").open_items) == (2, 1)
    assert triage.differences() == []


def test_a_merge_that_was_stopped_midway_can_be_taken_back(triage: Triage) -> None:
    triage.fails(*range(1_200), fingerprint="1/a")
    triage.fails(9_999, fingerprint="1/b")
    former, other = triage.cause("1/a"), triage.cause("1/b")
    edit = _begins(triage, former.id, Merge(into=other.id))
    do_slice(triage.database, edit.id, pieces_of, triage.now())
    assert 0 < triage.cause("1/b").open_items < 1_201

    triage.undoes(edit.id)
    triage.ticks()

    assert (triage.cause("1/a").id, triage.cause("1/a").open_items) == (former.id, 1_200)
    assert triage.differences() == []


def test_a_split_takes_what_has_the_piece_and_what_comes_with_it(triage: Triage) -> None:
    triage.fails(1, 2, 3, host="farm1")
    triage.fails(4, 5, host="farm2")
    triage.fails(1, host="farm2")
    whole = triage.cause()

    edit = triage.edits_cause(whole, Split(piece="host", value="farm2"))
    triage.fails(6, host="farm2")
    triage.fails(7, host="farm1")

    assert edit is not None
    assert edit.changed == 3
    (part,) = {triage.item(entity).cause_id for entity in (1, 4, 5, 6)}
    assert {triage.item(entity).cause_id for entity in (2, 3, 7)} == {whole.id}
    made = triage.cause_by_id(part)
    assert made.title == "It failed [host: farm2]"
    assert (made.failures, made.open_items, made.times_back) == (4, 4, 0)
    rest = triage.cause_by_id(whole.id)
    assert (rest.failures, rest.open_items, rest.left_moved) == (4, 3, 0)
    for cause in (made, rest):
        assert triage.history(cause)[-1].event is Event.SPLIT
    assert triage.differences() == []


def test_a_split_by_what_is_not_there_says_what_is(triage: Triage) -> None:
    triage.fails(1, host="farm1")

    with pytest.raises(WrongState) as refused:
        triage.edits_cause(triage.cause(), Split(piece="host", value="farm9"))

    assert "farm1" in refused.value.remedy


def test_a_cause_is_split_by_the_same_piece_only_once(triage: Triage) -> None:
    triage.fails(1, 2, host="farm1", user="ana")
    triage.fails(3, host="farm1", user="ben")
    split = Split(piece="user", value="ana")
    triage.edits_cause(triage.cause(), split)

    with pytest.raises(WrongState):
        triage.edits_cause(triage.cause(), split)


def test_what_was_split_off_can_be_split_further(triage: Triage) -> None:
    triage.fails(1, host="farm1", user="ana")
    triage.fails(2, host="farm2", user="ana")
    triage.fails(3, host="farm2", user="ben")
    triage.edits_cause(triage.cause(), Split(piece="host", value="farm2"))
    part = triage.cause_by_id(triage.item(2).cause_id)

    triage.edits_cause(part, Split(piece="user", value="ben"))
    triage.fails(4, host="farm2", user="ben")
    triage.fails(5, host="farm2", user="ana")

    assert triage.item(4).cause_id == triage.item(3).cause_id
    assert triage.item(5).cause_id == triage.item(2).cause_id == part.id
    assert len({item.cause_id for item in triage.items()}) == 3
    assert triage.differences() == []


def test_a_merge_undoes_a_split(triage: Triage) -> None:
    triage.fails(1, host="farm1")
    triage.fails(2, host="farm2")
    whole = triage.cause()
    triage.edits_cause(whole, Split(piece="host", value="farm2"))

    triage.edits_cause(triage.cause_by_id(triage.item(2).cause_id), Merge(into=whole.id))
    triage.fails(3, host="farm2")

    assert {item.cause_id for item in triage.items()} == {whole.id}
    assert triage.cause().failures == 3
    assert triage.differences() == []


def test_after_the_undo_of_a_merge_each_failed_when_it_did(triage: Triage) -> None:
    triage.fails(1, fingerprint="1/a")
    triage.fails(2, fingerprint="1/b")
    triage.fails(3, fingerprint="1/a")
    triage.edits_cause(triage.cause("1/a"), Fix(text="Restart the farm."))
    former, other = triage.cause("1/a"), triage.cause("1/b")
    edit = triage.edits_cause(former, Merge(into=other.id))
    assert edit is not None
    assert triage.cause("1/b").fix == "Restart the farm."
    triage.fails(2, fingerprint="1/b")
    last = triage.item(2).last_failed_at
    triage.fails(3, fingerprint="1/a")
    triage.undoes(edit.id)
    again, rest = triage.cause("1/a"), triage.cause("1/b")
    assert (again.fix, rest.fix) == ("Restart the farm.", None)
    assert (again.first_failed_at, rest.first_failed_at) == (
        former.first_failed_at,
        other.first_failed_at,
    )
    assert (again.last_failed_at, rest.last_failed_at) == (triage.item(3).last_failed_at, last)
    assert triage.differences() == []


def test_a_split_is_undone_and_that_too(triage: Triage) -> None:
    triage.fails(1, host="farm1")
    triage.fails(2, host="farm2")
    whole = triage.cause()
    split = triage.edits_cause(whole, Split(piece="host", value="farm2"))
    assert split is not None
    part = triage.item(2).cause_id

    undo = triage.undoes(split.id)
    triage.fails(3, host="farm2")
    assert undo.undoes == split.id
    assert {item.cause_id for item in triage.items()} == {whole.id}
    assert triage.differences() == []

    triage.undoes(undo.id)
    assert [item.cause_id for item in triage.items()] == [whole.id, part, part]
    assert triage.differences() == []


def test_a_split_is_undone_while_it_goes_on(triage: Triage) -> None:
    triage.fails(1, host="farm1")
    triage.fails(*range(2, 9), host="farm2")
    split = _begins(triage, triage.cause().id, Split(piece="host", value="farm2"))
    triage.undoes(split.id)
    triage.fails(9, host="farm2")
    assert {item.cause_id for item in triage.items()} == {triage.cause().id}
    assert triage.differences() == []


def test_a_split_that_takes_all_leaves_a_cause_that_is_not_done(triage: Triage) -> None:
    triage.fails(1, host="farm1")

    triage.edits_cause(triage.cause(), Split(piece="host", value="farm1"))

    rest = triage.cause()
    assert (rest.status, rest.moved_to) == (CauseStatus.MOVED_ON, triage.item(1).cause_id)


def test_what_is_left_after_a_split_is_done_when_it_is_resolved(triage: Triage) -> None:
    triage.fails(1, 2, host="farm1")
    triage.fails(3, host="farm2")
    triage.edits_cause(triage.cause(), Split(piece="host", value="farm1"))

    triage.edits_cause(triage.cause(), Resolve(reason="by_hand"))

    assert triage.cause().status is CauseStatus.DONE


def test_a_merge_while_a_split_goes_on_comes_out_right(triage: Triage) -> None:
    triage.fails(*range(700), host="farm1")
    triage.fails(*range(700, 1_400), host="farm2")
    triage.fails(5_000, fingerprint="1/b")
    whole, other = triage.cause(), triage.cause("1/b")
    split = _begins(triage, whole.id, Split(piece="host", value="farm2"))
    do_slice(triage.database, split.id, pieces_of, triage.now())
    do_slice(triage.database, split.id, pieces_of, triage.now())

    triage.edits_cause(triage.cause_by_id(whole.id), Merge(into=other.id))
    triage.carries_out(split)

    assert triage.cause("1/a").open_items == 701
    assert triage.cause_by_id(triage.item(900).cause_id).open_items == 700
    assert triage.differences() == []


def test_merges_while_records_arrive_from_two_servers_leave_every_count_right(
    engine_name: str, database: Database
) -> None:
    """On SQLite there is one server: both arrive through its one writer."""
    triage = Triage(database)
    for number in range(6):
        triage.fails(number, fingerprint=f"1/{number}")
    url = database.engine.url if engine_name == "postgresql" else ""  # type: ignore[attr-defined]
    failures = [
        [triage.failure(entity % 60, f"1/{entity % 6}") for entity in range(start, start + 10)]
        for start in range(0, 600, 10)
    ]

    def arrive(there: Triage, some: list[list[object]]) -> None:
        for records in some:
            there.record(records)  # type: ignore[arg-type]

    def at_work(other: Triage) -> None:
        threads = [
            threading.Thread(target=arrive, args=(there, failures[start::2]))
            for start, there in enumerate((triage, other))
        ]
        for thread in threads:
            thread.start()
        for number in range(1, 6):
            one = triage if number % 2 else other
            one.edits_cause(one.cause(f"1/{number}"), Merge(into=one.cause("1/0").id))
            if number == 3:
                one.undoes()
        for thread in threads:
            thread.join()

    if url:
        with open_database(url) as second:
            at_work(Triage(second))
    else:
        at_work(Triage(database))
    triage.ticks()

    assert len({item.cause_id for item in triage.items()}) == 2
    assert triage.cause("1/0").failures + triage.cause("1/3").failures == 606
    assert database.read(recounted) == []


def _begins(triage: Triage, cause_id: str, edit: Merge | Split) -> Edit:
    """Somebody asks for it; nothing of it is carried out yet."""
    done = edit_cause(
        triage.database,
        cause_id,
        edit,
        None,
        new_id=lambda: str(uuid.uuid4()),
        pieces_of=pieces_of,
        who=triage.who,
        at=triage.now(),
    )
    assert done.edit is not None
    return done.edit
