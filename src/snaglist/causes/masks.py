"""Marking the variable parts of a message, so that names, ids and times never tell causes apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 2_000
ENTITY_TYPES = (
    "Shot|Asset|Task|Version|Note|Sequence|Episode|Scene|Project|HumanUser|ClientUser|ApiUser|Group|Step|Status"
    "|Playlist|PublishedFile|Attachment|Reply|Department|CustomEntity\\d+|CustomNonProjectEntity\\d+"
    "|Person|EventLogEntry|TimeLog|Booking|Phase|Cut|CutItem|Delivery|Level|MocapTake"
)

_DATE = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_PART = r"[^\s'\"<>|:*?]"
_DOMAINS = (
    "com|net|org|io|lan|local|internal|example|studio|dev|cloud|fr|de|jp|cn|es|uk|intra|corp|test"
)
_FILES = (
    "mov|mp4|exr|jpe?g|png|tiff?|dpx|psd|wav|mxf|abc|usd[acz]?|ma|mb|nk|blend|fbx|obj|zip|json|csv"
    "|srt|pdf|avi|mkv|webm|gif|hip|vdb"
)

MASKS: tuple[tuple[str, str], ...] = (
    ("url", r"\b[a-z][a-z0-9+.-]{1,10}://[^\s'\"<>)\]}»”]+"),
    ("email", r"[\w.+-]{1,64}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,5}"),
    ("uuid", r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"),
    ("time", rf"\b{_DATE}(?:[T ]{_CLOCK}{_ZONE})?"),
    ("time", r"\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?\b"),
    ("time", rf"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?{_MONTH} \d{{1,2}}\b"),
    ("entity", rf"\b(?:{ENTITY_TYPES})\s?[#/<(:]?\s?(?:id\s?[:=]?\s?)?[#<(]?\d+[>)]?"),
    ("address", r"\b0x[0-9a-fA-F]+\b"),
    ("ip", r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"),
    ("ip", r"(?<![\w:])[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){3,7}(?![\w:])"),
    ("path", r"['\"](?:[A-Za-z]:[\\/]|\\\\|//|/)[^'\"\n]{2,}['\"]"),
    ("path", rf"(?<![\w<])(?:[A-Za-z]:[\\/]|\\\\){_PART}+(?: {_PART}*[\\/]{_PART}+)*"),
    ("path", r"(?<![\w<.])/{1,2}[\w.@%#~+-]+(?:/(?:<name>|[^\s'\":,;<>()])*)+"),
    ("quoted", r"'[^'\n]{0,300}'(?!\w)|\"[^\"\n]{0,300}\"|«[^»\n]{0,300}»|»[^«\n]{0,300}«"),
    ("quoted", r"[„“][^“”\n]{0,300}[“”]|「[^」\n]{0,300}」|『[^』\n]{0,300}』|`[^`\n]{0,300}`"),
    ("host", rf"\b(?:[a-z0-9-]{{1,63}}\.){{1,6}}(?:{_DOMAINS})\b(?::\d+)?"),
    ("file", rf"\b[\w.%#-]+\.(?:{_FILES})\b"),
    ("value", r"(?<=\w=)[\w.:-]+"),
    ("number", r"[+-]?(?<![\w])\d+(?:[.,]\d+)*%?(?![\w])"),
    ("name", r"\b(?=\w*\d)(?=\w*[A-Za-z])\w+(?:-\w+)*\b"),
    ("name", r"\b(?=\w*[A-Z])[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+\b"),
)
"""What varies in a message, in the order in which it is looked for."""

_ALL = re.compile(
    "|".join(f"(?P<m{place}_{name}>{pattern})" for place, (name, pattern) in enumerate(MASKS))
)
_OUTSIDE = re.compile(
    "|".join(
        pattern
        for name, pattern in MASKS
        if name in ("url", "email", "uuid", "time", "entity", "address", "ip", "path", "file")
    )
)
_KEPT = re.compile(
    r"['\"`«»„“”]\s?((?:[A-Z]\w{1,40}\.)?(?:sg_\w+|customfield_\d+|[a-z]+(?:_[a-z]+)*"
    r"_(?:id|at|by|name|type|date|code|list|url|status|in|out|key|email|number))"
    r"|[A-Z]\w{1,40}\.[a-z]\w+|[A-Z][a-z]+[A-Z]\w+|NoneType)\s?['\"`«»„“”]"
)
_IDENTIFIER = re.compile(r"(?:sg|customfield)_\w+")
_TELLING_NUMBER = re.compile(
    r"(?i:errno|winerror|error|status|http|code|exit status|signal)\W{0,3}$"
)


def masked(text: str, names: Iterable[str] = ()) -> str:
    """The text with `<id>`-like marks in place of what varies.

    `names` are values that the record holds elsewhere: the names of its project, people, steps.
    """
    text = text[:LONGEST]
    for name in names:
        if name in text:
            text = text.replace(name, "<name>")
    return _ALL.sub(_mark, text).strip()


def without_places(text: str, names: Iterable[str] = ()) -> str:
    """The text without addresses, paths, times, ids and these names; what it quotes stays."""
    text = text[:LONGEST]
    for name in names:
        if name in text:
            text = text.replace(name, "…")
    return _OUTSIDE.sub("…", text)


def _mark(match: re.Match[str]) -> str:
    kind = (match.lastgroup or "_name").partition("_")[2]
    found = match[0]
    if kind == "quoted" and (kept := _KEPT.fullmatch(found)):
        return kept[1]
    if kind in ("number", "name"):
        if kind == "name" and _IDENTIFIER.fullmatch(found):
            return found
        if kind == "number" and _TELLING_NUMBER.search(
            match.string, max(0, match.start() - 14), match.start()
        ):
            return found
    return f"<{kind}>"
