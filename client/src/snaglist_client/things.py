"""What was tried, and what is known of it: from a call, from a record's details, from its block."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from snaglist_client import in_hand
from snaglist_client.in_hand import InHand
from snaglist_client.kin import LONGEST_KNOWN
from snaglist_client.messages import (
    EntityId,
    entity_id_of,
    is_mapping,
    member_of,
    name_of,
    name_or_none,
    payload_name,
    project_in,
    project_of,
    small,
)
from snaglist_client.plain import said
from snaglist_client.quietly import passes


class Thing(NamedTuple):
    """What was tried: an entity or a part of it, and what is known of it."""

    entity_type: str
    entity_id: EntityId
    part: str = ""
    name: str = ""
    project: Any = None
    payload: Any = None

    @property
    def details(self) -> dict[str, Any]:
        """The same as a record's details."""
        found: dict[str, Any] = {"entity_type": self.entity_type, "shotgun_id": self.entity_id}
        if name := self.name or payload_name(self.payload):
            found["name"] = name
        if (project := small(self.own_project)) is not None:
            found["project"] = project
        if self.part:
            found["part"] = self.part
        if self.payload is not None:
            found["payload"] = self.payload
        return found

    @property
    def project_id(self) -> EntityId | None:
        """The project's id or name."""
        return project_of(self.own_project)

    @property
    def own_project(self) -> Any:
        """The project as it was given, or as the payload has it."""
        return project_in(self.payload) if self.project is None else self.project


def thing(
    entity_type: Any,
    entity_id: Any,
    part: Any = None,
    name: Any = None,
    project: Any = None,
    payload: Any = None,
) -> Thing:
    """What was tried, of whatever types the host has."""
    is_plain = type(entity_type) is str and entity_type.isascii() and entity_type.isalpha()
    return Thing(
        entity_type if is_plain else name_or_none(entity_type),
        entity_id if type(entity_id) is int else entity_id_of(entity_id),
        name_or_none(part),
        name_or_none(name),
        project,
        payload,
    )


def thing_of_details(details: Mapping[str, Any]) -> Thing | None:
    """What a record's details say that failed; what is in hand where they name nothing else.

    An id without a type is that of what is in hand, if that has it.
    """
    part = details.get("part")
    try:
        kind = details.get("entity_type") or details.get("type")
        entity_id = None
        for name in ("shotgun_id", "entity_id", "id"):
            entity_id = details.get(name) if entity_id is None else entity_id
        for name in ("entity", "payload"):
            link = details.get(name)
            if is_mapping(link) and entity_id is None:
                kind, entity_id = member_of(link, "type") or kind, member_of(link, "id")
        if kind is not None and entity_id is not None:
            return thing(kind, entity_id, part=part)
        about = in_hand.told()
        if not about or (entity_id is not None and said(about["shotgun_id"]) != said(entity_id)):
            return None
        if part is None and entity_id is None:
            part = about.get("part")
        return thing(
            *(about["entity_type"], about["shotgun_id"], part),
            *(about.get("name"), about.get("project")),
        )
    except BaseException as fault:  # whatever a hostile class does: the failure is told of
        if passes(fault):
            raise
        return None


def with_known(held: list[InHand], details: Mapping[str, Any]) -> dict[str, Any]:
    """These details, with what these blocks know besides: name, project and payload."""
    found = dict(details)
    for one in (*in_hand.around(held), *held):
        try:
            found = with_more(found, one.details())
        except BaseException as fault:  # whatever a hostile class does: the failure is told of
            if passes(fault):
                raise
    return found


def with_more(details: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """These details, with name, project and payload of what else is known."""
    missing = {
        name: known[name]
        for name in ("name", "project", "payload")
        if details.get(name) is None and known.get(name) is not None
    }
    found = {**details, **missing}
    found["payload"] = _with_links(found.get("payload"), known.get("payload"))
    if found["payload"] is None:
        found.pop("payload")
    return found


def told_to_forks(run: str, details: Mapping[str, Any]) -> bytes:
    """What a record of another process needs to know of this, which is of a run.

    Of what is too long the links are left out that say least of on what it hangs: the long lists.
    """
    payload: Any = details.get("payload")
    links = {
        name: _bare(value)
        for name, value in (payload.items() if is_mapping(payload) else ())
        if type(name) is str and _is_link(value)
    }
    known: dict[str, Any] = {"run": run, "project": details.get("project")}
    named = {**known, "name": details.get("name")}
    known = named if len(_dumps(named)) <= LONGEST_KNOWN else known
    told = _dumps({**known, "payload": links or None})
    if len(told) <= LONGEST_KNOWN:
        return told
    kept: dict[str, Any] = {}
    for name in sorted(links, key=lambda name: type(links[name]) is list):
        few = links[name][:_FEW_LINKS] if type(links[name]) is list else links[name]
        if len(_dumps({**known, "payload": {**kept, name: few}})) <= LONGEST_KNOWN:
            kept[name] = few
    told = _dumps({**known, "payload": kept})
    return told if len(told) <= LONGEST_KNOWN else _dumps({"run": run})


def _dumps(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def _bare(value: Any) -> Any:
    """A link, or several, by type and id."""
    if type(value) is list:
        return [_bare(one) for one in value[:_MOST_LINKS] if _is_link(one)]
    return {"type": name_of(value["type"]), "id": entity_id_of(value["id"])}


def heard_from_above(told: bytes) -> dict[str, Any]:
    """The same, as it is understood: `run`, and what is known of `project`, `name`, `payload`.

    Nothing of what is half written: the block is over, or another one begins.
    """
    try:
        found: dict[str, Any] = json.loads(told)
    except ValueError:
        return {}
    return {name: value for name, value in found.items() if value is not None}


_MOST_LINKS = 20
_FEW_LINKS = 3


def _with_links(payload: Any, known: Any) -> Any:
    """A payload, with the links besides that another one of the same entity has.

    What was made for a target has lost what it hangs on in its source.
    """
    if payload is known or not (is_mapping(payload) and is_mapping(known)):
        return payload
    return {**{name: value for name, value in known.items() if _is_link(value)}, **payload}


def _is_link(value: Any) -> bool:
    if type(value) is list:
        return bool(value) and _is_link(value[0])
    return type(value) is dict and "type" in value and "id" in value
