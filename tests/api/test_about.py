"""What the desk tells of itself: root, health, figures, OpenAPI and its page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from conftest import shared_desk
from snaglist import __version__
from snaglist.api.openapi import document_of
from snaglist.api.problems import STATUSES
from snaglist.api.table import routes
from snaglist.domain.errors import every_error
from support.desks import SEED

GAZU_RAISES = {400, 401, 403, 404, 405, 413, 422, 500, 502}


@pytest.fixture(scope="module")
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A signed-in client of a desk."""
    with shared_desk("sqlite", request, tmp_path_factory) as desk:
        yield desk.client()


def test_the_root_says_who_answers(client: httpx.Client) -> None:
    assert client.get("/").json() == {"api": "Snaglist", "version": __version__}
    assert client.head("/").status_code == 200


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("application/json", False),
        ("*/*", False),
        ("application/json, text/html;q=0.5", False),
        ("text/html;q=nonsense", False),
    ],
)
def test_a_browser_is_led_to_the_pages(client: httpx.Client, accept: str, is_page: bool) -> None:
    answer = client.get("/", headers={"Accept": accept})

    assert answer.status_code == (303 if is_page else 200)
    assert answer.headers.get("location") == ("/signin?next=/" if is_page else None)


def test_health_and_readiness(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_the_figures_count_what_was_recorded(client: httpx.Client) -> None:
    before = _figure(client, 'snaglist_records_total{outcome="recorded"}')

    client.post("/import/shotgun/errors", json=SEED)

    assert _figure(client, 'snaglist_records_total{outcome="recorded"}') == before + 1
    assert _figure(client, "snaglist_store_up") == 1
    assert _figure(client, "snaglist_bytes_in_flight") == 0
    assert _figure(client, "process_resident_memory_bytes") > 0


def test_the_document_covers_every_route(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()

    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert described == {(route.method, route.path) for route in routes()}
    assert document["openapi"].startswith("3.1")


def test_a_record_is_encoded_as_it_is_described(client: httpx.Client) -> None:
    record = client.post("/import/shotgun/errors", json=SEED).json()
    schema = document_of(routes())["components"]["schemas"]["RecordOut"]

    assert set(record) == set(schema["properties"])


def test_the_page_needs_no_other_host(client: httpx.Client) -> None:
    page = client.get("/docs")

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js"):
        assert client.get(f"/docs/{name}").status_code == 200
    assert client.get("/docs/..%2fdocs.html").status_code == 404


def test_every_error_has_a_status_and_gazu_raises_those_under_import() -> None:
    for error in every_error():
        general, under_import = STATUSES[error.code]
        assert 400 <= general < 600
        assert under_import in GAZU_RAISES, error.code
    assert set(STATUSES) == {error.code for error in every_error()}


def test_options_tells_the_methods_without_a_token(client: httpx.Client) -> None:
    answer = httpx.options(f"{client.base_url}/import/shotgun/errors", trust_env=False)

    assert answer.status_code == 200
    assert answer.headers["allow"] == "POST, GET, HEAD, OPTIONS"


def test_a_method_that_is_not_there_names_those_that_are(client: httpx.Client) -> None:
    refused = client.put("/import/shotgun/errors", json=SEED)

    assert refused.status_code == 405
    assert refused.headers["allow"] == "POST, GET, HEAD, OPTIONS"


def test_every_schema_of_the_document_is_used() -> None:
    document = document_of(routes())
    text = msgspec.json.encode(document["paths"]).decode()

    for name in document["components"]["schemas"]:
        assert _refers(name, text, document["components"]["schemas"]), name


def _refers(name: str, text: str, schemas: dict[str, Any]) -> bool:
    reference = f'"#/components/schemas/{name}"'
    others = msgspec.json.encode({key: schemas[key] for key in schemas if key != name}).decode()
    return reference in text or reference in others


def _figure(client: httpx.Client, name: str) -> float:
    for line in client.get("/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split(" ")[1])
    raise AssertionError(f"no figure {name}")
