"""Claims about SQLite on a disk that loses its power at any moment."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from conftest import is_torture
from snaglist.domain.errors import SnaglistError
from snaglist.service.recount import recounted
from snaglist.service.schema import upgrade
from snaglist.storage.database import Database
from snaglist.storage.sqlite import SqliteConnection, SqliteEngine
from snaglist.storage.writer import Writer
from support.disks import FailingDisk
from support.ledger import Ledger
from support.recorders import StoreClient, all_records, load_until_refused

pytestmark = pytest.mark.torture

CUTS = 200 if is_torture() else 30
MOST_CONTROL_CUTS = 200


def test_what_was_acknowledged_outlives_every_power_loss(tmp_path: Path) -> None:
    random = Random("power")
    interrupted: Counter[str] = Counter()

    for number in range(CUTS):
        cut = PowerCut(tmp_path / f"cut-{number}", random)
        interrupted[cut.during] += 1
        assert cut.damage() == [], f"cut {number}, during {cut.during}"
        assert cut.goes_on()

    assert interrupted[".db"] >= CUTS // 10, "too few cuts fell into a checkpoint"
    assert interrupted[".db-wal"] >= CUTS // 10, "too few cuts fell into a commit"


def test_without_a_sync_for_each_commit_a_power_loss_takes_acknowledged_records(
    tmp_path: Path,
) -> None:
    random = Random("normal")

    damages = (
        PowerCut(tmp_path / f"cut-{number}", random, synchronous="NORMAL").damage()
        for number in range(MOST_CONTROL_CUTS)
    )

    assert any("lost" in one for damage in damages for one in damage)


def test_without_any_sync_a_power_loss_damages_the_file(tmp_path: Path) -> None:
    random = Random("off")

    damages = (
        PowerCut(tmp_path / f"cut-{number}", random, synchronous="OFF").damage()
        for number in range(MOST_CONTROL_CUTS)
    )

    assert any(one.startswith("damaged") for damage in damages for one in damage)


class PowerCut:
    """One desk's store under load until its disk loses power, and what is found afterwards."""

    def __init__(self, folder: Path, random: Random, **settings: str) -> None:
        folder.mkdir()
        path = folder / "desk.db"
        upgrade(SqliteEngine(path), time.time())
        disk = FailingDisk()
        self.ledger = Ledger()
        settings["wal_autocheckpoint"] = str(random.choice((5, 20, 100)))
        engine = TunedSqliteEngine(path, disk.name, settings)
        # Half of the cuts are counted in changes of the database file: those of checkpoints.
        suffix = random.choice(("", ".db"))
        database = Database(engine, Writer(engine))
        database.writer.start()
        disk.cut_power_after(random.randint(1, 400 if suffix else 6000), suffix)
        load_until_refused(database, self.ledger, random)
        database.close()
        self.during = disk.cut_during
        self._found = disk.copy_after_power_loss(path, folder / "found", random)

    def damage(self) -> list[str]:
        """What is wrong with the files that are found after the power loss; [] if nothing."""
        try:
            connection = SqliteEngine(self._found).writer()
        except SnaglistError as error:
            return [f"damaged: {error}"]
        try:
            verdict = connection.execute("PRAGMA integrity_check")
            if verdict != [("ok",)]:
                return [f"damaged: {verdict}"]
            wrong = [f"miscounted: {one}" for one in recounted(connection)]
            return wrong + self.ledger.broken_promises(all_records(connection))
        except SnaglistError as error:
            return [f"damaged: {error}"]
        finally:
            connection.close()

    def goes_on(self) -> bool:
        """Whether the found database takes a record and keeps it."""
        engine = SqliteEngine(self._found)
        database = Database(engine, Writer(engine))
        database.writer.start()
        StoreClient(database, self.ledger).record()
        database.close()
        return self.damage() == []


class TunedSqliteEngine(SqliteEngine):
    """SQLite on this VFS, with these settings for its writer."""

    def __init__(self, path: Path, vfs: str, settings: dict[str, str]) -> None:
        super().__init__(path, vfs)
        self._settings = settings

    def writer(self) -> SqliteConnection:
        """A writer with the settings in place of its own."""
        connection = super().writer()
        for name, value in self._settings.items():
            connection.execute(f"PRAGMA {name} = {value}")
        return connection
