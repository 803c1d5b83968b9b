"""What stays under somebody's hands while the desk moves on."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from support.desks import DeskProcess
from web.conftest import Visitor, failed


def test_a_note_that_is_typed_outlives_a_page_that_changes_its_shape(
    visitor: Visitor, desk: DeskProcess
) -> None:
    item = failed(desk)
    visitor.signs_in()
    visitor.goes_to(f"/things/{item}")
    page = visitor.page
    page.locator("summary", has_text="Note").click()
    page.get_by_label("Note").fill("ask editorial")
    page.locator("summary", has_text="Assign").click()

    failed(desk, part="movie", error="413 Client Error: Request Entity Too Large")

    expect(page.get_by_role("heading", name="Its parts")).to_be_visible()
    page.locator("summary", has_text="Note").click()
    expect(page.get_by_label("Note")).to_have_value("ask editorial")


def test_what_is_ticked_stays_ticked_and_selected_text_selected(
    visitor: Visitor, desk: DeskProcess
) -> None:
    for number in range(50):
        failed(desk, shotgun_id=number, name=f"SQ010_SH{number:04}")
    visitor.signs_in()
    visitor.goes_to("/things?state=open")
    page = visitor.page
    last = page.locator("[data-tick]").last
    value = last.get_attribute("value")
    last.check()
    said = page.locator("td.said").nth(10)
    said.select_text()

    failed(desk, shotgun_id=900, name="SQ090_SH9000")

    expect(page.get_by_text("SQ090_SH9000")).to_be_visible()
    expect(page.locator(f"[data-tick][value='{value}']")).to_be_checked()
    expect(page.locator("[data-ticked]")).to_have_text("1 ticked")
    assert page.evaluate("getSelection().toString()").strip() == "KeyError: 'sg_cut_in'"


def test_what_has_the_focus_or_is_unfolded_stays_so(visitor: Visitor, desk: DeskProcess) -> None:
    failed(desk)
    visitor.signs_in()
    page = visitor.page
    page.get_by_text("The same as numbers").press("Enter")
    table = page.locator("table.numbers")
    expect(table).to_be_visible()

    failed(desk, shotgun_id=2)

    expect(page.get_by_role("heading", level=1)).to_have_text("2 things did not come over")
    expect(table).to_be_visible()
    expect(page.get_by_text("The same as numbers")).to_be_focused()


def test_a_choice_by_keys_is_sent_by_the_button(visitor: Visitor, desk: DeskProcess) -> None:
    failed(desk)
    visitor.signs_in()
    visitor.goes_to("/things")
    page = visitor.page
    state = page.locator("select[name=state]")
    state.focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(state).to_be_focused()
    assert page.url.endswith("/things")
    page.get_by_role("button", name="Show").press("Enter")
    page.wait_for_url(re.compile("state=open$"))


def test_no_chosen_line_hides_behind_the_bar(visitor: Visitor, desk: DeskProcess) -> None:
    for number in range(40):
        failed(desk, shotgun_id=number, name=f"SQ010_SH{number:04}")
    visitor.page.set_viewport_size({"width": 1280, "height": 700})
    visitor.signs_in()
    visitor.goes_to("/things?state=open")
    page = visitor.page
    for _ in range(30):
        page.keyboard.press("j")
        chosen = page.locator("tr.chosen").bounding_box()
        bar = page.locator(".bulk").bounding_box()
        assert chosen is not None
        assert bar is not None
        assert chosen["y"] + chosen["height"] <= bar["y"] + 1


def test_a_lines_key_leads_to_its_page_and_there_to_the_form(
    visitor: Visitor, desk: DeskProcess
) -> None:
    failed(desk)
    visitor.signs_in()
    visitor.goes_to("/things")
    page = visitor.page
    page.keyboard.press("j")
    page.keyboard.press("i")
    page.wait_for_url(re.compile("/things/"))
    expect(page.get_by_label("Until this many more failures")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Set aside…")).to_be_focused()
    assert desk.client().get("/api/v1/items?state=ignored").json() == []


def test_whoever_was_signed_out_is_told_and_keeps_what_was_typed(
    visitor: Visitor, desk: DeskProcess
) -> None:
    item = failed(desk)
    visitor.signs_in()
    visitor.goes_to(f"/things/{item}")
    page = visitor.page
    page.locator("summary", has_text="Note").click()
    page.get_by_label("Note").fill("ask editorial")
    other = visitor.context.new_page()
    other.goto(f"{desk.url}/settings")
    other.get_by_role("button", name="Sign out everywhere").click()

    failed(desk, shotgun_id=2)

    told = page.locator("#signed-out")
    expect(told).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("ask editorial")
    assert f"next=%2Fthings%2F{item}" in (told.get_by_role("link").get_attribute("href") or "")
    visitor.faults.clear()  # the browser logs the 401 of the line


def test_the_help_of_keys_opens_and_closes_as_often_as_one_likes(
    visitor: Visitor, desk: DeskProcess
) -> None:
    failed(desk)
    visitor.signs_in()
    page = visitor.page
    expect(page.locator("html.js")).to_be_attached()
    for _ in range(2):
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.get_by_role("button", name="Close").click()
        expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_list_of_imports_takes_a_new_one_and_keeps_the_focus(
    visitor: Visitor, desk: DeskProcess
) -> None:
    desk.client().post("/api/v1/runs", json={"name": "Monday", "total": 3}).raise_for_status()
    visitor.signs_in()
    visitor.goes_to("/imports")
    link = visitor.page.get_by_role("link", name="Monday")
    link.focus()
    desk.client().post("/api/v1/runs", json={"name": "Tuesday", "total": 3}).raise_for_status()
    expect(visitor.page.get_by_role("link", name="Tuesday")).to_be_visible()
    expect(link).to_be_focused()


def test_a_chosen_line_that_goes_hands_on_to_the_one_in_its_place(
    visitor: Visitor, desk: DeskProcess
) -> None:
    items = [failed(desk, shotgun_id=number, name=f"SQ010_SH{number:04}") for number in range(1, 6)]
    visitor.signs_in()
    visitor.goes_to("/things?state=open")
    page = visitor.page
    for _ in range(3):
        page.keyboard.press("j")
    expect(page.locator("tr.chosen")).to_contain_text("SQ010_SH0003")

    aside = {"edit": "ignore"}
    desk.client().post(f"/api/v1/items/{items[2]}/edits", json=aside).raise_for_status()

    expect(page.locator("tr.chosen")).to_contain_text("SQ010_SH0002")
    expect(page.locator("tr.chosen a").first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("tr.chosen")).to_contain_text("SQ010_SH0001")


def test_hidden_tabs_leave_their_connections_to_the_one_that_is_looked_at(
    visitor: Visitor, desk: DeskProcess
) -> None:
    """A browser opens six to one address, and each page that is looked at keeps one."""
    failed(desk)
    visitor.signs_in()
    page = visitor.page
    tabs = [page, *(page.context.new_page() for _ in range(6))]
    for tab in tabs:
        tab.goto(f"{desk.url}/things")
        expect(tab.locator("tbody tr")).to_have_count(1)
        seen(tab, is_hidden=True)
    for number in range(2, 4):
        failed(desk, shotgun_id=number)
        seen(tabs[number], is_hidden=False)
        expect(tabs[number].locator("tbody tr")).to_have_count(number)
    expect(tabs[0].locator("tbody tr")).to_have_count(1)
    seen(tabs[0], is_hidden=False)
    expect(tabs[0].locator("tbody tr")).to_have_count(3)


def seen(page: Page, *, is_hidden: bool) -> None:
    """Have a page believe that its tab was hidden, or is looked at again."""
    page.evaluate(
        """(isHidden) => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )
