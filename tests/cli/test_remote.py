"""Commands that ask a running desk, as people type them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Iterator

import pytest

from conftest import ENGINES, shared_desk
from snaglist.cli.remote.export import members, one_line
from support.desks import DeskProcess, snaglist

HOSTILE = '=HYPERLINK("http://evil")\x1b[31m\u202e'
BODY = (
    '{"error": "KeyError: \'sg_cut_in\'",\n "details": {"shotgun_id": %s,\n"entity_type": "Shot",'
    ' "name": %s, "big": 1e2, "project": {"id": 87, "name": "Élan"}}}'
)


@pytest.fixture(scope="module", params=ENGINES)
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskProcess]:
    with shared_desk(request.param, request, tmp_path_factory) as desk:
        client = desk.client()
        for number, name in enumerate([HOSTILE, "SQ010_SH0560", "SQ010_SH0570"], 1):
            body = BODY % (number, json.dumps(name))
            assert client.post("/import/shotgun/errors", content=body).status_code == 201
        yield desk


def run(desk: DeskProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    return snaglist(
        *arguments, folder=desk.folder, SNAGLIST_URL=desk.url, SNAGLIST_TOKEN=desk.token
    )


def test_causes_and_items_are_listed_and_shown(desk: DeskProcess) -> None:
    causes = json.loads(run(desk, "causes", "--json").stdout)
    items = json.loads(run(desk, "items", "--q", "sq010", "--json").stdout)

    assert [one["open_items"] for one in causes] == [3]
    assert {one["name"] for one in items} == {"SQ010_SH0560", "SQ010_SH0570"}
    table = run(desk, "causes").stdout.splitlines()
    assert table[0].split() == ["ID", "OPEN", "STATE", "LAST", "(UTC)", "WHO", "CAUSE"]
    assert causes[0]["id"] in table[1]


def test_hostile_text_steers_no_terminal_and_no_spreadsheet(desk: DeskProcess) -> None:
    shown = run(desk, "items").stdout
    exported = run(desk, "export").stdout

    for text in (shown, exported):
        assert not set(text) & set("\x1b\u202e")
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert len(rows) == 3
    assert {row["name"][:2] for row in rows} == {"'=", "SQ"}


def test_ndjson_is_one_record_a_line_whatever_its_spacing(desk: DeskProcess) -> None:
    lines = run(desk, "export", "--format", "ndjson").stdout.splitlines()

    assert len(lines) == 3
    assert all('"big": 1e2' in line for line in lines)
    assert {json.loads(line)["event_data"]["details"]["shotgun_id"] for line in lines} == {1, 2, 3}


def test_only_breaks_outside_of_strings_are_replaced() -> None:
    page = b'[{"a":"x\\ny\\\\", \r\n"n":%s}, {"b": [1,\n2]}]' % (b"9" * 5_000)

    first, second = members(page)

    assert one_line(first) == b'{"a":"x\\ny\\\\",   "n":%s}' % (b"9" * 5_000)
    assert one_line(second) == b'{"b": [1, 2]}'


def test_one_and_many_are_set_aside_and_taken_back(desk: DeskProcess) -> None:
    item = json.loads(run(desk, "items", "--q", "sh0560", "--json").stdout)[0]["id"]

    preview = run(desk, "ignore", "--q", "sq010", "--dry-run")
    many = json.loads(run(desk, "ignore", "--q", "sq010", "--yes", "--json").stdout)
    ignored = json.loads(run(desk, "items", "--state", "ignored", "--json").stdout)
    undone = run(desk, "undo", many["edit_id"])
    one = run(desk, "resolve", item, "--reason", "by_hand", "--why", "made it myself")
    again = run(desk, "reopen", item)

    assert preview.stdout == "2 items match; 2 would change.\n"
    assert (many["changed"], len(ignored)) == (2, 2)
    assert undone.stdout.startswith("2 changed")
    assert one.stdout == f"{item} is by_hand.\n"
    assert again.stdout == f"{item} is open.\n"
    assert "made it myself" in run(desk, "show", item).stdout


def test_regroup_tells_what_would_change(desk: DeskProcess) -> None:
    done = run(desk, "regroup", "--dry-run")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "0 of 3 records would change cause."


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        (["items"], {"SNAGLIST_TOKEN": ""}, "holds no token"),
        (["items"], {"SNAGLIST_TOKEN": "snag_nonsense"}, "token"),
        (["items"], {"SNAGLIST_URL": "http://127.0.0.1:1"}, "cannot be reached"),
        (["items"], {"SNAGLIST_URL": "ftp://x"}, "no http"),
        (["items"], {"SNAGLIST_URL": "http://127.0.0.1:1,"}, "cannot be reached"),
        (["items", "--state", "gone"], {}, "state cannot be"),
        (["show", "nonsense"], {}, "no item, cause, record, run or retry"),
        (["ignore", "--yes"], {}, "Nothing says which"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_a_remedy(
    desk: DeskProcess, arguments: list[str], settings: dict[str, str], says: str
) -> None:
    given = {"SNAGLIST_URL": desk.url, "SNAGLIST_TOKEN": desk.token} | settings

    done = snaglist(*arguments, folder=desk.folder, **given)

    assert done.returncode == 1
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith("snaglist: ")
    assert says in first
    assert second.startswith("  ")


def test_runs_are_listed_with_how_far_they_are(desk: DeskProcess) -> None:
    client = desk.client()
    client.post("/api/v1/runs", json={"label": "night", "name": HOSTILE, "total": 4})
    client.post("/api/v1/runs", json={"label": "events", "kind": "mirror"})
    client.post("/api/v1/runs/events/beats", json={"last_event_id": 41233})
    told = {"shotgun_id": 900, "entity_type": "Asset", "run": "night"}
    client.post("/import/shotgun/imported", json=told)

    listed = run(desk, "runs", "--source", "shotgun")

    assert listed.returncode == 0, listed.stderr
    assert "\x1b" not in listed.stdout
    assert "event 41233" in listed.stdout
    assert "[####............] 1 of 4" in listed.stdout
    assert [one["label"] for one in json.loads(run(desk, "runs", "--json").stdout)] == [
        "events",
        "night",
    ]
    assert run(desk, "runs", "--kind", "run", "--state", "failed").stdout == "No run matches.\n"
