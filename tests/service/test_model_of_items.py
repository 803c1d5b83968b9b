"""Items and causes on SQLite, on PostgreSQL and in a model, step by step the same."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from conftest import ENGINES, open_database
from snaglist.domain.edits import (
    Assign,
    ClaimFixed,
    Ignore,
    ItemEdit,
    Merge,
    Reopen,
    Resolve,
    Split,
)
from snaglist.domain.errors import SnaglistError
from snaglist.domain.filtering import Filter
from snaglist.domain.identity import ItemKey
from snaglist.domain.item import Item
from snaglist.domain.moment import utc_text
from snaglist.service.edits import edit_item
from snaglist.service.records import delete_record
from snaglist.service.successes import Reported, report_imported
from snaglist.storage import places
from snaglist.storage.filtering import quads_of
from snaglist.storage.items import Success
from support.expected import OUTAGE, Expectations, Key
from support.records import new_record, new_sighting
from support.stores import Stores
from support.triage import Triage

ENTITIES = st.sampled_from(["1", "2", "3", "4"])
PARTS = st.sampled_from(["", "movie"])
KEYS = st.tuples(ENTITIES, PARTS)
CAUSES = st.sampled_from(["1/a", "1/b", OUTAGE])
LATE = st.sampled_from([0, 0, 0, 1, 30, 300])
"""How many seconds before now something was tried."""
TOOK = st.sampled_from([None, None, 0, 2, 60])
"""How many seconds a success was tried for, if that was said."""
SAID = st.fixed_dictionaries({"alone": st.booleans(), "yields": st.booleans()})
"""How a success speaks of parts."""


class AnyDesk(RuleBasedStateMachine):
    """The same steps on both engines, by the same clock."""

    stores: Stores

    @initialize()
    def begin(self) -> None:
        self.open = contextlib.ExitStack()
        folder = Path(self.open.enter_context(tempfile.TemporaryDirectory()))
        self.desks: list[Triage] = []
        for engine_name in ENGINES:
            url = self.stores.made(engine_name, folder)
            self.open.callback(self.stores.drop, url)
            self.desks.append(Triage(self.open.enter_context(open_database(url))))
        self.records: list[Key] = []
        self.seconds = self.desks[0].seconds

    def teardown(self) -> None:
        if hasattr(self, "open"):
            self.open.close()

    def now(self) -> str:
        """A second later, for all."""
        self.seconds += 1
        for desk in self.desks:
            desk.seconds = self.seconds
        return utc_text(self.seconds)

    def on_all(self, step: Callable[[Triage], object]) -> object:
        """What the step comes to, which must be the same on all."""
        came_to = [_outcome(step, desk) for desk in self.desks]
        assert came_to[0] == came_to[1]
        return came_to[0]

    def failure(self, key: Key, cause: str, tried_at: str, at: str) -> Callable[[Triage], object]:
        """The step that records this failure."""
        self.records.append(key)
        entity, part = key
        sighting = new_sighting(
            key=ItemKey("shotgun", "kitsu", "Asset", entity, part, "87"),
            fingerprint=cause,
            attempted_at=tried_at,
            is_transient=cause == OUTAGE,
        )
        record = new_record(
            id=_record_id(len(self.records)),
            sighting=sighting,
            created_at=at,
            event_data=f'{{"shelf": "{entity}"}}',
        )
        return lambda desk: desk.record([record])

    @invariant()
    def every_count_is_right(self) -> None:
        for desk in getattr(self, "desks", ()):
            assert desk.differences() == []


class Modelled(AnyDesk):
    """What happens to single items, beside the model."""

    @initialize()
    def expect(self) -> None:
        self.model = Expectations()

    @rule(key=KEYS, cause=CAUSES, late=LATE)
    def fails(self, key: Key, cause: str, late: int) -> None:
        at = self.now()
        tried_at = utc_text(self.seconds - late)
        self.on_all(self.failure(key, cause, tried_at, at))
        self.model.fails(key, len(self.records), cause, tried_at)

    @rule(key=KEYS, late=LATE, said=SAID, took=TOOK)
    def succeeds(self, key: Key, late: int, said: dict[str, bool], took: int | None) -> None:
        at = self.now()
        tried_at = utc_text(self.seconds - late)
        began_at = None if took is None else utc_text(self.seconds - late - took)
        self.on_all(lambda desk: _succeeds(desk, key, tried_at, at, began_at=began_at, **said))
        self.model.succeeds(key, tried_at, began_at=began_at, at=at, **said)

    @rule(
        failing=st.dictionaries(ENTITIES, st.lists(CAUSES, min_size=1, max_size=3), max_size=3),
        succeeding=st.sets(ENTITIES, max_size=2),
    )
    def at_once(self, failing: dict[str, list[str]], succeeding: set[str]) -> None:
        """Several clients, each with entities of its own."""
        steps: list[list[Callable[[Triage], object]]] = []
        for entity, causes in failing.items():
            mine = []
            for cause in causes:
                at = self.now()
                mine.append(self.failure((entity, ""), cause, at, at))
                self.model.fails((entity, ""), len(self.records), cause, at)
            steps.append(mine)
        for entity in sorted(succeeding - failing.keys()):
            at = self.now()
            steps.append([lambda desk, key=(entity, ""), at=at: _succeeds(desk, key, at, at)])  # type: ignore[misc]
            self.model.succeeds((entity, ""), at, at=at)
        self.now()
        for desk in self.desks:
            _at_once(desk, steps)

    @precondition(lambda self: self.model.items)
    @rule(
        place=st.integers(0, 99),
        edit=st.sampled_from(
            [
                *(Resolve(reason="by_hand"), Resolve(reason="not_meant"), Reopen(), Ignore()),
                *(Ignore(failures=1), Ignore(failures=3), Ignore(until="soon"), Assign(to="bo")),
            ]
        ),
    )
    def is_edited(self, place: int, edit: ItemEdit) -> None:
        key = sorted(self.model.items)[place % len(self.model.items)]
        at = self.now()
        if isinstance(edit, Ignore) and edit.until:
            edit = Ignore(until=utc_text(self.seconds + 20))
        came_to = self.on_all(lambda desk: _edits(desk, key, edit, at))
        match edit:
            case Resolve():
                done = self.model.is_resolved(key, edit.reason, at)
            case Reopen():
                done = self.model.is_reopened(key, at)
            case Ignore():
                done = self.model.is_ignored(key, edit.until, edit.failures, at)
            case _:
                self.model.items[key].assignee, done = "bo", True
        assert (came_to == "done") == done

    @precondition(lambda self: self.records)
    @rule(place=st.integers(0, 99))
    def record_is_deleted(self, place: int) -> None:
        number = place % len(self.records) + 1
        at = self.now()
        if self.on_all(lambda desk: _deletes(desk, number, at)) == "done":
            self.model.record_is_deleted(self.records[number - 1], number, at)

    @rule(seconds=st.sampled_from([1, 25]))
    def time_passes(self, seconds: int) -> None:
        self.seconds += seconds
        at = self.now()
        self.on_all(lambda desk: desk.ticks())
        self.model.it_is(at)

    @invariant()
    def items_are_as_expected(self) -> None:
        expected = {
            key: (
                *(one.state, one.decided_at, one.failures, one.cause, one.assignee),
                *(one.until, one.most, _record_id(one.standing) if one.standing else None),
            )
            for key, one in getattr(self, "model", Expectations()).items.items()
        }
        for desk in getattr(self, "desks", ()):
            items = desk.items()
            assert {_key(item): _told(item) for item in items} == expected
            causes = desk.database.read(
                lambda connection: connection.execute(
                    "SELECT fingerprint, id, open_items, failures FROM causes"
                )
            )
            assert {row[0]: row[3] for row in causes} == self.model.failures
            opened = Counter(one.cause for one in self.model.items.values() if one.state == "open")
            assert {row[0]: row[2] for row in causes if row[2]} == opened
            names = {row[1]: row[0] for row in causes}
            quads = desk.database.read(lambda connection: quads_of(connection, Filter()))
            counted = {(names[quad.cause_id], quad.bucket): quad.items for quad in quads}
            assert counted == Counter((one.cause, one.state) for one in self.model.items.values())


class Alike(AnyDesk):
    """What happens to causes and to many items at once: both engines alike, and counts right."""

    @rule(key=KEYS, cause=CAUSES, late=LATE)
    def fails(self, key: Key, cause: str, late: int) -> None:
        at = self.now()
        self.on_all(self.failure(key, cause, utc_text(self.seconds - late), at))

    @rule(key=KEYS, late=LATE, said=SAID)
    def succeeds(self, key: Key, late: int, said: dict[str, bool]) -> None:
        at = self.now()
        tried_at = utc_text(self.seconds - late)
        self.on_all(lambda desk: _succeeds(desk, key, tried_at, at, **said))

    @rule(
        edit=st.sampled_from(
            [Ignore(), Ignore(failures=2), Resolve(reason="by_hand"), Reopen(), Assign(to="bo")]
        )
    )
    def all_are_edited(self, edit: ItemEdit) -> None:
        self.now()
        self.on_all(lambda desk: desk.edits_all(edit, sorted(desk.items(), key=_key)).changed)

    @rule()
    def the_last_is_undone(self) -> None:
        self.now()
        self.on_all(lambda desk: desk.undoes().changed)

    @rule(
        cause=CAUSES,
        edit=st.sampled_from(
            [
                *(Ignore(), Reopen(), Resolve(reason="not_meant"), ClaimFixed(), Assign(to="bo")),
                *(Split(piece="shelf", value="1"), Split(piece="shelf", value="2")),
            ]
        ),
    )
    def a_cause_is_edited(self, cause: str, edit: Ignore | Reopen | Split) -> None:
        self.now()
        self.on_all(lambda desk: _edits_cause(desk, desk.cause(cause).id, edit))

    @rule(cause=CAUSES, other=CAUSES)
    def causes_are_merged(self, cause: str, other: str) -> None:
        self.now()
        self.on_all(
            lambda desk: _edits_cause(desk, desk.cause(cause).id, Merge(into=desk.cause(other).id))
        )

    @rule(seconds=st.sampled_from([1, 400]))
    def time_passes(self, seconds: int) -> None:
        self.seconds += seconds
        self.now()
        self.on_all(lambda desk: desk.ticks())

    @invariant()
    def both_tell_the_same(self) -> None:
        if hasattr(self, "desks"):
            assert _everything(self.desks[0]) == _everything(self.desks[1])


def _outcome(step: Callable[[Triage], object], desk: Triage) -> object:
    try:
        came_to = step(desk)
    except SnaglistError as error:
        return error.code
    except KeyError:
        return "no such cause"
    return "done" if came_to is None else came_to


def _at_once(desk: Triage, clients: Sequence[Sequence[Callable[[Triage], object]]]) -> None:
    """Each client does its steps one after the other, all beside each other."""
    with ThreadPoolExecutor(max(1, len(clients))) as pool:
        for done in [pool.submit(_does, desk, mine) for mine in clients]:
            done.result(60)


def _does(desk: Triage, steps: Sequence[Callable[[Triage], object]]) -> None:
    for step in steps:
        step(desk)


def _succeeds(
    desk: Triage,
    key: Key,
    tried_at: str,
    at: str,
    *,
    alone: bool = False,
    yields: bool = False,
    began_at: str | None = None,
) -> int:
    success = Success(
        *("shotgun", "kitsu", key[0], "Asset", key[1], tried_at), is_alone=alone, began_at=began_at
    )
    told = Reported(success, None, yields)
    return report_imported(desk.database, [told], who="test", at=at)


def _edits(desk: Triage, key: Key, edit: ItemEdit, at: str) -> None:
    item_id = next(item.id for item in desk.items() if _key(item) == key)
    edit_item(desk.database, item_id, edit, None, who="bo", at=at)


def _edits_cause(desk: Triage, cause_id: str, edit: Ignore | Reopen | Split | Merge) -> int:
    done = desk.edits_cause(desk.cause_by_id(cause_id), edit)
    return 0 if done is None else done.changed


def _deletes(desk: Triage, number: int, at: str) -> None:
    delete_record(desk.database, "shotgun", _record_id(number), who="bo", at=at)


def _record_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def _key(item: Item) -> Key:
    return (item.entity_id, item.part)


def _told(item: Item) -> tuple[object, ...]:
    return (
        *(item.bucket, item.decided_at, item.failures, item.fingerprint, item.assignee),
        *(item.ignored_until, item.ignored_failures, item.standing_record_id),
    )


def _everything(desk: Triage) -> tuple[object, ...]:
    """All that a desk knows, but for the ids that it made."""
    ids = desk.database.read(lambda connection: connection.execute("SELECT id FROM causes"))
    causes = [desk.cause_by_id(row[0]) for row in ids]
    names = {one.id: one.fingerprint for one in causes}
    items = {
        _key(item): (
            *(names[item.cause_id], item.since, item.ignored_with_cause, item.version),
            *_told(item),
            [(one.event, one.who, one.before, one.after) for one in desk.history(item)],
        )
        for item in desk.items()
    }
    told = {
        one.fingerprint: (
            *(one.status, one.since, one.failures, one.open_items, one.ignored_items),
            *(one.resolved_items, one.times_back, one.claim, one.is_ignored, one.assignee),
            *(names.get(one.merged_into or ""), one.version),
            [(entry.event, entry.who) for entry in desk.history(one)],
        )
        for one in causes
    }
    return items, told


def _runs(machine: type[AnyDesk], stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_MOST_NEW", 4)
    machine.stores = stores
    test = machine.TestCase
    test.settings = settings(
        max_examples=20,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    test().runTest()


def test_items_come_to_what_the_model_says(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    _runs(Modelled, stores, monkeypatch)


def test_causes_and_many_items_come_to_the_same_on_both_engines(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    _runs(Alike, stores, monkeypatch)
