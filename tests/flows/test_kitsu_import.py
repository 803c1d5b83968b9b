"""A studio's import comes to zero: found out, repaired, retried, with everything killed meanwhile.

The importer is `examples/kitsu_import.py`, ShotGrid is Mockgun, and Kitsu is a target that
refuses as Zou does. Each function is a part of the story, in its order.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from support.desks import DeskProcess, environment
from support.migration import CLIENT, EXAMPLE, Listed, Migration, finish, kill
from support.shotgrid.faults import FAULTS, IN_TWO_PARTS, Fault, Key
from support.shotgrid.studio import TOTAL
from support.understanding import recount

FARM_NOTES = 40
RELATIONS = {
    "Project": "project",
    "Step": "task_type",
    "Status": "task_status",
    "HumanUser": "person",
    "ProjectUserConnection": "project_person_link",
    "Task": "task",
    "Version": "preview_file",
    "Note": "comment",
}
"""The target's tables, where they are not `entity TYPE`."""
MADE_BY_HAND = {"task_status/11", "task_type/9", "entity Sequence/99"}
"""What repairs made in the target."""


def test_the_example_says_how_it_is_run() -> None:
    shown = subprocess.run(
        [sys.executable, str(EXAMPLE), "--help"],
        env=environment(PYTHONPATH=CLIENT),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert shown.returncode == 0, shown.stderr
    assert "SNAGLIST_URL" in shown.stdout


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Vancouver"])
def test_a_time_is_the_same_wherever_the_example_runs(zone: str) -> None:
    """shotgun_api3 gives times in the host's zone."""
    code = """
import kitsu_import, shotgun_api3
shotgrid = shotgun_api3.Shotgun("https://none", script_name="none", api_key="none", connect=False)
(note,) = shotgrid._transform_inbound([{"created_at": "2026-07-01T10:00:00Z"}])
print(kitsu_import.utc_text(note["created_at"]))
"""
    settings = environment(PYTHONPATH=f"{CLIENT}:{EXAMPLE.parent}", TZ=zone)
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env=settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert shown.stdout.strip() == "2026-07-01T10:00:00Z", shown.stderr


@pytest.fixture
def migration(desk: DeskProcess, tmp_path: Path) -> Iterator[Migration]:
    """A studio before its first import."""
    made = Migration(desk, tmp_path)
    yield made
    made.close()


def test_an_import_comes_to_zero_whatever_is_killed_on_the_way(migration: Migration) -> None:
    _a_farm_machine_imports_notes_while_the_desk_is_down(migration)
    _an_import_is_killed(migration)
    _an_import_finds_what_was_planted_and_nothing_else(migration)
    _one_fix_clears_exactly_its_items(migration)
    _an_outage_displaces_nothing(migration)
    _what_was_deleted_in_shotgrid_leaves_for_that_reason(migration)
    _tasks_that_the_outage_left_are_retried_through_kills(migration)
    _a_nightly_that_has_only_curl_comes_to_zero(migration)
    _all_is_repaired_and_the_next_import_empties_the_list(migration)
    _what_the_farm_machine_had_to_tell_arrives_a_day_late_and_reopens_nothing(migration)
    assert recount(migration.desk.database) == []


def _a_farm_machine_imports_notes_while_the_desk_is_down(studio: Migration) -> None:
    """That was a day ago. Their tasks were not there yet, so all failed, and what the machine has
    to tell waits in its own spool."""
    assert studio.desk.stop() == 0
    studio.kitsu.hold(after=FARM_NOTES)
    machine = studio.start_import("Note", spool="farm", days_ago=1)
    studio.kitsu.wait_for_the_held()
    kill(machine)
    studio.kitsu.go_on()
    studio.desk.start(studio.desk.port)


def _an_import_is_killed(studio: Migration) -> None:
    studio.kitsu.hold(after=150)
    importer = studio.start_import()
    studio.kitsu.wait_for_the_held()
    kill(importer)
    studio.kitsu.go_on()


def _an_import_finds_what_was_planted_and_nothing_else(studio: Migration) -> None:
    """The desk is killed in the middle of it."""
    studio.kitsu.hold(after=300)
    importer = studio.start_import()
    studio.kitsu.wait_for_the_held()
    studio.desk.kill()
    studio.kitsu.go_on()
    studio.desk.start(studio.desk.port)
    assert finish(importer) == ""

    found = studio.items()
    assert {key: (one.known, one.piece) for key, one in found.items()} == {
        key: (fault.known, fault.piece) for fault in FAULTS for key in fault.items
    }
    assert {one.state for one in found.values()} == {"open"}
    assert {key[2] for key in found if key[:2] == IN_TWO_PARTS} == {"step", "sg_status_list"}
    run = studio.newest_run()
    whole = {key for key in found if not key[2]}
    assert (run["status"], run["tried"], run["not_tried"]) == ("complete", TOTAL, 0)
    assert (run["came_over"], run["failed"]) == (TOTAL - len(whole), len(whole))


def _one_fix_clears_exactly_its_items(studio: Migration) -> None:
    fault = _fault("a status is unknown")
    before = studio.items()
    fault.repair(studio.shotgrid, studio.kitsu)
    worker = studio.start_worker()
    order = studio.retry(f"cause={_cause_of(fault, before)}")
    kill(worker)

    assert (order["status"], order["total"], order["came_over"]) == ("done", 6, 6)
    now = studio.items()
    assert {key for key in now if now[key].state == "came_over"} == fault.items
    assert {key: one.item for key, one in now.items() if key not in fault.items} == {
        key: one.item for key, one in before.items() if key not in fault.items
    }


def _an_outage_displaces_nothing(studio: Migration) -> None:
    """A nightly meets a target that is away: what stood stands, and all else waits for it."""
    before = studio.items("state=open")
    studio.kitsu.go_away()
    assert studio.run_import() == ""
    studio.kitsu.come_back()

    now = studio.items("state=open")
    assert {key: (one.known, one.piece) for key, one in now.items() if key in before} == {
        key: (one.known, one.piece) for key, one in before.items()
    }
    for key, one in before.items():
        assert now[key].failures == one.failures + (not key[2])
    assert {one.known for key, one in now.items() if key not in before} == {"target-down"}
    assert len({key[:2] for key in now}) == TOTAL


def _what_was_deleted_in_shotgrid_leaves_for_that_reason(studio: Migration) -> None:
    fault = _fault("a name is too long")
    fault.repair(studio.shotgrid, studio.kitsu)
    studio.shotgrid.retire("Asset", 61)
    worker = studio.start_worker()
    order = studio.retry(f"cause={_cause_of(fault, studio.items())}")
    kill(worker)

    assert (order["came_over"], order["failed"]) == (2, 1)
    gone = studio.items("state=open")["Asset", 61, ""]
    assert gone.known == "source-entity-deleted"
    edit = {"edit": "resolve", "reason": "deleted_in_source"}
    studio.client.post(f"/api/v1/items/{gone.item['id']}/edits", json=edit).raise_for_status()


def _tasks_that_the_outage_left_are_retried_through_kills(studio: Migration) -> None:
    """Three workers are killed, each with an item in hand, and the desk once.

    What has another fault in one of its parts is not said to have come over.
    """
    fault = _fault("the target is away for a while")
    fault.repair(studio.shotgrid, studio.kitsu)
    listed = studio.items("state=open&type=Task")
    waiting = {key for key, one in listed.items() if one.known == fault.known}
    still_faulty = {(kind, number, "") for kind, number, part in listed if part}
    order = studio.order_retry(f"cause={_cause_of(fault, studio.items())}&type=Task")
    for _ in range(3):
        studio.kitsu.hold(after=20)
        worker = studio.start_worker()
        studio.kitsu.wait_for_the_held()
        kill(worker)
        studio.kitsu.go_on()
    studio.kitsu.hold(after=20)
    worker = studio.start_worker()
    studio.kitsu.wait_for_the_held()
    studio.desk.kill()
    studio.kitsu.go_on()
    studio.desk.start(studio.desk.port)

    done = studio.finished_retry(order)
    kill(worker)
    assert (done["status"], done["total"], done["skipped"]) == ("done", len(waiting), 0)
    assert (done["failed"], done["came_over"]) == (
        len(still_faulty),
        done["total"] - done["failed"],
    )
    tried = studio.every(f"/api/v1/retries/{order}/items")
    assert sum(one["attempts"] for one in tried) >= done["total"] + 3
    now = studio.items()
    assert {key for key in waiting if now[key].state == "came_over"} == waiting - still_faulty
    assert {now[key].state for key in still_faulty} == {"open"}


NIGHTLY = r"""
set -eu
json="Content-Type: application/json"
post() { curl -sS -f -X POST "$DESK$1" -H "Authorization: Bearer $TOKEN" -H "$json" -d "$2"; }
playlist="\"entity_type\": \"Playlist\", \"shotgun_id\""
failed() {
  details="{$playlist: $2}"
  event="{\"error\": \"No such folder\", \"details\": $details}"
  post /api/v1/records "[{\"source\": \"csv\", \"run\": \"$1\", \"event_data\": $event}]"
}
came_over() { post /import/csv/imported "{$playlist: $2, \"run\": \"$1\"}"; }
failed night-1 1; failed night-1 2; failed night-1 3
post /api/v1/runs/night-1/complete '{"tried": 3}'
came_over night-2 1; failed night-2 2
came_over night-3 2
post /api/v1/runs/night-3/complete '{"entity_types": ["Playlist"]}'
"""


def _a_nightly_that_has_only_curl_comes_to_zero(studio: Migration) -> None:
    assert shutil.which("curl"), "install curl: the test is about a nightly that has only that"
    token = studio.desk.new_token("report", name="curl")
    done = subprocess.run(
        ["sh", "-c", NIGHTLY],
        env={"DESK": studio.desk.url, "TOKEN": token, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert {key[1]: one.state for key, one in studio.items("source=csv").items()} == {
        1: "came_over",
        2: "came_over",
        3: "not_failing",
    }


def _all_is_repaired_and_the_next_import_empties_the_list(studio: Migration) -> None:
    for fault in FAULTS:
        fault.repair(studio.shotgrid, studio.kitsu)
    assert studio.run_import() == ""

    assert studio.items("state=open,retrying,ignored") == {}
    assert list(studio.every("/api/v1/causes?state=open,came_back,ignored")) == []
    found = studio.items("source=shotgun")
    assert {key for key, one in found.items() if one.state != "came_over"} == {("Asset", 61, "")}
    assert found["Asset", 61, ""].state == "deleted_in_source"
    assert {key for fault in FAULTS for key in fault.items} < found.keys()
    held = studio.kitsu.counts()
    assert set(held.values()) == {1}
    assert held.keys() == _all_that_is_to_come_over(studio) | MADE_BY_HAND


def _what_the_farm_machine_had_to_tell_arrives_a_day_late_and_reopens_nothing(
    studio: Migration,
) -> None:
    before = studio.items()
    first = min(_moment(one.item["first_failed_at"]) for one in before.values())
    finish(studio.start("importer", ["-m", "snaglist_client", "flush"], spool="farm"))

    now = studio.items()
    assert {key: one.state for key, one in now.items()} == {
        key: one.state for key, one in before.items()
    }
    told = {key for key, one in now.items() if one.failures > before[key].failures}
    assert told == {("Note", number, "") for number in range(1, FARM_NOTES + 1)}
    late = max(_moment(now[key].item["first_failed_at"]) for key in told)
    assert timedelta(hours=23) < first - late < timedelta(hours=25)
    run = next(one for one in studio.every("/api/v1/runs") if one["failed"] == FARM_NOTES)
    assert _moment(run["began_at"]) < late


def _all_that_is_to_come_over(studio: Migration) -> set[str]:
    """Everything in ShotGrid but what was deleted there, as the target names it."""
    found = set()
    for kind, rows in studio.shotgrid.rows().items():
        named = RELATIONS.get(kind, f"entity {kind}")
        found |= {f"{named}/{row['id']}" for row in rows if not row.get("__retired")}
        found |= {f"movie/{row['id']}" for row in rows if row.get("sg_uploaded_movie")}
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _fault(name: str) -> Fault:
    (found,) = (fault for fault in FAULTS if fault.name == name)
    return found


def _cause_of(fault: Fault, items: dict[Key, Listed]) -> str:
    (cause,) = {items[key].item["cause_id"] for key in fault.items}
    return str(cause)
