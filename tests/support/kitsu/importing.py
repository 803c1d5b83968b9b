"""How one ShotGrid entry becomes a row, is left out, or brings the whole request down.

What it refuses and how was measured of Zou 1.0.97; `tests/zou/import_cases.py` has the cases.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from support.kitsu.held import Held

Entry = dict[str, Any]
Row = dict[str, Any]
_LARGEST_ID = 2**31 - 1
_NOTE_TIME = "%Y-%m-%dT%H:%M:%SZ"


class Dropped(Exception):
    """The entry is left out of a 200; the text is all that the log says, and may be empty."""


class Unhandled(Exception):
    """The answer is a 500 that says nothing; the text is what the log says."""


def save(held: Held, kind: str, entry: Entry) -> Row:
    """The row that an entry of this kind (`shots`) became; Dropped, or anything else as a 500."""
    importer, needed = _KINDS[kind]
    for name in needed:
        if name not in entry:
            raise Dropped(f"KeyError: {name!r}")
    return importer(held, entry)


def _project(held: Held, entry: Entry) -> Row:
    status = entry["sg_status"]
    _check_length(held, "project_status", status)
    row = {"name": entry["name"], "project_status": status or "open"}
    return held.save("project", entry["id"], row)


def _person(held: Held, entry: Entry) -> Row:
    role = "admin" if entry["permission_rule_set"].get("id") == 1 else "user"
    if entry["firstname"] == "changeme":
        raise Dropped("nobody real")
    _check_filled("person", first_name=entry["firstname"], last_name=entry["lastname"])
    row = {
        "first_name": entry["firstname"],
        "last_name": entry["lastname"],
        "email": entry["email"],
        "desktop_login": entry["login"],
        "role": role,
    }
    return held.save("person", entry["id"], row)


def _step(held: Held, entry: Entry) -> Row:
    _check_length(held, "task_type", entry["code"])
    row = {"name": entry["code"], "color": _colour(entry["color"])}
    return held.save("task_type", entry["id"], row)


def _status(held: Held, entry: Entry) -> Row:
    colour = _colour(entry["bg_color"])
    _check_filled("task_status", name=entry["name"])
    _check_length(held, "task_status", entry["code"])
    row = {"name": entry["name"], "short_name": entry["code"], "color": colour}
    return held.save("task_status", entry["id"], row)


def _episode(held: Held, entry: Entry) -> Row:
    project_id = _project_id(held, entry)
    if not project_id:
        raise Dropped("")
    return _entity(held, entry, "Episode", project_id, None)


def _sequence(held: Held, entry: Entry) -> Row:
    project_id = _project_id(held, entry)
    parent_id = _entity_id(held, "Episode", entry["episode"])
    if not project_id or _namesake(held, entry, "Sequence", project_id, parent_id):
        raise Dropped("")
    return _entity(held, entry, "Sequence", project_id, parent_id)


def _scene(held: Held, entry: Entry) -> Row:
    links = entry["sequence_sg_scenes_1_sequences"]
    parent_id = _entity_id(held, "Sequence", links[0] if links else None)
    return _entity(held, entry, "Scene", _project_id(held, entry), parent_id)


def _shot(held: Held, entry: Entry) -> Row:
    project_id = _project_id(held, entry)
    parent_id = _entity_id(held, "Sequence", entry["sg_sequence"])
    len(entry["assets"])
    if (first := entry["sg_cut_in"]) is not None:
        first + int(entry["sg_cut_duration"] or 0)
    if _namesake(held, entry, "Shot", project_id, parent_id):
        raise Unhandled(
            "psycopg.errors.UniqueViolation: "
            'duplicate key value violates unique constraint "entity_uc"'
        )
    return _entity(held, entry, "Shot", project_id, parent_id)


def _asset(held: Held, entry: Entry) -> Row:
    asset_type = entry["sg_asset_type"]
    if asset_type is None:
        raise Dropped("")
    _check_length(held, "entity_type", asset_type)
    project_id = _project_id(held, entry)
    if not project_id or not entry["code"]:
        values = {"name": entry["code"], "shotgun_id": entry["id"], "project_id": project_id}
        raise Dropped(f"no project or no name: {values}")
    return _entity(held, entry, "Asset", project_id, None)


def _task(held: Held, entry: Entry) -> Row:
    step = entry["step"]
    if step is None:
        raise Dropped("")
    entry["created_by"]["id"]
    people = [_person_of(held, one) for one in entry["task_assignees"]]
    _check_filled("task", name=entry["cached_display_name"])
    _check_length(held, "task", entry["cached_display_name"])
    if due := entry["due_date"]:
        _check_date(due)
    status = held.where("task_status", short_name=entry["sg_status_list"])
    link = entry["entity"] or {"type": None}
    row = {
        "name": entry["cached_display_name"],
        "project_id": _project_id(held, entry),
        "task_type_id": held.id_of("task_type", step["id"]),
        "task_status_id": status and status["id"],
        "entity_id": _entity_id(held, link["type"], link),
        "assignees": people,
    }
    return held.save("task", entry["id"], row)


def _version(held: Held, entry: Entry) -> Row:
    task = entry["sg_task"]
    if task is None:
        raise Dropped("")
    movie = entry["sg_uploaded_movie"]
    if movie is not None and "url" not in movie:
        raise Dropped("KeyError: 'url'")
    _check_length(held, "preview_file", movie and movie["url"])
    row = {"name": entry["code"], "task_id": held.id_of("task", task["id"])}
    return held.save("preview_file", entry["id"], row)


def _note(held: Held, entry: Entry) -> Row:
    tasks, author = entry["tasks"], entry["user"]["id"]
    written_at = datetime.strptime(entry["created_at"][:], _NOTE_TIME)  # noqa: DTZ007
    task_id = held.id_of("task", tasks[0]["id"]) if tasks else None
    if not task_id:
        raise Dropped("")
    person_id = held.id_of("person", author)
    _check_filled("comment", person_id=person_id)
    row = {"object_id": task_id, "person_id": person_id, "text": entry["content"]}
    return held.save("comment", entry["id"], row | {"created_at": written_at.isoformat()})


def _project_connection(held: Held, entry: Entry) -> Row:
    """What comes back is the project, with the project's ShotGrid id."""
    project = held.find("project", entry["project"]["id"])
    if not project:
        raise Dropped("")
    if person := held.id_of("person", entry["user"]["id"]):
        link = {"project_id": project["id"], "person_id": person}
        held.save("project_person_link", entry["id"], link)
    return project


def _entity(
    held: Held, entry: Entry, kind: str, project_id: str | None, parent_id: str | None
) -> Row:
    """Assets, shots and what holds them are rows of one table, told apart by `entity_type`."""
    _check_filled("entity", name=entry["code"], project_id=project_id)
    _check_length(held, "entity", entry["code"])
    row = {
        "name": entry["code"],
        "entity_type": kind,
        "project_id": project_id,
        "parent_id": parent_id,
    }
    return held.save(f"entity {kind}", entry["id"], row)


def _namesake(
    held: Held, entry: Entry, kind: str, project_id: str | None, parent_id: str | None
) -> bool:
    """Whether another entity has this name at this place."""
    place = {"name": entry["code"], "project_id": project_id, "parent_id": parent_id}
    return any(
        place.items() <= row.items() and row["shotgun_id"] != entry["id"]
        for row in held.all(f"entity {kind}")
    )


def _project_id(held: Held, entry: Entry) -> str | None:
    return held.id_of("project", entry["project"]["id"])


def _entity_id(held: Held, kind: str | None, link: Entry | None) -> str | None:
    return held.id_of(f"entity {kind}", link["id"]) if link else None


def _person_of(held: Held, link: Entry) -> str:
    person_id = held.id_of("person", link["id"]) if link["type"] == "HumanUser" else None
    if not person_id:
        raise Dropped(f"KeyError: {link['id']}")
    return person_id


def _colour(text: str) -> str:
    red, green, blue = text.split(",")
    return f"#{int(red):02x}{int(green):02x}{int(blue):02x}"


def _check_filled(relation: str, **values: object) -> None:
    for column, value in values.items():
        if value is None:
            raise Unhandled(
                f'psycopg.errors.NotNullViolation: null value in column "{column}" '
                f'of relation "{relation}" violates not-null constraint'
            )


def _check_length(held: Held, relation: str, text: str | None) -> None:
    if text and "\0" in text:
        raise Unhandled("psycopg.DataError: PostgreSQL text fields cannot contain NUL (0x00) bytes")
    if text and len(text) > (most := held.longest(relation)):
        raise Unhandled(
            "psycopg.errors.StringDataRightTruncation: value too long for type "
            f"character varying({most})\n[SQL: INSERT INTO {relation} (name) VALUES (%(name)s)]"
        )


def _check_date(text: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise Unhandled(
            f'psycopg.errors.DatetimeFieldOverflow: date/time field value out of range: "{text}"'
        ) from error


def check_id(entry: Entry) -> None:
    """Ids are 32 bits wide."""
    if entry.get("id", 0) > _LARGEST_ID:
        raise Unhandled("psycopg.errors.NumericValueOutOfRange: integer out of range")


_Importer = Callable[[Held, Entry], Row]
_KINDS: dict[str, tuple[_Importer, tuple[str, ...]]] = {
    "projects": (_project, ("name",)),
    "persons": (_person, ("login", "email", "firstname", "lastname")),
    "steps": (_step, ("code",)),
    "status": (_status, ("name", "code")),
    "projectconnections": (_project_connection, ()),
    "project-connections": (_project_connection, ()),
    "episodes": (_episode, ("code", "description")),
    "sequences": (_sequence, ("code", "description")),
    "scenes": (_scene, ("code",)),
    "shots": (_shot, ("code", "sg_cut_in", "sg_cut_duration")),
    "assets": (_asset, ("code", "description")),
    "tasks": (_task, ("cached_display_name", "sg_sort_order", "sg_status_list")),
    "versions": (_version, ("code", "sg_uploaded_movie")),
    "notes": (_note, ("content",)),
}
"""By endpoint: who makes the row, and the members without which an entry is left out."""
KINDS = tuple(_KINDS)
