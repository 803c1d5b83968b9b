"""The search index is put in order while nobody writes, and finds the same before and after."""

from __future__ import annotations

from snaglist.domain.edits import Note
from snaglist.domain.filtering import Subject, read_filter
from snaglist.service.lists import find_items
from snaglist.service.tidying import Tidying
from snaglist.storage.database import Database
from support.triage import Triage


def found(database: Database, *asked: tuple[str, str]) -> list[str]:
    """The entities of the items that a filter finds."""
    page = find_items(database, read_filter(Subject.ITEMS, list(asked)), None, 200)
    return [one.item.entity_id for one in page.items]


def parts_of_the_index(database: Database) -> int:
    """In how many parts SQLite's index is; 0 on PostgreSQL, which has none."""
    if database.engine.name != "sqlite":
        return 0
    rows = database.read(lambda one: one.execute("SELECT DISTINCT segid FROM item_search_idx"))
    return len(rows)


def tidied(tidying: Tidying) -> None:
    """All is done that can be while nobody writes."""
    tidying.tick()
    while tidying.tick():
        pass


def test_many_small_writes_leave_few_parts_and_what_is_found(database: Database) -> None:
    triage, tidying = Triage(database), Tidying(database)
    for entity in range(60):
        triage.fails(entity)
    for entity in range(0, 60, 2):
        triage.edits(entity, Note(text="seen"))
    asked = [("state", "open")], [("type", "Asset"), ("q", "1")], [("q", "asset")]
    before = [found(database, *one) for one in asked]
    parts = parts_of_the_index(database)

    tidied(tidying)

    assert [found(database, *one) for one in asked] == before
    if database.engine.name == "sqlite":
        assert parts_of_the_index(database) < parts
    assert triage.differences() == []


def test_it_waits_until_nobody_writes_and_then_leaves_off(database: Database) -> None:
    triage, tidying = Triage(database), Tidying(database)
    for entity in range(20):
        triage.fails(entity)
        commits = database.writer.commits
        assert not tidying.tick()
        assert database.writer.commits == commits

    tidied(tidying)
    commits = database.writer.commits
    assert not tidying.tick()
    assert database.writer.commits == commits

    triage.fails(20)
    assert not tidying.tick()
    tidying.tick()
    assert database.writer.commits > commits + 1
