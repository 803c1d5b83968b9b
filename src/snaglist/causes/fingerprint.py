"""A stable key for causes that the catalogue does not know. Versioned: see `VERSION`."""

from __future__ import annotations

import hashlib
import re

from snaglist.causes import signs
from snaglist.causes.anchors import anchors_of
from snaglist.causes.culprits import Culprit, culprit_of, people_of, status_of
from snaglist.causes.masks import masked, without_places
from snaglist.causes.pieces import bodies
from snaglist.causes.reading import Reading
from snaglist.causes.traces import GENERIC, looks_like_trace
from snaglist.causes.wording import PROBLEMS, telling, unquoted
from snaglist.causes.wrappers import without_tags

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

_STOP = frozenset(
    """
    a an and are as at be been but by can could did do does for from had has have in into is it its
    of on or that the their there this to was were while will with would you your we our see
    error errors failed failure fail exception import importing imported sync syncing push pushing
    pushed process processing entity details exit status returned when calling operation url http
    client server request response message code line column char json unhandled traceback most
    recent call last log caused max retries exceeded name time number id entities sent
    der die das und ist nicht le la les des et est un une el los las y es en de du den dem
    """.split()
)
_WORD = re.compile(r"<\w+>|[^\W\d_][\w.]*[^\W_]|[^\W\d_]")
_SAID = re.compile(r"['\"«„“「]\s?([^'\"»”“」\n]{1,80})\s?['\"»”“」]|(?<==)([\w-]{1,40})")
_ASSIGNED = re.compile(r"\b(\w{2,40})=['\"]?([\w-]{1,40})")
_ONLY_ENDED = re.compile(
    r"\A.{0,80}\b(?:(?:returned|exited|failed|ended)[\w ]{0,20}(?:non-zero )?(?:exit )?"
    r"(?:status|code) \d+|exit (?:status|code)[: ]+\d+|(?:finished|completed|ended) with errors?)"
    r".{0,20}\Z",
    re.DOTALL,
)
"""A program's end: whatever else the record says tells more."""

_IN_TARGET = ("_in_target", "_in_kitsu", "_exists", "_found", "_imported", "_known", "_mapped")
_FEWEST_WORDS = 2
_GENERIC = frozenset(name.lower() for name in GENERIC)
_FEW_WORDS = 3
_MOST_WORDS = 10
_MOST_LINES = 4
_MOST_NAMES = 40


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
        return ["key", named.role, named.key if named.role in SPLITTING else ""]
    if (reading.constraint or reading.relation) and (
        found := reading.constraint or reading.column or reading.limit
    ):
        table = "" if reading.constraint else reading.relation
        return ["sql", table, found, reading.limit]
    words, kind, text = telling_words(reading)
    strongest, values, weak, hosts = anchors_of(
        without_places(text, names_in(reading)),
        own_names(reading),
        reading.details,
        bodies(reading),
    )
    if strongest:
        return ["about", strongest]
    if not values and reading.field:
        entity, _, field = reading.field.rpartition(".")
        return ["about", field if "_" in field else f"{entity}.{field}"]
    values += weak
    if values:
        return ["about", values[0], *[word for word in words if word in PROBLEMS][:1]]
    if reading.entity_type:
        words = [word for word in words if word != reading.entity_type.lower()]
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
    return found_parts


def own_names(reading: Reading) -> list[str]:
    return [
        reading.entity_type,
        reading.event_type,
        reading.name,
        reading.project,
        *names_in(reading),
    ]


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
    if reading.project and reading.project in said:
        found.append(f"project {reading.project.casefold()}")
    found += [
        f"person {one.key}"
        for one in people_of(reading)
        if one.shown.partition(" (")[0] in said or one.key in text
    ]
    for member, value in _ASSIGNED.findall(text):
        if any(word in member.lower() for word in ("status", "step", "project", "field")):
            found.append(f"{member} {value}")
    return list(dict.fromkeys(found))


def _missing_links(reading: Reading) -> list[str]:
    """The links that are null or said to be missing; a missing project is told by its name."""
    found = [name for name in reading.payload.denied if name.endswith(_IN_TARGET)]
    found += [name for name in sorted(reading.absent) if name.endswith("_id")]
    if any(name.startswith("project") for name in found):
        found.append(reading.project.casefold())
    return found[:6]


def telling_words(reading: Reading) -> tuple[list[str], str, str]:
    """The significant words of the text that tells most, the exception it names, and itself."""
    names = names_in(reading)
    best: tuple[list[str], str, str] = ([], "", "")
    best_score = -1
    for text, opened in zip(reading.told, reading.opened, strict=False):
        text = unquoted(without_tags(text))
        kind = next((one for one in signs.EXCEPTION.findall(text[:600]) if one not in GENERIC), "")
        words = significant(masked("\n".join(text.splitlines()[:_MOST_LINES]), names))
        score = min(len(words), 5) + (2 if kind else 0) + (2 if looks_like_trace(opened) else 0)
        if _ONLY_ENDED.search(text):
            score = min(score, 1)
        if score > best_score:
            best, best_score = (words, kind, text), score
    return best


_REASON = re.compile(
    r"""
    \b[1-5]\d\d:?[ ](?:(?:Client|Server)[ ]Error:?[ ]?)?
    (?:OK|Bad[ ]Request|Unauthorized|Payment[ ]Required|Forbidden|Not[ ]Found|Method[ ]Not[ ]Allowed
      |Conflict|Gone|Unprocessable[ ](?:Entity|Content)|Too[ ]Many[ ]Requests
      |Internal[ ]Server[ ]Error
      |Bad[ ]Gateway|Service[ ]Unavailable|Gateway[ ]Time-?out)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NAMES = re.compile(
    r"(?:(?<=[^\W\d_] )|(?<=[^\W\d_][,)>] ))"
    r"[A-ZÀ-ÞА-Я][a-zß-ÿа-я]+\b(?:[ '-][A-ZÀ-ÞА-Я][a-zß-ÿа-я]+\b)*"
)
_GERMAN = re.compile(r"\b(?:der|die|das|nicht|wurde|ist|und|ein|eine|von|im|auf)\b")


def significant(text: str) -> list[str]:
    """The words of a masked text that carry meaning, each once, in order."""
    text = _REASON.sub("", text)
    if not _GERMAN.search(text):
        text = _NAMES.sub("<name>", text)
    return telling(text)[:_MOST_WORDS]


def names_in(reading: Reading) -> list[str]:
    """Values that the record holds beside its texts, longest first: they are names, not causes."""
    found = set()
    for link in reading.payload.links:
        for member in ("name", "code", "login"):
            value = link.get(member)
            if type(value) is str and 2 < len(value) + (not value.isascii()) * 2 <= 100:
                found.add(value)
    for member, value in list(reading.details.items())[:_MOST_NAMES]:
        if (
            type(value) is str
            and 3 < len(value) + (not value.isascii()) * 2 <= 100
            and value not in reading.texts
            and (member in _NAMED or len(value.split()) > 3)
        ):
            found.add(value)
    if reading.project and len(reading.project) > 2:
        found.add(reading.project)
    return sorted(found, key=len, reverse=True)


_NAMED = frozenset(
    """
    name code title content description subject login email url source_host hostname worker host
    display_name full_name entity_name shot asset sequence episode version task file filename path
    step task_type project_name person user assignee author created_by
    """.split()
)
"""Members that hold names."""
