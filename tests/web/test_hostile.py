"""Whatever was recorded, the pages show it harmlessly, whole and in their layout."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from support.desks import DeskProcess
from web.conftest import Visitor

SCRIPT = "<script>document.title='stolen'</script><img src=x onerror=\"document.title='stolen'\">"
TEMPLATE = "{{ 7*7 }}{% raw %}${7*7}"
RIGHT_TO_LEFT = "\u202eSHOT\u2066\u200f_\u0000_\ud83d\ude00"
LONG = "x" * 200_000
TEXTS = (SCRIPT, TEMPLATE, RIGHT_TO_LEFT, LONG, "' onmouseover='x", "\x1b[2J", "a" * 300 + " b")


@pytest.fixture
def hostile(desk: DeskProcess) -> DeskProcess:
    """A desk to which hostile records were posted."""
    client = desk.client()
    for number, text in enumerate(TEXTS):
        details = {
            "entity_type": "Shot",
            "shotgun_id": number,
            "name": text[:5_000],
            "part": text[:1_000],
            "project": {"id": text[:50], "name": text[:1_000]},
            "reason": text,
            "link": "javascript:alert(1)",
        }
        details |= {f"field_{place}": text[:20] for place in range(1_000)}
        body = json.dumps({"error": text, "details": details})
        assert client.post("/import/shotgun/errors", content=body).status_code == 201
        imported = {
            "entity_type": "Shot",
            "shotgun_id": number,
            "part": "elsewhere",
            "target_url": f"https://evil.example/{number}",
        }
        assert client.post("/import/shotgun/imported", json=imported).status_code == 200
    client.post("/api/v1/runs", json={"name": SCRIPT, "host": SCRIPT})
    return desk


def test_hostile_records_do_nothing_and_break_no_layout(
    visitor: Visitor, hostile: DeskProcess
) -> None:
    visitor.signs_in()
    client = hostile.client()
    items = [f"/things/{one['id']}" for one in client.get("/api/v1/items").json()]
    causes = [f"/causes/{one['id']}" for one in client.get("/api/v1/causes").json()]
    runs = [f"/imports/{one['id']}" for one in client.get("/api/v1/runs").json()]
    for path in (
        "/",
        "/causes",
        "/things",
        "/imports",
        "/settings/history",
        *items,
        *causes,
        *runs,
    ):
        visitor.goes_to(path)
        page = visitor.page
        expect(page).not_to_have_title("stolen")
        expect(page.locator("main img, main script")).to_have_count(0)
        for link in page.locator("a").evaluate_all("all => all.map(one => one.href)"):
            assert link.startswith(hostile.url), link
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (path, width, wide)
    visitor.goes_to("/things?q=7")
    expect(visitor.page.locator("tbody a").first).to_contain_text(TEMPLATE)


def test_an_import_complete_for_many_types_fits_a_phone(
    visitor: Visitor, desk: DeskProcess
) -> None:
    client = desk.client()
    types = ["Asset", "Shot", "Task", "Version", "Playlist", "Sequence", "Episode", "Note"]
    run = client.post("/api/v1/runs", json={"name": "Nightly", "project": 87}).json()["id"]
    told = [
        {"shotgun_id": number, "entity_type": kind, "project": 87, "run": run}
        for number, kind in enumerate(types)
    ]
    client.post("/import/shotgun/imported", json=told).raise_for_status()
    scope = {"entity_types": types}
    client.post(f"/api/v1/runs/{run}/complete", json=scope).raise_for_status()
    visitor.page.set_viewport_size({"width": 390, "height": 800})
    visitor.signs_in()
    for path in ("/", "/imports", f"/imports/{run}"):
        visitor.goes_to(path)
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390, path
