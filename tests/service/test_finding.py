"""Everything that matches is found, once and in order, however little one question looks at."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from snaglist.domain.edits import Assign, Ignore, Resolve
from snaglist.domain.filtering import Filter, Subject, read_filter
from snaglist.domain.identity import ItemKey
from snaglist.domain.item import Item
from snaglist.domain.words import words_of
from snaglist.service.lists import find_entities, find_items, find_records
from snaglist.storage import filtering, found_records, places
from snaglist.storage.causes import causes_by_id
from snaglist.storage.database import Database
from snaglist.storage.search import postgresql, sqlite
from support.records import new_record, new_sighting
from support.triage import Triage

ITEMS = 240
RARE = "needle_0042"
PAGE = 7
Find = Callable[[int | None], tuple[list[str], int | None]]
QUESTIONS = [
    *("", "state=open", "state=ignored", "state=resolved", "state=open,ignored"),
    *("project=1", "type=Shot", "type=Shot&state=ignored&project=1", "assignee=ana"),
    *("assignee=none", "assignee=ana&state=ignored", "source=shotgun", "target=kitsu"),
    *("q=s", "q=sh", "q=comp", "q=seq010_comp", "q=project", "q=seq010 seq020", "q=comp shot"),
    *("q=comp&state=open", "q=comp&assignee=none&type=Asset", "q=needle", f"q={RARE}"),
    *(f"q={RARE} comp", "q=compo&project=2&state=open", "q=東京", "q=京&type=Task"),
]


@pytest.fixture(params=["as little as it can", "as it is"])
def _looks_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How much one question looks at."""
    if request.param == "as little as it can":
        for module, constants in (
            (filtering, {"_MOST_QUADS": 2}),
            (places, {"_MOST_NEW": 16}),
            (sqlite, {"_NEWEST": 10, "_MOST_STEPS": 5, "_PATIENCE": 1}),
            (postgresql, {"_SEEN": 8, "_SEEN_OF_QUADS": 9, "_RARE": -1}),
            (found_records, {"_FEW": 3, "_BLOCK": 5, "_MOST_SEEN": 10}),
        ):
            for name, number in constants.items():
                monkeypatch.setattr(module, name, number)


@pytest.fixture
def triage(database: Database) -> Triage:
    """A list of many kinds of items, some ignored, resolved and somebody's."""
    chance = random.Random(1)
    triage = Triage(database)
    records = []
    for number in range(ITEMS):
        name = f"seq0{chance.randrange(1, 4)}0_{chance.choice(['comp', 'component', '東京_plate'])}"
        kind, project = chance.choice(["Shot", "Asset", "Task"]), str(chance.randrange(3))
        at = triage.now()
        sighting = new_sighting(
            key=ItemKey("shotgun", "kitsu", kind, str(number), "", project),
            name=RARE if number == 3 else f"{name}_v{number % 5:03}",
            fingerprint=f"1/{number % 5}",
            title=f"{'The project' if number % 5 else 'A user'} is missing",
            attempted_at=at,
        )
        records.append(new_record(sighting=sighting, created_at=at, run=f"night {number % 3}"))
    triage.record(records)
    triage.record([triage.failure(number) for number in range(1000, 1010)])
    triage.edits_all(Assign("ana"), triage.items()[60:90])
    triage.edits_all(Ignore(), triage.items()[80:120])
    triage.edits_all(Resolve("by_hand"), triage.items()[20:30])
    return triage


def everything(find: Find) -> list[str]:
    """All that is found, page by page."""
    found, further = find(None)
    while further is not None:
        page, further = find(further)
        assert len(page) <= PAGE
        found += page
    return found


def items_of(database: Database, wanted: Filter) -> Find:
    """Pages of the ids of items."""

    def find(below: int | None) -> tuple[list[str], int | None]:
        found = find_items(database, wanted, below, PAGE)
        return [one.item.id for one in found.items], found.further

    return find


def records_of(database: Database, wanted: Filter) -> Find:
    """Pages of the items' ids of records."""

    def find(below: int | None) -> tuple[list[str], int | None]:
        found = find_records(database, wanted, below, PAGE)
        return [one.item_id or "" for one in found.records], found.further

    return find


def matches(item: Item, title: str, wanted: Filter) -> bool:
    """Whether it does, by its members."""
    words = words_of(f"{item.name} {item.entity_type} {item.entity_id} {item.part} {title}", 99)
    return all(
        [
            not wanted.buckets or item.bucket in wanted.buckets,
            wanted.project in (None, item.project),
            wanted.entity_type in (None, item.entity_type),
            wanted.assignee in (None, item.assignee or "none"),
            wanted.source in (None, item.source),
            wanted.target in (None, item.target),
            wanted.cause_id in (None, item.cause_id),
            all(any(one.startswith(word) for one in words) for word in wanted.words),
        ]
    )


@pytest.mark.usefixtures("_looks_at")
def test_every_item_and_record_that_matches_is_found_once(triage: Triage) -> None:
    database = triage.database
    items = sorted(triage.items(), key=lambda item: -item.rank)
    titles = database.read(
        lambda connection: {
            one.id: one.title
            for one in causes_by_id(connection, {item.cause_id for item in items}).values()
        }
    )
    causes = [f"cause={triage.cause(f'1/{number}').id}" for number in (0, 1)]
    for question in [*QUESTIONS, *causes, f"{causes[0]}&state=ignored&q=comp"]:
        pairs = [pair.split("=", 1) for pair in question.split("&") if pair]
        wanted = read_filter(Subject.ITEMS, [(name, text) for name, text in pairs])
        expected = [item for item in items if matches(item, titles[item.cause_id], wanted)]

        assert everything(items_of(database, wanted)) == [item.id for item in expected], question
        by_arrival = sorted(expected, key=lambda item: -item.seq)
        assert everything(records_of(database, wanted)) == [item.id for item in by_arrival], (
            question
        )


@pytest.mark.usefixtures("_looks_at")
def test_the_failures_of_a_run_are_found(triage: Triage) -> None:
    wanted = Filter(run="night 1", project="2", words=("comp",))
    found = everything(records_of(triage.database, wanted))

    names = {item.id: (item.entity_id, item.name, item.project) for item in triage.items()}
    assert found
    assert {names[one][2] for one in found} == {"2"}
    assert {int(names[one][0]) % 3 for one in found} == {1}
    assert len(found) == sum(
        int(entity) % 3 == 1 and project == "2" and "comp" in name and int(entity) < ITEMS
        for entity, name, project in names.values()
    )


def test_what_is_rare_is_found_at_once(triage: Triage) -> None:
    found = find_items(triage.database, Filter(words=(RARE,)), None, PAGE)

    assert [one.item.name for one in found.items] == [RARE]
    assert found.further is None


@pytest.mark.usefixtures("_looks_at")
@pytest.mark.parametrize(
    "question", ["", "state=open", "q=part", "run=tonight", "state=open&q=shot"]
)
def test_an_entity_is_on_one_page_with_all_its_parts(database: Database, question: str) -> None:
    triage, chance = Triage(database), random.Random(2)
    pieces = [(number, part) for number in range(20) for part in ("", "part_a", "part_b")]
    chance.shuffle(pieces)
    for number, part in pieces:
        at = triage.now()
        sighting = new_sighting(
            key=ItemKey("shotgun", "kitsu", "Shot", str(number), part, "1"),
            name=f"SH{number:03}",
            attempted_at=at,
        )
        triage.record([new_record(sighting=sighting, created_at=at, run="tonight")])
    triage.edits_all(Ignore(), chance.sample(triage.items(), 15))
    pairs = [pair.split("=", 1) for pair in question.split("&") if pair]
    wanted = read_filter(Subject.ITEMS, [(name, text) for name, text in pairs])

    pages: list[list[Item]] = []
    below: int | None = None
    while not pages or below is not None:
        found = find_entities(database, wanted, below, PAGE)
        pages.append([one.item for one in found.items])
        below = found.further

    shown = [item.id for page in pages for item in page]
    expected = [item.id for item in triage.items() if matches(item, "", wanted)]
    assert sorted(shown) == sorted(expected)
    entities = [{item.entity_id for item in page} for page in pages]
    assert sum(map(len, entities)) == len(set().union(*entities))
