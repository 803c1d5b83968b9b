"""Whole stories at a real browser: what a coordinator and a TD come for."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from support.desks import DeskProcess
from web.conftest import Visitor, failed


def test_a_newcomer_signs_in_by_a_link_and_is_told_how_to_begin(
    visitor: Visitor, desk: DeskProcess
) -> None:
    link = desk.run("signin", "--url", desk.url).stdout.strip()

    visitor.page.goto(link)

    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("No import has reported yet")
    expect(visitor.page.locator("pre").first).to_contain_text(f'snaglist.Desk("{desk.url}"')
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.page.goto(link)
    expect(visitor.page.get_by_role("alert")).to_contain_text("used already")
    visitor.faults.clear()  # the browser logs the 403 of a link that holds no more


def test_from_the_overview_to_a_cleared_cause(visitor: Visitor, desk: DeskProcess) -> None:
    for number in (1, 2, 3):
        failed(desk, shotgun_id=number, name=f"SQ010_SH00{number}0")
    visitor.signs_in()
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("3 things did not come over")
    page.get_by_role("link", name=re.compile("sg_cut_in")).first.click()
    expect(page.get_by_text("3 things", exact=True)).to_be_visible()
    page.get_by_role("button", name=re.compile("I fixed it")).click()
    expect(page.get_by_text("admin says it is fixed")).to_be_visible()

    told = [{"shotgun_id": number, "entity_type": "Shot"} for number in (1, 2, 3)]
    desk.client().post("/import/shotgun/imported", json=told).raise_for_status()

    expect(page.get_by_text("admin fixed it, and it held.")).to_be_visible()
    expect(page.locator("main")).to_contain_text("came over")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is left behind")
    expect(page.locator("main")).to_contain_text("no complete import yet")


def test_many_things_are_set_aside_and_that_is_undone(visitor: Visitor, desk: DeskProcess) -> None:
    for number in range(60):
        failed(desk, shotgun_id=number, name=f"SQ010_SH{number:04}")
    visitor.signs_in()
    page = visitor.page
    visitor.goes_to("/things?state=open&type=Shot")
    page.get_by_label(re.compile("all that match")).check()
    page.get_by_label("What to do").select_option("ignore")
    page.get_by_label("Why").fill("the artist is away")
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_text("60 of 60 things would change.")).to_be_visible()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("60 things were set aside.")).to_be_visible()
    assert len(desk.client().get("/api/v1/items?state=ignored&limit=200").json()) == 60

    page.get_by_role("button", name="Undo").click()

    page.wait_for_url(re.compile("state=open"))
    expect(page.locator("tbody tr")).to_have_count(50)
    assert len(desk.client().get("/api/v1/items?state=open&limit=200").json()) == 60


def test_only_what_is_ticked_is_changed(visitor: Visitor, desk: DeskProcess) -> None:
    for number in (1, 2, 3):
        failed(desk, shotgun_id=number, name=f"SQ010_SH00{number}0")
    visitor.signs_in()
    visitor.goes_to("/things")
    page = visitor.page
    page.get_by_label("Tick SQ010_SH0020").check()
    page.get_by_label("What to do").select_option("resolve.by_hand")
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("1 thing was marked as done.")).to_be_visible()
    (changed,) = desk.client().get("/api/v1/items?state=by_hand").json()
    assert changed["name"] == "SQ010_SH0020"


def test_from_a_preview_one_comes_back_with_what_was_ticked(
    visitor: Visitor, desk: DeskProcess
) -> None:
    for number in range(3):
        failed(desk, shotgun_id=number, name=f"SH{number}")
    visitor.signs_in()
    page = visitor.page
    visitor.goes_to("/things?state=open")
    page.get_by_label("Tick SH1").check()
    page.get_by_label("What to do").select_option("ignore")
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Tick SH1")).to_be_checked()
    expect(page.get_by_label("Tick SH2")).not_to_be_checked()
    page.get_by_label("What to do").select_option("ignore")
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="Cancel")).to_be_visible()


def test_a_field_is_there_with_the_choice_that_it_is_for(
    visitor: Visitor, desk: DeskProcess
) -> None:
    failed(desk)
    visitor.signs_in()
    visitor.goes_to("/things")
    page = visitor.page
    page.get_by_label("Tick SQ010_SH0010").check()
    expect(page.get_by_label("Aside until")).to_be_visible()
    expect(page.get_by_label("Whose it is")).to_be_hidden()
    page.get_by_label("Aside until").fill("2099-12-24")
    page.locator("h1").click()

    page.keyboard.press("a")
    expect(page.get_by_label("Whose it is")).to_be_focused()
    page.keyboard.type("zoe")
    page.get_by_role("button", name="See what it would do").click()

    expect(page.get_by_role("heading", name="Assign to zoe")).to_be_visible()

    visitor.goes_to("/things")
    page.get_by_label("Tick SQ010_SH0010").check()
    page.keyboard.press("r")
    expect(page.get_by_label("What to do")).to_be_focused()
    expect(page.get_by_label("What to do")).to_have_value("retry")


def test_an_open_page_follows_the_desk_and_keeps_its_place(
    visitor: Visitor, desk: DeskProcess
) -> None:
    failed(desk)
    visitor.signs_in()
    visitor.goes_to("/things")
    page = visitor.page
    page.get_by_label("Tick SQ010_SH0010").check()
    page.keyboard.press("j")
    expect(page.locator("tr.chosen a").first).to_be_focused()

    failed(desk, shotgun_id=2, name="SQ010_SH0020")

    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_label("Tick SQ010_SH0010")).to_be_checked()
    expect(page.locator("tr.chosen")).to_contain_text("SQ010_SH0010")
    expect(page.locator("tr.chosen a").first).to_be_focused()


def test_a_page_says_that_the_desk_is_away_and_mends_itself(
    visitor: Visitor, desk: DeskProcess
) -> None:
    failed(desk)
    visitor.signs_in()
    page = visitor.page
    expect(page.locator("#offline")).to_be_hidden()
    port = desk.port

    desk.kill()
    expect(page.locator("#offline")).to_be_visible()
    desk.start(port=port)
    failed(desk, shotgun_id=2)

    expect(page.locator("#offline")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 things did not come over")
    visitor.faults.clear()  # the browser logs what it could not reach


def test_a_cause_is_fixed_by_keys_alone(visitor: Visitor, desk: DeskProcess) -> None:
    failed(desk)
    visitor.signs_in()
    page = visitor.page
    visitor.goes_to("/causes")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("sg_cut_in")
    page.wait_for_load_state()
    page.keyboard.press("r")
    expect(page.get_by_text("admin says it is fixed")).to_be_visible()
    expect(page.locator("html.js")).to_be_attached()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_label("Use these keys").press("Space")
    page.keyboard.press("Escape")
    visitor.goes_to("/causes")
    page.keyboard.press("j")
    expect(page.locator("tr.chosen")).to_have_count(0)


def test_two_browsers_see_what_the_other_did(
    browser: Browser, visitor: Visitor, desk: DeskProcess
) -> None:
    item = failed(desk)
    context = browser.new_context()
    other = Visitor(context, desk)
    for one in (visitor, other):
        one.signs_in()
        one.goes_to(f"/things/{item}")

    visitor.page.get_by_text("Mark as done…").click()
    visitor.page.get_by_label("How it ended").select_option("by_hand")
    visitor.page.get_by_role("button", name="Mark as done", exact=True).click()

    expect(other.page.locator(".state").first).to_have_text("done by hand")
    context.close()
    assert other.faults == []


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_page_of_one_server_follows_what_another_was_told(
    visitor: Visitor, desk: DeskProcess, new_desk: Callable[..., DeskProcess], store: str
) -> None:
    failed(desk)
    other = new_desk(store)
    other.token = desk.token
    visitor.signs_in()
    heading = visitor.page.get_by_role("heading", level=1)
    expect(heading).to_have_text("1 thing did not come over")

    failed(other, shotgun_id=2)

    expect(heading).to_have_text("2 things did not come over")


def test_a_secret_stays_on_the_page_while_the_desk_moves_on(
    visitor: Visitor, desk: DeskProcess
) -> None:
    visitor.signs_in()
    visitor.goes_to("/settings")
    page = visitor.page
    page.get_by_label("Name").fill("farm")
    page.get_by_label("try again", exact=True).check()
    page.get_by_role("button", name="Make a token").click()
    secret = page.locator("#secret").inner_text()

    worker = {"id": "018f3a1e-6a2c-7c0a-8d2e-0123456789ab", "name": "farm-3"}
    desk.client(secret).post("/api/v1/leases", json={"worker": worker}).raise_for_status()
    failed(desk)

    expect(page.get_by_text("farm-3")).to_be_visible()
    expect(page.locator("#secret")).to_have_text(secret)
    expect(page.locator("main")).to_contain_text("the token farm: made · admin")


def test_whoever_may_only_look_sees_no_button_that_would_be_refused(
    visitor: Visitor, desk: DeskProcess
) -> None:
    item = failed(desk)
    cause = desk.client().get("/api/v1/causes").json()[0]["id"]
    visitor.signs_in(desk.new_token("read", name="viewer"))
    for path in (f"/things/{item}", f"/causes/{cause}", "/things", "/causes", "/imports"):
        visitor.goes_to(path)
        names = visitor.page.locator("main button").all_inner_texts()
        assert names in ([], ["Show"]), path


def test_an_event_shows_what_it_changed_and_a_run_what_is_new(
    visitor: Visitor, desk: DeskProcess
) -> None:
    client = desk.client()
    entry = {
        "type": "EventLogEntry",
        "id": 709873,
        "event_type": "Shotgun_Shot_Change",
        "attribute_name": "sg_status_list",
        "entity": {"type": "Shot", "id": 7, "name": "SQ010_SH0070"},
        "meta": {"attribute_name": "sg_status_list", "old_value": "wtg", "new_value": "ip"},
        "project": {"type": "Project", "id": 87, "name": "Big Buck Bunny"},
    }
    item = client.post("/import/shotgun/errors", json=entry).json()["item_id"]
    failed(desk)
    before, run = (
        client.post("/api/v1/runs", json={"name": "Nightly", "total": 3}).json()["id"]
        for _ in range(2)
    )
    failed(desk, run=before)
    failed(desk, shotgun_id=3, run=before)
    failed(desk, run=run)
    failed(desk, shotgun_id=2, name="SQ010_SH0020", run=run)
    told = {"shotgun_id": 3, "entity_type": "Shot", "run": run}
    client.post("/import/shotgun/imported", json=told).raise_for_status()
    visitor.signs_in()

    visitor.goes_to(f"/things/{item}")
    expect(visitor.page.locator("main")).to_contain_text("The change of sg_status_list: wtg → ip")
    visitor.goes_to(f"/imports/{run}")
    expect(visitor.page.locator("main")).to_contain_text("2 things failed in it")
    expect(visitor.page.locator("main")).to_contain_text("1 thing fails that did not fail then")
    expect(visitor.page.locator("main")).to_contain_text("1 thing came over that failed then")
    expect(visitor.page.locator("tr[data-row]")).to_contain_text("SQ010_SH0020")


def test_links_lead_only_where_the_studio_says(
    browser: Browser, new_desk: Callable[..., DeskProcess], store: str
) -> None:
    desk = new_desk(
        store,
        SNAGLIST_SHOTGRID_URL="https://studio.shotgrid.example",
        SNAGLIST_LINK_HOSTS="kitsu.studio",
    )
    desk.token = desk.new_token("admin")
    context = browser.new_context()
    somebody = Visitor(context, desk)
    somebody.signs_in()
    production = "https://kitsu.studio/productions/1"
    told = {"shotgun_id": 87, "entity_type": "Project", "target_url": production}
    desk.client().post("/import/shotgun/imported", json=told)
    for number, url in ((1, "https://kitsu.studio/shots/1"), (2, "https://evil.example/2")):
        item = failed(desk, shotgun_id=number)
        told = {"shotgun_id": number, "entity_type": "Shot", "target_url": url}
        desk.client().post("/import/shotgun/imported", json=told)
        somebody.goes_to(f"/things/{item}")
        links = somebody.page.locator("main a").evaluate_all("all => all.map(one => one.href)")
        assert f"https://studio.shotgrid.example/detail/Shot/{number}" in links
        assert (url in links, production in links) == (number == 1, number == 2)
    context.close()


def test_a_zero_is_shown_with_what_it_rests_on(visitor: Visitor, desk: DeskProcess) -> None:
    client = desk.client()
    failed(desk)
    run = client.post("/api/v1/runs", json={"name": "Nightly", "project": 87}).json()["id"]
    other = {"entity_type": "Shot", "shotgun_id": 9, "run": run}
    client.post("/import/shotgun/imported", json=other).raise_for_status()
    client.post(f"/api/v1/runs/{run}/complete", json={}).raise_for_status()
    visitor.signs_in()
    line = visitor.page.locator(".projects li")
    expect(line).to_have_class("zero")
    expect(line).to_contain_text("0 left as of the complete import of")

    later = client.post("/api/v1/runs", json={"name": "Nightly", "project": 87}).json()["id"]
    client.post(f"/api/v1/runs/{later}/beats", json={"unsent": 3}).raise_for_status()

    expect(line).to_have_class("amber")
    expect(line).to_contain_text("something is still on its way")
    expect(visitor.page.locator(".needs")).to_contain_text("3 messages are still on their way")
