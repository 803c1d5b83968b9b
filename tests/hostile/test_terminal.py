"""Names and texts that would steer a terminal: they never reach one as they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import httpx

from hostile.wire import PATHS, head, said_to
from support.desks import DeskProcess

STEERING = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\r\x00\u2028"


def test_names_in_the_list_of_tokens_are_shown_harmless(
    own_desk: Callable[..., DeskProcess],
) -> None:
    desk = own_desk()
    made = desk.new_token("read", name="harmless")
    assert desk.run("token", "create", STEERING.replace("\x00", ""), "--scope", "read").returncode
    # A name that `token create` refuses may still be there, written by something else.
    with sqlite3.connect(desk.folder / "desk.db") as raw:
        raw.execute("UPDATE tokens SET name = ? WHERE name = 'harmless'", (STEERING,))
    raw.close()

    shown = desk.run("token", "list")
    as_json = desk.run("token", "list", "--json")
    refused = httpx.post(
        f"{desk.url}{PATHS[0]}", headers={"Authorization": made}, json={}, trust_env=False
    )

    assert shown.returncode == as_json.returncode == 0
    assert "owned" in shown.stdout
    assert "owned" in as_json.stdout
    for text in (shown.stdout, shown.stderr, as_json.stdout, as_json.stderr, refused.text):
        assert all(line.isprintable() for line in text.split("\n")), ascii(text)


def test_refusals_on_the_command_line_are_shown_harmless(victim: DeskProcess) -> None:
    name = STEERING.replace("\x00", "")
    for command in (
        ("token", "create", name, "--scope", "read"),
        ("token", "revoke", name),
        ("token", "rotate", name),
        ("token", "rotate", "admin", "--overlap", name),
        ("token", "create", "x", "--scope", name),
        (name,),
    ):
        done = victim.run(*command)
        assert done.returncode != 0
        for text in (done.stdout, done.stderr):
            assert all(line.isprintable() for line in text.split("\n")), ascii(text)


def test_nothing_that_a_client_sends_reaches_the_log_as_it_is(victim: DeskProcess) -> None:
    """`victim` looks at the log afterwards."""
    raw = STEERING.encode("utf-8", "replace")
    escaped = "".join(f"%{byte:02x}" for byte in raw)
    for path in (f"/import/{escaped}/errors", f"/docs/{escaped}", f"{PATHS[0]}?cursor={escaped}"):
        said_to(victim, head(victim, "GET", path), method="GET")
    said_to(victim, b"GET /" + raw + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    said_to(victim, head(victim, "POST", PATHS[1], "Content-Type: \x1b[31m", "Content-Length: 0"))
    victim.client().post(PATHS[0], json={"error": STEERING, STEERING: STEERING})

    assert "owned" not in victim.log.read_text()
