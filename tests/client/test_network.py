"""Nothing between the host and the desk holds the host up, or ends it."""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

import snaglist_client
from support.desks import DeskProcess
from support.importers import errors, run_importer
from support.pythons import pythons
from support.waiting import wait_until

NOWHERE = "http://127.0.0.1:9"
SERVER = """
import json, signal, socket
def serve(answer):
    listening = socket.create_server(("127.0.0.1", 0))
    def loop():
        while True:
            line, _ = listening.accept()
            threading.Thread(target=answer, args=(line,), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
    return snaglist_client.Desk(f"http://127.0.0.1:{listening.getsockname()[1]}", "none")
def timed(call):
    began = time.monotonic()
    call()
    say(f"{time.monotonic() - began:.1f}")
"""
DRIPPING = """
def drip(line):
    line.recv(65536)
    for byte in b"HTTP/1.1 200 OK" + bytes([13, 10]) + b"X: " + b"a" * 10000:
        line.sendall(bytes([byte]))
        time.sleep(0.1)
desk = serve(drip)
"""
SILENT = """
def silent(line):
    line.recv(65536)
    time.sleep(600)
desk = serve(silent)
"""
NAMELESS = """
def lost(*_, **__):
    time.sleep(600)
socket.getaddrinfo = lost
desk = snaglist_client.Desk("http://desk.studio:8477", "none")
"""


@pytest.mark.parametrize("code", [DRIPPING, SILENT, NAMELESS], ids=["drip", "silent", "no names"])
def test_a_flush_takes_the_time_that_it_was_given(code: str, spool: Path) -> None:
    printed = run_importer(
        SERVER
        + code
        + """
desk.record("1")
timed(lambda: desk.flush(1))
timed(lambda: desk.close(1))
""",
        NOWHERE,
        "none",
        spool,
    )

    assert all(float(seconds) < 2 for seconds in printed.split()), printed


def test_the_end_of_a_mirror_takes_two_seconds_at_most(spool: Path) -> None:
    printed = run_importer(
        SERVER + NAMELESS + "mirror = desk.mirror('events'); mirror.begin(); timed(mirror.close)",
        NOWHERE,
        "none",
        spool,
    )

    assert float(printed) < 3


@pytest.mark.parametrize("python", pythons())
def test_the_interpreter_s_end_takes_five_seconds_at_most(python: str, spool: Path) -> None:
    began = time.monotonic()
    run_importer(SERVER + NAMELESS + "desk.record('1')", NOWHERE, "none", spool, python=python)

    assert time.monotonic() - began < 8


def test_an_answer_that_drips_is_given_up(spool: Path) -> None:
    printed = run_importer(
        SERVER
        + DRIPPING
        + """
import snaglist_client.line
line = snaglist_client.line.Line(desk.url, "")
try:
    line.get("/readyz", 1.0)
except snaglist_client.line.TimedOut as error:
    say(str(error))
""",
        NOWHERE,
        "none",
        spool,
    )

    assert printed.startswith("The desk does not answer")


def test_a_desk_that_hangs_up_does_not_end_a_host_that_pipes_end(spool: Path) -> None:
    """In many hosts, and in commands made for pipes, writing to who is gone ends the program."""
    printed = run_importer(
        SERVER
        + """
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
def once(line):
    file = line.makefile("rb")
    size = 0
    for header in iter(file.readline, bytes([13, 10])):
        if header.lower().startswith(b"content-length"):
            size = int(header.split(b":")[1])
    body = file.read(size)
    results = [{"index": n, "status": "recorded"} for n in range(body.count(bytes([10])) + 1)]
    text = json.dumps({"results": results}).encode()
    end = bytes([13, 10])
    line.sendall(b"HTTP/1.1 200 OK" + end + b"Content-Length: %d" % len(text) + 2 * end + text)
    file.close()
    line.close()
desk = serve(once)
for _ in range(5):
    desk.record("1")
    assert desk.flush(10)
    for number in range(200):
        desk.record("x" * 16_000)
    assert desk.flush(10)
say("alive")
""",
        NOWHERE,
        "none",
        spool,
    )

    assert printed.strip() == "alive"


@pytest.fixture
def raising_handler() -> Iterator[None]:
    """A handler of the host's that fails."""

    class Failing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError(record.getMessage())

    handler, log = Failing(), logging.getLogger("snaglist_client")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield
    log.removeHandler(handler)
    log.setLevel(level)


@pytest.mark.usefixtures("raising_handler")
def test_a_log_that_fails_stops_neither_capture_nor_sending(
    desk: DeskProcess, new_snaglist: Callable[..., snaglist_client.Desk]
) -> None:
    port, token = desk.port, desk.token
    desk.kill()
    snaglist = new_snaglist(desk.url, token)
    snaglist.record("1")
    wait_until(lambda: snaglist.status().trouble, what="notice that the desk is away")
    desk.start(port)
    client: httpx.Client = desk.client(token)

    wait_until(lambda: client.get("/import/shotgun/errors").json(), what="the record")

    assert snaglist.imported("Shot", 1)
    small = new_snaglist(desk.url, token, spool_bytes=10)
    assert small.record("1") == ""


def test_a_fork_beside_a_thread_that_captures_for_the_first_time_does_not_hang(
    spool: Path,
) -> None:
    printed = run_importer(
        """
        import faulthandler
        held, go_on = threading.Event(), threading.Event()
        def hold():
            with desk._courier.keeping._lock, desk._courier._lock:
                held.set()
                go_on.wait(60)
        holding = threading.Thread(target=hold)
        holding.start()
        held.wait()
        child = os.fork()
        if not child:
            faulthandler.dump_traceback_later(10, exit=True)
            desk.record("child")
            os._exit(0)
        say(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
        go_on.set()
        holding.join()
        """,
        NOWHERE,
        "none",
        spool,
    )

    assert printed.strip() == "0"


@contextlib.contextmanager
def gateway(
    desk: DeskProcess, most: int, pages: dict[int, tuple[int, bytes]] | None = None
) -> Iterator[tuple[str, list[int]]]:
    """A proxy in front of a desk that takes so many bytes at once; its address, what it refused.

    `pages` are its own answers to requests by their number, such as while the desk restarts.
    """
    refused: list[int] = []
    numbers = itertools.count()

    class Gateway(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            own = (pages or {}).get(next(numbers))
            if length > most or own is not None:
                refused.append(length)
                status, page = own or (413, b"<html>")
                self.send_response(status)
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(page)
                return
            names = ("Authorization", "Content-Type")
            headers = {name: self.headers[name] for name in names}
            with desk.client("") as client:
                body = self.rfile.read(length)
                answer = client.post(self.path, content=body, headers=headers)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", refused
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_proxy_that_takes_less_at_once_is_given_less(
    desk: DeskProcess, new_snaglist: Callable[..., snaglist_client.Desk]
) -> None:
    with gateway(desk, 1 << 20) as (url, refused):
        snaglist = new_snaglist(url, desk.token)
        for number in range(200):
            snaglist.record("x" * 10_000, entity_type="Shot", shotgun_id=number)
        assert snaglist.flush(30)
    assert refused == []

    with gateway(desk, 200_000) as (url, refused):
        snaglist = new_snaglist(url, desk.token)
        for number in range(40):
            snaglist.record("y" * 10_000, entity_type="Asset", shotgun_id=number)
        snaglist.record("z", entity_type="Asset", shotgun_id=99, log=["z" * 1_000] * 300)
        assert snaglist.flush(30)
    assert refused
    assert snaglist.status().refused == 1
    assert "let it take 16 MB" in snaglist.status().refused_because
    summary = desk.client().get("/api/v1/summary").json()
    assert sum(summary["items"].values()) == 240, summary


@pytest.mark.parametrize("page", [(404, b"<h1>Not here</h1>"), (200, b"<h1>Back soon</h1>")])
def test_what_stands_before_a_desk_does_not_end_whoever_waits_for_retries(
    desk: DeskProcess,
    new_snaglist: Callable[..., snaglist_client.Desk],
    page: tuple[int, bytes],
) -> None:
    """But somebody who was never answered by a desk is told that there is none."""
    client, token = desk.client(), desk.new_token("report", "work")
    told = {"error": "no rig", "entity_type": "Asset", "shotgun_id": 1, "target": "kitsu"}
    client.post("/import/shotgun/errors", json=told).raise_for_status()
    with gateway(desk, 1 << 20, {1: page, 2: page}) as (url, refused):
        retries = new_snaglist(url, token).retries()
        asked = threading.Thread(target=lambda: found.extend(_first(retries)))
        found: list[str] = []
        asked.start()
        wait_until(lambda: len(refused) == 2, what="the gateway to answer by itself")
        client.post("/api/v1/retries", json={"probe": False}).raise_for_status()
        asked.join(60)
    assert found == ["1"]
    with gateway(desk, 1 << 20, {0: page}) as (url, _):
        retries = new_snaglist(url, token).retries()
        assert list(retries) == []
    assert "is no desk" in retries.shut_out


def _first(retries: snaglist_client.Retries) -> list[str]:
    """The entity of the first item that is tried."""
    for item in retries:
        with item:
            retries.stop()
            return [str(item.entity_id)]
    return []


def test_a_gateway_that_takes_nothing_is_no_desk_and_costs_nothing(
    desk: DeskProcess, new_snaglist: Callable[..., snaglist_client.Desk]
) -> None:
    with gateway(desk, 10) as (url, _):
        snaglist = new_snaglist(url, desk.token)
        snaglist.record("It broke", entity_type="Shot", shotgun_id=1)
        assert not snaglist.flush(2)
    assert (snaglist.status().waiting, snaglist.status().refused) == (1, 0)
    assert "16 MB" in snaglist.status().trouble


def test_a_cap_that_is_lower_than_what_is_sent_at_once_stops_nothing(
    desk: DeskProcess, client: httpx.Client, new_snaglist: Callable[..., snaglist_client.Desk]
) -> None:
    snaglist = new_snaglist(desk.url, desk.new_token("report", rate="20"))
    for number in range(60):
        snaglist.record(str(number))
    wait_until(lambda: snaglist.flush(1) or len(errors(client)) >= 15, what="what may be sent")


@pytest.mark.parametrize("seconds", [float("inf"), 1e300, 30])
def test_somebody_may_wait_for_ever(
    desk: DeskProcess, new_snaglist: Callable[..., snaglist_client.Desk], seconds: float
) -> None:
    snaglist = new_snaglist(desk.url, desk.token)
    with snaglist.run("nightly") as run:
        with run.item("Asset", 1):
            pass
        assert run.complete(seconds=seconds)
    snaglist.record("no rig", entity_type="Asset", shotgun_id=2)
    assert snaglist.flush(seconds)
