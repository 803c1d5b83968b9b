"""Databases for the tests, on each engine: empty ones, and copies of one that has the schema."""

from __future__ import annotations

import shutil
import time
from functools import cached_property
from pathlib import Path

from snaglist.service.schema import upgrade
from snaglist.storage.database import engine_for
from support.postgres import Postgres


class Stores:
    """Makes databases, and drops those that lie on the server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._has_server = False

    @cached_property
    def postgres(self) -> Postgres:
        """The PostgreSQL server that the tests share; each takes a database of its own."""
        self._has_server = True
        return Postgres(in_memory=True)

    def empty(self, engine_name: str, folder: Path) -> str:
        """The address of a new database without a schema; a file of it lies in this folder."""
        if engine_name == "postgresql":
            return self.postgres.new_database()
        return f"sqlite:///{folder / f'desk-{time.monotonic_ns()}.db'}"

    def made(self, engine_name: str, folder: Path) -> str:
        """The address of a new database with this version's schema."""
        if engine_name == "postgresql":
            return self.postgres.new_database(self._template_database)
        url = self.empty(engine_name, folder)
        shutil.copyfile(self._template_file, url.removeprefix("sqlite:///"))
        return url

    def drop(self, url: str) -> None:
        """Remove a database of the server, whoever is connected; a file goes with its folder."""
        if url.startswith("postgresql:"):
            self.postgres.drop_database(url)

    def close(self) -> None:
        """End the server, if one was asked for."""
        if self._has_server:
            self.postgres.close()

    @cached_property
    def _template_database(self) -> str:
        url = self.postgres.new_database()
        upgrade(engine_for(url), time.time())
        return url

    @cached_property
    def _template_file(self) -> Path:
        file = self._folder / "template.db"
        upgrade(engine_for(f"sqlite:///{file}"), time.time())
        assert not file.with_name(f"{file.name}-wal").exists(), "all of it is in the file"
        return file
