"""The first morning and the last: a desk that has heard nothing, and one that has nothing left."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from support.desks import DeskProcess
from web.conftest import Visitor, failed


def test_a_newcomer_makes_a_token_and_the_page_turns_into_the_list(
    visitor: Visitor, desk: DeskProcess
) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.signs_in()
    page = visitor.page
    page.get_by_role("button", name="Make a token").click()
    secret = page.locator("#secret").inner_text()
    expect(page.locator("#curl-failed")).to_contain_text(f"Bearer {secret}")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    assert desk.client(secret).get("/api/v1/items").status_code == 403

    body = {"error": "KeyError: 'sg_cut_in'", "details": {"entity_type": "Shot", "id": 1}}
    desk.client(secret).post("/import/shotgun/errors", json=body).raise_for_status()

    expect(page.get_by_role("heading", level=1)).to_have_text("1 thing did not come over")


def test_whoever_may_not_make_tokens_is_told_the_command(
    visitor: Visitor, desk: DeskProcess
) -> None:
    visitor.signs_in(desk.new_token("read", name="viewer"))
    expect(visitor.page.locator("main")).to_contain_text("snaglist token create importer")
    expect(visitor.page.get_by_role("button", name="Make a token")).to_have_count(0)


def test_all_that_came_over_is_shown_with_its_proof(visitor: Visitor, desk: DeskProcess) -> None:
    client = desk.client()
    run = client.post("/api/v1/runs", json={"name": "Nightly", "total": 30}).json()["id"]
    told = [{"shotgun_id": one, "entity_type": "Shot", "run": run} for one in range(30)]
    client.post("/import/shotgun/imported", json=told).raise_for_status()
    visitor.signs_in()
    heading = visitor.page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Nothing is left behind")

    client.post(f"/api/v1/runs/{run}/complete", json={}).raise_for_status()
    expect(heading).to_have_text("All 30 came over")
    visitor.page.get_by_role("link", name="Nightly").first.click()
    visitor.page.wait_for_url(re.compile("/imports/"))
    visitor.goes_to("/")

    client.post(f"/api/v1/runs/{run}/beats", json={}).raise_for_status()
    failed(desk)
    expect(heading).to_have_text("1 thing did not come over")


def test_what_is_mine_and_what_stopped_needs_me(visitor: Visitor, desk: DeskProcess) -> None:
    client = desk.client()
    failed(desk)
    cause = client.get("/api/v1/causes").json()[0]["id"]
    client.post(f"/api/v1/causes/{cause}/edits", json={"edit": "assign", "to": "admin"})
    run = client.post("/api/v1/runs", json={"name": "Nightly"}).json()["id"]
    client.post(f"/api/v1/runs/{run}/end", json={"fault": "disk full"}).raise_for_status()
    visitor.signs_in()
    needs = visitor.page.locator(".needs").first
    expect(needs).to_contain_text("Stopped before its end: Nightly")
    needs.get_by_role("link", name="1 open cause is yours").click()
    expect(visitor.page.locator("tr[data-row]")).to_have_count(1)
    expect(visitor.page.locator("tr[data-row]")).to_contain_text("@admin")
