"""The fields that the studio's ShotGrid has, in the form that Mockgun reads."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

FIELDS = {
    "Project": "name:text sg_status:text",
    "HumanUser": "login:text email:text firstname:text lastname:text permission_rule_set:entity",
    "Step": "code:text color:text",
    "Status": "code:text name:text bg_color:text",
    "ProjectUserConnection": "project:entity user:entity",
    "Episode": "code:text description:text project:entity",
    "Sequence": "code:text description:text project:entity episode:entity",
    "Scene": "code:text project:entity sequence_sg_scenes_1_sequences:multi_entity",
    "Shot": (
        "code:text project:entity sg_sequence:entity sg_cut_in:number sg_cut_duration:number"
        " assets:multi_entity"
    ),
    "Asset": "code:text description:text project:entity sg_asset_type:text",
    "Task": (
        "cached_display_name:text project:entity entity:entity step:entity sg_status_list:text"
        " sg_sort_order:number start_date:date due_date:date duration:number created_by:entity"
        " task_assignees:multi_entity"
    ),
    "Version": (
        "code:text description:text project:entity entity:entity sg_task:entity"
        " sg_uploaded_movie:url"
    ),
    "Note": "content:text project:entity tasks:multi_entity user:entity created_at:date_time",
    "EventLogEntry": "event_type:text description:text",
}
"""By entity type, in order of dependency: its fields and what they hold."""


def write_schema(folder: Path) -> tuple[str, str]:
    """Write both files of the schema; their paths, as Mockgun is given them."""
    schema = {
        kind: dict(map(_field, ["id:number", *fields.split()])) for kind, fields in FIELDS.items()
    }
    entities = {kind: {"name": {"value": kind}, "visible": {"value": True}} for kind in FIELDS}
    paths = folder / "schema.pickle", folder / "schema_entity.pickle"
    for path, content in zip(paths, (schema, entities), strict=True):
        path.write_bytes(pickle.dumps(content, protocol=2))
    return str(paths[0]), str(paths[1])


def _field(text: str) -> tuple[str, dict[str, Any]]:
    name, _, kind = text.partition(":")
    return name, {
        "data_type": {"value": kind, "editable": False},
        "properties": {"default_value": {"value": None, "editable": False}},
    }
