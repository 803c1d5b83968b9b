"""Tidying the search index while nobody writes, so that nobody waits for it when many do."""

from __future__ import annotations

from snaglist.storage.database import Database
from snaglist.storage.search.index import tidy_index


class Tidying:
    """Does some of what is to be tidied whenever nothing was written since it last looked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen = -1
        self._tidy_at = -1

    def tick(self) -> bool:
        """Do a part, in a short transaction; whether there may be more. Raises StoreUnavailable."""
        writer = self._database.writer
        is_quiet = writer.commits == self._seen and not writer.waiting
        may_do = is_quiet and self._seen != self._tidy_at
        went_on = may_do and self._database.write(tidy_index)
        self._seen = writer.commits
        if may_do and not went_on:
            self._tidy_at = self._seen
        return went_on
