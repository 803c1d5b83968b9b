"""What the pages of a cause and of a thing tell of the past, and the words that people leave."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pytest

from support.desks import DeskProcess
from web.conftest import failed
from web.test_doors import form_key, signed_in
from web.test_saying import FIELD_TITLE, cause_of, edit, text_of, two_causes, undone

WORDS = {"note": "", "fix": "", "name": ""}


def leave(client: httpx.Client, path: str, **words: str) -> str:
    """Save these words of a cause, whose others are as they were; the page that it leads to."""
    was = {f"was_{name}": text for name, text in WORDS.items()}
    return edit(client, path, **{"edit": "words", **was, **WORDS, **words})


def words_of(desk: DeskProcess, path: str) -> list[str | None]:
    """The note, the fix and the name of a cause."""
    cause = desk.client().get(f"/api/v1{path}").json()
    return [cause["note"], cause["fix"], cause["name"]]


def test_what_is_typed_in_several_fields_is_kept_at_once_and_undone_at_once(
    desk: DeskProcess,
) -> None:
    failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    page = leave(client, path, note="ask Ana", name="Cuts")
    assert words_of(desk, path) == ["ask Ana", None, "Cuts"]
    assert "Done." in text_of(page)
    undone(client, page)
    assert words_of(desk, path) == [None, None, None]


def test_words_that_were_not_touched_leave_those_of_others(desk: DeskProcess) -> None:
    failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    note = {"edit": "note", "text": "Tom knows"}
    desk.client().post(f"/api/v1{path}/edits", json=note).raise_for_status()
    leave(client, path, fix="a new field")
    assert words_of(desk, path) == ["Tom knows", "a new field", None]


@pytest.mark.parametrize("other", ["fix", "name"])
def test_nothing_is_kept_where_one_text_was_changed_meanwhile_and_all_is_given_back(
    desk: DeskProcess, other: str
) -> None:
    failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    note = {"edit": "note", "text": "Tom knows"}
    desk.client().post(f"/api/v1{path}/edits", json=note).raise_for_status()
    form = {"form_key": form_key(client), "edit": "words", "note": "ask Ana", other: "my words"}
    answer = client.post(f"{path}/edits", data=form)
    assert answer.status_code == 400
    for text in ("Tom knows", "ask Ana", "my words"):
        assert text in text_of(answer.text)
    assert words_of(desk, path) == ["Tom knows", None, None]


def test_z_takes_back_nothing_but_the_newest(desk: DeskProcess) -> None:
    one, other = two_causes(desk)
    client = signed_in(desk)
    edit(client, f"/causes/{one}", edit="ignore")
    assert 'data-key="z"' in client.get(f"/causes/{one}").text
    edit(client, f"/causes/{other}", edit="merge", into=one)
    assert 'data-key="z"' not in client.get(f"/causes/{one}").text


def test_what_became_one_cause_by_hand_can_be_split_by_what_it_says(desk: DeskProcess) -> None:
    failed(desk, shotgun_id=1, error="texture set gone astray")
    failed(desk, shotgun_id=2, error="colour space gone astray")
    one, other = (cause["id"] for cause in desk.client().get("/api/v1/causes").json())
    client = signed_in(desk)
    edit(client, f"/causes/{one}", edit="merge", into=other)
    page = client.get(f"/causes/{other}/split").text
    (choice,) = re.findall(r'value="(said=texture[^"]+)"', page)
    assert "What it said" in text_of(page)
    page = edit(client, f"/causes/{other}", edit="split", piece_and_value=choice)
    assert "What it said: texture set gone astray" in text_of(page)


def lease(desk: DeskProcess) -> dict[str, str]:
    """Take a thing that is to be tried again, as a worker does."""
    worker = {"id": "01990000-0000-7000-8000-000000000001", "name": "farm-3"}
    answer = desk.client().post("/api/v1/leases", json={"worker": worker})
    (found,) = answer.json()["leases"]
    return {"lease_id": found["lease_id"]}


def test_a_cause_tells_that_it_was_tried_again_and_how_it_came_to_be_done(
    desk: DeskProcess,
) -> None:
    item = failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    edit(client, path, edit="claim")
    client.post(f"{path}/retry", data={"form_key": form_key(client)})
    page = client.get(f"/things/{item}").text
    assert "It is ordered to be tried again" in text_of(page)
    failure = {"event_data": {"error": "KeyError: 'sg_cut_in'"}}
    outcome = {**lease(desk), "outcome": "failed", "record": failure}
    desk.client().post("/api/v1/outcomes", json=outcome).raise_for_status()
    client.post(f"{path}/retry", data={"form_key": form_key(client)})
    assert "is being tried again" not in text_of(client.get(f"/things/{item}").text)
    outcome = {**lease(desk), "outcome": "came_over"}
    assert "is being tried again , as admin asked" in text_of(client.get(f"/things/{item}").text)
    desk.client().post("/api/v1/outcomes", json=outcome).raise_for_status()

    told = text_of(client.get(path).text)
    assert "done since" in told
    assert "1 thing ordered to be tried again , 1 came over, 0 failed again" in told
    assert "1 thing ordered to be tried again , 0 came over, 1 failed again" in told
    assert "said it was fixed, but it failed once more before it was done" in told
    of_thing = text_of(client.get(f"/things/{item}").text)
    assert of_thing.count("was tried again , as admin asked") == 2
    assert "is being tried again" not in of_thing


def test_until_when_a_thing_was_set_aside_is_told_by_its_time_line(desk: DeskProcess) -> None:
    item = failed(desk)
    client, path = signed_in(desk), f"/things/{item}"
    edit(client, path, edit="ignore", until="2099-12-24", why="waits for the cut")
    edit(client, path, edit="reopen")
    edit(client, path, edit="ignore", failures="3", until="2099-11-01")
    edit(client, path, edit="reopen")
    edit(client, f"/causes/{cause_of(desk)}", edit="ignore", until="2099-12-31")
    told = text_of(client.get(path).text)
    assert "set aside until 2099-12-24 waits for the cut" in told
    assert "set aside until 2099-11-01 or until it fails 3 times more" in told
    assert "set aside until 2099-12-31" in told
    assert FIELD_TITLE in told


def test_a_cause_of_which_all_waits_in_an_order_leads_to_that(desk: DeskProcess) -> None:
    for number in range(5):
        failed(desk, shotgun_id=number)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    client.post(f"{path}/retry", data={"form_key": form_key(client)})
    worker = {"id": "01990000-0000-7000-8000-000000000001", "name": "farm-3"}
    asked = desk.client().post("/api/v1/leases", json={"worker": worker, "limit": 3})
    failure = {"event_data": {"error": "KeyError: 'sg_cut_in'"}}
    desk.client().post(
        "/api/v1/outcomes",
        json=[
            {"lease_id": one["lease_id"], "outcome": "failed", "record": failure}
            for one in asked.json()["leases"]
        ],
    ).raise_for_status()
    (order,) = desk.client().get("/api/v1/retries").json()
    assert order["status"] == "stopped"

    page = client.get(path).text
    assert "2 things wait to be tried again. stopped by itself Go on" in text_of(page)
    assert "try 3 again" in text_of(page)
    assert "Try again" in client.get("/causes").text
    told = "5 things ordered to be tried again , 0 came over, 3 failed again, 2 not tried yet"
    assert told in text_of(page)

    client.post(f"{path}/retry", data={"form_key": form_key(client)})
    assert "try 3 again" not in text_of(client.get(path).text)
    assert "Try again:" not in client.get("/causes").text
    refused = client.post(f"{path}/fixed", data={"form_key": form_key(client)})
    assert refused.status_code == 400
    assert desk.client().get(f"/api/v1{path}").json()["claim"] is None
    resumed = client.post(
        f"/retries/{order['id']}/edits", data={"form_key": form_key(client), "edit": "resume"}
    )
    assert resumed.status_code == 303


def test_what_a_list_is_narrowed_to_is_tried_again_from_it(desk: DeskProcess) -> None:
    for number in range(5):
        failed(desk, shotgun_id=number, project={"id": number % 2, "name": f"Show {number % 2}"})
    lease_nothing(desk)
    client = signed_in(desk)
    page = client.get("/causes?project=Show+1").text
    form = re.search(r'<form method="post" action="(/causes/[^"]+/retry)">(.*?)</form>', page, re.S)
    assert form is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))
    answer = client.post(form[1], data=fields)
    (order,) = desk.client().get("/api/v1/retries").json()
    assert order["total"] == 2
    assert f"{FIELD_TITLE} (Show 1)" in text_of(client.get(answer.headers["location"]).text)


def lease_nothing(desk: DeskProcess, *entity_types: str) -> None:
    """A worker is there, for these types alone if there are any."""
    worker = {"id": "01990000-0000-7000-8000-000000000001", "name": "farm-3"}
    only = {"entity_types": entity_types} if entity_types else {}
    desk.client().post("/api/v1/leases", json={"worker": worker | only}).raise_for_status()


def test_nothing_is_offered_that_no_connected_program_takes(desk: DeskProcess) -> None:
    failed(desk)
    client = signed_in(desk)
    lease_nothing(desk, "Task")
    assert "Try again:" not in client.get("/causes").text
    lease_nothing(desk, "Task", "Shot")
    assert "Try again:" in client.get("/causes").text


def test_what_was_typed_of_a_token_that_cannot_be_is_there_still(desk: DeskProcess) -> None:
    client = signed_in(desk)
    typed = {"form_key": form_key(client), "name": "zoe", "until": "2001-01-01", "scope": "triage"}
    page = client.post("/settings/tokens", data=typed).text
    assert 'value="zoe"' in page
    assert 'value="2001-01-01"' in page
    assert 'value="triage" checked' in page
    assert "checked" not in client.get("/settings").text


def test_a_word_that_did_not_hold_is_not_told_as_over_before_it_is(desk: DeskProcess) -> None:
    failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    edit(client, path, edit="claim")
    failed(desk)
    edit(client, path, edit="ignore")
    assert "failed once since" in text_of(client.get(path).text)


def test_what_was_set_aside_one_by_one_can_be_put_back_from_its_cause(desk: DeskProcess) -> None:
    client, path = signed_in(desk), f"/things/{failed(desk)}"
    edit(client, path, edit="ignore")
    page = client.get(f"/causes/{cause_of(desk)}").text
    assert "Put back on the list…" in page
    (link,) = re.findall(r'class="button" href="(/things[^"]+)"', page)
    assert "SQ010_SH0010" in client.get(unescape(link)).text


def test_a_preview_says_that_nobody_takes_these_types(desk: DeskProcess) -> None:
    failed(desk)
    lease_nothing(desk, "Task")
    client = signed_in(desk)
    asked = {"form_key": form_key(client), "edit_and_reason": "retry", "every": "on", "filter": ""}
    assert "No program is connected" in client.post("/things/edits", data=asked).text
    lease_nothing(desk)
    assert "No program is connected" not in client.post("/things/edits", data=asked).text


def test_an_undo_that_undoes_nothing_says_so(desk: DeskProcess) -> None:
    path = f"/things/{failed(desk)}"
    client = signed_in(desk)
    page = edit(client, path, edit="assign", to="ana")
    (undo,) = re.findall(r'action="(/undo/[^"]+)"', page)
    edit(client, path, edit="assign", to="bob")
    answer = client.post(undo, data={"form_key": form_key(client), "thing": path[8:]})
    assert answer.status_code == 400
    assert "Nothing was undone" in text_of(answer.text)
    assert desk.client().get(f"/api/v1/items/{path[8:]}").json()["assignee"] == "bob"


def test_a_cause_that_was_put_back_is_set_aside_again_as_it_was(desk: DeskProcess) -> None:
    failed(desk)
    client, path = signed_in(desk), f"/causes/{cause_of(desk)}"
    until = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%d")
    edit(client, path, edit="ignore", until=until, why="the artist is away")
    page = edit(client, path, edit="reopen")
    assert "open" in text_of(page)
    undone(client, page)
    cause = desk.client().get(f"/api/v1{path}").json()
    assert (cause["status"], cause["ignored_until"][:10]) == ("ignored", until)


def test_what_was_typed_for_many_is_there_after_cancel(desk: DeskProcess) -> None:
    item = failed(desk)
    client = signed_in(desk)
    until = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%d")
    typed = {"edit_and_reason": "ignore", "until": until, "why": "away & <busy>"}
    form = {"form_key": form_key(client), "thing": item, "filter": "state=open", **typed}
    preview = client.post("/things/edits", data=form).text
    (back,) = re.findall(r'<a href="(/things\?[^"]*)">Cancel', preview)
    page = client.get(unescape(back)).text
    assert f'value="{until}"' in page
    assert 'value="away &amp; &lt;busy&gt;"' in page
    assert re.search(r'value="ignore"[^>]* selected', page)
    assert re.search(rf'value="{item}"[^>]* checked', page)
