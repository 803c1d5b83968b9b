"""Forks and the interpreter's end, at the worst moments: neither waits for what never comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import snaglist_client
from client.test_network import NOWHERE, SERVER
from support.desks import DeskProcess
from support.importers import errors, run_importer
from support.pythons import pythons

_HALF_AN_ANSWER = """
half = threading.Event()
def begin(line):
    line.recv(65536)
    end = chr(13) + chr(10)
    line.sendall(("HTTP/1.1 200 OK" + end + "Content-Length: 999" + end + end + "{").encode())
    half.set()
    time.sleep(600)
desk = serve(begin)
desk.record("parent")
desk._courier.hurry()
half.wait(30)
time.sleep(0.3)
"""


@pytest.mark.parametrize("python", pythons())
def test_a_fork_while_an_answer_is_read_does_not_hang(python: str, spool: Path) -> None:
    printed = run_importer(
        SERVER
        + _HALF_AN_ANSWER
        + """
import faulthandler
for _ in range(3):
    child = os.fork()
    if not child:
        faulthandler.dump_traceback_later(10, exit=True)
        desk.record("child")
        os._exit(0)
    say(str(os.waitpid(child, 0)[1]))
os._exit(0)
""",
        NOWHERE,
        "none",
        spool,
        python=python,
    )

    assert printed.split() == ["0", "0", "0"]


@pytest.mark.parametrize("python", pythons())
def test_what_is_captured_when_the_interpreter_ends_is_kept_and_ends(
    python: str, desk: DeskProcess, client: httpx.Client, spool: Path
) -> None:
    run_importer(
        """
        class Last:
            def __del__(self):
                desk.record("at the very end")
        last = Last()
        last.self = last  # goes only when all does
        """,
        desk.url,
        desk.token,
        spool,
        python=python,
    )
    run_importer("desk.flush(10)", desk.url, desk.token, spool, python=python)

    assert errors(client) == ["at the very end"]


def test_what_another_process_sent_is_not_waited_for(
    new_snaglist: Callable[..., snaglist_client.Desk],
) -> None:
    """The processes of a pool send each other's; a flush would take all its seconds."""
    courier = new_snaglist()._courier
    courier.capture(b'record {"id":"one"}\n', lasting=True)
    keeping = courier.keeping
    written = keeping.being_written()
    assert written is not None
    keeping.seal()
    assert keeping.waits(written)

    written.unlink()

    assert not keeping.waits(written)
    assert keeping.unsent() == 0
