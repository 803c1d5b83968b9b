"""Causes are made again, and nothing that people decided is lost."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future
from typing import Any

import pytest
from bench.strangers.assemble import lines_of
from msgspec.structs import replace

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper
from snaglist.domain.edits import CauseEdit, Merge, Split
from snaglist.domain.errors import WrongState
from snaglist.domain.moment import utc_text
from snaglist.domain.redaction import Redactor
from snaglist.domain.regrouping import Phase, Regroup, Tally, plan
from snaglist.service.cause_edits import edit_cause
from snaglist.service.recording import Limits, Recorder
from snaglist.service.records import get_record
from snaglist.service.recount import recounted
from snaglist.service.regrouping import Regrouping
from snaglist.service.regroups import changes_of, get_regroup
from snaglist.service.slices import carry_out
from snaglist.service.undo import begin_undo
from snaglist.storage.causes import causes_by_id, update_causes
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.wiring import new_id

SHIPPED = Catalogue.shipped()
NOTHING_KNOWN = SHIPPED.without(SHIPPED.causes)
LINES = [line.record for line in lines_of("first", 5, 600)]


def tally(old: str, new: str, records: int = 1) -> Tally:
    return Tally(old, new, records, None, "", new, is_transient=False)


class Desk:
    """A recorder and a regrouping on one database."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self.database = database
        self.recorder = Recorder(
            database.writer, Redactor(), time.time, new_id, Limits(), Grouper(catalogue)
        )
        self.regrouping = Regrouping(database, self.recorder, time.time, new_id)

    def record(self, events: list[dict[str, Any]]) -> list[str]:
        """Record these, and give their ids."""
        promise: Future[Any] = Future()
        self.recorder.submit(
            [self.recorder.prepare("shotgun", json.dumps(one).encode()) for one in events], promise
        )
        return [outcome.record.id for outcome in promise.result(30)]

    def regroup(self, catalogue: Catalogue, *, is_dry: bool = False) -> Regroup:
        """Regroup by this catalogue, to the end."""
        self.recorder.grouper = Grouper(catalogue)
        regroup = self.regrouping.start("ana", is_dry=is_dry)
        while self.regrouping.step():
            pass
        return get_regroup(self.database, regroup.id)

    def groups(self, ids: list[str]) -> list[str | None]:
        """The cause of each record."""
        return [get_record(self.database, record_id).cause_id for record_id in ids]

    def edit(self, cause_id: str, **members: Any) -> None:
        """What somebody's edit does to a cause."""

        def change(connection: Connection) -> None:
            cause = causes_by_id(connection, [cause_id])[cause_id]
            update_causes(connection, [replace(cause, version=cause.version + 1, **members)])

        self.database.write(change)

    def edit_cause(self, cause_id: str, edit: CauseEdit) -> str:
        """Somebody edits a cause, and it is carried out; the id of that."""
        pieces_of, now = self.recorder.grouper.pieces, lambda: utc_text(time.time())
        done = edit_cause(
            self.database,
            cause_id,
            edit,
            None,
            new_id=new_id,
            pieces_of=pieces_of,
            who="ana",
            at=now(),
        )
        assert done.edit is not None
        return carry_out(self.database, done.edit, pieces_of, now).id

    def split(self, cause_id: str, piece: str, value: str) -> None:
        """Somebody splits a cause by a piece of evidence."""
        self.edit_cause(cause_id, Split(piece=piece, value=value))

    def differences(self) -> list[Any]:
        """Where counts are not what they must be."""
        return self.database.read(recounted)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, NOTHING_KNOWN)


def same_partition(one: list[Any], other: list[Any]) -> bool:
    """Whether both group alike, whatever the names of the groups."""
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


def test_records_end_in_the_causes_that_a_new_desk_would_give_them(desk: Desk) -> None:
    ids = desk.record(LINES)

    regroup = desk.regroup(SHIPPED)

    grouper = Grouper(SHIPPED)
    assert same_partition(desk.groups(ids), [grouper.group(event).fingerprint for event in LINES])
    assert (regroup.phase, regroup.records) == (Phase.DONE, len(LINES))
    assert desk.differences() == []


def test_a_second_regroup_changes_nothing(desk: Desk) -> None:
    ids = desk.record(LINES)
    desk.regroup(SHIPPED)
    once = desk.groups(ids)

    again = desk.regroup(SHIPPED)

    assert (again.moved, desk.groups(ids)) == (0, once)


def test_a_dry_run_changes_nothing_and_tells_what_would(desk: Desk) -> None:
    ids = desk.record(LINES)
    before = desk.groups(ids)

    regroup = desk.regroup(SHIPPED, is_dry=True)

    assert desk.groups(ids) == before
    assert (
        desk.database.read(
            lambda one: one.execute("SELECT count(*) FROM audit WHERE event = 'regrouped'")
        )[0][0]
        == 0
    )
    changes = changes_of(desk.database, regroup)
    assert changes
    assert changes == sorted(changes, key=lambda change: -change.records)


def test_a_name_that_people_gave_stays_with_its_records(desk: Desk) -> None:
    ids = desk.record(LINES)
    named = desk.groups(ids)[0]
    assert named is not None
    desk.edit(named, name="The one that Ana knows")

    desk.regroup(SHIPPED)

    cause_id = desk.groups(ids)[0]
    assert cause_id is not None
    cause = desk.database.read(lambda one: causes_by_id(one, [cause_id]))[cause_id]
    assert cause.shown_title == "The one that Ana knows"


def test_a_regroup_goes_on_after_a_kill_and_beside_recording(desk: Desk) -> None:
    ids = desk.record(LINES[:300])
    desk.recorder.grouper = Grouper(SHIPPED)
    began = desk.regrouping.start("ana", is_dry=False)
    rest = iter(LINES[300:])
    steps = 0
    while True:
        # Every slice is done by a server of its own: the one before it was killed.
        survivor = Desk(desk.database, SHIPPED)
        survivor.regrouping._own = began.id
        if not survivor.regrouping.step():
            break
        steps += 1
        ids += survivor.record([event for _, event in zip(range(60), rest, strict=False)])

    grouper = Grouper(SHIPPED)
    recorded = LINES[: len(ids)]
    assert steps >= 4
    assert same_partition(
        desk.groups(ids), [grouper.group(event).fingerprint for event in recorded]
    )
    assert desk.differences() == []


def test_one_regroup_at_a_time_and_none_that_another_server_does(desk: Desk) -> None:
    desk.record(LINES[:5])
    desk.regrouping.start("ana", is_dry=True)

    with pytest.raises(WrongState, match="ana"):
        desk.regrouping.start("ben", is_dry=True)
    # Only on PostgreSQL can there be another server; on SQLite it is the same one, restarted.
    is_alone = desk.database.engine.name == "sqlite"
    assert Desk(desk.database, SHIPPED).regrouping.step() is is_alone


def test_what_was_recorded_before_there_were_items_is_filed(desk: Desk) -> None:
    desk.database.write(
        lambda one: one.execute(
            "INSERT INTO records (id, source, event_data, created_at) VALUES"
            " ('0199b0a0-0000-7000-8000-000000000000', 'shotgun',"
            """ '{"error": "KeyError: 4242", "details": {"shotgun_id": 7,"""
            """ "entity_type": "Task"}}', '2026-11-20T10:00:00.000Z')"""
        )
    )

    desk.regroup(SHIPPED)

    record = get_record(desk.database, "0199b0a0-0000-7000-8000-000000000000")
    assert record.item_id
    assert record.cause_id
    assert record.status == "open"
    assert desk.differences() == []


PLANS: list[tuple[str, list[Tally], dict[str, str], set[str], dict[str, str | None]]] = [
    (
        "what stays keeps its cause",
        [tally("a", "a")],
        {"a": "A"},
        set(),
        {"a": "A"},
    ),
    (
        "an heir gets the cause",
        [tally("a", "b")],
        {"a": "A"},
        set(),
        {"b": "A"},
    ),
    (
        "of two, the larger gets it and the other is new",
        [tally("a", "b", 3), tally("a", "c", 2)],
        {"a": "A"},
        set(),
        {"b": "A", "c": None},
    ),
    (
        "what most of the records leave does not keep the cause",
        [tally("a", "a", 2), tally("a", "b", 3)],
        {"a": "A"},
        set(),
        {"a": None, "b": "A"},
    ),
    (
        "what people merged stays merged",
        [tally("a", "b"), tally("c", "d")],
        {"a": "A", "c": "A"},
        {"A"},
        {"b": "A", "d": "A"},
    ),
    (
        "of two that become one, the touched one wins",
        [tally("a", "c", 9), tally("b", "c", 1)],
        {"a": "A", "b": "B"},
        {"B"},
        {"c": "B"},
    ),
    (
        "a cause that came up since the upgrade gives way to the one that people know",
        [tally("a", "b", 9), tally("b", "b", 5)],
        {"a": "A", "b": "young"},
        {"A"},
        {"b": "A"},
    ),
    (
        "one that people touched does not give way",
        [tally("a", "b", 9), tally("b", "b", 5)],
        {"a": "A", "b": "B"},
        {"B"},
        {"b": "B"},
    ),
]


@pytest.mark.parametrize(
    ("tallies", "pointers", "touched", "causes"),
    [case[1:] for case in PLANS],
    ids=[case[0] for case in PLANS],
)
def test_the_plan_keeps_decisions(
    tallies: list[Tally],
    pointers: dict[str, str],
    touched: set[str],
    causes: dict[str, str | None],
) -> None:
    for given in (tallies, tallies[::-1]):
        assert plan(given, pointers, touched).causes == causes


def test_what_was_split_twice_stays_split_by_a_regroup(desk: Desk) -> None:
    events = [
        {"error": "The rig is broken", "details": {"shotgun_id": n, "entity_type": kind}}
        for n, kind in enumerate(("Asset", "Shot", "Asset", "Shot"))
    ]
    desk.regroup(SHIPPED)
    ids = desk.record(events)
    whole = desk.groups(ids)[0] or ""
    pieces = desk.recorder.grouper.pieces(events[1])
    desk.split(whole, "entity_type", pieces["entity_type"])
    part = desk.groups(ids)[1] or ""
    assert part != whole
    name = next(one for one in pieces if one != "entity_type")
    desk.split(part, name, pieces[name])
    before = desk.groups(ids)

    desk.regroup(SHIPPED)

    assert desk.groups(ids) == before
    assert desk.differences() == []


def test_a_merge_is_not_undone_across_a_regroup(desk: Desk) -> None:
    ids = desk.record(
        [
            {"error": text, "details": {"shotgun_id": 1, "entity_type": "Asset"}}
            for text in ("The rig is broken", "Unheard of colour space")
        ]
    )
    one, other = (group or "" for group in desk.groups(ids))
    edit_id = desk.edit_cause(one, Merge(into=other))
    desk.regroup(SHIPPED)

    with pytest.raises(WrongState, match="made again"):
        begin_undo(desk.database, edit_id, undo_id=new_id(), who="ana", at=utc_text(time.time()))

    assert desk.differences() == []
