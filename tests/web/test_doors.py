"""Who gets in to the pages, how long, and what nobody else's page can do in their name."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from importlib.resources import files

import httpx

from snaglist.service.schema import upgrade
from snaglist.storage.database import engine_for
from snaglist.web.application import PAGES
from support.desks import DeskProcess
from support.postgres import Postgres
from support.waiting import wait_until
from web.conftest import failed


def signed_in(desk: DeskProcess, token: str | None = None) -> httpx.Client:
    """A client with a session's cookie."""
    client = desk.client("")
    answer = client.post("/signin", data={"token": token or desk.token})
    assert answer.status_code == 303, answer.text
    return client


def form_key(client: httpx.Client) -> str:
    found = re.search(r'name="form_key" value="([0-9a-f]+)"', client.get("/settings").text)
    assert found is not None
    return found[1]


def test_every_page_asks_a_stranger_to_sign_in(desk: DeskProcess) -> None:
    stranger = desk.client("")
    for path, (method, _) in PAGES.items():
        asked = path.replace("{id}", "01a20938-2ec1-74f6-af4e-24bf1ef3f97a")
        answer = stranger.request(method, asked, headers={"Accept": "text/html"})
        if method == "POST":
            assert answer.status_code == 401, path
            assert "not signed in any more" in answer.text, path
        else:
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/signin?"), path


def test_a_wrong_token_gets_no_session_and_is_told_why(desk: DeskProcess) -> None:
    client = desk.client("")
    other = "x" if desk.token[-1] != "x" else "y"
    for given in ("", "snag_nonsense", desk.token[:-1] + other, "\x00", "é" * 50):
        answer = client.post("/signin", data={"token": given})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        assert 'role="alert"' in answer.text


def test_a_form_of_another_site_or_session_does_nothing(desk: DeskProcess) -> None:
    item = failed(desk)
    client, other = signed_in(desk), signed_in(desk)
    key = form_key(client)
    path, edit = f"/things/{item}/edits", {"edit": "ignore", "form_key": key}

    assert client.post(path, data={"edit": "ignore"}).status_code == 401
    assert other.post(path, data=edit).status_code == 401
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
    ):
        assert client.post(path, data=edit, headers=headers).status_code == 403
    assert len(desk.client().get("/api/v1/items?state=open").json()) == 1

    assert client.post(path, data=edit, headers={"Origin": desk.url}).status_code == 303
    assert len(desk.client().get("/api/v1/items?state=ignored").json()) == 1


def test_the_cookie_is_kept_from_scripts_and_opens_no_api(desk: DeskProcess) -> None:
    client = desk.client("")
    cookie = client.post("/signin", data={"token": desk.token}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    secure = client.post(
        "/signin", data={"token": desk.token}, headers={"X-Forwarded-Proto": "https"}
    )
    assert "Secure" in secure.headers["set-cookie"]
    assert client.get("/api/v1/items").status_code == 401


def test_signing_out_everywhere_ends_every_session_of_the_token(desk: DeskProcess) -> None:
    here, there = signed_in(desk), signed_in(desk)
    here.post("/signout", data={"form_key": form_key(here), "everywhere": "yes"})
    for client in (here, there):
        assert client.get("/settings").headers["location"].startswith("/signin")


def test_a_revoked_token_ends_its_sessions(desk: DeskProcess) -> None:
    client = signed_in(desk, desk.new_token("read", name="ana"))
    assert client.get("/causes").status_code == 200
    desk.run("token", "revoke", "ana")
    wait_until(lambda: client.get("/causes").status_code == 303, what="the session to end")


def test_a_token_made_on_the_page_opens_the_desk(desk: DeskProcess) -> None:
    client = signed_in(desk)
    made = client.post(
        "/settings/tokens",
        data={"form_key": form_key(client), "name": "ben", "scope": ["read", "report"]},
    )
    secret = re.search(r'class="secret" id="secret">(snag_\w+)<', made.text)
    assert secret is not None
    assert desk.client(secret[1]).get("/api/v1/items").status_code == 200
    assert secret[1] not in client.get("/settings").text
    again = client.post(
        "/settings/tokens", data={"form_key": form_key(client), "name": "ben", "scope": "read"}
    )
    assert (again.status_code, "already" in again.text) == (400, True)


def test_a_token_made_on_the_page_ends_on_its_day(desk: DeskProcess) -> None:
    client = signed_in(desk)
    told = {"form_key": form_key(client), "name": "ben", "scope": "read"}
    past = client.post("/settings/tokens", data=told | {"until": "2026-01-01"})
    assert (past.status_code, "is past" in past.text) == (400, True)
    made = client.post("/settings/tokens", data=told | {"until": "2099-01-01"})
    assert made.status_code == 200
    listed = desk.run("token", "list", "--json").stdout
    assert '"expires_at": "2099-01-01T00:00:00.000Z"' in listed


def test_whoever_may_not_is_refused_whatever_the_form_says(desk: DeskProcess) -> None:
    item = failed(desk)
    client = signed_in(desk, desk.new_token("read", name="viewer"))
    key = form_key(client)
    for path, data in (
        (f"/things/{item}/edits", {"edit": "ignore"}),
        ("/things/edits", {"edit": "ignore", "every": "on", "sure": "yes"}),
        ("/settings/tokens", {"name": "x", "scope": "admin"}),
    ):
        assert client.post(path, data={"form_key": key, **data}).status_code == 403, path
    assert len(desk.client().get("/api/v1/items?state=open").json()) == 1
    assert len(desk.run("token", "list").stdout.splitlines()) == 3


def test_signing_in_leads_back_but_never_to_another_site(desk: DeskProcess) -> None:
    client = desk.client("")
    for wanted, led in (
        ("/causes?state=done", "/causes?state=done"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
    ):
        answer = client.post("/signin", params={"next": wanted}, data={"token": desk.token})
        assert answer.headers["location"] == led


def test_an_address_cannot_put_a_form_of_its_own_on_a_page(desk: DeskProcess) -> None:
    failed(desk)
    cause = desk.client().get("/api/v1/causes").json()[0]["id"]
    client = signed_in(desk)
    for done in ("../signout", "%00", "https://evil.example", "x" * 500):
        for path in (f"/causes/{cause}", "/things"):
            page = client.get(f"{path}?done={done}")
            assert (page.status_code, "/undo/" in page.text) == (200, False)


def test_a_store_that_is_away_is_told_on_a_page(new_desk: Callable[..., DeskProcess]) -> None:
    postgres = Postgres()
    try:
        url = postgres.new_database()
        upgrade(engine_for(url), time.time())
        client = signed_in(new_desk(url))

        postgres.stop()
        page = client.get("/causes")
        assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert "That did not work" in page.text

        postgres.start()
        wait_until(lambda: client.get("/causes").status_code == 200, what="the pages to be back")
    finally:
        postgres.close()


def test_a_token_that_may_only_report_sees_nothing(desk: DeskProcess) -> None:
    secret = desk.new_token("report", "work", name="importer")
    client = desk.client("")
    answer = client.post("/signin", data={"token": secret})
    assert (answer.status_code, "not look" in answer.text) == (403, True)
    assert "snaglist" not in client.cookies

    link = desk.run("signin", "importer").stdout.strip()
    assert client.get(link[link.index("/signin") :]).status_code == 403
    assert client.get("/", headers={"accept": "text/html"}).status_code == 303


def test_whoever_is_signed_in_is_not_asked_again(desk: DeskProcess) -> None:
    client = signed_in(desk)
    answer = client.get("/signin?next=/causes")
    assert (answer.status_code, answer.headers["location"]) == (303, "/causes")


def test_a_form_that_comes_after_the_session_gives_back_what_was_typed(desk: DeskProcess) -> None:
    item = failed(desk)
    client = signed_in(desk)
    data = {"form_key": form_key(client), "edit": "note", "text": "ask <b>editorial</b>"}
    client.cookies.clear()
    answer = client.post(f"/things/{item}/edits", data=data)
    assert answer.status_code == 401
    assert "ask &lt;b&gt;editorial&lt;/b&gt;" in answer.text
    assert f"/signin?next=%2Fthings%2F{item}" in answer.text


def test_a_mistyped_address_is_a_page_in_a_browser_and_json_for_programs(desk: DeskProcess) -> None:
    for path in ("/Causes", "/nosuch/thing"):
        page = desk.client("").get(path, headers={"accept": "text/html"})
        assert (page.status_code, "no such page" in page.text) == (404, True)
        told = desk.client().get(path, headers={"accept": "application/json"})
        assert (told.status_code, told.json()["error"]) == (404, True)
    told = desk.client().get("/api/v1/nosuch", headers={"accept": "text/html"})
    assert told.headers["content-type"].startswith("application/")


def test_a_script_is_sent_again_only_when_it_changed(desk: DeskProcess) -> None:
    client = desk.client("")
    first = client.get("/static/desk.js")
    kept = client.get("/static/desk.js", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, kept.status_code, kept.content) == (200, 304, b"")
    assert client.get("/static/desk.js", headers={"If-None-Match": '"older"'}).content
    assert client.get("/static/forms.js").headers["etag"] != first.headers["etag"]


def test_a_page_asks_for_all_its_scripts_at_once(desk: DeskProcess) -> None:
    told = set(re.findall(r"/static/(\w+\.js)", desk.client("").get("/signin").text))
    static = files("snaglist.web") / "static"
    assert told == {one.name for one in static.iterdir() if one.name.endswith(".js")}
