"""The text of a record that tells most, its words, and what it names."""

from __future__ import annotations

import re

from snaglist.causes import signs
from snaglist.causes.anchors import Anchors, anchors_of
from snaglist.causes.masks import masked, without_places
from snaglist.causes.messages import message_of
from snaglist.causes.reading import Reading
from snaglist.causes.texts import bodies_in
from snaglist.causes.traces import GENERIC, looks_like_trace
from snaglist.causes.wording import telling, unquoted
from snaglist.causes.wrappers import without_tags

_MARK = re.compile(r"<(?:\w+)>")
_MOST_WORDS = 5
_MOST_LINES = 4
_MOST_NAMES = 40
_ONLY_ENDED = re.compile(
    r"\A.{0,200}\b(?:(?:returned|exited|failed|ended)[\w ]{0,20}(?:non-zero )?(?:exit )?"
    r"(?:status|code) \d+|exit (?:status|code)[: ]+\d+"
    r"|(?:finished|completed|ended) with (?:errors?|status \w+)"
    r"|(?:dead|failed|poison|error)[ -]?(?:letters?|queue|jobs?)\b.{0,40})"
    r".{0,20}\Z|\A\s*(?:[\w.]+\.)?[A-Z]\w+ in [\w./:<>-]+\s*\Z",
    re.DOTALL,
)
"""A program's end: whatever else the record says tells more."""


def said_alike(reading: Reading) -> str:
    """What a record says, without what varies from one to another."""
    return _MARK.sub("…", masked(message_of(reading.event), names_in(reading)))


def named_in(reading: Reading, text: str) -> Anchors:
    """What a text of this record names that is not the entity's own."""
    names = names_in(reading)
    return anchors_of(
        text,
        without_places(text, names),
        [reading.entity_type, reading.name, reading.project, *names],
        reading.details,
        bodies_in(reading.texts, reading.details),
    )


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
    """The words of a masked text that carry meaning, each once, sorted: the first ones."""
    text = _REASON.sub("", text)
    if not _GERMAN.search(text):
        text = _NAMES.sub("<name>", text)
    return sorted(telling(text)[:_MOST_WORDS])


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
