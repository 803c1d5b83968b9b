"""The pieces of evidence by name: what splits a cause into fixes, by rule or by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from snaglist.causes import mentions, surroundings
from snaglist.causes.culprits import culprit_of, people_of, status_of
from snaglist.causes.lazily import once
from snaglist.causes.naming import said_alike
from snaglist.causes.piece import LONGEST, NOTHING, Piece, named_piece
from snaglist.causes.reading import Reading
from snaglist.causes.texts import bodies_in

_LINKS = frozenset(
    """
    step entity task sg_task tasks asset_type sg_asset_type sg_sequence sequence episode sg_episode
    user created_by author note_links parent task_assignees assets code name content
    """.split()
)
_OWN_TABLES = {
    **dict.fromkeys(("Asset", "Shot", "Sequence", "Episode", "Scene"), "entity"),
    "Status": "task_status",
    "Step": "task_type",
    "Task": "task",
    "Version": "preview_file",
    "HumanUser": "person",
    "Note": "comment",
    "Project": "project",
    "Department": "department",
}


def project(reading: Reading) -> Piece:
    shown = reading.project
    if not shown and (match := mentions.PROJECT.search(reading.speech)):
        shown = match[1]
    return named_piece(shown)


@once
def person(reading: Reading) -> Piece:
    culprit = culprit_of(reading)
    if culprit.role in ("person", "group"):
        return Piece(culprit.key, culprit.shown)
    if match := mentions.EMAIL.search(reading.speech):
        return Piece(match[0].lower(), match[0])
    people = people_of(reading)
    speech = reading.full
    for one in people:
        if (
            one.key in speech
            or one.shown.partition(" (")[0] in speech
            or one.key.rpartition(" ")[2] in speech
        ):
            return Piece(one.key, one.shown)
    if len(people) == 1:
        return Piece(people[0].key, people[0].shown)
    if match := mentions.PERSON.search(reading.speech):
        return named_piece(match[1])
    if match := mentions.PERSON_ID.search(reading.speech):
        return Piece(f"HumanUser {match[1]}", f"HumanUser {match[1]}")
    return NOTHING


def status(reading: Reading) -> Piece:
    shown = status_of(reading)
    if not shown:
        culprit = culprit_of(reading)
        shown = culprit.shown if culprit.role == "status" else ""
    for body in [] if shown else bodies_in(reading.texts, reading.details):
        if "status" in str(body.get("field")) and isinstance(body.get("value"), str):
            shown = body["value"]
    if not shown and (match := mentions.STATUS_ASSIGNED.search(reading.speech)):
        shown = mentions.first(match)
    if not shown:
        shown = mentions.first(mentions.STATUS.search(reading.speech))
    if not shown and (match := mentions.QUOTED.search(reading.speech)):
        shown = match[1]
    return named_piece(shown)


def task_type(reading: Reading) -> Piece:
    value = reading.member("step", "task_type", "task_type_name", "step_name")
    name = value.get("name") if isinstance(value, Mapping) else value
    if isinstance(name, str) and name:
        return named_piece(name)
    culprit = culprit_of(reading)
    if culprit.role == "step":
        return named_piece(culprit.key)
    if match := mentions.TASK_TYPE.search(reading.speech):
        return named_piece(match[1])
    if isinstance(value, Mapping) and isinstance(value.get("id"), int):
        return Piece(f"Step {value['id']}", f"Step {value['id']}")
    return NOTHING


def field(reading: Reading) -> Piece:
    """The field, with its entity type where one is known: `Shot.sg_turnover`."""
    found = reading.field
    if not found and (match := mentions.BRACKETED.search(reading.speech)):
        found = match[1]
    if found and "." not in found and reading.entity_type:
        found = f"{reading.entity_type}.{found}"
    return Piece(found, found)


def bare_field(reading: Reading) -> Piece:
    found = reading.field.rpartition(".")[2] or culprit_of(reading).key or reading.column
    found = found or mentions.first(mentions.LACKING.search("\n".join(reading.texts)))
    return Piece(found, found)


def limit(reading: Reading) -> Piece:
    """The table and the length it takes: `entity varchar(160)`."""
    length = reading.limit
    table = reading.relation or _OWN_TABLES.get(reading.entity_type, "")
    if table == "entity" and length == "30":
        table = "entity_type"
    text = f"{table} varchar({length})".strip() if length else table
    return Piece(text, text)


def column(reading: Reading) -> Piece:
    text = ".".join(part for part in (reading.relation, reading.column) if part)
    return Piece(text, text)


def entity_type(reading: Reading) -> Piece:
    return Piece(reading.entity_type, reading.entity_type)


def linked_type(reading: Reading) -> Piece:
    """The type of what the failed entity hangs on, else its own."""
    if named := mentions.TYPE_NAME.search(reading.speech):
        return Piece(named[1], named[1])
    culprit = culprit_of(reading)
    if culprit.role == "name" and culprit.key[:1].isupper() and culprit.key.isalnum():
        return Piece(culprit.key, culprit.key)
    entity = reading.member("entity")
    if isinstance(entity, Mapping) and isinstance(entity.get("type"), str):
        return Piece(entity["type"][:60], entity["type"][:60])
    return entity_type(reading)


def absent(reading: Reading) -> Piece:
    names = sorted(reading.absent - {"old_value", "new_value", "description", "project"})
    text = ", ".join(names)[:LONGEST]
    return Piece(text, text)


def frame(reading: Reading) -> Piece:
    where = reading.frames[-1].where if reading.frames else ""
    return Piece(where[:LONGEST], where[:LONGEST])


def exception(reading: Reading) -> Piece:
    found = reading.exceptions[0] if reading.exceptions else ""
    return Piece(found, found)


def http_status(reading: Reading) -> Piece:
    text = str(reading.status) if reading.status else ""
    return Piece(text, text)


def unique_field(reading: Reading) -> Piece:
    """The field that must be unique; "the Project Name field" is `Project.name`."""
    if match := mentions.BRACKETED.search(reading.speech):
        found = match[1]
        if "." not in found and (words := mentions.CAPITAL_FIELD.search(reading.speech)):
            found = f"{found}.{words[1].removeprefix(found).strip().replace(' ', '_').lower()}"
        return Piece(found, found)
    return field(reading)


def pattern(reading: Reading) -> Piece:
    """Which name breaks which pattern: `label`, `name`."""
    match = mentions.PATTERN_FIELD.search(reading.speech)
    return Piece(match[1] or match[2], match[1] or match[2]) if match else NOTHING


def plainly(read: Callable[[Reading], str]) -> Callable[[Reading], Piece]:
    """A piece that is one text of the reading, as it stands."""

    def piece(reading: Reading) -> Piece:
        text = read(reading)
        return Piece(text, text)

    return piece


def mentioned(pattern: re.Pattern[str]) -> Callable[[Reading], Piece]:
    """A piece that is what the first group of a pattern finds in the text."""
    return lambda reading: named_piece(mentions.first(pattern.search(reading.speech)))


def process(reading: Reading) -> Piece:
    container = reading.member("container", "pod")
    if isinstance(container, Mapping) and isinstance(container.get("name"), str):
        return named_piece(container["name"])
    found = mentions.first(mentions.PROCESS.search(reading.speech))
    queue = reading.member("queue", "worker", "service")
    return named_piece(found or (queue if isinstance(queue, str) else ""))


def tool(reading: Reading) -> Piece:
    """The program that is missing, and the machine on which it is."""
    found = mentions.first(mentions.TOOL.search(reading.speech))
    worker = mentions.first(mentions.WORKER.search(reading.speech)) or reading.member(
        "worker", "hostname", "node"
    )
    return named_piece(f"{found} on {worker}" if isinstance(worker, str) and worker else found)


def mount(reading: Reading) -> Piece:
    """The first two folders of the path, the share or the drive; a show's folder is none.

    Nor is where the code lies that failed.
    """
    text = mentions.CODE.sub("", reading.full)
    if len(reading.project) > 1:
        text = text.replace(f"/{reading.project}", "/…").replace(f"\\{reading.project}", "\\…")
    return named_piece(mentions.first(mentions.MOUNT.search(f"{text} ")))


def field_or_payload(reading: Reading) -> Piece:
    """The field that is named, else the one of the payload whose value is no number."""
    found = field(reading)
    payload = reading.member("payload", "data", "values", "body")
    if not found.key and isinstance(payload, Mapping):
        for name, value in list(payload.items())[:60]:
            if value != value or value in ("NaN", "nan", "Infinity", "-Infinity", "inf"):
                return field_of(reading, str(name))
    return found


def field_or_source(reading: Reading) -> Piece:
    """The field that is named, else the one in the source line of the last frame."""
    found = field(reading)
    if (
        not found.key
        and reading.frames
        and (match := mentions.SUBSCRIPT.search(reading.frames[-1].source))
    ):
        return field_of(reading, match[1])
    return found


def field_of(reading: Reading, name: str) -> Piece:
    text = f"{reading.entity_type}.{name}" if reading.entity_type else name
    return Piece(text, text)


def choice_field(reading: Reading) -> Piece:
    """The field or enumeration whose value is not allowed."""
    found = reading.field.rpartition(".")[2] or mentions.first(mentions.ENUM.search(reading.speech))
    return named_piece(found) if found else surroundings.named(reading)


def holder(reading: Reading) -> Piece:
    """Who holds a lock: by id when it is said."""
    bodies = bodies_in(reading.texts, reading.details)
    for name in ("locked_by", "lock_owner", "checked_out_by", "owner", "holder"):
        for value in (reading.member(name), *(one.get(name) for one in bodies)):
            if isinstance(value, Mapping) and isinstance(value.get("id"), int):
                return Piece(f"HumanUser {value['id']}", f"HumanUser {value['id']}")
    if match := mentions.HOLDER_ID.search(reading.full):
        return Piece(f"HumanUser {match[1]}", f"HumanUser {match[1]}")
    match = mentions.HOLDER.search(reading.full)
    return named_piece(match[1]) if match else person(reading)


def written(reading: Reading) -> Piece:
    """The table and column that were written."""
    match = mentions.SQL_UPDATE.search(reading.everything)
    if match:
        return Piece(f"{match[1]}.{match[2]}", f"{match[1]}.{match[2]}")
    return column(reading)


def transition(reading: Reading) -> Piece:
    match = mentions.TRANSITION.search(reading.speech)
    if match is None:
        return status(reading)
    return named_piece(f"{match[1] or match[3]} -> {match[2] or match[4]}")


def script(reading: Reading) -> Piece:
    if match := mentions.SCRIPT.search(reading.speech):
        return named_piece(match[1])
    return NOTHING


def quoted(reading: Reading) -> Piece:
    """The first value in quotes that is not the entity's own name."""
    found = [match[1] for match in mentions.QUOTED.finditer(reading.speech)]
    own = (reading.name, reading.project)
    return named_piece(next((one for one in found if one not in own), found[0] if found else ""))


def title(reading: Reading) -> Piece:
    return named_piece(reading.title)


def answer(reading: Reading) -> Piece:
    """What was answered: the page's title, else the HTTP status."""
    return title(reading) if reading.title else http_status(reading)


def dropped_for(reading: Reading) -> Piece:
    """What is empty or unknown in an entry that the target dropped, behind its type."""
    missing = [name for name in sorted(reading.absent) if name in _LINKS or name.endswith("_id")]
    missing += sorted(set(reading.payload.denied))
    text = " without ".join(part for part in (reading.entity_type, ", ".join(missing)) if part)
    return Piece(text[:LONGEST], text[:LONGEST])


def missing_link(reading: Reading) -> Piece:
    """`Version without task`."""
    thing = reading.subject[1].replace("_", " ")
    text = f"{reading.entity_type} without {thing}".strip()
    return Piece(text, text) if thing else NOTHING


def subject(reading: Reading) -> Piece:
    found = reading.subject[1]
    return Piece(found, found.replace("_", " "))


def said(reading: Reading) -> Piece:
    """What was said, without what varies."""
    text = said_alike(reading)[:LONGEST]
    return Piece(text, text)


PIECES: dict[str, Callable[[Reading], Piece]] = {
    "project": project,
    "person": person,
    "status": status,
    "task_type": task_type,
    "field": field,
    "bare_field": bare_field,
    "limit": limit,
    "constraint": plainly(lambda reading: reading.constraint),
    "column": column,
    "relation": plainly(lambda reading: reading.relation),
    "entity_type": entity_type,
    "linked_type": linked_type,
    "absent": absent,
    "frame": frame,
    "exception": exception,
    "http_status": http_status,
    "endpoint": plainly(lambda reading: reading.endpoint),
    "host": plainly(lambda reading: reading.host),
    "event_type": plainly(lambda reading: reading.event_type),
    "unique_field": unique_field,
    "pattern": pattern,
    "script": script,
    "module": mentioned(mentions.MODULE),
    "tool": tool,
    "process": process,
    "mount": mount,
    "codec": mentioned(mentions.CODEC),
    "transition": transition,
    "required_field": mentioned(mentions.REQUIRED),
    "webhook": mentioned(mentions.WEBHOOK),
    "client": mentioned(mentions.CLIENT),
    "holder": holder,
    "choice_field": choice_field,
    "written": written,
    "field_or_payload": field_or_payload,
    "field_or_source": field_or_source,
    "quoted": quoted,
    "side": plainly(lambda reading: reading.side),
    "page_title": title,
    "answer": answer,
    "missing_link": missing_link,
    "dropped_for": dropped_for,
    "subject": subject,
    "named": surroundings.named,
    "feature": surroundings.feature,
    "licensed": surroundings.licensed,
    "named_field": surroundings.named_field,
    "proxy": surroundings.proxy,
    "machine": surroundings.machine,
    "schema": surroundings.schema,
    "said": said,
}
