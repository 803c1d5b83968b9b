"""Bringing a database's schema up to date, with a way back."""

from __future__ import annotations

from snaglist.domain.errors import CannotStart
from snaglist.domain.moment import utc_text
from snaglist.storage.connection import Engine
from snaglist.storage.migrations import Migration, migrate, missing_migrations


def upgrade(engine: Engine, at: float) -> list[Migration]:
    """Apply what is missing and return it; an SQLite file with records is copied before.

    The copy lies beside it as `NAME.before-NNNN`. Raises CannotStart for a database that is
    newer than this version, or was made by other migrations.
    """

    def keep_a_copy(number: int) -> None:
        if engine.name == "sqlite":
            name = engine.where().rpartition("/")[2]
            engine.copy_to(engine.folder() / f"{name}.before-{number + 1:04}")

    return migrate(engine, utc_text(at), keep_a_copy)


def bring_up_to_date(engine: Engine, at: float) -> None:
    """Make a database ready to be served.

    An SQLite file is upgraded; PostgreSQL is only checked, since there others may serve the
    same database. Raises CannotStart.
    """
    if engine.name == "sqlite":
        upgrade(engine, at)
    else:
        require_schema(engine)


def require_schema(engine: Engine) -> None:
    """Raise CannotStart unless the database is there and has this version's schema."""
    if not engine.exists():
        raise CannotStart(
            f"There is no database at {engine.where()}.",
            "`snaglist serve` or `snaglist migrate` makes it; or name another with --database.",
        )
    connection = engine.reader()
    try:
        missing = missing_migrations(connection, engine)
    finally:
        connection.close()
    if missing:
        raise CannotStart(
            f"{engine.where()} lacks {len(missing)} of this version's migrations.",
            "Back it up, then run `snaglist migrate` with the same --database.",
        )
