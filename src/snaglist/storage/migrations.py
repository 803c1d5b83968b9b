"""Bringing a database to this version's schema, step by numbered step, each whole or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

from snaglist.domain.errors import CannotStart
from snaglist.storage.connection import Connection, Engine

_ONLY_ON = re.compile(r"^-- \[(\w+)\]$", re.MULTILINE)


@dataclass(frozen=True)
class Migration:
    """One step: a file `NNNN_what_it_does.sql`, never changed once it was released."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, by which a changed step is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def statements(self, engine: Engine) -> str:
        """The step as this engine takes it: without what stands under `-- [another engine]`."""
        common, *others = _ONLY_ON.split(self.sql)
        own = [
            sql for name, sql in zip(others[::2], others[1::2], strict=True) if name == engine.name
        ]
        return "".join([common, *own]).replace("{sequence_key}", engine.sequence_key)


def every_migration() -> list[Migration]:
    """All steps that this version knows, in order."""
    found = [
        Migration(int(path.name[:4]), path.name.removesuffix(".sql"), path.read_text("utf-8"))
        for path in (files("snaglist.storage") / "migrations").iterdir()
        if path.name.endswith(".sql")
    ]
    return sorted(found, key=lambda migration: migration.number)


def missing_migrations(connection: Connection, engine: Engine) -> list[Migration]:
    """The steps that this database has not seen yet.

    Raises CannotStart when it is ahead of this version, or was made by other steps than these.
    """
    known = every_migration()
    applied = _applied(connection, engine)
    for number, (name, checksum) in sorted(applied.items()):
        if number > known[-1].number:
            raise CannotStart(
                f"{engine.where()} has schema {number}; this version knows {known[-1].number}.",
                "Start the newer Snaglist that wrote it, or restore the backup made before.",
            )
        if checksum != known[number - 1].checksum:
            raise CannotStart(
                f"{engine.where()} was made by another {name} than this version has.",
                "Start the Snaglist that made it; a released migration is never changed.",
            )
    return [migration for migration in known if migration.number not in applied]


def apply_migration(connection: Connection, engine: Engine, migration: Migration, at: str) -> None:
    """Apply one step and note it, in one transaction; nothing if another process just did."""
    with connection.transaction():
        if migration.number in _applied(connection, engine):
            return
        if migration.number == 1:
            connection.script(
                "CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                " checksum TEXT NOT NULL, applied_at TEXT NOT NULL)"
            )
        connection.script(migration.statements(engine))
        connection.execute(
            "INSERT INTO schema_migrations (number, name, checksum, applied_at)"
            " VALUES (:number, :name, :checksum, :at)",
            number=migration.number,
            name=migration.name,
            checksum=migration.checksum,
            at=at,
        )


def migrate(
    engine: Engine, at: str, before_change: Callable[[int], object] = lambda _: None
) -> list[Migration]:
    """Apply all missing steps and return them; `before_change` gets the schema's number first.

    It is not called for an empty database, which has nothing to lose.
    """
    connection = engine.writer()
    try:
        missing = missing_migrations(connection, engine)
        if engine.name == "postgresql":
            connection.script("SET statement_timeout = 0")
        if missing and missing[0].number > 1:
            before_change(missing[0].number - 1)
        for migration in missing:
            apply_migration(connection, engine, migration, at)
    finally:
        connection.close()
    return missing


def _applied(connection: Connection, engine: Engine) -> dict[int, tuple[str, str]]:
    catalogue = (
        "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'"
        if engine.name == "sqlite"
        else "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL"
    )
    if not connection.execute(catalogue):
        return {}
    rows = connection.execute("SELECT number, name, checksum FROM schema_migrations")
    return {number: (name, checksum) for number, name, checksum in rows}
