"""What is printed and kept: a table for each section, with target, figure and verdict."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One figure; `met` is None where there is no target."""

    what: str
    figure: str
    target: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """The word for `met`."""
        return {None: "", True: "met", False: "MISSED"}[self.met]


@dataclass
class Table:
    """The rows of one section, and a note on how they came about."""

    title: str
    note: str = ""
    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, figure: str, target: str = "", met: bool | None = None) -> None:
        """Add a row."""
        self.rows.append(Row(what, figure, target, met))

    def text(self) -> str:
        """The table, for a terminal."""
        lines = [("", "figure", "target", "")]
        lines += [(row.what, row.figure, row.target, row.verdict) for row in self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(4)]
        body = "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )
        return f"\n== {self.title}\n{self.note}\n{body}"


class Report:
    """Prints each section when it is done, and keeps all as JSON in `folder`."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        self._folder = folder
        self._began = datetime.now(UTC)
        self._tables: dict[str, Table] = {}
        self.failed: dict[str, str] = {}
        self._about = {
            "began": self._began.isoformat(timespec="seconds"),
            "quick": quick,
            "cores": os.cpu_count(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "load_before": os.getloadavg()[0],
        }
        self.say(", ".join(f"{name}: {value}" for name, value in self._about.items()))
        if quick:
            self.say("--quick: too short for figures that anyone should quote")

    def say(self, line: str) -> None:
        """Print a line."""
        print(line, flush=True)

    def add(self, section: str, table: Table) -> None:
        """Print a section's table and keep it."""
        self._tables[section] = table
        self.say(table.text())

    def fail(self, section: str, reason: str) -> None:
        """Print why a section came to nothing and keep that."""
        self.failed[section] = reason
        self.say(f"\n== {section} FAILED: {reason}")

    def save(self) -> None:
        """Write what there is to a file of its own."""
        self._folder.mkdir(exist_ok=True)
        file = self._folder / f"{self._began:%Y%m%dT%H%M%SZ}.json"
        tables = {name: asdict(table) for name, table in self._tables.items()}
        everything = {"about": self._about, "sections": tables, "failed": self.failed}
        file.write_text(json.dumps(everything, indent=1) + "\n")
        missed = [
            row.what for table in self._tables.values() for row in table.rows if row.met is False
        ]
        self.say(f"\n{len(missed)} targets missed{': ' if missed else ''}{'; '.join(missed)}")
        self.say(f"kept in bench/results/{file.name}")
