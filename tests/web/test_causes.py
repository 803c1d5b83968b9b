"""What a TD does with causes at a browser: find, split and merge them, by hand and by keys."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from support.desks import DeskProcess
from web.conftest import Visitor, failed

STATUS = "Status with short name 'hld2' doesn't exist in project"


def test_a_cause_is_split_by_what_its_failures_differ_in(
    visitor: Visitor, desk: DeskProcess
) -> None:
    for number in range(5):
        kind = "Asset" if number < 2 else "Shot"
        failed(desk, shotgun_id=number, entity_type=kind, name=f"thing_{number}")
    visitor.signs_in()
    page = visitor.page
    page.get_by_role("link", name=re.compile("sg_cut_in")).first.click()
    page.get_by_role("link", name="Split…").click()

    row = page.get_by_role("row", name=re.compile("^Type Asset"))
    expect(row.get_by_role("cell").last).to_have_text("2")
    row.get_by_role("radio").check()
    page.get_by_role("button", name="Split").click()

    expect(page.locator("h1 + p strong")).to_have_text("2 things")
    causes = desk.client().get("/api/v1/causes").json()
    assert sorted(cause["open_items"] for cause in causes) == [2, 3]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("h1 + p strong")).to_have_text("5 things")


def test_a_minority_is_found_among_more_failures(visitor: Visitor, desk: DeskProcess) -> None:
    for number in range(120):
        failed(desk, shotgun_id=number, entity_type="Asset" if number == 1 else "Shot")
    visitor.signs_in()
    page = visitor.page
    page.get_by_role("link", name=re.compile("sg_cut_in")).first.click()
    page.get_by_role("link", name="Split…").click()
    page.get_by_role("link", name="Look at the newest 120, which takes a moment").click()
    expect(page.get_by_role("row", name=re.compile("^Type Asset"))).to_have_count(1)
    expect(page.get_by_role("link", name=re.compile("^Look at"))).to_have_count(0)


def test_a_cause_is_merged_into_another_and_that_is_undone(
    visitor: Visitor, desk: DeskProcess
) -> None:
    failed(desk, shotgun_id=1)
    failed(desk, shotgun_id=2, error=STATUS, sg_status_list="hld2")
    visitor.signs_in()
    page = visitor.page
    page.get_by_role("link", name=re.compile("sg_cut_in")).first.click()
    page.get_by_text("Merge into…").click()
    page.get_by_label("Search").fill("status")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    page.get_by_role("radio").check()
    page.get_by_role("button", name="Merge", exact=True).click()

    expect(page.locator("main")).to_contain_text("It was merged into")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("h1 + p strong")).to_have_text("1 thing")
    expect(page.locator("main")).not_to_contain_text("It was merged into")


def test_a_word_that_it_is_fixed_is_taken_back(visitor: Visitor, desk: DeskProcess) -> None:
    failed(desk)
    visitor.signs_in()
    page = visitor.page
    page.get_by_role("link", name=re.compile("sg_cut_in")).first.click()
    page.get_by_role("button", name="I fixed it: check at the next import").click()
    expect(page.get_by_text("admin says it is fixed.")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("admin says it is fixed.")).to_have_count(0)


def test_causes_are_chosen_by_project_type_and_who_and_the_address_says_so(
    visitor: Visitor, desk: DeskProcess
) -> None:
    failed(desk, shotgun_id=1)
    failed(
        desk,
        shotgun_id=2,
        error=STATUS,
        sg_status_list="hld2",
        entity_type="Task",
        project={"id": 163, "name": "Nebula_EP"},
    )
    visitor.signs_in()
    visitor.goes_to("/causes")
    page = visitor.page
    expect(page.locator("tr[data-row]")).to_have_count(2)

    page.get_by_label("Project").select_option("Nebula_EP")

    expect(page).to_have_url(re.compile(r"/causes\?state=open%2Ccame_back&project=Nebula_EP$"))
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("html.js")).to_be_attached()
    page.get_by_label("Type").select_option("Shot")
    expect(page.get_by_text("No cause matches.")).to_be_visible()
    page.get_by_role("link", name="Clear the filter").first.click()
    expect(page.locator("tr[data-row]")).to_have_count(2)
    expect(page.locator("html.js")).to_be_attached()
    page.locator("select[name=assignee]").select_option("Nobody yet")
    page.wait_for_url(re.compile("assignee=none"))
    expect(page.locator("html.js")).to_be_attached()
    expect(page.locator("tr[data-row]")).to_have_count(2)
    page.get_by_label("Since").select_option("Today")
    expect(page.get_by_label("Since")).to_have_value(re.compile(r"\d{4}-\d\d-\d\d"))
    expect(page.locator("tr[data-row]")).to_have_count(2)


def test_a_td_goes_from_a_cause_to_its_evidence_to_a_retry_in_three_keys(
    visitor: Visitor, desk: DeskProcess
) -> None:
    failed(desk)
    worker = {"id": "018f3a1e-6a2c-7c0a-8d2e-0123456789ab", "name": "farm-3"}
    visitor.signs_in()
    page = visitor.page
    visitor.goes_to("/causes")
    page.keyboard.press("j")
    desk.client().post("/api/v1/leases", json={"worker": worker}).raise_for_status()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/causes/"))
    expect(page.get_by_role("button", name="I fixed it: try 1 again")).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator("#evidence")).to_be_focused()
    page.keyboard.press("r")
    page.wait_for_url(re.compile("/retries/"))
    expect(page.locator("main")).to_contain_text("0 of 1")


def test_keys_set_aside_assign_and_put_back(visitor: Visitor, desk: DeskProcess) -> None:
    failed(desk)
    visitor.signs_in()
    page = visitor.page
    page.get_by_role("link", name=re.compile("sg_cut_in")).first.click()
    expect(page.locator("html.js")).to_be_attached()

    page.keyboard.press("a")
    expect(page.get_by_label("Whose it is")).to_be_focused()
    page.keyboard.type("ben")
    page.keyboard.press("Enter")
    expect(page.locator("h1 + p")).to_contain_text("@ben")
    expect(page.locator("html.js")).to_be_attached()
    page.keyboard.press("i")
    expect(page.get_by_label("Until this many more failures")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1 + p .state")).to_have_text("set aside")
    expect(page.locator("html.js")).to_be_attached()
    page.keyboard.press("z")
    expect(page.locator("h1 + p .state")).to_have_text("open")


def test_what_somebody_types_stays_while_the_desk_moves_on(
    visitor: Visitor, desk: DeskProcess
) -> None:
    failed(desk)
    visitor.signs_in()
    page = visitor.page
    page.get_by_role("link", name=re.compile("sg_cut_in")).first.click()
    page.get_by_text("Note", exact=True).first.click()
    page.get_by_label("How your studio fixes it").fill("ask editorial for the cut")

    failed(desk, shotgun_id=2, name="SQ010_SH0020")

    expect(page.locator("h1 + p strong")).to_have_text("2 things")
    expect(page.get_by_label("How your studio fixes it")).to_have_value("ask editorial for the cut")


def test_a_cause_is_tried_again_from_its_line(visitor: Visitor, desk: DeskProcess) -> None:
    failed(desk, shotgun_id=1)
    failed(desk, shotgun_id=2, error=STATUS, sg_status_list="hld2")
    visitor.signs_in()
    page = visitor.page
    visitor.goes_to("/causes")
    expect(page.get_by_role("button", name=re.compile("^Try again"))).to_have_count(0)
    worker = {"id": "018f3a1e-6a2c-7c0a-8d2e-0123456789ab", "name": "farm-3"}
    desk.client().post("/api/v1/leases", json={"worker": worker}).raise_for_status()
    visitor.goes_to("/causes")

    page.get_by_role("button", name=re.compile("^Try again: .*sg_cut_in")).click()

    page.wait_for_url(re.compile("/retries/"))
    (retry,) = desk.client().get("/api/v1/retries").json()
    assert retry["total"] == 1
    cause = desk.client().get("/api/v1/causes?q=sg_cut_in").json()[0]
    assert cause["claim"] is None
