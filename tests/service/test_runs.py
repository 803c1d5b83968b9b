"""What runs tried comes to the same counts in whatever order, and however often, it arrives."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snaglist.domain.identity import ItemKey
from snaglist.domain.run import TryOutcome, run_id_of
from snaglist.service.recount import recounted
from snaglist.service.run_chores import Watch
from snaglist.service.run_views import look_at_run
from snaglist.service.tries import Tried, note_tries
from snaglist.storage.database import Database

HOURS = 4


def tried(run: str, number: int, outcome: TryOutcome, hour: int, part: str, project: str) -> Tried:
    key = ItemKey("shotgun", "kitsu", "Shot", str(number), part, project)
    return Tried(run, key, key.digest, outcome, f"2026-11-24T0{hour}:00:00.000Z", "td")


TRIES = st.lists(
    st.builds(
        tried,
        st.sampled_from(["a", "b"]),
        st.integers(1, 4),
        st.sampled_from(list(TryOutcome)),
        st.integers(0, HOURS),
        st.sampled_from(["", "movie"]),
        st.sampled_from(["", "87", "88"]),
    ),
    min_size=1,
    max_size=20,
    # Of two attempts at one thing at the same moment, the one that arrives later counts.
    unique_by=lambda one: (one.run, one.digest, one.attempted_at),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tries=TRIES, data=st.data())
def test_the_counts_are_those_of_the_newest_attempt_at_each_thing(
    database: Database, tries: list[Tried], data: st.DataObject
) -> None:
    _forget_all(database)
    arrivals = data.draw(st.permutations(tries)) + data.draw(st.lists(st.sampled_from(tries)))
    size = data.draw(st.integers(1, 5))

    for start in range(0, len(arrivals), size):
        part = arrivals[start : start + size]
        database.write(lambda one, part=part: note_tries(one, part, "2026-11-24T09:00:00.000Z"))

    for run in {one.run for one in tries}:
        newest = {
            one.digest: one
            for one in sorted(tries, key=lambda one: one.attempted_at)
            if one.run == run
        }
        expected = Counter(
            (one.key.project, bool(one.key.part), one.outcome) for one in newest.values()
        )
        view = look_at_run(database, run_id_of(run))
        assert {
            (one.project, one.is_part, one.outcome): one.things for one in view.counts
        } == expected
    assert database.read(recounted) == []


def test_what_an_old_run_tried_is_forgotten_and_its_counts_stay(database: Database) -> None:
    tries = [tried("a", number, TryOutcome.FAILED, 1, "", "87") for number in range(1_500)]
    database.write(lambda one: note_tries(one, tries, "2026-10-01T09:00:00.000Z"))
    watch = Watch(database, seconds=600)

    while watch.tick("2026-11-24T09:00:00.000Z"):
        pass

    left = database.read(lambda one: one.execute("SELECT count(*) FROM run_tries")[0][0])
    view = look_at_run(database, run_id_of("a"))
    assert (left, view.run.is_settled, view.run.status) == (0, True, "abandoned")
    assert [one.things for one in view.counts] == [1_500]
    assert database.read(recounted) == []

    database.write(lambda one: note_tries(one, tries[:3], "2026-11-24T09:00:00.000Z"))
    assert [one.things for one in look_at_run(database, run_id_of("a")).counts] == [1_500]


def _forget_all(database: Database) -> None:
    for name in ("runs", "run_tries", "run_counts"):
        database.write(lambda one, name=name: one.execute(f"DELETE FROM {name}"))
