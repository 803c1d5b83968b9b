"""A stable key for causes that the catalogue does not know. Versioned: see `VERSION`."""

from __future__ import annotations

import hashlib
import re

from snaglist.causes.anchors import is_numbered
from snaglist.causes.codes import class_in, code_in
from snaglist.causes.culprits import Culprit, culprit_of, people_of, status_of
from snaglist.causes.masks import masked
from snaglist.causes.naming import named_in, names_in, telling_words
from snaglist.causes.reading import Reading
from snaglist.causes.wording import PROBLEMS, telling

VERSION = "1"

SPLITTING = frozenset(["person", "group", "status", "project", "step", "field"])
"""What a key can be so that each of its values is repaired by itself."""

PLAIN_PROBLEMS = frozenset(["missing", "later", "exists", "unsupported", "deleted"])
"""What is wrong, so plainly that the thing it is wrong with says the rest, in any wording."""

PLAIN_THINGS = frozenset(
    ["", "type", "file", "host", "entity", "field", "column", "table", "folder"]
)

GATEWAY = frozenset([502, 503, 504, 520, 521, 522, 523, 524])

VAGUE = frozenset(
    """
    TypeError AttributeError KeyError IndexError NameError UnboundLocalError ZeroDivisionError
    AssertionError StopIteration LookupError
    """.split()
)
"""Exceptions whose message says little: the place where they were raised tells them apart."""

_SAID = re.compile(r"['\"«„“「]\s?([^'\"»”“」\n]{1,80})\s?['\"»”“」]|(?<==)([\w-]{1,40})")
_ASSIGNED = re.compile(r"\b(\w{2,40})=['\"]?([\w-]{1,40})")
_IN_TARGET = ("_in_target", "_in_kitsu", "_exists", "_found", "_imported", "_known", "_mapped")
_AWAY = re.compile(r"Pool|[Cc]onnect|[Tt]imeout|timed out")
_FEWEST_WORDS = 2
_FEW_WORDS = 3
_LONGEST_SAID = 100


def fingerprint_of(reading: Reading) -> str:
    """`1/<hex>`: the same for records that one fix repairs, as far as their evidence says."""
    digest = hashlib.blake2b("\x1f".join(gist(reading)).encode("utf-8", "replace"), digest_size=12)
    return f"{VERSION}/{digest.hexdigest()}"


def gist(reading: Reading) -> list[str]:
    """What tells this record's cause from others, in order; what varies is left out."""
    if not reading.texts:
        return ["silent", reading.event_type.rpartition("_")[2], *sorted(reading.absent)[:6]]
    named = culprit_of(reading)
    if link := lacked_link(reading, named):
        return ["lacks", *link]
    if named.role:
        own = named.role in SPLITTING or (named.role == "name" and not is_numbered(named.key))
        return ["key", named.role, named.key if own else ""]
    if (reading.constraint or reading.relation) and (
        found := reading.constraint or reading.column or reading.limit
    ):
        table = "" if reading.constraint else reading.relation
        return ["sql", table, found, reading.limit]
    words, kind, text = telling_words(reading)
    wrong = [word for word in words if word in PROBLEMS][:1]
    if reading.relation and reading.relation in text:
        return ["about", reading.relation.lower(), *wrong]
    if wrong and (person := _person_in(reading, text)):
        return ["person", person, *wrong]
    strongest, values, weak, hosts = named_in(reading, text)
    if strongest:
        return ["about", strongest]
    if not values and reading.field:
        entity, _, field = reading.field.rpartition(".")
        worse = [word for word in words if word in PROBLEMS and word != "missing"]
        return ["about", field if "_" in field else f"{entity}.{field}", *worse[:1]]
    values += weak
    if values:
        return ["about", values[0], *wrong]
    if code := code_in(text):
        return ["called", code, *own_values(reading, text)]
    if name := class_in(text):
        if _AWAY.search(text):  # an outage is one event, whatever host it is told of
            hosts = []
        return [*sorted(telling(name)), *hosts, *own_values(reading, text)]
    if reading.entity_type:
        own_type = telling(reading.entity_type)
        words = [word for word in words if word not in own_type]
    if len(words) < _FEWEST_WORDS and reading.status >= 400:
        gone = reading.status in GATEWAY
        return ["http", "gateway" if gone else str(reading.status), reading.side, *words]
    problem, thing = reading.subject
    if problem in PLAIN_PROBLEMS and thing not in PLAIN_THINGS:
        words = [problem, thing, reading.field]
        kind = kind if kind in VAGUE else ""
    found_parts = [*words, *hosts, *own_values(reading, text)]
    if kind in VAGUE and reading.frames and len(words) < _FEW_WORDS:
        found_parts.append(reading.frames[-1].where)
    elif kind in VAGUE and len(words) < _FEW_WORDS:
        found_parts += [reading.entity_type, *sorted(reading.absent - {"project", "entity"})[:6]]
    if reading.dropped or "_id" in reading.full:
        found_parts += _missing_links(reading)
    if not any(found_parts):  # no word of it is telling: what is said alike is all there is
        said = masked(text or reading.texts[0], names_in(reading)).strip()
        return ["said", kind, said.partition("\n")[0].casefold()[:_LONGEST_SAID]]
    return found_parts


_LINKED = {
    "project_id": "project",
    "task_status_id": "status",
    "status_id": "status",
    "task_type_id": "step",
    "step_id": "step",
}
_NULL_LINK = re.compile(
    r"\b(project|task_status|status|task_type|step)_id\b['\"]?\s*(?:[:=]|is|was|stays|set to)?\s*"
    r"(?:null|None|nil)\b"
)
_THINGS = {"project": "project", "status": "status", "task_type": "step"}


def lacked_link(reading: Reading, named: Culprit) -> tuple[str, str] | None:
    """What the target lacks, and which one: the record's own project, status or step.

    However it is told: by name, by a key that is missing, by a null where its id should be.
    """
    problem, thing = reading.subject
    null = _NULL_LINK.search(reading.speech)
    if named.role in ("project", "status", "step"):
        return named.role, named.key.casefold()
    if reading.column in _LINKED and "NotNullViolation" in reading.exceptions:
        kind = _LINKED[reading.column]
    elif null is not None:
        kind = _LINKED[f"{null[1]}_id"]
    elif problem in ("missing", "later") and thing in _THINGS:
        kind = _THINGS[thing]
    elif any(one.startswith("project_") for one in reading.payload.denied):
        kind = "project"
    else:
        return None
    value = _own(reading, kind)
    return (kind, value.casefold()) if value else None


def _own(reading: Reading, kind: str) -> str:
    """The record's own project, status or step by name; "" if it has none."""
    if kind == "project":
        return reading.project
    value = status_of(reading) if kind == "status" else _step_of(reading)
    if value:
        return value
    return next((said for member, said in _ASSIGNED.findall(reading.speech) if kind in member), "")


def _step_of(reading: Reading) -> str:
    step = reading.member("step", "task_type")
    name = step.get("name") if isinstance(step, dict) else step
    return name if isinstance(name, str) else ""


def own_values(reading: Reading, text: str) -> list[str]:
    """What the text quotes of the record itself, and whose repair would be a fix of its own."""
    said = {part.strip() for match in _SAID.findall(text) for part in match if part}
    found = []
    if (status := status_of(reading)) and status in said:
        found.append(f"status {status.casefold()}")
    if (step := _step_of(reading)) and step in text:
        found.append(f"step {step.casefold()}")
    if reading.project and (reading.project in said or _mentions(text, reading.project)):
        found.append(f"project {reading.project.casefold()}")
    if person := _person_in(reading, text):
        found.append(f"person {person}")
    for member, value in _ASSIGNED.findall(text):
        if any(word in member.lower() for word in ("status", "step", "project", "field")):
            found.append(f"{member} {value}")
    return list(dict.fromkeys(found))


def _person_in(reading: Reading, text: str) -> str:
    """The one of the record's people whom the text names; "" for none."""
    for one in people_of(reading):
        if _mentions(text, one.shown.partition(" (")[0]) or _mentions(text, one.key):
            return one.key
    return ""


_SHORTEST_MENTION = 4
_JOINED_BEFORE = re.compile(r"[\w/\\.-]")
_JOINED_BEHIND = re.compile(r"[\w/\\-]")


def _mentions(text: str, name: str) -> bool:
    """Whether the text names this by itself, not as a part of a longer word or path."""
    if len(name) < _SHORTEST_MENTION:
        return False
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        if not _JOINED_BEFORE.match(text[:start][-1:]) and not _JOINED_BEHIND.match(text, end):
            return True
        start = text.find(name, end)
    return False


def _missing_links(reading: Reading) -> list[str]:
    """The links that are null or said to be missing; a missing project is told by its name."""
    found = [name for name in reading.payload.denied if name.endswith(_IN_TARGET)]
    found += [name for name in sorted(reading.absent) if name.endswith("_id")]
    if any(name.startswith("project") for name in found):
        found.append(reading.project.casefold())
    return found[:6]
