"""Whose failure a record tells of: the item's key, read from what was sent.

A key is source, target, entity type, entity id and part; what is not there is "". This is
algorithm 1 and never changes, so that an upgrade orphans no open item: a repeat of a failure
falls into the same item for as long as there are items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from snaglist.domain.words import one_line

_encode = msgspec.json.Encoder().encode
_TYPES = {
    name.lower(): name
    for name in """
    Asset Attachment Booking Camera Cut CutItem Delivery Department Element Episode
    EventLogEntry Group HumanUser Launch Level MocapTake Note Page Phase Playlist Project
    PublishedFile Reel Release Reply Scene Sequence Shoot Shot Slate Status Step Tag Task
    TaskTemplate Ticket TimeLog Tool Version
    """.split()
}
_ENDPOINTS = {
    **{f"{name.lower()}s": name for name in _TYPES.values()},
    "persons": "HumanUser",
    "people": "HumanUser",
    "users": "HumanUser",
    "status": "Status",
    "statuses": "Status",
    "replies": "Reply",
}
_NAMED = "|".join(sorted({*_TYPES, *_ENDPOINTS}, key=len, reverse=True))
_IN_WORDS = re.compile(
    rf"\b(?:import|importing|imported|create|creating|update|updating|sync|syncing|process"
    rf"|processing)\s+(?:the\s+|an?\s+|of\s+)?({_NAMED})\b",
    re.IGNORECASE,
)
_IN_PATH = re.compile(rf"/(?:shotgun|data|detail)/({_NAMED})(?=[/?\s]|$)", re.IGNORECASE)
_ENDPOINT = re.compile(rf"(?:^|/)({_NAMED})/?(?=[?\s]|$)", re.IGNORECASE)
_VARIABLE = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}(?:-?[0-9a-f]{4,}){2,}|\d+")
_SPACE = re.compile(r"\s+")
_LONGEST = 200
_LONGEST_TEXT = 2_000
_NOT_ENTITIES = ("EventLogEntry", "DataImportError")


class ItemKey(msgspec.Struct, frozen=True, gc=False):
    """What failed: one part of one entity, on its way from a source to a target.

    `trace` is a hash of the error's text where the entity's type or id is not known, else "".
    """

    source: str
    target: str
    entity_type: str
    entity_id: str
    part: str
    project: str
    trace: str = ""

    @property
    def digest(self) -> str:
        """The key as 32 hexadecimal digits; the project counts only where there is no entity."""
        project = "" if self.entity_id else self.project
        parts = [
            *(self.source, self.target, self.entity_type, self.entity_id, self.part),
            *(project, self.trace),
        ]
        return blake2b(_encode(parts), digest_size=16).hexdigest()


class Subject(msgspec.Struct, frozen=True, gc=False):
    """What a record says of the thing that failed."""

    key: ItemKey
    name: str
    project_name: str


def subject_of(source: str, target: str, event: Mapping[str, Any]) -> Subject:
    """The item that this record tells of, whatever its shape. Never raises.

    What names no entity has no type, but for a batch that failed as a whole: `batch_of` is its.
    """
    details = event.get("details")
    if type(details) is not dict:
        details = {}
    entity_type, entity_id, name = _entity(event, details)
    project, project_name = _project(event, details)
    if entity_type == "Project" and entity_id:
        project, project_name = entity_id, name or project_name
    trace = ""
    if entity_id and not entity_type:
        entity_type = _guessed_type(event, details)
    if not (entity_id and entity_type):
        entity_type = entity_type if entity_id else entity_type_of(_text(details.get("batch_of")))
        trace = _trace(event, details)
    key = ItemKey(source, target, entity_type, entity_id, _part(event, details), project, trace)
    return Subject(key, name, project_name)


def target_of(event: Mapping[str, Any]) -> str:
    """The target that the record names in its details, or ""."""
    details = event.get("details")
    return _text(details.get("target")).lower() if type(details) is dict else ""


def entity_type_of(given: str) -> str:
    """The type in ShotGrid's spelling: `asset`, `Assets` and `Asset` are one."""
    low = given.lower()
    return _TYPES.get(low) or _ENDPOINTS.get(low) or given


def entity_id_of(value: object) -> str:
    """An entity's id as text: whole numbers and texts count, and 12345 is "12345"; else ""."""
    match value:
        case bool():
            return ""
        case int():
            return str(value) if -(10**40) < value < 10**40 else ""
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 2**53 else ""
        case str():
            return one_line(value, _LONGEST)
        case _:
            return ""


def _entity(event: Mapping[str, Any], details: dict[str, Any]) -> tuple[str, str, str]:
    """Type, id and name of the entity; "" for what is not said."""
    entity_type = entity_type_of(_text(details.get("entity_type")))
    for member in ("shotgun_id", "entity_id", "id"):
        if entity_id := entity_id_of(details.get(member)):
            return entity_type, entity_id, _name(details)
    for link in _links(event, details):
        entity_type = entity_type_of(_text(link.get("entity_type")) or _text(link.get("type")))
        entity_id = entity_id_of(link.get("entity_id")) or entity_id_of(link.get("id"))
        if entity_id and entity_type not in _NOT_ENTITIES:
            return entity_type, entity_id, _name(link) or _name(details)
    return "", "", _name(details)


def _links(event: Mapping[str, Any], details: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Whatever may name the entity, the surest first."""
    places = (details, event, details.get("event"), details.get("entry"))
    for place in places:
        if isinstance(place, Mapping):
            for member in ("entity", "meta"):
                link = place.get(member)
                if type(link) is dict:
                    yield link
    for member in ("shotgun_id", "entity_id"):
        if member in event:
            yield {"type": event.get("entity_type"), "id": event[member], "name": _name(event)}
    if "type" in event:
        yield event


def _project(event: Mapping[str, Any], details: dict[str, Any]) -> tuple[str, str]:
    """The project's id, or its name where only that is known, and its name."""
    for place in (details, event, details.get("event"), details.get("entry")):
        if not isinstance(place, Mapping):
            continue
        link = place.get("project")
        if type(link) is dict:
            name = _name(link)
            if project := entity_id_of(link.get("id")) or name:
                return project, name
        elif named := entity_id_of(link):
            return entity_id_of(place.get("project_id")) or named, _text(place.get("project_name"))
        if project := entity_id_of(place.get("project_id")) or _text(place.get("project_name")):
            return project, _text(place.get("project_name"))
    return "", ""


def _part(event: Mapping[str, Any], details: dict[str, Any]) -> str:
    part = _text(details.get("part"))
    if part:
        return part
    for place in (event, details, details.get("event"), details.get("entry")):
        if isinstance(place, Mapping) and "event_type" in place:
            meta = place.get("meta")
            return _text(place.get("attribute_name")) or (
                _text(meta.get("attribute_name")) if type(meta) is dict else ""
            )
    return ""


def _guessed_type(event: Mapping[str, Any], details: dict[str, Any]) -> str:
    """The one type that the text or the endpoint names; "" when there is none, or several."""
    found: set[str] = set()
    for member in ("endpoint", "path", "url"):
        place = _text(details.get(member))
        found |= {entity_type_of(name) for name in _IN_PATH.findall(place)}
        if not found:
            found |= {entity_type_of(name) for name in _ENDPOINT.findall(place)}
    if not found:
        text = _error_text(event, details)
        found = {entity_type_of(name) for name in _IN_WORDS.findall(text)}
        found |= {entity_type_of(name) for name in _IN_PATH.findall(text)}
    return found.pop() if len(found) == 1 else ""


def _trace(event: Mapping[str, Any], details: dict[str, Any]) -> str:
    """A hash of what the error says, numbers and ids aside: the same night after night."""
    text = _error_text(event, details)
    if not text:
        text = " ".join(sorted(str(name) for name in (*event, *details)))[:_LONGEST_TEXT]
    masked = _SPACE.sub(" ", _VARIABLE.sub("0", text.lower())).strip()
    return blake2b(masked.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _error_text(event: Mapping[str, Any], details: dict[str, Any]) -> str:
    for text in (event.get("error"), details.get("reason"), details.get("error")):
        if type(text) is str and text.strip():
            return text[:_LONGEST_TEXT]
    return ""


def _name(place: Mapping[str, Any]) -> str:
    for member in ("name", "code", "display_name", "content"):
        if name := _text(place.get(member)):
            return name
    return ""


def _text(value: object) -> str:
    return one_line(value, _LONGEST) if type(value) is str else ""
