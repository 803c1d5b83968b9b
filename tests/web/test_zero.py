"""The zero is never a guess: what the first page says when nothing, or nearly nothing, is left."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from support.desks import DeskProcess
from web.conftest import failed
from web.test_doors import signed_in
from web.test_saying import text_of


def overview(desk: DeskProcess) -> str:
    """The first page, its markup aside."""
    return text_of(signed_in(desk).get("/", headers={"accept": "text/html"}).text)


def complete(
    desk: DeskProcess, name: str, project: int, came_over: int, kind: str = "Shot", **scope: object
) -> str:
    """A run that tried everything of a project; its id."""
    client = desk.client()
    run = client.post("/api/v1/runs", json={"name": name, "project": project}).json()["id"]
    first = project * 1_000
    told = [
        {"shotgun_id": first + one, "entity_type": kind, "project": project, "run": run}
        for one in range(came_over)
    ]
    client.post("/import/shotgun/imported", json=told).raise_for_status()
    client.post(f"/api/v1/runs/{run}/complete", json=scope).raise_for_status()
    return str(run)


def test_all_came_over_is_said_of_what_was_complete(desk: DeskProcess) -> None:
    complete(desk, "Nightly", 87, 10)
    assert "All 10 came over" in overview(desk)
    assert "87 0 left as of the complete import of" in overview(desk)


def test_a_zero_rests_on_the_imports_of_each_type_that_there_is(desk: DeskProcess) -> None:
    project = {"id": 87, "name": "87"}
    item = failed(desk, entity_type="Task", shotgun_id=1, project=project)
    complete(desk, "Shots", 87, 10, entity_types=["Shot"])
    client = desk.client()
    client.post(f"/api/v1/items/{item}/edits", json={"edit": "resolve", "reason": "by_hand"})
    run = client.get("/api/v1/runs").json()[0]["id"]
    assert "of Shot alone" in text_of(signed_in(desk).get(f"/imports/{run}").text)
    assert "87 0 left no complete import yet of Task, so it is not certain" in overview(desk)

    complete(desk, "Tasks", 87, 20, "Task", entity_types=["Task"])
    assert "87 0 left as of the complete import of" in overview(desk)
    assert "not certain" not in overview(desk)


def test_a_type_that_was_tried_and_never_complete_is_known(desk: DeskProcess) -> None:
    client = desk.client()
    run = client.post("/api/v1/runs", json={"name": "Nightly", "project": 87}).json()["id"]
    told = [
        {"shotgun_id": number, "entity_type": kind, "project": 87, "run": run}
        for number, kind in enumerate(["Shot", "Task"])
    ]
    client.post("/import/shotgun/imported", json=told).raise_for_status()
    scope = {"entity_types": ["Shot"]}
    client.post(f"/api/v1/runs/{run}/complete", json=scope).raise_for_status()
    shown = overview(desk)
    assert "87 0 left no complete import yet of Task, so it is not certain" in shown
    assert "complete of Shot alone" in shown


def test_not_all_came_over_while_an_import_ended_before_its_total(desk: DeskProcess) -> None:
    complete(desk, "Opal nightly", 87, 10)
    client = desk.client()
    begun = {"name": "Topaz nightly", "project": 88, "total": 500}
    run = client.post("/api/v1/runs", json=begun).json()["id"]
    told = {"shotgun_id": 1, "entity_type": "Shot", "project": 88, "run": run}
    client.post("/import/shotgun/imported", json=told).raise_for_status()
    client.post(f"/api/v1/runs/{run}/end", json={}).raise_for_status()
    shown = overview(desk)
    assert "All 10 came over" not in shown
    assert "88 0 left no complete import yet, so it is not certain" in shown


def test_all_came_over_counts_what_each_import_proves(desk: DeskProcess) -> None:
    complete(desk, "Shots", 87, 10, entity_types=["Shot"])
    complete(desk, "Assets", 87, 20, "Asset", entity_types=["Asset"])
    shown = overview(desk)
    assert "All 30 came over" in shown
    assert "10 things came over in the complete import Shots" in shown
    assert "20 things came over in the complete import Assets" in shown


def test_what_only_does_not_fail_any_more_did_not_come_over(desk: DeskProcess) -> None:
    failed(desk, shotgun_id=5, project={"id": 87, "name": "87"})
    complete(desk, "Nightly", 87, 10)
    page = overview(desk)
    assert "1 not failing any more" in page
    assert "All" not in page.partition("What became")[0]
    assert "Nothing is left" in page


def test_a_zero_in_one_target_says_nothing_of_another(desk: DeskProcess) -> None:
    complete(desk, "Nightly", 87, 10)
    client = desk.client()
    told = {"name": "To Jira", "project": 87, "target": "jira"}
    run = client.post("/api/v1/runs", json=told).json()["id"]
    shot = {"shotgun_id": 1, "entity_type": "Shot", "project": 87, "run": run, "target": "jira"}
    client.post("/import/shotgun/imported", json=shot).raise_for_status()
    client.post(f"/api/v1/runs/{run}/end", json={}).raise_for_status()
    page = overview(desk)
    assert "All 10 came over" not in page
    assert "87 0 left no complete import into Jira yet, so it is not certain" in page
    client.post(f"/api/v1/runs/{run}/complete", json={}).raise_for_status()
    assert "87 0 left as of the complete import of" in overview(desk)
    assert "All 11 came over" in overview(desk)


def test_nothing_is_sure_while_what_an_import_had_to_send_at_its_end_is_missing(
    desk: DeskProcess,
) -> None:
    complete(desk, "Nightly", 87, 10)
    client = desk.client()
    run = client.post("/api/v1/runs", json={"name": "Media", "project": 87}).json()["id"]
    client.post(f"/api/v1/runs/{run}/beats", json={"unsent": 5}).raise_for_status()
    client.post(f"/api/v1/runs/{run}/end", json={}).raise_for_status()
    assert "5 messages are still on their way" in overview(desk)
    assert "All 10 came over" not in overview(desk)
    client.post(f"/api/v1/runs/{run}/beats", json={"unsent": 0}).raise_for_status()
    assert "All 10 came over" in overview(desk)


def test_what_two_imports_prove_is_counted_once(desk: DeskProcess) -> None:
    client = desk.client()
    everything = client.post("/api/v1/runs", json={"name": "Weekly"}).json()["id"]
    told = [
        {"shotgun_id": 1_000 * project + one, "entity_type": "Shot", "project": project}
        | {"run": everything}
        for project in (1, 2)
        for one in range(5)
    ]
    client.post("/import/shotgun/imported", json=told).raise_for_status()
    client.post(f"/api/v1/runs/{everything}/complete", json={}).raise_for_status()
    assert "All 10 came over" in overview(desk)
    complete(desk, "Nightly", 1, 5)
    assert "All 10 came over" in overview(desk)


def test_an_order_that_stopped_is_told_however_many_came_after_it(desk: DeskProcess) -> None:
    for number in range(9):
        failed(desk, shotgun_id=number)
    client = desk.client()
    worker = {"id": "01990000-0000-7000-8000-000000000001", "name": "farm-3"}

    def tries(query: str, limit: int, outcome: dict[str, object]) -> None:
        client.post(f"/api/v1/retries?{query}", json={}).raise_for_status()
        asked = client.post("/api/v1/leases", json={"worker": worker, "limit": limit})
        reports = [{"lease_id": one["lease_id"], **outcome} for one in asked.json()["leases"]]
        client.post("/api/v1/outcomes", json=reports).raise_for_status()

    failure = {"event_data": {"error": "KeyError: 'sg_cut_in'"}}
    tries("state=open", 3, {"outcome": "failed", "record": failure})
    for number in range(6):
        failed(desk, shotgun_id=100 + number, entity_type="Task")
        tries("type=Task", 1, {"outcome": "came_over"})
    assert "Trying again stopped by itself" in overview(desk)


def test_more_of_one_type_does_not_hide_what_was_not_tried_of_another(desk: DeskProcess) -> None:
    complete(desk, "Nightly", 87, 10)
    client = desk.client()
    told = {"name": "Nightly", "project": 87, "total": {"Shot": 5, "Asset": 5}}
    run = client.post("/api/v1/runs", json=told).json()["id"]
    shots = [
        {"shotgun_id": one, "entity_type": "Shot", "project": 87, "run": run} for one in range(10)
    ]
    client.post("/import/shotgun/imported", json=shots).raise_for_status()
    client.post(f"/api/v1/runs/{run}/end", json={}).raise_for_status()
    page = overview(desk)
    assert "ended before it had tried all: 5 are left" in page
    assert "5 not tried" in page
    assert "All 10 came over" not in page


def test_nothing_is_sure_of_an_import_of_which_some_was_lost(desk: DeskProcess) -> None:
    complete(desk, "Nightly", 87, 10)
    client = desk.client()
    run = client.post("/api/v1/runs", json={"name": "Media", "project": 87}).json()["id"]
    client.post(f"/api/v1/runs/{run}/beats", json={"has_gaps": True}).raise_for_status()
    client.post(f"/api/v1/runs/{run}/end", json={}).raise_for_status()
    assert "Some of what Media reported was lost on its way" in overview(desk)
    assert "All 10 came over" not in overview(desk)


def test_a_list_with_parts_ends_where_all_is_shown(desk: DeskProcess) -> None:
    for part in ("", "movie"):
        for number in range(60):
            failed(desk, shotgun_id=number, name=f"SH{number}", part=part)
    client = signed_in(desk)
    first = client.get("/things?project=Big+Buck+Bunny").text
    (further,) = re.findall(r'href="(/things[^"]*below=[^"]*)"', first)
    last = client.get(unescape(further)).text
    assert first.count("data-row") + last.count("data-row") == 120
    assert "below=" not in last
    assert "There is nothing further" in client.get("/things?below=1").text


def test_the_trail_tells_of_a_complete_import_that_took_nothing_off(desk: DeskProcess) -> None:
    complete(desk, "Nightly", 87, 10)
    trail = signed_in(desk).get("/settings/history", headers={"accept": "text/html"}).text
    assert "there was nothing to take off the list" in trail
    assert "0 things" not in trail


def test_nothing_is_sure_when_the_complete_import_is_overdue(
    new_desk: Callable[..., DeskProcess], store: str
) -> None:
    desk = new_desk(store, SNAGLIST_OVERDUE_HOURS="0.0000001")
    desk.token = desk.new_token("admin")
    complete(desk, "Nightly", 87, 10)
    shown = overview(desk)
    assert "All 10 came over" not in shown
    assert "so it is not certain" in shown
    assert "the import is overdue" in shown


def test_nothing_is_sure_while_an_import_goes_on_or_has_something_to_send(
    desk: DeskProcess,
) -> None:
    complete(desk, "Nightly", 87, 10)
    run = desk.client().post("/api/v1/runs", json={"name": "Another", "project": 87, "total": 5})
    assert "All 10 came over" not in overview(desk)
    run_id = run.json()["id"]
    desk.client().post(f"/api/v1/runs/{run_id}/beats", json={"unsent": 4}).raise_for_status()
    shown = overview(desk)
    assert "something is still on its way" in shown
    assert "so it is not certain" in shown


def test_nothing_is_sure_while_an_import_goes_on_whose_total_nobody_knows(
    desk: DeskProcess,
) -> None:
    complete(desk, "Nightly", 87, 10)
    run = desk.client().post("/api/v1/runs", json={"name": "Another", "project": 87}).json()["id"]
    assert "All 10 came over" not in overview(desk)
    desk.client().post(f"/api/v1/runs/{run}/end", json={}).raise_for_status()
    assert "All 10 came over" in overview(desk)


def test_nothing_is_sure_when_the_newest_import_stopped_with_a_fault(desk: DeskProcess) -> None:
    complete(desk, "Nightly", 87, 10)
    told = {"name": "Nightly", "project": 87}
    run = desk.client().post("/api/v1/runs", json=told).json()["id"]
    desk.client().post(f"/api/v1/runs/{run}/end", json={"fault": "disk full"}).raise_for_status()
    assert "All 10 came over" not in overview(desk)


def test_imports_of_one_name_and_two_projects_are_both_counted(desk: DeskProcess) -> None:
    complete(desk, "Nightly", 87, 10)
    complete(desk, "Nightly", 88, 4)
    assert "All 14 came over" in overview(desk)


def test_what_is_set_aside_did_not_come_over(desk: DeskProcess) -> None:
    item = failed(desk)
    desk.client().post(f"/api/v1/items/{item}/edits", json={"edit": "ignore"}).raise_for_status()
    complete(desk, "Nightly", 87, 10)
    shown = overview(desk)
    assert "Nothing is left behind" in shown
    assert "All 10 came over" not in shown
    assert "1 set aside" in shown


def test_done_by_hand_alone_is_not_certain(desk: DeskProcess) -> None:
    item = failed(desk)
    done = {"edit": "resolve", "reason": "by_hand"}
    desk.client().post(f"/api/v1/items/{item}/edits", json=done).raise_for_status()
    shown = overview(desk)
    assert "Nothing is left behind" in shown
    assert "so it is not certain" in shown


def test_however_many_projects_each_has_its_own_complete_import(desk: DeskProcess) -> None:
    running = desk.client().post("/api/v1/runs", json={"name": "Big night", "total": 5})
    running.raise_for_status()
    for project in range(1, 121):
        complete(desk, f"Nightly {project}", project, 1)
    shown = overview(desk)
    assert "no complete import yet" not in shown
    assert shown.count("0 left as of the complete import of") == 120
    assert "108 projects more" in shown
    assert "Big night" in shown


def test_what_is_being_tried_is_left_behind_in_number_and_list(desk: DeskProcess) -> None:
    for number in (1, 2, 3):
        failed(desk, shotgun_id=number)
    desk.client().post("/api/v1/retries?state=open", json={}).raise_for_status()
    worker = {"id": "018f3a1e-6a2c-7c0a-8d2e-0123456789ab", "name": "farm-3"}
    desk.client().post("/api/v1/leases", json={"worker": worker}).raise_for_status()
    assert "3 things did not come over" in overview(desk)
    client = signed_in(desk)
    page = client.get("/", headers={"accept": "text/html"}).text
    for link in re.findall(r'href="(/things\?[^"]*(?:open|retrying)[^"]*)"', page):
        listed = client.get(link.replace("&amp;", "&")).text
        assert listed.count("<tr data-row=") == 3, link


def test_what_names_no_project_has_a_list_behind_its_number(desk: DeskProcess) -> None:
    failed(desk, shotgun_id=1)
    failed(desk, shotgun_id=2, project=None)
    client = signed_in(desk)
    page = client.get("/", headers={"accept": "text/html"}).text
    (link,) = re.findall(r'href="(/things\?project=none[^"]*)"', page)
    listed = client.get(link.replace("&amp;", "&")).text
    assert listed.count("<tr data-row=") == 1
    assert '<option value="none" selected>no project' in listed


def test_what_is_new_is_behind_its_number(desk: DeskProcess) -> None:
    for number in range(25):
        failed(desk, shotgun_id=number, error=f"KeyError: 'sg_field_{chr(97 + number)}'")
    client = signed_in(desk)
    page = client.get("/", headers={"accept": "text/html"}).text
    number, link = re.search(r'href="(/causes\?[^"]*heard[^"]*)">(\d+) new causes', page).group(
        2, 1
    )
    listed = client.get(link.replace("&amp;", "&")).text
    assert listed.count("<tr data-row=") == int(number) > 20
    assert f'open <span class="count">{number}</span>' in listed


def test_causes_of_a_project_are_counted_for_it_alone(desk: DeskProcess) -> None:
    failed(desk, shotgun_id=1)
    for number in (2, 3):
        failed(desk, shotgun_id=number, project={"id": 140, "name": "Kestrel"})
    page = signed_in(desk).get("/causes?project=Kestrel").text
    assert "<strong>2</strong>" in page
    assert "<strong>3</strong>" in signed_in(desk).get("/causes").text


def test_what_is_mine_and_came_back_is_behind_its_link(desk: DeskProcess) -> None:
    client = desk.client()
    failed(desk)
    cause = client.get("/api/v1/causes").json()[0]["id"]
    client.post(f"/api/v1/causes/{cause}/edits", json={"edit": "assign", "to": "admin"})
    told = {"shotgun_id": 1, "entity_type": "Shot"}
    client.post("/import/shotgun/imported", json=told).raise_for_status()
    failed(desk)
    assert "1 open cause is yours" in overview(desk)
    page = signed_in(desk).get("/causes?state=open,came_back&assignee=admin").text
    assert page.count("<tr data-row=") == 1


def test_what_came_back_is_among_what_is_open(desk: DeskProcess) -> None:
    item = failed(desk, shotgun_id=1)
    client = desk.client()
    client.post("/import/shotgun/imported", json={"shotgun_id": 1, "entity_type": "Shot"})
    failed(desk, shotgun_id=1)
    cause = client.get(f"/api/v1/items/{item}").json()["cause_id"]
    causes = text_of(signed_in(desk).get("/causes").text)
    assert "open 1 came back 1 done 0" in causes
    assert "sg_cut_in came back" in causes
    assert "came back 1 thing" in text_of(signed_in(desk).get(f"/causes/{cause}").text)


def test_the_trail_counts_what_was_changed(desk: DeskProcess) -> None:
    for number in range(3):
        failed(desk, shotgun_id=number)
    client = desk.client()
    asked = {"edit": "ignore"}
    first = client.post("/api/v1/items/edits?state=open", json=asked).json()["edit_id"]
    item = client.get("/api/v1/items").json()[0]["id"]
    client.post(f"/api/v1/items/{item}/edits", json={"edit": "reopen"}).raise_for_status()
    client.post(f"/api/v1/edits/{first}/undo").raise_for_status()
    run = client.post("/api/v1/runs", json={"name": "Nightly"}).json()["id"]
    failed(desk, shotgun_id=3, entity_type="Task", run=run)
    client.post(f"/api/v1/runs/{run}/complete", json={}).raise_for_status()

    trail = text_of(signed_in(desk).get("/settings/history").text)
    assert "3 things: set aside" in trail
    assert "2 things: undone" in trail
    assert "not failing any more" not in trail
