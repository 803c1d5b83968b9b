"""What the client costs its host: captures a second, their p99, and its share of an import."""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_connection, create_server, socket
from time import sleep
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from bench.client_host import FAILS_EVERY, ITEMS_A_SECOND  # noqa: E402
from bench.report import Report, Table  # noqa: E402
from support.desks import DeskProcess, environment  # noqa: E402

_NOWHERE = "http://127.0.0.1:9"
_DELAY = 0.5
_MOST_P99 = 5e-3
_MOST_SHARE = 0.01


def main() -> int:
    """Measure both sections; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.client", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds, to try it out")
    parser.add_argument("--folder", type=Path, help="where desk and spools are put, for the while")
    given = parser.parse_args()
    report = Report(ROOT / "bench" / "results", quick=given.quick)
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="snaglist-bench-") as name:
        folder = Path(name)
        desk = DeskProcess(folder, f"sqlite:///{folder / 'desk.db'}")
        try:
            with _beside(f"proxy({desk.port})") as port, _beside("target()") as target:
                places = {"up": desk.url, "slow": f"http://127.0.0.1:{port}", "away": _NOWHERE}
                report.add("capture", _captures(places, desk.token, folder, given.quick))
                report.add("share", _shares(places, desk.token, folder, target, given.quick))
        finally:
            desk.close()
    report.save()
    return 0


def _captures(places: dict[str, str], token: str, folder: Path, quick: bool) -> Table:
    count, rounds = (500, 1) if quick else (5_000, 3)
    table = Table(
        "capture: as fast as one thread can",
        f"{count:,} of each, medians of {rounds} rounds; the slow desk answers {_DELAY} s later. "
        "A failure has a traceback and a payload of 45 members, and is synced to the disk.",
    )
    found: dict[str, list[Any]] = {name: [] for name in places}
    for round_ in range(rounds):
        for name, url in places.items():
            spool = folder / f"spool-{name}-{round_}"
            found[name].append(_host("capture", url, token, spool, count, 0))
    for name, figures in found.items():
        for kind in ("failures", "successes"):
            rate, p50, p99, most = (
                statistics.median(one[kind][what] for one in figures)
                for what in ("rate", "p50", "p99", "max")
            )
            text = f"{rate:,.0f}/s, p50 {p50 * 1e3:.3f} ms, p99 {p99 * 1e3:.3f} ms"
            text += f", worst {most * 1e3:.1f} ms"
            table.add(f"desk {name}, {kind}", text, "p99 < 5 ms", p99 < _MOST_P99)
    return table


def _shares(places: dict[str, str], token: str, folder: Path, target: int, quick: bool) -> Table:
    seconds, rounds = (5, 1) if quick else (20, 3)
    count = seconds * ITEMS_A_SECOND
    table = Table(
        f"share: of an import of {ITEMS_A_SECOND} items/s that is spent in the client",
        f"{seconds} s, each item a POST of 2 KB to a target that takes all, one in {FAILS_EVERY} "
        f"fails; medians of {rounds} pairs of runs, with the client and without. The calling "
        "thread's time has its waits for the disk in it.",
    )
    found: dict[tuple[str, str], list[float]] = {}
    for round_ in range(rounds):
        for name, url in places.items():
            spool = folder / f"share-{name}-{round_}"
            with_it = _host("paced", url, token, spool, count, target)
            without = _host("paced", "", "", spool, count, target)
            for what, row in _ROWS.items():
                found.setdefault((name, row), []).append(with_it[what] - without[what])
    for (name, row), shares in found.items():
        share = statistics.median(shares)
        table.add(f"desk {name}, {row}", f"{share:.2%}", "≤ 1 %", share <= _MOST_SHARE)
    return table


_ROWS = {
    "inside_cpu": "CPU in the client's calls and thread",
    "cpu": "CPU of the process, with less without",
    "inside": "time of the calling thread",
}


def _host(*arguments: object) -> Any:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "client_host.py"), *map(str, arguments)],
        env=environment(PYTHONPATH=ROOT / "client" / "src"),
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return json.loads(done.stdout)


@contextlib.contextmanager
def _beside(call: str) -> Iterator[int]:
    """The port of a server in a process of its own, for one block."""
    code = f"from bench.client import proxy, target; {call}"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class _Taking(BaseHTTPRequestHandler):
    """Takes everything, and answers with what it was sent, as a target does."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def target() -> None:
    """What is imported into; prints its own port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Taking) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


def proxy(port: int) -> None:
    """Pass everything on to this port, and what comes back later; prints its own port."""
    with create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            near, _ = server.accept()
            far = create_connection(("127.0.0.1", port))
            for source, sink, delay in ((near, far, 0.0), (far, near, _DELAY)):
                threading.Thread(target=_pass_on, args=(source, sink, delay), daemon=True).start()


def _pass_on(source: socket, sink: socket, delay: float) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sleep(delay)
            sink.sendall(data)
    sink.close()


if __name__ == "__main__":
    sys.exit(main())
