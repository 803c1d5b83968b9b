"""The studio's ShotGrid: shotgun_api3's own Mockgun over a file that every process reads."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from shotgun_api3.lib.mockgun import Shotgun

from support.shotgrid.schema import FIELDS, write_schema
from support.shotgrid.studio import Rows

_FILE = "shotgrid.json"


class ShotGrid:
    """The studio's entities in a folder: made once, then edited as its people do."""

    def __init__(self, folder: Path, rows: Rows | None = None) -> None:
        self.folder = folder
        if rows is not None:
            folder.mkdir(parents=True, exist_ok=True)
            write_schema(folder)
            self._write(rows)

    def connect(self) -> Shotgun:
        """Sign in, as `shotgun_api3.Shotgun(url, …)` does; holds what is there now."""
        Shotgun.set_schema_paths(
            str(self.folder / "schema.pickle"), str(self.folder / "schema_entity.pickle")
        )
        shotgrid = Shotgun("https://studio.shotgrid.example", "importer", "key")
        for kind, rows in self.rows().items():
            shotgrid._db[kind] = {row["id"]: _loaded(kind, row) for row in rows}
        return shotgrid

    def rows(self) -> Rows:
        """All entities by type, also retired ones."""
        rows: Rows = json.loads((self.folder / _FILE).read_text())
        return rows

    def change(self, kind: str, number: int, **members: Any) -> None:
        """Somebody corrects an entity."""
        rows = self.rows()
        (row,) = (one for one in rows[kind] if one["id"] == number)
        row.update(members)
        self._write(rows)

    def retire(self, kind: str, number: int) -> None:
        """Somebody deletes an entity."""
        self.change(kind, number, __retired=True)

    def _write(self, rows: Rows) -> None:
        fresh = self.folder / f"{_FILE}.new"
        fresh.write_text(json.dumps(rows))
        fresh.replace(self.folder / _FILE)


def _loaded(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    loaded = {"__retired": False} | row
    for field in FIELDS[kind].split():
        name, _, holds = field.partition(":")
        if holds == "date_time":
            loaded[name] = datetime.fromisoformat(row[name])
    return loaded
