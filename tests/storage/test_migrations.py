"""Migrations on both engines: whole or not at all, never backwards, never silently changed."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from snaglist.domain.errors import CannotStart
from snaglist.service.schema import require_schema, upgrade
from snaglist.storage import migrations
from snaglist.storage.database import engine_for
from snaglist.storage.migrations import Migration, every_migration

NEXT = Migration(len(every_migration()) + 1, "0099_next", "CREATE TABLE further (id TEXT)")


def test_all_are_applied_once(empty_store: str) -> None:
    engine = engine_for(empty_store)

    first = upgrade(engine, time.time())
    again = upgrade(engine, time.time())

    assert first == every_migration()
    assert again == []


def test_the_numbers_have_no_gap() -> None:
    assert [one.number for one in every_migration()] == list(range(1, len(every_migration()) + 1))


def test_a_newer_schema_is_refused(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_for(store)
    monkeypatch.setattr(migrations, "every_migration", lambda: [*every_migration(), NEXT])
    upgrade(engine, time.time())
    monkeypatch.undo()

    with pytest.raises(CannotStart, match="this version knows"):
        upgrade(engine, time.time())


def test_a_changed_migration_is_noticed(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = [replace(one, sql=one.sql + "-- later") for one in every_migration()]
    monkeypatch.setattr(migrations, "every_migration", lambda: changed)

    with pytest.raises(CannotStart, match="made by another"):
        require_schema(engine_for(store))


def test_a_half_applied_migration_cannot_be(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(NEXT, sql="CREATE TABLE further (id TEXT); SELECT nonsense FROM nowhere")
    monkeypatch.setattr(migrations, "every_migration", lambda: [*every_migration(), broken])
    engine = engine_for(store)
    with pytest.raises(Exception, match="nowhere"):
        upgrade(engine, time.time())
    monkeypatch.undo()

    assert upgrade(engine, time.time()) == []
    monkeypatch.setattr(migrations, "every_migration", lambda: [*every_migration(), NEXT])
    if engine.name == "sqlite":
        Path(f"{engine.where()}.before-{NEXT.number:04}").unlink()
    assert upgrade(engine, time.time()) == [NEXT]


def test_an_sqlite_file_is_copied_before_it_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_for(f"sqlite:///{tmp_path / 'desk.db'}")
    upgrade(engine, time.time())
    monkeypatch.setattr(migrations, "every_migration", lambda: [*every_migration(), NEXT])

    upgrade(engine, time.time())
    monkeypatch.undo()

    copy = engine_for(f"sqlite:///{tmp_path}/desk.db.before-{NEXT.number:04}")
    require_schema(copy)
    with pytest.raises(CannotStart):
        require_schema(engine)


def test_a_database_that_is_behind_is_not_served(empty_store: str) -> None:
    with pytest.raises(CannotStart, match=r"lacks|no database") as refused:
        require_schema(engine_for(empty_store))

    assert "snaglist migrate" in refused.value.remedy
