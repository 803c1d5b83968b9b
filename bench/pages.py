"""The pages: at 1,000,000 records beside 10,000, their weight, and what 30 open ones cost."""

from __future__ import annotations

import contextlib
import http.client
import re
import statistics
import threading
import time
from collections.abc import Iterator
from itertools import product
from urllib.parse import urlsplit

import httpx

from bench.loads import LoadFailed, median_rate
from bench.report import Table
from bench.stand import ENGINES, Desk, Stand

MOST_SLOWER = 2
MOST_BYTES = 100_000
OPEN_PAGES = 30
LEAST_SHARE = 0.9
_FEW = 10_000
_CLIENTS = 64
_CAUSES = 500
_TRIED = 2_000
_WORDS = "plate lens matte proxy codec slate stereo reel burn-in colour".split()
_PAGES = (
    *("/", "/causes", "/causes?state=done", "/causes?q=project", "/causes?project=Nebula_EP"),
    *(
        "/causes/{cause}",
        "/causes/{cause}/split",
        "/causes/{cause}/merge",
        "/things",
        "/things?q=SH0210",
    ),
    *("/things?state=open&project=Nebula_EP&type=Task", "/things/{thing}"),
    *("/imports", "/imports/{run}", "/retries", "/retries/{retry}"),
    *("/settings", "/settings/history"),
)


def measure_pages(stand: Stand) -> Table:
    """p99 of every page at 1,000,000 records as a multiple of that at 10,000; and the rest."""
    many, asked = stand.scale.million, stand.scale.answers
    table = Table(
        f"pages: with {many:,} records there, beside {_FEW:,}",
        f"{asked} answers of each page, by turns; p50 and p99 in ms. Each desk has {_CAUSES} causes"
        f" more, two nights of an import of {_TRIED:,} things, and an order to try again.",
    )
    for engine in ENGINES:
        with stand.desk(engine) as small:
            stand.grow(small, _FEW)
            large = stand.grown_desk(engine)
            for desk in (small, large):
                _furnish(desk)
                desk.rest()
            few, plenty = (_Visitor(desk, _biggest_of(large)) for desk in (small, large))
            for page in _PAGES:
                _add_page(table, engine, page, few, plenty, asked)
            weight = sum(plenty.weight(path) for path in plenty.first_paths())
            table.add(
                f"{engine}, the first page with its style and script, unpacked",
                f"{weight / 1e3:.1f} kB",
                f"<= {MOST_BYTES / 1e3:.0f} kB",
                weight <= MOST_BYTES,
            )
        _add_open_pages(table, stand, engine)
    return table


def _furnish(desk: Desk) -> None:
    """Give a desk 500 causes more, two nights of an import, and an order to try again."""
    with desk.process.client() as client:
        records = [
            {
                "event_data": {
                    "error": f"RuntimeError: {first} {second} {third} went wrong",
                    "details": {"entity_type": "Shot", "id": 90_000_000 + number},
                }
            }
            for number, (first, second, third) in enumerate(product(_WORDS, repeat=3))
        ]
        client.post("/api/v1/records", json=records[:_CAUSES]).raise_for_status()
        for night in range(2):
            run = {"label": f"night-{night}", "name": "Nightly", "total": _TRIED}
            client.post("/api/v1/runs", json=run).raise_for_status()
            for failed in (True, False):
                _try(client, run["label"], night, failed)
        query = f"/api/v1/retries?run={run['label']}"
        client.post(query, json={}).raise_for_status()


def _try(client: httpx.Client, run: object, night: int, failed: bool) -> None:
    """Tell of one half of what a night tried; each fails in a hundred things that are its own."""
    first = 80_000_000 + (100 * night if failed else _TRIED)
    ids = range(first, first + _TRIED // 2)
    if failed:
        events = [
            {
                "run": run,
                "event_data": {
                    "error": "KeyError: 'sg_cut_in'",
                    "details": {"entity_type": "Shot", "id": one},
                },
            }
            for one in ids
        ]
        client.post("/api/v1/records", json=events).raise_for_status()
    else:
        told = [{"entity_type": "Shot", "shotgun_id": one, "run": run} for one in ids]
        client.post("/import/shotgun/imported", json=told).raise_for_status()


def _add_page(
    table: Table, engine: str, page: str, few: _Visitor, many: _Visitor, asked: int
) -> None:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(asked):
        taken[0].append(few.milliseconds(few.path(page)))
        taken[1].append(many.milliseconds(many.path(page)))
    slower = _p99(taken[1]) / _p99(taken[0])
    table.add(
        f"{engine}, {page}",
        f"{statistics.median(taken[0]):.1f}, {_p99(taken[0]):.1f} ms;"
        f" {statistics.median(taken[1]):.1f}, {_p99(taken[1]):.1f} ms = {slower:.2f} x",
        f"<= {MOST_SLOWER} x",
        slower <= MOST_SLOWER,
    )


def _add_open_pages(table: Table, stand: Stand, engine: str) -> None:
    """A burst with and without open pages, in turns."""
    scale, alone, watched = stand.scale, [], []
    with stand.desk(engine) as desk:
        stand.grow(desk, _FEW)
        desk.load(stand.corpus, _CLIENTS, scale.warm_up)
        for _ in range(scale.rounds):
            alone.append(desk.load(stand.corpus, _CLIENTS, 2 * scale.seconds))
            with _open_pages(desk, OPEN_PAGES):
                watched.append(desk.load(stand.corpus, _CLIENTS, 2 * scale.seconds))
    share = statistics.median(b.rate / a.rate for a, b in zip(alone, watched, strict=True))
    table.add(
        f"{engine}, recording with {OPEN_PAGES} open pages",
        f"{median_rate(watched):,.0f}/s = {share:.2f} x {median_rate(alone):,.0f}/s",
        f">= {LEAST_SHARE} x",
        share >= LEAST_SHARE,
    )


@contextlib.contextmanager
def _open_pages(desk: Desk, number: int) -> Iterator[None]:
    """So many overviews that follow the desk as browsers do, for one block."""
    ends = threading.Event()
    threads = [
        threading.Thread(target=_follow, args=(_Visitor(desk), ends), daemon=True)
        for _ in range(number)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ends.set()
        for thread in threads:
            thread.join(30)


def _follow(visitor: _Visitor, ends: threading.Event) -> None:
    """Hear of changes, and ask for the page anew at the pace that is told."""
    line = visitor.line()
    asked_at = time.monotonic()
    while not ends.is_set():
        heard = line.readline()
        if heard.startswith(b"data: "):
            pace = int(heard.split()[1]) / 1e3
            if time.monotonic() - asked_at >= pace:
                asked_at = time.monotonic()
                visitor.milliseconds("/")


def _biggest_of(desk: Desk) -> str:
    """The title of the cause that holds up most."""
    return next(iter(_causes(desk)))


def _causes(desk: Desk) -> dict[str, str]:
    """The ids of all causes by their titles, those that hold up most first."""
    found: dict[str, str] = {}
    path: str | None = "/api/v1/causes?order=items&limit=200"
    with desk.process.client() as client:
        while path is not None:
            answer = client.get(path).raise_for_status()
            for one in answer.json():
                found.setdefault(one["title"], one["id"])
            path = answer.links.get("next", {}).get("url")
    return found


class _Visitor:
    """Somebody who is signed in at one desk, and opens the cause of this title."""

    def __init__(self, desk: Desk, cause: str = "") -> None:
        self._ids = {"cause": _causes(desk)[cause]} if cause else {}
        address = urlsplit(desk.process.url)
        self._host, self._port = address.hostname or "", address.port
        self._connection = http.client.HTTPConnection(self._host, self._port, timeout=120)
        form = f"token={desk.process.token}"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", "/signin", form, kind)
        answer = self._connection.getresponse()
        answer.read()
        cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        self._headers = {"Cookie": cookie, "Accept": "text/html"}

    def path(self, page: str) -> str:
        """The page's path, with the ids of its cause, and the newest of all others."""
        for name, place in (("thing", "things"), ("run", "imports"), ("retry", "retries")):
            if f"{{{name}}}" in page and name not in self._ids:
                found = re.search(rf'href="/{place}/([0-9a-f-]{{36}})"', self._ask(f"/{place}"))
                if found is None:
                    raise LoadFailed(f"/{place} lists nothing")
                self._ids[name] = found[1]
        return page.format(**self._ids)

    def milliseconds(self, path: str) -> float:
        """How long the answer took."""
        began = time.perf_counter()
        self._ask(path)
        return (time.perf_counter() - began) * 1e3

    def first_paths(self) -> list[str]:
        """The first page, and all that it asks for."""
        return ["/", *re.findall(r'(?:src|href)="(/static/[^"]+)"', self._ask("/"))]

    def weight(self, path: str) -> int:
        """The bytes of an answer, as it is sent."""
        return len(self._ask(path).encode())

    def line(self) -> http.client.HTTPResponse:
        """The line on which it hears of changes."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=120)
        connection.request("GET", "/live", headers=self._headers)
        return connection.getresponse()

    def _ask(self, path: str) -> str:
        for is_last in (False, True):
            try:
                self._connection.request("GET", path, headers=self._headers)
                answer = self._connection.getresponse()
                told = answer.read().decode()
                break
            except (http.client.RemoteDisconnected, ConnectionError):
                self._connection.close()
                if is_last:
                    raise
        if answer.status != 200:
            raise LoadFailed(f"{path} was answered with {answer.status}: {told[:200]!r}")
        return told


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[-1]
