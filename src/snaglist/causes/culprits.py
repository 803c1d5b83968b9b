"""The value that an error names, and what it is in the record: a person, a status, a field…"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from snaglist.causes.reading import Reading

PERSON_TYPES = frozenset(["HumanUser", "ClientUser", "ApiUser", "Person", "User"])
KNOWN_FIELDS = frozenset(
    """
    code name type id url login email step entity project description content user users tasks task
    shots shot assets asset notes note sequence episode scene parent link links movie image filename
    firstname lastname path color status author subject created_at updated_at created_by duration
    start end frames fps department role title data value key size width height tags
    """.split()
)
_LINK_IN_TEXT = re.compile(
    r"""['"]id['"]\s?(?:=>|:)\s?(\d{1,12})\b[^{}]{0,80}?['"]type['"]\s?(?:=>|:)\s?['"](\w{1,40})['"]"""
    r"""|['"]type['"]\s?(?:=>|:)\s?['"](\w{1,40})['"][^{}]{0,80}?['"]id['"]\s?(?:=>|:)\s?(\d{1,12})\b"""
)
_NAMED_LINK = re.compile(
    r"\b(HumanUser|ClientUser|ApiUser|Group|Step|Project)\W{0,3}(?:id\W{0,3})?#?(\d{1,12})\b"
)


class Culprit(NamedTuple):
    """What an error names: its role in the record, a stable key, and the text for people."""

    role: str
    key: str
    shown: str


NOBODY = Culprit("", "", "")


def culprit_of(reading: Reading) -> Culprit:
    """The value a KeyError names, with its role in the record; NOBODY when it names none."""
    key = reading.key
    if not key:
        return NOBODY
    if key.isdecimal() and key.isascii():
        return _of_number(reading, int(key))
    if key == _name_of(reading.member("project")) or key == reading.project:
        return Culprit("project", key, key)
    if key == _name_of(reading.member("step", "task_type")):
        return Culprit("step", key, key)
    if key == status_of(reading):
        return Culprit("status", key, key)
    for link in reading.payload.links:
        if key == link.get("name") or key == link.get("login") or key == link.get("email"):
            return _of_link(link)
    if (
        key.startswith("sg_")
        or key in KNOWN_FIELDS
        or ("_" in key and key.islower() and key.isidentifier())
    ):
        return Culprit("field", key, key)
    if len(key) <= 6 and key.isalnum() and key.islower():
        return Culprit("status", key, key)
    if key.isidentifier() and key[0].islower():
        return Culprit("field", key, key)
    return Culprit("name", key, key)


def _of_number(reading: Reading, number: int) -> Culprit:
    for link in reading.payload.links:
        if link.get("id") == number:
            return _of_link(link)
    for match in _LINK_IN_TEXT.finditer(reading.full):
        if int(match[1] or match[4]) == number:
            return _of_link({"type": match[2] or match[3], "id": number})
    kind = {"Task": "HumanUser", "Note": "HumanUser", "Reply": "HumanUser"}.get(
        reading.entity_type, ""
    )
    return _of_link({"type": kind, "id": number}) if kind else Culprit("id", "", str(number))


def _of_link(link: Mapping[str, Any]) -> Culprit:
    kind = link.get("type")
    kind = kind if isinstance(kind, str) else ""
    number = link.get("id")
    name = link.get("name")
    key = f"{kind} {number}" if isinstance(number, int) else str(name or "")
    shown = f"{name} ({key})" if isinstance(name, str) and name and name != key else key
    if kind in PERSON_TYPES:
        return Culprit("person", key, shown)
    if kind == "Step":
        return Culprit("step", str(name or key), str(name or key))
    if kind == "Project":
        return Culprit("project", str(name or key), str(name or key))
    return Culprit(kind.lower() or "id", key, shown)


def status_of(reading: Reading) -> str:
    """The status that the record sets: of the payload, or of the event that changed it."""
    value = reading.member("sg_status_list", "status_code_name", "task_status", "sg_status")
    if isinstance(value, Mapping):
        value = value.get("short_name") or value.get("code") or value.get("name")
    if value is None and "status" in reading.attribute:
        value = reading.meta.get("new_value")
    return value.strip()[:60] if isinstance(value, str) else ""


def people_of(reading: Reading) -> list[Culprit]:
    """The people and groups that the record links to, except who made the event."""
    maker = reading.event.get("user")
    found = [
        _of_link(link)
        for link in reading.payload.links
        if link is not maker and (link.get("type") in PERSON_TYPES or link.get("type") == "Group")
    ]
    return found or [
        _of_link({"type": match[1], "id": int(match[2])})
        for match in _NAMED_LINK.finditer(reading.speech)
        if match[1] not in ("Step", "Project")
    ]


def _name_of(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("name")
    return value if isinstance(value, str) else ""
