"""The pieces of evidence by name: what splits a cause into fixes, and by what people may split it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from snaglist.causes import mentions
from snaglist.causes.culprits import culprit_of, people_of, status_of
from snaglist.causes.reading import Reading
from snaglist.causes.signs import INSIDE, OPEN, SHUT
from snaglist.causes.texts import parsed

LONGEST = 200


class Piece(NamedTuple):
    """A stable key, and the text that people see; both "" when the record does not say."""

    key: str
    shown: str


NOTHING = Piece("", "")
_Q = r"['\"«»“”„`‘’「『]"
_QUOTED = re.compile(rf"{_Q}\s?([^'\"«»“”„`’」』\n]{{1,80}}?)\s?['\"«»“”`’」』]")
_PERSON_ID = re.compile(r"(?i:\b(?:shotgrid|shotgun|sg|fpt|user|person)[ _]?id|#)\W{0,3}(\d{1,9})\b")
_STATUS_ASSIGNED = re.compile(
    r"(?i:status(?:_list|_code|_name|_short_name)?)(?:\s?=\s?['\"]?([\w-]{1,40})|:\s?['\"]([\w-]{1,40})['\"])"
)
_STATUS_WORD = re.compile(
    rf"(?i:status(?:es|_list)?|statut|estado|ステータス|状态){INSIDE}{{0,40}}?{OPEN}\s?({INSIDE}{{1,40}}?)\s?{SHUT}"
    r"|(?i:status|statut|estado) ([a-z0-9_-]{2,12}) (?=(?:is|was|does|has|not|n'|ist|no|wurde)\b)"
)
_STEP_WORD = re.compile(
    rf"(?i:task[ _]?type|pipeline step|step|type de t[âa]che|aufgabentyp|tipo de tarea|タスクタイプ|任务类型)s?:? #?{_Q}?\s?([^'\"«»“”\n,;()]{{1,60}}?)\s?(?:{_Q}|(?= (?:not|is|does|was|could|has|do|in|for|n'|nicht|ist|no|introuv|inconnu|unbek|unknown|missing)\b)|[,;(.]|$)"
)
_PROJECT_WORD = re.compile(
    rf"(?i:project|projet|projekt|proyecto|production|プロジェクト|项目)(?: name| code)?\W{{0,2}}\s?{_Q}\s?([^'\"«»“”\n]{{1,80}}?)\s?['\"«»“”’」』]"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,4}")
_SCRIPT = re.compile(rf"(?i:script|api user|api key|user)\b{INSIDE}{{0,25}}{OPEN}({INSIDE}{{1,60}}){SHUT}")
_BRACKETED = re.compile(r"\[(\w+(?:\.\w+)?)\]")
_PERSON_NAME = re.compile(
    rf"(?i:user|person|assignee|personne|utilisateur|benutzer|usuario|ユーザー?|用户)s?:? {_Q}\s?([^'\"«»“”\n]{{1,60}}?)\s?['\"«»“”’]"
)

_THE_FIELD = re.compile(r"\b[Tt]he ([A-Z]\w*(?: [A-Z]\w*)*) field\b")
_PATTERN_FIELD = re.compile(
    r"\b(\w{1,40})\n {1,8}(?:string|String|value|Value)"
    r"|\b(\w{1,40}): ['\"]?(?:string|String|value|Value)\b[^\n]{0,80}?(?:match|pattern|contains)"
)
_SUBSCRIPT = re.compile(r"\[['\"](\w{1,60})['\"]\]")
_OWN_TABLES = {
    "Asset": "entity", "Shot": "entity", "Sequence": "entity", "Episode": "entity", "Scene": "entity",
    "Status": "task_status", "Step": "task_type", "Task": "task", "Version": "preview_file",
    "HumanUser": "person", "Note": "comment", "Project": "project", "Department": "department",
}  # fmt: skip


def project(reading: Reading) -> Piece:
    shown = reading.project
    if not shown and (match := _PROJECT_WORD.search(reading.speech)):
        shown = match[1]
    return _named(shown)


def person(reading: Reading) -> Piece:
    culprit = culprit_of(reading)
    if culprit.role in ("person", "group"):
        return Piece(culprit.key, culprit.shown)
    if match := _EMAIL.search(reading.speech):
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
    if match := _PERSON_NAME.search(reading.speech):
        return _named(match[1])
    if match := _PERSON_ID.search(reading.speech):
        return Piece(f"HumanUser {match[1]}", f"HumanUser {match[1]}")
    return NOTHING


def status(reading: Reading) -> Piece:
    shown = status_of(reading)
    if not shown:
        culprit = culprit_of(reading)
        shown = culprit.shown if culprit.role == "status" else ""
    if not shown and (match := _STATUS_ASSIGNED.search(reading.speech)):
        shown = mentions.first(match)
    if not shown:
        shown = mentions.first(_STATUS_WORD.search(reading.speech))
    if not shown and (match := _QUOTED.search(reading.speech)):
        shown = match[1]
    return _named(shown)


def task_type(reading: Reading) -> Piece:
    value = reading.member("step", "task_type", "task_type_name", "step_name")
    name = value.get("name") if isinstance(value, Mapping) else value
    if isinstance(name, str) and name:
        return _named(name)
    culprit = culprit_of(reading)
    if culprit.role == "step":
        return _named(culprit.key)
    if match := _STEP_WORD.search(reading.speech):
        return _named(match[1])
    if isinstance(value, Mapping) and isinstance(value.get("id"), int):
        return Piece(f"Step {value['id']}", f"Step {value['id']}")
    return NOTHING


def field(reading: Reading) -> Piece:
    """The field, with its entity type where one is known: `Shot.sg_turnover`."""
    found = reading.field
    if not found and (match := _BRACKETED.search(reading.speech)):
        found = match[1]
    if found and "." not in found and reading.entity_type:
        found = f"{reading.entity_type}.{found}"
    return Piece(found, found)


def bare_field(reading: Reading) -> Piece:
    found = reading.field.rpartition(".")[2] or culprit_of(reading).key or reading.column
    return Piece(found, found)


def limit(reading: Reading) -> Piece:
    """The table and the length it takes: `entity varchar(160)`."""
    length = reading.limit
    table = reading.relation or _OWN_TABLES.get(reading.entity_type, "")
    if table == "entity" and length == "30":
        table = "entity_type"
    text = f"{table} varchar({length})".strip() if length else table
    return Piece(text, text)


def constraint(reading: Reading) -> Piece:
    return Piece(reading.constraint, reading.constraint)


def column(reading: Reading) -> Piece:
    text = ".".join(part for part in (reading.relation, reading.column) if part)
    return Piece(text, text)


def relation(reading: Reading) -> Piece:
    return Piece(reading.relation, reading.relation)


def entity_type(reading: Reading) -> Piece:
    return Piece(reading.entity_type, reading.entity_type)


def linked_type(reading: Reading) -> Piece:
    """The type of what the failed entity hangs on, else its own."""
    if named := mentions.TYPE_NAME.search(reading.speech):
        return Piece(named[1], named[1])
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


def endpoint(reading: Reading) -> Piece:
    return Piece(reading.endpoint, reading.endpoint)


def host(reading: Reading) -> Piece:
    return Piece(reading.host, reading.host)


def event_type(reading: Reading) -> Piece:
    return Piece(reading.event_type, reading.event_type)


def unique_field(reading: Reading) -> Piece:
    """The field that must be unique: `Shot.code`, or `Project.name` from "the Project Name field"."""
    if match := _BRACKETED.search(reading.speech):
        found = match[1]
        if "." not in found and (words := _THE_FIELD.search(reading.speech)):
            found = f"{found}.{words[1].removeprefix(found).strip().replace(' ', '_').lower()}"
        return Piece(found, found)
    return field(reading)


def pattern(reading: Reading) -> Piece:
    """Which name breaks which pattern: `label`, `name`."""
    match = _PATTERN_FIELD.search(reading.speech)
    return Piece(match[1] or match[2], match[1] or match[2]) if match else NOTHING


def mentioned(pattern: re.Pattern[str]) -> Callable[[Reading], Piece]:
    """A piece that is what the first group of a pattern finds in the text."""
    return lambda reading: _named(mentions.first(pattern.search(reading.speech)))


def process(reading: Reading) -> Piece:
    container = reading.member("container", "pod")
    if isinstance(container, Mapping) and isinstance(container.get("name"), str):
        return _named(container["name"])
    found = mentions.first(mentions.PROCESS.search(reading.speech))
    queue = reading.member("queue", "worker", "service")
    return _named(found or (queue if isinstance(queue, str) else ""))


def tool(reading: Reading) -> Piece:
    """The program that is missing, and the machine on which it is."""
    found = mentions.first(mentions.TOOL.search(reading.speech))
    worker = mentions.first(mentions.WORKER.search(reading.speech)) or reading.member(
        "worker", "hostname", "node"
    )
    return _named(f"{found} on {worker}" if isinstance(worker, str) and worker else found)


def mount(reading: Reading) -> Piece:
    """The first two folders of the path, the share or the drive."""
    return _named(mentions.first(mentions.MOUNT.search(f"{reading.full} ")))


def field_or_payload(reading: Reading) -> Piece:
    """The field that is named, else the one of the payload whose value is no number."""
    found = field(reading)
    payload = reading.member("payload", "data", "values", "body")
    if not found.key and isinstance(payload, Mapping):
        for name, value in list(payload.items())[:60]:
            if value != value or value in ("NaN", "nan", "Infinity", "-Infinity", "inf"):  # noqa: PLR0124
                return field_of(reading, str(name))
    return found


def field_or_source(reading: Reading) -> Piece:
    """The field that is named, else the one in the source line of the last frame."""
    found = field(reading)
    if not found.key and reading.frames and (match := _SUBSCRIPT.search(reading.frames[-1].source)):
        return field_of(reading, match[1])
    return found


def field_of(reading: Reading, name: str) -> Piece:
    text = f"{reading.entity_type}.{name}" if reading.entity_type else name
    return Piece(text, text)


def choice_field(reading: Reading) -> Piece:
    """The field or enumeration whose value is not allowed."""
    found = reading.field.rpartition(".")[2] or mentions.first(mentions.ENUM.search(reading.speech))
    return _named(found)


def holder(reading: Reading) -> Piece:
    """Who holds a lock: by id when it is said."""
    for name in ("locked_by", "lock_owner", "checked_out_by", "owner", "holder"):
        for value in (reading.member(name), *(one.get(name) for one in bodies(reading))):
            if isinstance(value, Mapping) and isinstance(value.get("id"), int):
                return Piece(f"HumanUser {value['id']}", f"HumanUser {value['id']}")
    if match := mentions.HOLDER_ID.search(reading.full):
        return Piece(f"HumanUser {match[1]}", f"HumanUser {match[1]}")
    match = mentions.HOLDER_NAME.search(reading.full)
    return _named(match[1]) if match else person(reading)


def bodies(reading: Reading) -> list[Mapping[str, Any]]:
    """The JSON objects that were answered."""
    found = []
    for text in reading.texts:
        start, end = text.find("{"), text.rfind("}")
        if 0 <= start < end and isinstance(value := parsed(text[start : end + 1]), Mapping):
            found.append(value)
    return found


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
    return _named(f"{match[1] or match[3]} -> {match[2] or match[4]}")


def script(reading: Reading) -> Piece:
    if match := _SCRIPT.search(reading.speech):
        return _named(match[1])
    return NOTHING


def quoted(reading: Reading) -> Piece:
    """The first value in quotes."""
    match = _QUOTED.search(reading.speech)
    return _named(match[1]) if match else NOTHING


def side(reading: Reading) -> Piece:
    return Piece(reading.side, reading.side)


def title(reading: Reading) -> Piece:
    return _named(reading.title)


def answer(reading: Reading) -> Piece:
    """What was answered: the page's title, else the HTTP status."""
    return title(reading) if reading.title else http_status(reading)


def subject(reading: Reading) -> Piece:
    found = reading.subject[1]
    return Piece(found, found.replace("_", " "))


PIECES: dict[str, Callable[[Reading], Piece]] = {
    "project": project,
    "person": person,
    "status": status,
    "task_type": task_type,
    "field": field,
    "bare_field": bare_field,
    "limit": limit,
    "constraint": constraint,
    "column": column,
    "relation": relation,
    "entity_type": entity_type,
    "linked_type": linked_type,
    "absent": absent,
    "frame": frame,
    "exception": exception,
    "http_status": http_status,
    "endpoint": endpoint,
    "host": host,
    "event_type": event_type,
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
    "side": side,
    "page_title": title,
    "answer": answer,
    "subject": subject,
}

_folded: dict[str, Piece] = {}


def _named(shown: str) -> Piece:
    """A piece that is a name: its key knows neither case nor composition."""
    known = _folded.get(shown)
    if known is None:
        clean = " ".join(shown.split())[:LONGEST]
        known = Piece(unicodedata.normalize("NFC", clean).casefold(), clean)
        if len(_folded) >= 4096:
            _folded.clear()
        _folded[shown] = known
    return known
