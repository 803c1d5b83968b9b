"""A nightly that has only curl brings its list to zero."""

from __future__ import annotations

import json
import shutil
import subprocess

from support.desks import DeskProcess
from support.understanding import recount

NIGHTLY = r"""
set -eu
post() { curl -sS -f -X POST "$DESK/import/shotgun/$1" -H "Authorization: Bearer $TOKEN" -d "$2"; }
for id in 1 2 3; do
  post errors "{\"error\": \"Failed to import asset\", \"details\": {\"shotgun_id\": $id}}"
done > /dev/null
for id in 1 2; do
  post imported "{\"shotgun_id\": $id, \"entity_type\": \"Asset\"}"
done
post imported '[{"shotgun_id": 3, "entity_type": "Asset"},
                {"shotgun_id": 4, "entity_type": "Asset"}]'
"""


def test_a_shell_script_brings_its_list_to_zero(desk: DeskProcess) -> None:
    assert shutil.which("curl"), "install curl: the test is about a nightly that has only that"
    done = subprocess.run(
        ["sh", "-c", NIGHTLY],
        env={"DESK": desk.url, "TOKEN": desk.new_token("report"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == '{"resolved":1}{"resolved":1}{"resolved":1}'
    listed = desk.client().get("/import/shotgun/errors").json()
    assert {record["status"] for record in listed} == {"resolved"}
    assert recount(desk.database) == []
    doctor = json.loads(desk.run("doctor", "--deep", "--json").stdout)
    assert {one["name"]: one["verdict"] for one in doctor}["counts"] == "good"
