"""The studio of the flow tests: 500 entities of every type, made the same each time.

What is wrong with some of them is in `faults.py`.
"""

from __future__ import annotations

from typing import Any

Rows = dict[str, list[dict[str, Any]]]
TOTAL = 500
SUNNY, NEBULA, OWL = (
    {"type": "Project", "id": number, "name": name}
    for number, name in enumerate(("Sunny", "Nebula", "Owl"), 1)
)
_SHOWS = (SUNNY, NEBULA)
_NAMES = "Ana Berg,Ben Cho,Cleo Diaz,Dev Ekman,Eda Faye,Finn Gray,Gus Holt,Hana Ito,Ida Jung"
_STEPS = "Layout Modeling Rigging Animation Lighting FX Compositing Editing".split()
_STATUSES = "wip rdy fin apr omt ip hld rev na wtg".split()
_KINDS_OF_ASSET = "Character Prop Environment".split()


def studio(media: str) -> Rows:
    """All entities by type; `media` is the address under which their files are."""
    rows = _studio_wide() | _what_holds() | {"Shot": _shots(), "Asset": _assets()}
    rows |= {"Task": _tasks(), "Version": _versions(media), "Note": _notes()}
    assert sum(map(len, rows.values())) == TOTAL
    return rows


def link(kind: str, number: int, name: str = "") -> dict[str, Any]:
    """A link as ShotGrid gives it."""
    return {"type": kind, "id": number, "name": name or f"{kind} {number}"}


def _rows(kind: str, members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": kind, "id": number} | one for number, one in enumerate(members, 1)]


def _show(number: int) -> dict[str, Any]:
    return _SHOWS[number % 2]


def _studio_wide() -> Rows:
    people = [name.split() for name in (_NAMES + ",Jo Kim,Kai Lund,Lea Moss").split(",")]
    return {
        "Project": _rows(
            "Project",
            [{"name": one["name"], "sg_status": "Active"} for one in (SUNNY, NEBULA, OWL)],
        ),
        "HumanUser": _rows(
            "HumanUser",
            [
                {
                    "login": first.lower(),
                    "email": f"{first}@studio.example".lower(),
                    "firstname": first,
                    "lastname": last,
                    "permission_rule_set": link("PermissionRuleSet", 5, "Artist"),
                }
                for first, last in people
            ],
        ),
        "Step": _rows("Step", [{"code": name, "color": "80,90,100"} for name in _STEPS]),
        "Status": _rows(
            "Status",
            [{"code": code, "name": code.upper(), "bg_color": "200,30,40"} for code in _STATUSES],
        ),
        "ProjectUserConnection": _rows(
            "ProjectUserConnection",
            [
                {"project": _show(number), "user": link("HumanUser", number)}
                for number in (1, 2, 3, 6, 7)
            ],
        ),
    }


def _what_holds() -> Rows:
    return {
        "Episode": _rows(
            "Episode",
            [
                {"code": f"EP{number:02}", "description": None, "project": _show(number)}
                for number in range(1, 5)
            ],
        ),
        "Sequence": _rows(
            "Sequence",
            [
                {
                    "code": f"SQ{number:02}",
                    "description": None,
                    "project": _show(number),
                    "episode": link("Episode", 2 - number % 2),
                }
                for number in range(1, 13)
            ],
        ),
        "Scene": _rows(
            "Scene",
            [
                {
                    "code": f"SC{number:02}",
                    "project": _show(number),
                    "sequence_sg_scenes_1_sequences": [link("Sequence", number)],
                }
                for number in range(1, 7)
            ],
        ),
    }


def _shots() -> list[dict[str, Any]]:
    return _rows(
        "Shot",
        [
            {
                "code": f"SH{number:04}",
                "project": _show(number),
                "sg_sequence": link("Sequence", 1 + (number - 1) % 12),
                "sg_cut_in": 1001,
                "sg_cut_duration": 24 + number,
                "assets": [link("Asset", 1 + number % 50)],
            }
            for number in range(1, 91)
        ],
    )


def _assets() -> list[dict[str, Any]]:
    return _rows(
        "Asset",
        [
            {
                "code": f"asset {number:02}",
                "description": "as drawn",
                "project": _show(number),
                "sg_asset_type": _KINDS_OF_ASSET[number % 3],
            }
            for number in range(1, 71)
        ],
    )


def _tasks() -> list[dict[str, Any]]:
    """Two for each of the first 40 shots and assets, which have no faults of their own."""
    return _rows(
        "Task",
        [
            {
                "cached_display_name": _STEPS[number % 8],
                "project": _show(1 + number // 4 % 40),
                "entity": link("Asset" if number % 2 else "Shot", 1 + number // 4 % 40),
                "step": link("Step", 1 + number % 8, _STEPS[number % 8]),
                "sg_status_list": _STATUSES[number % 10],
                "sg_sort_order": number,
                "start_date": "2026-11-02",
                "due_date": "2026-11-20",
                "duration": 480,
                "created_by": link("HumanUser", 1),
                "task_assignees": [link("HumanUser", 1 + number % 3)],
            }
            for number in range(160)
        ],
    )


def _versions(media: str) -> list[dict[str, Any]]:
    return _rows(
        "Version",
        [
            {
                "code": f"v{number:03}",
                "description": "for review",
                "project": _show(1 + (number - 1) // 4),
                "entity": None,
                "sg_task": link("Task", number),
                "sg_uploaded_movie": {
                    "url": f"{media}/v{number:03}.mov",
                    "name": f"v{number:03}.mov",
                    "link_type": "upload",
                },
            }
            for number in range(1, 76)
        ],
    )


def _notes() -> list[dict[str, Any]]:
    return _rows(
        "Note",
        [
            {
                "content": f"please look at frame {number}",
                "project": _show(1 + (number - 1) // 4),
                "tasks": [link("Task", number)],
                "user": link("HumanUser", 1 + number % 3),
                "created_at": "2026-11-10T09:30:00+00:00",
            }
            for number in range(1, 46)
        ],
    )
