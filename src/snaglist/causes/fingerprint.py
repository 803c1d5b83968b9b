"""A stable key for causes that the catalogue does not know. Versioned: see `VERSION`."""

from __future__ import annotations

import hashlib
import re

from snaglist.causes.masks import masked
from snaglist.causes.reading import Reading

VERSION = "1"

UNTELLING = frozenset(
    """
    RuntimeError Exception Error PushFailed ImportFailed SyncFailed ShotgunEntryImportFailed
    """.split()
)
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
    if reading.constraint or reading.relation:
        found = [
            "sql",
            *reading.exceptions[:1],
            reading.relation,
            reading.constraint or reading.column,
        ]
        if any(found[2:]):
            return [*found, reading.limit]
    words, kind = telling_words(reading)
    found = [kind, *words]
    if kind in VAGUE and reading.frames:
        found.append(reading.frames[-1].where)
    if len(words) < 2:
        found += [str(reading.status or ""), reading.endpoint if not reading.frames else ""]
        if reading.dropped:
            found += sorted(reading.absent)[:6]
    return found


def telling_words(reading: Reading) -> tuple[list[str], str]:
    """The significant words of the text that tells most, and the exception it names."""
    names = names_in(reading)
    best: tuple[list[str], str] = ([], "")
    for text in reading.told:
        kind = next((one for one in _exceptions(text) if one not in UNTELLING), "")
        lines = text.splitlines()[:_MOST_LINES]
        words = significant(masked("\n".join(lines), names))
        if len(words) >= 2 or (kind and kind not in VAGUE):
            return words, kind
        if len(words) > len(best[0]) or (kind and not best[1]):
            best = (words, kind)
    return best


def significant(text: str) -> list[str]:
    """The words of a masked text that carry meaning, each once, in order."""
    found: dict[str, None] = {}
    for word in _WORD.findall(text):
        if word[0] == "<":
            continue
        low = word.rpartition(".")[2].lower() if word[0].isupper() or "." in word else word.lower()
        if low not in _STOP and len(low) > 1:
            found.setdefault(low)
    return list(found)[:_MOST_WORDS]


def names_in(reading: Reading) -> list[str]:
    """Values that the record holds beside its texts, longest first: they are names, not causes."""
    found = set()
    for link in reading.payload.links:
        for member in ("name", "code", "login"):
            value = link.get(member)
            if type(value) is str and 2 < len(value) <= 100:
                found.add(value)
    for member, value in list(reading.details.items())[:_MOST_NAMES]:
        if (
            type(value) is str
            and 3 < len(value) <= 100
            and value not in reading.texts
            and member not in _KINDS
        ):
            found.add(value)
    if reading.project and len(reading.project) > 2:
        found.add(reading.project)
    return sorted(found, key=len, reverse=True)


_KINDS = frozenset(["entity_type", "type", "reason", "event_type", "attribute_name", "field"])
_EXCEPTION = re.compile(
    r"\b(?:\w+\.)*([A-Z]\w*(?:Error|Exception|Fault|Failed|Violation|Timeout|Warning))\b"
)


def _exceptions(text: str) -> list[str]:
    return _EXCEPTION.findall(text[:600])
