"""Pages that everybody can use: axe finds nothing, in light, dark and on a phone."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from support.desks import DeskProcess
from web.conftest import Visitor, failed

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def test_axe_finds_nothing_on_any_page(
    browser: Browser, desk: DeskProcess, engine_name: str
) -> None:
    # What a page is made of does not depend on the engine: each looks at one half.
    scheme, width = {"sqlite": ("light", 1280), "postgresql": ("dark", 390)}[engine_name]
    client = desk.client()
    run = client.post("/api/v1/runs", json={"name": "Nightly", "total": 4}).json()["id"]
    item = failed(desk, run=run)
    failed(desk, shotgun_id=2, error="Read timed out.", run=run)
    told = {"entity_type": "Shot", "shotgun_id": 3, "run": run}
    client.post("/import/shotgun/imported", json=told)
    cause = client.get("/api/v1/causes").json()[0]["id"]
    client.post(f"/api/v1/causes/{cause}/edits", json={"edit": "claim"})
    retry = client.post(f"/api/v1/retries?cause={cause}", json={}).json()["id"]
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    somebody = Visitor(context, desk)
    somebody.goes_to("/signin")
    found = {"/signin": Axe().run(somebody.page, options=RULES).response["violations"]}
    somebody.signs_in()
    for path in (
        *(
            "/",
            "/causes",
            "/things",
            "/imports",
            "/settings",
            "/settings/history",
            "/retries",
            f"/retries/{retry}",
        ),
        *(f"/causes/{cause}/split", f"/causes/{cause}/merge", "/causes?claim=waiting&project=none"),
        *(f"/causes/{cause}", f"/things/{item}", f"/imports/{run}", "/things/none"),
    ):
        somebody.goes_to(path)
        found[path] = Axe().run(somebody.page, options=RULES).response["violations"]
    context.close()

    told_shortly = {
        path: [(one["id"], [node["html"][:150] for node in one["nodes"]]) for one in violations]
        for path, violations in found.items()
        if violations
    }
    assert told_shortly == {}
