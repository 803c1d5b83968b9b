"""Which texts of a record tell of its failure: found by their members' names, bounded, in order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from snaglist.causes.traces import looks_like_trace

MOST_TEXTS = 12
_LONGEST_HEAD = 6_000
_LONGEST_TAIL = 3_000
_LONGEST_JSON = 65_536
_DEEPEST = 4
_MOST_MEMBERS = 60

TELLING_WORDS = frozenset(
    """
    error errors err exception exceptions exc traceback tracebacks stack stacktrace trace stderr
    stdout output log logs reason response resp message messages msg fault failure failed problem
    body cause hint warning warnings fehler erreur errore mensaje meldung
    dmesg kernel syslog journal authenticate
    """.split()
)
"""A member is a text about the failure when one of its name's words is one of these."""

SILENT_WORDS = frozenset(
    """
    path file filename id ids uuid url uri link count time times timestamp at date ms seconds size
    bytes level line lineno number host user type class retries attempt attempts index
    """.split()
)
"""... unless one of them is one of these: `error_id`, `log_path`, `response_time`."""

INNER_NAMES = frozenset("title detail details code name type text value args description".split())
"""What further members tell inside of an object that is itself about the failure."""

_LEVELS = frozenset("level levelname lvl severity loglevel log.level".split())
"""A member by which an object is known for a logger's line."""

_LOGGER = frozenset("name logger logger_name".split())
_HEADLINES = frozenset("msg message event".split())
_RAISED = ("err", "error", "exception", "exc_info", "exc_text", "stack", "stack_trace", "traceback")

_LOGS = ("log", "logs", "lines", "output", "stdout", "stderr", "journal")
_FEWEST_LINES = 2
ALARM = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|FEHLER|ERREUR)\b"
    r"|^\W{0,3}(?:[Ee]rror|[Ff]atal|panic|E)[:\]]|^E ",
    re.MULTILINE,
)
"""What begins the part of a log that tells of a failure."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_judged: dict[str, bool] = {}
_MOST_JUDGED = 4096


def is_telling(name: Any) -> bool:
    """Whether a member of this name holds text about the failure; `zou_log` and `excInfo` do."""
    known = _judged.get(name)
    if known is None:
        if type(name) is not str or len(name) > 64:
            return False
        words = {word.lower() for word in _WORDS.findall(name)} or {name.lower()}
        known = not words.isdisjoint(TELLING_WORDS) and words.isdisjoint(SILENT_WORDS)
        if len(_judged) >= _MOST_JUDGED:
            _judged.clear()
        _judged[name] = known
    return known


def clipped(text: str) -> str:
    """The text, or head and tail of a very long one: the error stands at one of its ends."""
    if len(text) <= _LONGEST_HEAD + _LONGEST_TAIL:
        return text
    return f"{text[:_LONGEST_HEAD]}\n{text[-_LONGEST_TAIL:]}"


def details_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record's details: an object, the same as JSON text, or the event itself without them."""
    found = event.get("details")
    if isinstance(found, str) and found[:1] == "{":
        found = parsed(found)
    if isinstance(found, list) and found:
        found = found[0]
    return found if isinstance(found, Mapping) else event


def parsed(text: str) -> Any:
    """What a JSON text holds, or None."""
    if len(text) > _LONGEST_JSON:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def bodies_in(texts: list[str], details: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The objects that were answered, as JSON in a text or as such; a logger's lines are none."""
    found: list[Any] = []
    for text in texts:
        start, end = text.find("{"), text.rfind("}")
        found.append(parsed(text[start : end + 1]) if 0 <= start < end else None)
    found += [value for name, value in details.items() if is_telling(name)]
    return [one for one in found if isinstance(one, Mapping) and _LEVELS.isdisjoint(one)]


def texts_of(event: Mapping[str, Any], details: Mapping[str, Any]) -> list[str]:
    """The texts about the failure, the `error` first, without those that an earlier one holds."""
    found: list[str] = []
    error = event.get("error")
    if error is not None:
        _take(error, found)
    judged = _judged
    for name, value in details.items():
        if value is None or name == "error":
            continue
        telling = judged.get(name)
        if telling is None:
            telling = is_telling(name)
        if telling:
            _take(_logged_last(name, value), found)
    if details is not event:
        for name, value in event.items():
            if value is not None and name not in ("error", "details") and is_telling(name):
                _take(_logged_last(name, value), found)
        if (error := details.get("error")) is not None:
            _take(error, found)
    return found


def _logged_last(name: str, value: Any) -> Any:
    """Of the lines of a log the last, unless one of them alarms; anything else as it is."""
    if type(value) is not list or len(value) < _FEWEST_LINES or not name.lower().endswith(_LOGS):
        return value
    if not all(type(line) is str for line in value):
        return value
    whole = "\n".join(value)
    return value if ALARM.search(whole) or looks_like_trace(whole) else value[-1]


def _take(value: Any, found: list[str]) -> None:
    if type(value) is str:
        text = clipped(value)
        if not text or text.isspace():
            return
        if found and (len(found) >= MOST_TEXTS or any(text in earlier for earlier in found)):
            return
        found.append(text)
    elif isinstance(value, (Mapping, list)):
        for text in inner_texts(value):
            _take(text, found)


def _silent_in(value: Mapping[str, Any]) -> frozenset[str]:
    """The members of a logger's line that tell nothing: its own name, a headline over the error."""
    if _LEVELS.isdisjoint(value):
        return frozenset()
    return _LOGGER | _HEADLINES if any(value.get(name) for name in _RAISED) else _LOGGER


def inner_texts(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts inside of an object or list that is itself about the failure."""
    if isinstance(value, str):
        yield value
    elif depth >= _DEEPEST:
        return
    elif isinstance(value, Mapping):
        silent = _silent_in(value)
        for _, (name, inner) in zip(range(_MOST_MEMBERS), value.items(), strict=False):
            if name in silent:
                continue
            if name in INNER_NAMES or is_telling(name):
                yield from inner_texts(inner, depth + 1)
            elif isinstance(inner, (Mapping, list)):
                yield from inner_texts(inner, depth + 2)
    elif isinstance(value, list):
        if len(value) > 1 and all(isinstance(line, str) for line in value[:_MOST_MEMBERS]):
            yield "\n".join(line.rstrip("\n") for line in value[-_MOST_MEMBERS:])
            return
        for inner in value[:_MOST_MEMBERS]:
            yield from inner_texts(inner, depth + 1)
