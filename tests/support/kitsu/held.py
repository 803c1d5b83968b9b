"""What the target holds and what it is told to be, in one SQLite file that outlives its process."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LOG = "zou.log"
LONGEST = {
    "entity": 160,
    "entity_type": 30,
    "preview_file": 600,
    "project_status": 20,
    "task": 80,
    "task_status": 10,
    "task_type": 40,
}
"""The characters that a table's text takes, until it is changed."""


class Held:
    """Rows of tables by their ShotGrid id, each change a commit; one thread at a time."""

    def __init__(self, file: Path) -> None:
        self._rows = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS held (relation TEXT, shotgun_id INTEGER, id TEXT, row TEXT)"
        )
        self._rows.execute("CREATE INDEX IF NOT EXISTS held_by_id ON held (relation, shotgun_id)")
        self._rows.execute("CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, value TEXT)")

    def find(self, relation: str, shotgun_id: object) -> dict[str, Any] | None:
        """The row of this ShotGrid id."""
        found = self._rows.execute(
            "SELECT row FROM held WHERE relation = ? AND shotgun_id = ?", (relation, shotgun_id)
        ).fetchone()
        return json.loads(found[0]) if found else None

    def id_of(self, relation: str, shotgun_id: object) -> str | None:
        """The target's own id of what has this ShotGrid id."""
        row = self.find(relation, shotgun_id)
        return row and row["id"]

    def where(self, relation: str, **members: object) -> dict[str, Any] | None:
        """A row with these members."""
        for row in self.all(relation):
            if members.items() <= row.items():
                return row
        return None

    def all(self, relation: str) -> list[dict[str, Any]]:
        """Every row of a table."""
        rows = self._rows.execute("SELECT row FROM held WHERE relation = ?", (relation,))
        return [json.loads(row) for (row,) in rows]

    def counts(self) -> dict[str, int]:
        """How many rows there are for each `table/ShotGrid id`."""
        rows = self._rows.execute(
            "SELECT relation || '/' || shotgun_id, count(*) FROM held GROUP BY 1"
        )
        return dict(rows.fetchall())

    def save(self, relation: str, shotgun_id: int, row: Mapping[str, Any]) -> dict[str, Any]:
        """Make the row, or change the one of this ShotGrid id; what it is now."""
        known = self.find(relation, shotgun_id)
        saved = {"id": str(uuid.uuid4())} | (known or {}) | {"shotgun_id": shotgun_id} | dict(row)
        text = json.dumps(saved)
        if known:
            self._rows.execute(
                "UPDATE held SET row = ? WHERE relation = ? AND shotgun_id = ?",
                (text, relation, shotgun_id),
            )
        else:
            self._rows.execute(
                "INSERT INTO held VALUES (?, ?, ?, ?)", (relation, shotgun_id, saved["id"], text)
            )
        return saved

    def longest(self, relation: str) -> int:
        """How many characters the texts of this table may have."""
        return int(self.told("longest").get(relation, LONGEST[relation]))

    def told(self, name: str) -> dict[str, Any]:
        """What the test told the target under this name."""
        found = self._rows.execute("SELECT value FROM told WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else {}

    def tell(self, name: str, value: Mapping[str, Any]) -> None:
        """Remember this for `told`."""
        self._rows.execute(
            "INSERT OR REPLACE INTO told VALUES (?, ?)", (name, json.dumps(dict(value)))
        )
