"""The doctor's eyes: what it makes of file systems and clocks."""

from __future__ import annotations

import time
from pathlib import Path

from conftest import open_database
from snaglist.service.doctor import Verdict, examine, file_system_of
from snaglist.storage.connection import Connection
from snaglist.storage.database import engine_for

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
nas:/shows /mnt/shows nfs4 rw 0 0
nas:/old /mnt/old\\040shows cifs rw 0 0
"""


def test_a_network_file_system_is_recognised(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)

    assert file_system_of(Path("/srv/desk"), mounts) == "ext4"
    assert file_system_of(Path("/mnt/shows/desk"), mounts) == "nfs4"
    assert file_system_of(Path("/mnt/old shows/desk"), mounts) == "cifs"
    assert file_system_of(Path("/mnt/showsroom"), mounts) == "ext4"
    assert file_system_of(tmp_path, tmp_path / "none") == ""


def test_a_clock_that_went_back_is_noticed(store: str) -> None:
    def record_of_tomorrow(connection: Connection) -> None:
        connection.execute(
            "INSERT INTO records (id, source, event_data, created_at)"
            " VALUES ('x', 'shotgun', '{}', '2999-01-01T00:00:00.000Z')"
        )

    with open_database(store) as database:
        database.write(record_of_tomorrow)

    findings = {one.name: one for one in examine(engine_for(store), time.time())}

    assert findings["clock"].verdict is Verdict.WARNING
    assert findings["clock"].remedy
    assert findings["schema"].verdict is Verdict.GOOD


def test_a_clock_that_was_never_set_is_bad(store: str) -> None:
    findings = {one.name: one for one in examine(engine_for(store), 0.0)}

    assert findings["clock"].verdict is Verdict.BAD
