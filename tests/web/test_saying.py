"""What the pages say of what was done: what, until when, by what words, and how to take it back."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from support.desks import DeskProcess
from support.waiting import wait_until
from web.conftest import failed
from web.test_doors import form_key, signed_in
from web.test_forms import ask, sure

STATUS_TITLE = "This status does not exist in Kitsu: hld2"
FIELD_TITLE = "The importer did not send a field: sg_cut_in"
STATUS = "Status with short name 'hld2' doesn't exist in project"


def text_of(page: str) -> str:
    """What is in a page's main part, its markup aside."""
    main = page[page.index("<main") : page.index("</main>")]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main)))


def two_causes(desk: DeskProcess) -> tuple[str, str]:
    """The ids of two causes, each of which holds up a shot."""
    failed(desk, shotgun_id=1)
    failed(desk, shotgun_id=2, error=STATUS, sg_status_list="hld2")
    one, other = (cause["id"] for cause in desk.client().get("/api/v1/causes").json())
    return one, other


def cause_of(desk: DeskProcess) -> str:
    """The id of the only cause."""
    (cause,) = desk.client().get("/api/v1/causes").json()
    return str(cause["id"])


def edit(client: httpx.Client, path: str, **fields: str) -> str:
    """Send a form of a page; the page that it leads to."""
    answer = client.post(f"{path}/edits", data={"form_key": form_key(client), **fields})
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def undone(client: httpx.Client, page: str) -> str:
    """Press a page's Undo; the page that it leads to."""
    found = re.search(r'<form class="note" method="post" action="([^"]+)">(.*?)</form>', page, re.S)
    assert found is not None
    assert "Undo" in found[2]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', found[2])
    answer = client.post(found[1], data={name: unescape(value) for name, value in fields})
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    ("fields", "member", "before", "after"),
    [
        ({"edit": "assign", "to": "zoe"}, "assignee", "ana", "zoe"),
        ({"edit": "note", "text": "ask Tom"}, "note", "ask Ana", "ask Tom"),
        ({"edit": "name", "name": "Cuts"}, "name", "Cut in", "Cuts"),
        ({"edit": "claim"}, "claim", None, "waiting"),
    ],
)
def test_what_was_done_to_a_cause_is_said_and_taken_back(
    desk: DeskProcess, fields: dict[str, str], member: str, before: str | None, after: str
) -> None:
    failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"

    def now() -> object:
        return desk.client().get(f"/api/v1{path}").json()[member]

    if before is not None:
        field = next(name for name in fields if name != "edit")
        edit(client, path, **{"edit": fields["edit"], field: before})
    page = edit(client, path, **fields)
    assert now() == after
    assert "Done." in text_of(page)

    undone(client, page)

    assert now() == before


def test_a_things_note_is_taken_back(desk: DeskProcess) -> None:
    path = f"/things/{failed(desk)}"
    client = signed_in(desk)
    page = edit(client, path, edit="note", text="ask Tom")
    assert desk.client().get(f"/api/v1/items/{path[8:]}").json()["note"] == "ask Tom"
    undone(client, page)
    assert not desk.client().get(f"/api/v1/items/{path[8:]}").json()["note"]


def test_until_when_something_is_aside_is_told(desk: DeskProcess) -> None:
    item = failed(desk)
    client = signed_in(desk)
    until = edit(client, f"/things/{item}", edit="ignore", until="2999-12-24")
    assert "Set aside until 2999-12-24" in text_of(until)
    edit(client, f"/things/{item}", edit="reopen")
    more = edit(client, f"/things/{item}", edit="ignore", failures="5")
    assert "Set aside until it fails 5 times more." in text_of(more)
    edit(client, f"/things/{item}", edit="reopen")
    for_good = edit(client, f"/causes/{cause_of(desk)}", edit="ignore")
    assert "Set aside for good." in text_of(for_good)
    assert "Set aside together with its cause." in text_of(client.get(f"/things/{item}").text)


def test_many_are_set_aside_until_a_day_after_they_were_named(desk: DeskProcess) -> None:
    for number in range(12):
        failed(desk, shotgun_id=number, name=f"SQ010_SH{number:04}")
    client = signed_in(desk)
    preview = ask(client, edit_and_reason="ignore", until="2999-12-24").text
    assert "SQ010_SH0003" in text_of(preview)
    assert "and 2 more" in text_of(preview)
    done = client.post("/things/edits", data=sure(preview))
    items = desk.client().get("/api/v1/items?state=ignored").json()
    assert {one["ignored_until"][:10] for one in items} == {"2999-12-24"}
    assert "12 things were set aside." in text_of(client.get(done.headers["location"]).text)


def test_an_undo_of_what_was_ticked_keeps_the_filter_and_cannot_be_pressed_again(
    desk: DeskProcess,
) -> None:
    item = failed(desk)
    client = signed_in(desk)
    ticked = {"edit_and_reason": "ignore", "thing": item, "filter": "project=Big+Buck+Bunny"}
    preview = client.post("/things/edits", data={"form_key": form_key(client), **ticked})
    done = client.post("/things/edits", data=sure(preview.text)).headers["location"]
    assert "project=Big+Buck+Bunny" in done
    page = undone(client, client.get(done).text)
    assert "Undone: 1 thing is as it was." in text_of(page)
    assert ">Undo<" not in page
    assert '<option value="Big Buck Bunny" selected>' in page


def test_a_day_that_is_over_is_refused_in_words(desk: DeskProcess) -> None:
    item = failed(desk)
    client = signed_in(desk)
    fields = {"form_key": form_key(client), "edit": "ignore", "until": "2001-01-01"}
    answer = client.post(f"/things/{item}/edits", data=fields)
    assert answer.status_code == 400
    assert "That day is here already." in text_of(answer.text)
    assert "Go back, correct it" in text_of(answer.text)


def test_the_evidence_is_what_tells_of_the_cause_alone(desk: DeskProcess) -> None:
    error = "RuntimeError: colour space 'ACEScct v2' is not in the show's OCIO config"
    failed(desk, error=error)
    page = text_of(signed_in(desk).get(f"/causes/{cause_of(desk)}").text)
    evidence = page[page.index("The telling evidence") : page.index("Things held up")]
    assert "Kind of error RuntimeError" in evidence
    for name in ("Status", "Change of status", "List of choices", "Project", "Feature"):
        assert name not in evidence, name


def test_a_done_cause_shows_the_things_that_it_held_up(desk: DeskProcess) -> None:
    failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    page = edit(client, path, edit="resolve", reason="by_hand")
    wait_until(lambda: "done" in text_of(client.get(path).text), what="the cause to be done")
    page = client.get(path).text
    assert "Things that it held up" in text_of(page)
    assert "SQ010_SH0010" in text_of(page)
    assert "marked as done : done by hand" in text_of(page).replace("done:", "done :")
    assert "I fixed it" not in text_of(page)


def test_a_page_of_the_trail_is_full_however_many_lines_are_told_once(desk: DeskProcess) -> None:
    one, other = two_causes(desk)
    for number in range(120):
        note = {"edit": "note", "text": f"note {number}"}
        desk.client().post(f"/api/v1/causes/{other}/edits", json=note).raise_for_status()
    merge = {"edit": "merge", "into": other}
    desk.client().post(f"/api/v1/causes/{one}/edits", json=merge).raise_for_status()
    assert "/settings/history?below=" in signed_in(desk).get("/settings/history").text


def test_a_merge_is_one_line_of_the_trail(desk: DeskProcess) -> None:
    one, other = two_causes(desk)
    client = signed_in(desk)
    edit(client, f"/causes/{one}", edit="merge", into=other)
    trail = text_of(client.get("/settings/history").text)
    assert trail.count(": merged") == 1
    assert f": merged with {STATUS_TITLE}" in trail
    assert f"merged into {FIELD_TITLE}" in text_of(client.get(f"/causes/{one}").text)


def test_a_merge_is_undone_on_the_merged_causes_page_whenever(desk: DeskProcess) -> None:
    one, other = two_causes(desk)
    client = signed_in(desk)
    edit(client, f"/causes/{one}", edit="merge", into=other)
    page = client.get(f"/causes/{one}").text
    (undo,) = re.findall(r'action="(/undo/[^"]+)"', page)
    client.post(undo, data={"form_key": form_key(client)})
    assert "Undo the merge" not in client.get(f"/causes/{one}").text
    assert desk.client().get(f"/api/v1/causes/{one}").json()["merged_into"] is None


def test_the_trail_says_to_whom_how_and_of_what(desk: DeskProcess) -> None:
    for number in range(2):
        failed(desk, shotgun_id=number)
    client = signed_in(desk)
    for kind, more in (("assign", {"to": "zoe"}), ("resolve.not_meant", {}), ("reopen", {})):
        of = "" if kind == "reopen" else "state=open"
        preview = ask(client, edit_and_reason=kind, filter=of, **more).text
        client.post("/things/edits", data=sure(preview))
    client.post(f"/causes/{cause_of(desk)}/retry", data={"form_key": form_key(client)})
    trail = text_of(client.get("/settings/history").text)
    assert "2 things: assigned: zoe" in trail
    assert "2 things: marked as done: not meant to come over" in trail
    assert "Trying again: The importer did not send a field: sg_cut_in: ordered" in re.sub(
        " :", ":", trail
    )


def test_the_trail_says_until_when_and_how_a_cause_was_done(desk: DeskProcess) -> None:
    failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    edit(client, path, edit="ignore", until="2099-12-24")
    edit(client, path, edit="reopen")
    edit(client, path, edit="ignore", failures="3")
    edit(client, path, edit="reopen")
    edit(client, path, edit="resolve", reason="not_meant")
    preview = ask(client, edit_and_reason="ignore", filter="", until="2099-12-24").text
    client.post("/things/edits", data=sure(preview))
    trail = text_of(client.get("/settings/history").text)
    assert trail.count("set aside until") == 3
    assert "set aside until it fails 3 times more" in trail
    assert "marked as done: not meant to come over" in trail


def test_the_undo_of_a_split_is_told_as_an_undo(desk: DeskProcess) -> None:
    for number in (1, 2):
        failed(desk, shotgun_id=number, project={"id": number, "name": f"Project {number}"})
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    choices = re.findall(r'value="(project=[^"]+)"', client.get(f"{path}/split").text)
    piece = choices[-1]
    edit(client, path, edit="split", piece_and_value=piece)
    (done,) = desk.client().get("/api/v1/edits").json()
    client.post(f"/undo/{done['edit_id']}", data={"form_key": form_key(client)})
    told = text_of(client.get(path).text)
    assert "the split was undone: one again with" in told
    assert "merged" not in told
    trail = text_of(client.get("/settings/history").text)
    assert trail.count("split off from") == trail.count("the split was undone") == 1


def test_who_is_signed_out_everywhere_hears_of_it_on_open_pages(desk: DeskProcess) -> None:
    client = signed_in(desk)
    other = signed_in(desk)
    with other.stream("GET", "/live", timeout=30) as line:
        key = form_key(client)
        client.post("/signout", data={"form_key": key, "everywhere": "yes"})
        for _ in line.iter_lines():
            pass  # until the desk ends it
    assert other.get("/live").status_code == 401


def test_the_token_that_signed_in_was_used(desk: DeskProcess) -> None:
    signed_in(desk, desk.new_token("read", name="zoe"))
    found = desk.run("token", "list").stdout
    (line,) = [line for line in found.splitlines() if "zoe" in line]
    assert "never" not in line


def test_an_unknown_address_leads_on_for_who_is_signed_in(desk: DeskProcess) -> None:
    client = signed_in(desk)
    for path in ("/causes/nothing/here", "/begin"):
        answer = client.get(path, headers={"accept": "text/html"})
        assert "There is no such page" in answer.text
        assert 'href="/causes"' in answer.text
        assert "/docs" not in answer.text


def test_the_first_token_is_in_the_trail(desk: DeskProcess) -> None:
    trail = text_of(signed_in(desk).get("/settings/history").text)
    assert "the token admin : made" in trail.replace("admin:", "admin :")


def test_a_search_says_how_many_it_found(desk: DeskProcess) -> None:
    for number in range(3):
        failed(desk, shotgun_id=number, name=f"SQ010_SH{number:04}")
    client = signed_in(desk)
    assert "Things 3" in text_of(client.get("/things?q=SQ010").text)
    for number in range(60):
        failed(desk, shotgun_id=100 + number, name=f"SQ020_SH{number:04}")
    assert "Things more than 50" in text_of(client.get("/things?q=sg_cut_in").text)


def test_what_a_field_with_several_links_changed_to_is_told_by_their_names(
    desk: DeskProcess,
) -> None:
    people = [
        {"type": "HumanUser", "id": one, "name": name} for one, name in ((7, "Bo"), (8, "Al"))
    ]
    change = {"meta": {"old_value": [], "new_value": people}, "attribute_name": "task_assignees"}
    page = text_of(signed_in(desk).get(f"/things/{failed(desk, **change)}").text)
    assert re.search("task_assignees.* – → Bo, Al", page)


def test_the_undo_of_a_causes_end_is_told(desk: DeskProcess) -> None:
    failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    edit(client, path, edit="resolve", reason="by_hand")
    (done,) = desk.client().get("/api/v1/edits").json()
    client.post(f"/undo/{done['edit_id']}", data={"form_key": form_key(client)})
    assert re.search("marked as done.* undone", text_of(client.get(path).text))
    assert "sg_cut_in : undone" in text_of(client.get("/settings/history").text)


def test_to_try_again_is_offered_where_a_program_can(desk: DeskProcess) -> None:
    item = failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    worker = {"id": "018f3a1e-6a2c-7c0a-8d2e-0123456789ab", "name": "farm-3"}
    for types, offered in ((["Asset"], False), (["Asset", "Shot"], True)):
        asks = {"worker": {**worker, "entity_types": types}}
        desk.client().post("/api/v1/leases", json=asks).raise_for_status()
        assert ("I fixed it: try 1 again" in text_of(client.get(path).text)) is offered
        thing = text_of(client.get(f"/things/{item}").text)
        assert ("once a program can" not in thing) is offered
