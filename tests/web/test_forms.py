"""What a form does, and what it does not do: as previewed, to what was shown, and not twice."""

from __future__ import annotations

import re
from html import unescape

import httpx

from support.desks import DeskProcess
from web.conftest import failed
from web.test_doors import form_key, signed_in


def ask(client: httpx.Client, **members: str) -> httpx.Response:
    """Ask what would be done to all that match."""
    data = {"form_key": form_key(client), "filter": "state=open", "every": "on", **members}
    return client.post("/things/edits", data=data)


def sure(page: str) -> dict[str, str]:
    """The form that a preview shows."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def test_a_preview_says_what_will_be_done_and_to_whom_it_goes(desk: DeskProcess) -> None:
    failed(desk)
    client = signed_in(desk)
    page = ask(client, edit_and_reason="assign", to="zoe", why="she knows").text
    assert "<h1>Assign to zoe</h1>" in page
    assert "<q>she knows</q>" in page
    assert (
        "<h1>Mark as done: done by hand</h1>" in ask(client, edit_and_reason="resolve.by_hand").text
    )


def test_a_name_without_choosing_to_assign_does_nothing(desk: DeskProcess) -> None:
    failed(desk)
    answer = ask(signed_in(desk), edit_and_reason="retry", to="zoe")
    assert (answer.status_code, "You named zoe" in answer.text) == (400, True)
    assert desk.client().get("/api/v1/retries").json() == []


def test_what_was_ticked_is_still_so_after_a_choice_that_cannot_be(desk: DeskProcess) -> None:
    ticked, other = (failed(desk, shotgun_id=number) for number in (1, 2))
    client = signed_in(desk)
    form = {"form_key": form_key(client), "filter": "state=open", "thing": ticked}
    refused = client.post("/things/edits", data={**form, "edit_and_reason": "retry", "to": "zoe"})
    (back,) = re.findall(r'href="(/things\?[^"]+)"', refused.text)
    page = client.get(unescape(back)).text
    assert re.search(f'value="{ticked}" data-tick checked', page)
    assert re.search(f'value="{other}" data-tick aria', page)


def test_what_is_done_is_what_was_previewed_or_it_is_asked_again(desk: DeskProcess) -> None:
    failed(desk, shotgun_id=1)
    client = signed_in(desk)
    form = sure(ask(client, edit_and_reason="ignore").text)
    failed(desk, shotgun_id=2)

    again = client.post("/things/edits", data=form)
    assert "The list has changed since you looked" in again.text
    assert "2 of 2 things would change" in again.text
    assert len(desk.client().get("/api/v1/items?state=open").json()) == 2

    assert client.post("/things/edits", data=sure(again.text)).status_code == 303
    assert len(desk.client().get("/api/v1/items?state=ignored").json()) == 2


def test_a_note_that_somebody_changed_meanwhile_is_not_overwritten(desk: DeskProcess) -> None:
    item = failed(desk)
    cause = desk.client().get("/api/v1/causes").json()[0]["id"]
    client = signed_in(desk)
    for path in (f"/things/{item}", f"/causes/{cause}"):
        note = {"form_key": form_key(client), "edit": "note", "was": ""}
        assert (
            client.post(f"{path}/edits", data=note | {"text": "first\r\nof all"}).status_code == 303
        )
        refused = client.post(f"{path}/edits", data=note | {"text": "mine"})
        assert refused.status_code == 400
        assert "Somebody wrote something else there meanwhile: first" in refused.text
        assert '<pre tabindex="0">mine</pre>' in refused.text
        seen = note | {"was": "first\r\nof all", "text": "both"}
        assert client.post(f"{path}/edits", data=seen).status_code == 303


def test_what_is_too_long_is_said_in_peoples_words_and_given_back(desk: DeskProcess) -> None:
    item = failed(desk)
    client = signed_in(desk)
    text = "long " * 3_000
    data = {"form_key": form_key(client), "edit": "note", "text": text}
    answer = client.post(f"/things/{item}/edits", data=data)
    assert answer.status_code == 400
    assert "Something in the form is too long" in answer.text
    assert text.strip() in answer.text
    assert "msgspec" not in answer.text
    assert f'href="/things/{item}"' in answer.text


def test_undo_by_key_is_there_for_what_is_set_aside_only(desk: DeskProcess) -> None:
    item = failed(desk)
    client = signed_in(desk)
    key = form_key(client)
    client.post(f"/things/{item}/edits", data={"form_key": key, "edit": "ignore"})
    assert 'data-key="z"' in client.get(f"/things/{item}").text
    told = {"shotgun_id": 1, "entity_type": "Shot"}
    desk.client().post("/import/shotgun/imported", json=told).raise_for_status()
    page = client.get(f"/things/{item}").text
    assert "Put back on the list" in page
    assert 'data-key="z"' not in page


def test_what_was_done_to_one_thing_is_undone(desk: DeskProcess) -> None:
    item = failed(desk)
    client = signed_in(desk)
    told = {"edit": "resolve", "reason": "by_hand", "form_key": form_key(client)}
    page = client.post(f"/things/{item}/edits", data=told, follow_redirects=True)
    assert "done by hand" in page.text
    action = re.search(r'action="(/undo/[^"]+)"', page.text)
    assert action is not None
    undone = {"form_key": form_key(client), "thing": item}
    page = client.post(action[1], data=undone, follow_redirects=True)
    assert page.url.path == f"/things/{item}"
    assert desk.client().get(f"/api/v1/items/{item}").json()["status"] == "open"


def test_an_order_of_nothing_is_not_made(desk: DeskProcess) -> None:
    item = failed(desk)
    client = signed_in(desk)
    data = {"form_key": form_key(client)}
    first = client.post(f"/things/{item}/retry", data=data)
    assert first.status_code == 303
    assert client.post(f"/things/{item}/retry", data=data).status_code == 400
    assert len(desk.client().get("/api/v1/retries").json()) == 1


def test_whoever_may_only_order_retries_has_the_buttons_for_it(desk: DeskProcess) -> None:
    item = failed(desk)
    cause = desk.client().get("/api/v1/causes").json()[0]["id"]
    worker = {"id": "018f3a1e-6a2c-7c0a-8d2e-0123456789ab", "name": "farm-3"}
    desk.client().post("/api/v1/leases", json={"worker": worker}).raise_for_status()
    client = signed_in(desk, desk.new_token("read", "retry", name="retrier"))
    for path in (f"/things/{item}", f"/causes/{cause}", "/things", "/causes"):
        page = client.get(path).text
        assert "Try again" in page, path
        assert "Set aside…" not in page, path


def test_an_order_is_told_by_what_it_tries(desk: DeskProcess) -> None:
    failed(desk)
    cause = desk.client().get("/api/v1/causes").json()[0]
    client = signed_in(desk)
    key = {"form_key": form_key(client)}
    made = client.post(f"/causes/{cause['id']}/retry", data=key)
    for path in ("/retries", made.headers["location"]):
        assert cause["title"] in client.get(path).text
    failed(desk, shotgun_id=2, entity_type="Task")
    asked = ask(client, edit_and_reason="retry", filter="state=open&type=Task")
    made = client.post("/things/edits", data=sure(asked.text))
    assert made.status_code == 303, made.text
    assert "Task SQ010_SH0010" in client.get(made.headers["location"]).text


def test_a_things_time_line_names_runs_and_retries(desk: DeskProcess) -> None:
    client = desk.client()
    for number in range(3):
        client.post("/api/v1/runs", json={"label": f"night-{number}", "name": f"Night {number}"})
        item = failed(desk, run=f"night-{number}")
    made = client.post("/api/v1/retries?state=open", json={}).json()
    worker = {"id": "018f3a1e-6a2c-7c0a-8d2e-0123456789ab", "name": "farm-3"}
    (lease,) = client.post("/api/v1/leases", json={"worker": worker}).json()["leases"]
    outcome = {"lease_id": lease["lease_id"], "outcome": "came_over"}
    client.post("/api/v1/outcomes", json=outcome).raise_for_status()

    page = signed_in(desk).get(f"/things/{item}").text

    for number in range(3):
        assert f">Night {number}</a>" in page
    assert f'<a href="/retries/{made["id"]}">when tried again</a>' in page
    assert page.index("Night 0") < page.index("Night 2") < page.index("came over <a")


def test_the_last_token_that_may_do_everything_stays(desk: DeskProcess) -> None:
    client = signed_in(desk)
    token = re.findall(r"/settings/tokens/([0-9a-f-]{36})/revoke", client.get("/settings").text)[0]
    data = {"form_key": form_key(client)}
    answer = client.post(f"/settings/tokens/{token}/revoke", data=data)
    assert (answer.status_code, "last token" in answer.text) == (400, True)
    desk.new_token("admin", name="another")
    assert client.post(f"/settings/tokens/{token}/revoke", data=data).status_code == 303


def test_an_order_shows_all_of_its_things_page_by_page(desk: DeskProcess) -> None:
    for number in range(60):
        failed(desk, shotgun_id=number, name=f"SH{number:03}")
    client = signed_in(desk)
    preview = ask(client, edit_and_reason="retry").text
    order = client.post("/things/edits", data=sure(preview)).headers["location"]

    first = client.get(order).text
    (further,) = re.findall(rf'href="({order}\?[^"]+)"', first)
    second = client.get(unescape(further)).text

    pages = [set(re.findall(r"SH\d{3}", page)) for page in (first, second)]
    assert [len(names) for names in pages] == [50, 10]
    assert not pages[0] & pages[1]


def test_an_order_and_the_trail_say_which_part(desk: DeskProcess) -> None:
    failed(desk)
    movie = failed(desk, part="movie", error="The movie is empty")
    client = signed_in(desk)
    made = client.post(f"/things/{movie}/retry", data={"form_key": form_key(client)})
    key = {"form_key": form_key(client), "edit": "note", "text": "seen"}
    client.post(f"/things/{movie}/edits", data=key)
    assert "SQ010_SH0010 part movie" in re.sub(r"<[^>]+>", "", client.get("/retries").text)
    page = re.sub(r"<[^>]+>", "", client.get(made.headers["location"]).text)
    assert page.count("SQ010_SH0010 part movie") >= 2
    assert "SQ010_SH0010 · movie" in client.get("/settings/history").text


def test_an_order_of_what_a_list_showed_is_called_by_the_lists_words(desk: DeskProcess) -> None:
    run = desk.client().post("/api/v1/runs", json={"name": "parts night"}).json()["id"]
    for number in (1, 2):
        failed(desk, shotgun_id=number, run=run)
    client = signed_in(desk)
    asked = f"run={run}&assignee=none&since=2020-01-02&q=SH0010"
    made = client.post(
        "/things/edits", data=sure(ask(client, edit_and_reason="retry", filter=asked).text)
    )
    told = "Things that match nobody's, in the import parts night, since 2020-01-02, “sh0010”"
    for path in (made.headers["location"], "/retries", "/", "/settings/history"):
        page = client.get(path, headers={"accept": "text/html"}).text
        assert told in unescape(page), path
        assert run not in re.sub(r"<[^>]+>", "", page), path


def test_the_word_of_somebody_else_is_not_lost_by_an_undo(desk: DeskProcess) -> None:
    failed(desk)
    cause = desk.client().get("/api/v1/causes").json()[0]["id"]
    desk.client().post(f"/api/v1/causes/{cause}/edits", json={"edit": "claim"})
    client = signed_in(desk, desk.new_token("admin", name="zoe"))
    form = {"form_key": form_key(client), "edit": "claim"}
    done = client.post(f"/causes/{cause}/edits", data=form).headers["location"]
    page = client.get(done).text
    assert "Done." in page
    assert 'data-key="z"' not in page
