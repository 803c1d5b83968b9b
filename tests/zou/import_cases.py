"""Malformed imports and what Zou 1.0.97 answers to each, as measured: status, and entries kept.

A case is a good entry with some members changed; `GONE` takes a member out. `NULLED` names the
links that come back as null with a 200.
"""

from __future__ import annotations

from typing import Any, NamedTuple

GONE = object()
_PROJECT = {"type": "Project", "id": 1, "name": "Agent327"}
_NOWHERE = {"type": "Project", "id": 99, "name": "Nowhere"}
_JO = {"type": "HumanUser", "id": 1, "name": "Jo"}
_RULES = {"type": "PermissionRuleSet", "id": 5, "name": "Artist"}
_MOVIE = {"url": "https://media.example/a.mov", "name": "a.mov", "link_type": "upload"}
_LOCAL = {"link_type": "local", "local_path": "/mnt/a.mov", "name": "a.mov"}


def _link(kind: str, number: int) -> dict[str, Any]:
    return {"type": kind, "id": number, "name": f"{kind} {number}"}


GOOD: dict[str, dict[str, Any]] = {
    "projects": {"name": "Agent327", "sg_status": "Active"},
    "persons": {
        "login": "jo",
        "email": "jo@studio.example",
        "firstname": "Jo",
        "lastname": "Berg",
        "permission_rule_set": _RULES,
    },
    "steps": {"code": "Animation", "color": "1,2,3"},
    "status": {"code": "wip", "name": "In work", "bg_color": "1,2,3"},
    "project-connections": {"project": _PROJECT, "user": _JO},
    "episodes": {"code": "E01", "description": None, "project": _PROJECT},
    "sequences": {
        "code": "S01",
        "description": None,
        "project": _PROJECT,
        "episode": _link("Episode", 1),
    },
    "scenes": {"code": "SC1", "project": _PROJECT, "sequence_sg_scenes_1_sequences": []},
    "shots": {
        "code": "SH01",
        "project": _PROJECT,
        "sg_sequence": _link("Sequence", 1),
        "sg_cut_in": 1,
        "sg_cut_duration": 10,
        "assets": [],
    },
    "assets": {
        "code": "Sheep",
        "description": None,
        "project": _PROJECT,
        "sg_asset_type": "Character",
    },
    "tasks": {
        "cached_display_name": "Animation",
        "project": _PROJECT,
        "step": _link("Step", 1),
        "entity": _link("Asset", 1),
        "sg_status_list": "wip",
        "sg_sort_order": 1,
        "start_date": None,
        "due_date": None,
        "duration": None,
        "created_by": _JO,
        "task_assignees": [],
    },
    "versions": {
        "code": "v1",
        "description": "d",
        "project": _PROJECT,
        "entity": None,
        "sg_task": _link("Task", 1),
        "sg_uploaded_movie": _MOVIE,
    },
    "notes": {
        "content": "hi",
        "tasks": [_link("Task", 1)],
        "user": _JO,
        "created_at": "2024-01-02T03:04:05Z",
    },
}
"""One good entry of each kind, in order of dependency; the first of each has the id 1."""


class Case(NamedTuple):
    """One request: the good entry with another id and these members changed, for each change."""

    kind: str
    name: str
    changes: tuple[dict[str, Any], ...]
    status: int
    kept: int | None
    nulled: tuple[str, ...] = ()


def _case(kind: str, name: str, change: dict[str, Any], status: int = 500, *nulled: str) -> Case:
    return Case(kind, name, (change,), status, 1 if status == 200 else None, nulled)


def _dropped(kind: str, name: str, change: dict[str, Any]) -> Case:
    return Case(kind, name, (change,), 200, 0)


CASES = (
    _case("assets", "ok", {"code": "Goat"}, 200),
    _case("assets", "dup name new id", {}, 200),
    Case("assets", "same name other id", ({"code": "A"}, {"code": "A"}), 200, 2),
    _dropped("assets", "missing project", {"project": _NOWHERE}),
    _case("assets", "project null", {"project": None}),
    _dropped("assets", "asset type null", {"sg_asset_type": None}),
    _case("assets", "no sg_asset_type key", {"sg_asset_type": GONE}),
    _dropped("assets", "no description key", {"description": GONE}),
    _case("assets", "name too long", {"code": "x" * 170}),
    _dropped("assets", "code null", {"code": None}),
    _case("assets", "id huge", {"id": 3_062_050_417}),
    _case("assets", "type too long", {"sg_asset_type": "t" * 40}),
    _case("assets", "nul char", {"code": "nul\0x"}),
    Case("assets", "batch long in middle", ({}, {"code": "x" * 170}, {}), 500, None),
    _case("shots", "ok", {}),
    _case("shots", "missing project", {"code": "SH02", "project": _NOWHERE}),
    Case("shots", "same name other id", ({"code": "D"}, {"code": "D"}), 500, None),
    _dropped("shots", "no cut key", {"sg_cut_in": GONE}),
    _case("shots", "unknown sequence", {"sg_sequence": _link("Sequence", 9)}, 200, "parent_id"),
    _case("shots", "cut_in string", {"code": "SH07", "sg_cut_in": "1"}),
    _case("shots", "cut float ok", {"code": "SH08", "sg_cut_duration": 10.5}, 200),
    _case("shots", "assets null", {"code": "SH09", "assets": None}),
    _dropped("sequences", "missing project", {"code": "S02", "project": _NOWHERE}),
    Case("sequences", "similar exists other id", ({"code": "Q"}, {"code": "Q"}), 200, 1),
    _dropped("sequences", "no description", {"code": "R", "description": GONE}),
    _dropped("episodes", "missing project", {"project": _NOWHERE}),
    Case("episodes", "dup name", ({"code": "Q"}, {"code": "Q"}), 200, 2),
    _case("scenes", "missing project", {"project": _NOWHERE}),
    _case("tasks", "ok", {}, 200),
    _dropped("tasks", "step null", {"step": None}),
    _case("tasks", "no step key", {"step": GONE}),
    _case("tasks", "unknown step", {"step": _link("Step", 9)}, 200, "task_type_id"),
    _case("tasks", "unknown status", {"sg_status_list": "rev1"}, 200, "task_status_id"),
    _case("tasks", "unknown entity", {"entity": _link("Asset", 9)}, 200, "entity_id"),
    _case("tasks", "entity type unsupported", {"entity": _link("Level", 1)}, 200, "entity_id"),
    _dropped("tasks", "unknown assignee", {"task_assignees": [_link("HumanUser", 4242)]}),
    _dropped("tasks", "group assignee", {"task_assignees": [_link("Group", 7)]}),
    _case("tasks", "created_by null", {"created_by": None}),
    _case("tasks", "name null", {"cached_display_name": None}),
    _case("tasks", "name long", {"cached_display_name": "n" * 90}),
    _case("tasks", "bad date", {"due_date": "31/12/2024"}),
    _case("tasks", "missing project", {"project": _NOWHERE}, 200, "project_id"),
    _dropped("tasks", "no sort order", {"sg_sort_order": GONE}),
    _case("versions", "ok", {}, 200),
    _case("versions", "unknown task", {"sg_task": _link("Task", 9)}, 200, "task_id"),
    _dropped("versions", "task null", {"sg_task": None}),
    _dropped("versions", "no movie key", {"sg_uploaded_movie": GONE}),
    _case("versions", "long url", {"sg_uploaded_movie": {"url": "https://x/" + "u" * 700}}),
    _dropped("versions", "movie link no url", {"sg_uploaded_movie": _LOCAL}),
    _case("notes", "ok", {}, 200),
    _case("notes", "unknown user", {"user": _link("HumanUser", 999)}),
    _case("notes", "user null", {"user": None}),
    _case("notes", "bad date", {"created_at": "2024-01-02 03:04:05"}),
    _case("notes", "date null", {"created_at": None}),
    _dropped("notes", "unknown task", {"tasks": [_link("Task", 9)]}),
    _case("notes", "no tasks key", {"tasks": GONE}),
    _case("persons", "ok", {}, 200),
    _case("persons", "dup email", {}, 200),
    _case("persons", "null last name", {"lastname": None}),
    _dropped("persons", "changeme", {"firstname": "changeme"}),
    _dropped("persons", "no login", {"login": GONE}),
    _case("persons", "email null", {"email": None}, 200),
    _case("persons", "rule set null", {"permission_rule_set": None}),
    _case("status", "bad color", {"bg_color": "red"}),
    _case("status", "color float", {"bg_color": "1.0,2.0,3.0"}),
    _case("status", "code too long", {"code": "averylongcode"}),
    _case("status", "name null", {"code": "nn", "name": None}),
    _dropped("status", "wrong", {"name": GONE}),
    _case("steps", "color pipeline_step", {"color": "pipeline_step"}),
    _case("steps", "color null", {"color": None}),
    _case("steps", "name too long", {"code": "s" * 60}),
    Case("steps", "ok twice", ({"code": "Layout"}, {"code": "Layout"}), 200, 2),
    _case("projects", "ok", {"name": "New"}, 200),
    _case("projects", "dup name", {"name": "New"}, 200),
    _case("projects", "no sg_status", {"sg_status": GONE}),
    _case("projects", "status null", {"sg_status": None}, 200),
    _case("projects", "status long", {"sg_status": "s" * 30}),
    _case("projectconnections", "unknown user", {"user": _link("HumanUser", 999)}, 200),
    _dropped("projectconnections", "unknown project", {"project": _NOWHERE}),
    Case("projectconnections", "same person twice", ({}, {}), 200, 2),
    _case("project-connections", "existing link", {}, 200),
)
LEFT_OUT = {
    ("assets", "batch mixed: bad middle"): "the row after a dropped one, in one request",
    ("assets", "not a list (single dict)"): "below, as a test of its own",
    ("assets", "string body"): "below, as a test of its own",
}
"""The measured cases that are no `Case`, and why."""
