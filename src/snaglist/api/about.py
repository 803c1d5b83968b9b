"""What the desk tells of itself: who answers, whether it works, its figures and its documents."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from mimetypes import guess_type

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from snaglist import __version__
from snaglist.api.desk import Desk
from snaglist.api.openapi import document_of
from snaglist.api.routes import Call
from snaglist.api.wire import DeskOut, HealthOut, ReadyOut, encode
from snaglist.domain.errors import NotFound, StoreUnavailable

_STATIC = files("snaglist.api") / "static"
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'self'; base-uri 'none'"
)


async def root(desk: Desk, call: Call) -> Response:
    """Who answers here; a browser gets the pages instead."""
    return Response(
        encode(DeskOut("Snaglist", __version__)),
        media_type="application/json",
        headers={"vary": "accept"},
    )


async def health(desk: Desk, call: Call) -> Response:
    """The process is there."""
    return Response(encode(HealthOut("ok")), media_type="application/json")


async def ready(desk: Desk, call: Call) -> Response:
    """Whether the desk records and reads now; 503 with the reason when it does not."""
    if desk.database.writer.fault is not None:
        fault = desk.database.writer.fault
        raise StoreUnavailable(str(fault), fault.remedy)
    await desk.run(lambda: desk.database.read(lambda connection: connection.execute("SELECT 1")))
    return Response(encode(ReadyOut("ready")), media_type="application/json")


async def metrics(desk: Desk, call: Call) -> Response:
    """The desk's figures, for Prometheus."""
    registry = CollectorRegistry()
    registry.register(DeskCollector(desk))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


async def openapi(desk: Desk, call: Call) -> Response:
    """This interface as OpenAPI 3.1."""
    return Response(encode(document_of(desk.table.routes)), media_type="application/json")


async def docs(desk: Desk, call: Call) -> Response:
    """This interface as a page, to read and to try."""
    page = (_STATIC / "docs.html").read_bytes()
    headers = {"content-security-policy": _DOCS_POLICY, "referrer-policy": "no-referrer"}
    return Response(page, media_type="text/html", headers=headers)


async def docs_file(desk: Desk, call: Call) -> Response:
    """A script or style of the page."""
    name = call.params["file"]
    found = _static_files().get(name)
    if found is None:
        raise NotFound()
    media_type = guess_type(name)[0] or "application/octet-stream"
    return Response(found, media_type=media_type, headers={"cache-control": "max-age=3600"})


@cache
def _static_files() -> dict[str, bytes]:
    """The page's files by name, held once however many clients are slow to read them."""
    folders = (_STATIC, _STATIC / "vendor")
    return {
        path.name: path.read_bytes() for one in folders for path in one.iterdir() if path.is_file()
    }


class DeskCollector:
    """Reads the desk's figures at the moment when they are asked for."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[Metric]:
        """Every figure of the desk."""
        desk, writer = self._desk, self._desk.database.writer
        records = CounterMetricFamily(
            "snaglist_records", "Records posted, by what became of them.", labels=["outcome"]
        )
        for outcome, count in desk.outcomes.items():
            records.add_metric([outcome], count)
        yield records
        problems = CounterMetricFamily(
            "snaglist_problems", "Requests answered with a problem, by its code.", labels=["code"]
        )
        for code, count in sorted(desk.problems.items()):
            problems.add_metric([code], count)
        yield problems
        yield CounterMetricFamily(
            "snaglist_commits", "Transactions committed.", value=writer.commits
        )
        yield GaugeMetricFamily(
            "snaglist_writes_waiting", "Writes that wait for their commit.", value=writer.waiting
        )
        yield GaugeMetricFamily(
            "snaglist_bytes_in_flight", "Bytes of bodies being worked on.", value=desk.in_flight
        )
        yield GaugeMetricFamily(
            "snaglist_streams", "Pages and programs that hear of changes.", value=desk.news.lines
        )
        yield GaugeMetricFamily(
            "snaglist_store_up", "Whether the store takes writes.", value=writer.fault is None
        )
