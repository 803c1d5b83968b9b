"""`python -m snaglist_client`, as people use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx

from support.desks import DeskProcess, environment
from support.importers import CLIENT, errors, run_importer

NOWHERE = "http://127.0.0.1:9"


def command(
    *arguments: str, url: str = NOWHERE, token: str = "", spool: Path, given: str = ""
) -> tuple[int, str]:
    """Exit code and what was printed."""
    env = environment(SNAGLIST_URL=url, SNAGLIST_TOKEN=token, SNAGLIST_SPOOL=spool)
    done = subprocess.run(
        [sys.executable, "-m", "snaglist_client", *arguments],
        env=env | {"PYTHONPATH": str(CLIENT)},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_status_says_what_waits_and_since_when(desk: DeskProcess, spool: Path) -> None:
    run_importer("desk.record('1'); desk.imported('Shot', 1)", desk.url, "wrong", spool)

    code, shown = command("status", url=desk.url, spool=spool)

    assert code == 1
    assert f"Desk     {desk.url}, which is ready" in shown
    assert "Waiting  2 messages, 1 of them failures, since 20" in shown
    assert "Refused  nothing" in shown


def test_status_of_a_desk_that_is_away(spool: Path) -> None:
    code, shown = command("status", spool=spool)

    assert code == 0
    assert "does not answer" in shown
    assert "Waiting  nothing" in shown


def test_flush_sends_what_waits(desk: DeskProcess, client: httpx.Client, spool: Path) -> None:
    run_importer("desk.record('1'); desk.record('2')", desk.url, "wrong", spool)

    refused = command("flush", "--seconds", "5", url=desk.url, token="wrong", spool=spool)
    sent = command("flush", url=desk.url, token=desk.token, spool=spool)
    again = command("flush", url=desk.url, token=desk.token, spool=spool)

    assert refused[0] == 1
    assert "SNAGLIST_TOKEN" in refused[1]
    assert sent == (0, "2 messages arrived, 0 wait.\n")
    assert again == (0, "0 messages arrived, 0 wait.\n")
    assert errors(client) == ["1", "2"]


def test_a_file_is_sent_and_sending_it_again_doubles_nothing(
    desk: DeskProcess, client: httpx.Client, spool: Path, tmp_path: Path
) -> None:
    file = tmp_path / "errors.jsonl"
    lines = [
        '{"error": "one", "details": {"shotgun_id": 1, "big": 1e2}}',
        "",
        '{"event_data": {"error": "two"}, "source": "csv", "run": "night"}',
        '{"error": "one", "details": {"shotgun_id": 1, "big": 1e2}}',
        json.dumps({"id": "01a21334-c3f2-7fec-b161-27049e84fbbd", "event_data": {"error": "four"}}),
    ]
    file.write_text("\n".join(lines))

    first = command("send", str(file), url=desk.url, token=desk.token, spool=spool)
    file.write_text("\n".join([*lines, '{"error": "five"}']))
    again = command("send", str(file), url=desk.url, token=desk.token, spool=spool)
    stdin = command(
        "send", "-", url=desk.url, token=desk.token, spool=spool, given=file.read_text()
    )

    assert first == (0, "4 records are at the desk, 0 were refused.\n")
    assert again == stdin == (0, "5 records are at the desk, 0 were refused.\n")
    assert errors(client) == ["one", "one", "four", "five"]
    assert '"big": 1e2' in client.get("/import/shotgun/errors").text
    assert len(client.get("/import/csv/errors").json()) == 1


def test_lines_that_are_refused_are_named(
    desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    given = '{"error": "one"}\nno json\n{"error": 3}\n[]\n{"error": "\x1b[31m", "details": 1}\n'

    code, shown = command("send", "-", url=desk.url, token=desk.token, spool=spool, given=given)

    assert code == 1
    assert "line 2: This is no JSON object." in shown
    assert 'line 3: "error" is a number; it must be a string.' in shown
    assert "line 4: This is no JSON object." in shown
    assert "line 5: " in shown
    assert "1 records are at the desk, 4 were refused." in shown
    assert "\x1b" not in shown
    assert errors(client) == ["one"]


def test_a_file_that_cannot_be_sent_is_said_to_be_so(spool: Path, tmp_path: Path) -> None:
    away = command("send", "-", "--seconds", "0", spool=spool, given='{"error": "one"}')
    missing = command("send", str(tmp_path / "none.jsonl"), spool=spool)

    assert away[0] == 1
    assert "nothing is there twice" in away[1]
    assert missing == (2, f"{tmp_path / 'none.jsonl'}: No such file or directory.\n")


def test_a_wrong_call_says_how_it_is_used(spool: Path) -> None:
    assert command("sned", spool=spool)[0] == 2
    assert command(spool=spool)[0] == 2
