"""The commands as a TD and studio IT use them: beside a running desk, and without one."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import open_database
from snaglist.domain.access import is_well_formed
from snaglist.service.records import find_stretch
from snaglist.service.schema import require_schema
from snaglist.storage.database import engine_for
from support.desks import COMMAND, SEED, DeskProcess, environment, snaglist
from support.postgres import Postgres


def test_the_first_start_keeps_the_admin_token_for_its_owner(tmp_path: Path) -> None:
    desk = DeskProcess(tmp_path, "sqlite:///desk.db")
    try:
        file = tmp_path / "snaglist-admin-token"

        assert is_well_formed(file.read_text().strip())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "desk.db").stat().st_mode) == 0o600
        assert file.read_text().strip() not in desk.out.read_text() + desk.log.read_text()

        file.unlink()
        desk.stop()
        desk.start()
        assert not file.exists()
    finally:
        desk.close()


def test_on_a_terminal_the_admin_token_is_shown_once(tmp_path: Path) -> None:
    shown = _on_a_terminal([*COMMAND, "serve", "--port", "0"], tmp_path, until=" at http://")
    again = _on_a_terminal([*COMMAND, "serve", "--port", "0"], tmp_path, until=" at http://")

    (secret,) = re.findall(r"snag_\w+", shown)
    assert is_well_formed(secret)
    assert "snag_" not in again
    assert not (tmp_path / "snaglist-admin-token").exists()


def test_a_second_desk_on_the_same_file_is_refused(tmp_path: Path) -> None:
    desk = DeskProcess(tmp_path, "sqlite:///desk.db")
    try:
        refused = desk.run("serve", "--port", "0")
    finally:
        desk.close()

    assert refused.returncode == 1
    assert f"process {desk.pid}" in refused.stderr
    assert "Stop it first" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    desk = DeskProcess(tmp_path, "sqlite:///desk.db")
    try:
        port = desk.url.rpartition(":")[2]
        refused = snaglist(
            "serve", "--port", port, "--database", "sqlite:///other.db", folder=tmp_path
        )
    finally:
        desk.close()

    assert refused.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in refused.stderr


def test_creating_a_token_prints_only_the_token(desk: DeskProcess) -> None:
    made = desk.run("token", "create", "nightly", "--scope", "report", "--expires", "90d")

    assert is_well_formed(made.stdout.removesuffix("\n"))
    assert made.stderr == ""


def test_tokens_are_listed_without_their_secrets(desk: DeskProcess) -> None:
    desk.run("token", "create", "nightly", "--scope", "report", "--scope", "read", "--rate", "600")

    table = desk.run("token", "list").stdout
    listed = json.loads(desk.run("token", "list", "--json").stdout)

    assert re.search(r"nightly +report read +open +\S+ \S+ +never +600/min", table)
    assert [token["name"] for token in listed] == ["admin", "nightly"]
    assert "snag_" not in table + json.dumps(listed)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["token", "revoke", "nobody"], "no token 'nobody'"),
        (["token", "rotate", "nobody"], "no token 'nobody'"),
        (["token", "create", "admin", "--scope", "read"], "named 'admin' already"),
        (["token", "create", "\x1b[31m", "--scope", "read"], "cannot be a token's name"),
    ],
)
def test_a_token_command_that_fails_says_why(
    desk: DeskProcess, arguments: list[str], says: str
) -> None:
    failed = desk.run(*arguments)

    assert failed.returncode == 1
    assert says in failed.stderr
    assert "\x1b" not in failed.stderr
    assert failed.stdout == ""


def test_commands_do_not_invent_a_database(tmp_path: Path) -> None:
    failed = snaglist("token", "list", "--database", "sqlite:///typo.db", folder=tmp_path)

    assert failed.returncode == 1
    assert "There is no database" in failed.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_whole_and_can_be_served(
    desk: DeskProcess,
    new_desk: Callable[..., DeskProcess],
    request: pytest.FixtureRequest,
    engine_name: str,
    tmp_path: Path,
) -> None:
    with desk.client() as client:
        record = client.post("/import/shotgun/errors", json=SEED).json()
    path = os.environ["PATH"]
    if engine_name == "postgresql":
        path = f"{request.getfixturevalue('postgres').bin}:{path}"
    file = tmp_path / "copy.backup"

    done = desk.run("backup", str(file), PATH=path)
    twice = desk.run("backup", str(file), PATH=path)

    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert twice.returncode == 1
    assert "is there already" in twice.stderr
    restored = new_desk(_restored(engine_name, request, file))
    with restored.client(desk.token) as client:
        assert client.get("/import/shotgun/errors").json() == [record]


def test_a_backup_without_pg_dump_says_what_to_install(store: str, tmp_path: Path) -> None:
    if store.startswith("sqlite"):
        done = snaglist("backup", "copy", "--database", store, folder=tmp_path, PATH="/nowhere")
        assert done.returncode == 0
    else:
        failed = snaglist("backup", "copy", "--database", store, folder=tmp_path, PATH="/nowhere")
        assert failed.returncode == 1
        assert "pg_dump" in failed.stderr


def test_the_doctor_finds_a_served_desk_well(desk: DeskProcess) -> None:
    healthy = desk.run("doctor")

    assert healthy.returncode == 0, healthy.stdout
    assert "schema: as this version has it" in healthy.stdout
    assert {one["verdict"] for one in json.loads(desk.run("doctor", "--json").stdout)} == {"good"}


def test_the_doctor_tells_a_damaged_file(tmp_path: Path) -> None:
    snaglist("migrate", "--database", "sqlite:///desk.db", folder=tmp_path)
    file = tmp_path / "desk.db"
    content = bytearray(file.read_bytes())
    content[5000:9000] = b"\xff" * 4000
    file.write_bytes(content)

    told = snaglist("doctor", "--database", "sqlite:///desk.db", folder=tmp_path)

    assert told.returncode == 1
    assert "BAD" in told.stdout
    assert "restore the newest backup" in told.stdout


def test_the_doctor_tells_a_database_that_is_away(tmp_path: Path) -> None:
    url = "postgresql://127.0.0.1:1/desk?connect_timeout=1"

    told = snaglist("doctor", "--database", url, folder=tmp_path)

    assert told.returncode == 1
    assert "does not answer" in told.stdout


def test_postgresql_is_migrated_only_when_told_to(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database()

    refused = snaglist("serve", "--port", "0", "--database", url, folder=tmp_path)
    applied = snaglist("migrate", "--database", url, folder=tmp_path)
    again = snaglist("migrate", "--database", url, folder=tmp_path)

    assert refused.returncode == 1
    assert "snaglist migrate" in refused.stderr
    assert "applied 0001_records_and_tokens" in applied.stdout
    assert "nothing to do" in again.stdout
    require_schema(engine_for(url))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"SNAGLIST_PORT": "x"}, "SNAGLIST_PORT cannot be 'x'"),
        ({"SNAGLIST_PORT": "70000"}, "port"),
        ({"SNAGLIST_REDACT": "maybe"}, "Use yes or no"),
        ({"SNAGLIST_REDACT_PATTERNS": "("}, "no regular expression"),
        ({"SNAGLIST_CONFIG": "missing.toml"}, "missing.toml cannot be read"),
        ({"SNAGLIST_CONFIG": "bad.toml"}, "is not TOML"),
        ({"SNAGLIST_CONFIG": "unknown.toml"}, "colour"),
        ({"SNAGLIST_LOG_LEVEL": "loud"}, "log_level"),
        ({"SNAGLIST_DATABASE": "mysql://x"}, "'mysql'"),
        ({"SNAGLIST_DATABASE": "sqlite:////nowhere/desk.db"}, "There is no folder"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence(
    tmp_path: Path, settings: dict[str, str], says: str
) -> None:
    (tmp_path / "bad.toml").write_text("port =")
    (tmp_path / "unknown.toml").write_text("colour = 'red'")

    failed = snaglist("serve", folder=tmp_path, **settings)

    assert failed.returncode == 1
    assert says in failed.stderr
    assert "Traceback" not in failed.stderr


def test_settings_come_from_a_file_the_environment_and_options(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text("max_record_bytes = 2048\nredact_words = ['badge']\n")
    desk = DeskProcess(
        tmp_path, "sqlite:///desk.db", SNAGLIST_CONFIG="desk.toml", SNAGLIST_MAX_DEPTH="3"
    )
    try:
        with desk.client() as client:
            large = client.post("/import/shotgun/errors", json={"error": "x" * 2100})
            deep = client.post("/import/shotgun/errors", json={"a": [[[1]]]})
            badge = client.post("/import/shotgun/errors", json={"badge": 7}).json()
    finally:
        desk.close()

    assert large.status_code == 413
    assert deep.status_code == 400
    assert badge["event_data"] == {"badge": "[redacted]"}


def test_tokens_can_be_made_while_the_desk_writes(desk: DeskProcess, store: str) -> None:
    batch = [{"event_data": {"n": n}} for n in range(5000)]
    with desk.client() as client:
        for number in range(3):
            client.post("/api/v1/records", json=batch)
            assert desk.run("token", "create", f"t{number}", "--scope", "read").returncode == 0

    with open_database(store) as database:
        assert find_stretch(database, "shotgun").last == 15_000


def _restored(engine_name: str, request: pytest.FixtureRequest, file: Path) -> str:
    """Restore a backup as docs/operating.md says, and return the new database's address."""
    if engine_name == "sqlite":
        return f"sqlite:///{file}"
    postgres = request.getfixturevalue("postgres")
    url = str(postgres.new_database())
    subprocess.run(
        [str(postgres.bin / "pg_restore"), "--no-owner", f"--dbname={url}", str(file)],
        check=True,
        timeout=60,
    )
    return url


def _on_a_terminal(command: list[str], folder: Path, until: str) -> str:
    """What the command shows on a terminal up to this text; it is stopped then."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command, cwd=folder, env=environment(), stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    shown = ""
    deadline = time.monotonic() + 20
    while until not in shown and time.monotonic() < deadline:
        if select.select([leader], [], [], 0.1)[0]:
            shown += os.read(leader, 4096).decode()
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    os.close(leader)
    return shown
