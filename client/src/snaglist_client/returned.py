"""What a target answered beside what it was sent: for those that say 200 to what they dropped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from snaglist_client import in_hand
from snaglist_client.failures import NotKept, event_of
from snaglist_client.in_hand import entity_of
from snaglist_client.messages import EntityId, is_mapping, member_of, name_of, small
from snaglist_client.plain import said
from snaglist_client.quietly import complain
from snaglist_client.reporter import Reporter
from snaglist_client.things import Thing, thing

LINKS: dict[str, dict[str, tuple[str, ...]]] = {
    "": {"project": ("project_id",)},
    "Shot": {"sg_sequence": ("parent_id",), "sg_scene": ("source_id",)},
    "Scene": {"sequence_sg_scenes_1_sequences": ("parent_id",), "sg_sequence": ("parent_id",)},
    "Sequence": {"episode": ("parent_id",)},
    "Task": {
        "entity": ("entity_id",),
        "step": ("task_type_id",),
        "sg_status_list": ("task_status_id",),
        "created_by": ("assigner_id",),
    },
    "Version": {"sg_task": ("task_id",), "user": ("person_id",)},
    "Note": {"tasks": ("object_id",), "user": ("person_id",)},
}
"""For each type, and "" for all: the member that was sent, and what Zou makes of it."""

_KINDS = {
    "Step": "Task type",
    "HumanUser": "Person",
    "sg_status_list": "Status",
}
_DROPPED = "Entry dropped by the target: 1 sent, 0 returned"
_CONNECTION = "project"
_MOST_IDS = 50
_FAULTS = 400


class Checked(NamedTuple):
    """The ids of what came over, of what failed, and of what was not tried."""

    came_over: list[Any]
    failed: list[Any]
    not_tried: list[Any]

    def __bool__(self) -> bool:
        return not self.failed and not self.not_tried


UNKNOWN = Checked([], [], [None])
"""When the client itself is at fault: nothing is said to be well."""


def check_returned(
    reporter: Reporter,
    sent: Any,
    returned: Any,
    *,
    entity_type: str | None = None,
    project: Any = None,
    error: Any = None,
    links: Mapping[str, str | Iterable[str]] | None = None,
    alone: bool = False,
    part: Any = None,
) -> Checked:
    """Compare, record what is missing and what lost a link, report the rest as imported."""
    entries = [sent] if is_mapping(sent) else list(sent or ())
    returned, fault = _opened(returned)
    error = fault if error is None else error
    answers = _listed(returned)
    if answers is None and error is None:
        answers, error = [], returned
    found = Answers(answers or (), {_type_of(entry) for entry in entries})
    has_answers = bool(found)
    outcome = Checked([], [], [])
    is_stopped = False
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        try:
            one = _thing_of(entry, entity_type, project, part)
            if (one.entity_type, str(one.entity_id)) in seen and one.entity_id != "":
                continue  # what is sent twice is one thing
            seen.add((one.entity_type, str(one.entity_id)))
            answered = found.take(entry)
            if answered is not None:
                _check_links(reporter, outcome, one, entry, answered, links, alone=alone)
            elif error is None:
                _fail(reporter, outcome, one, _DROPPED, _NONE_OF_ONE)
            elif is_stopped or (len(entries) > 1 and not has_answers):
                outcome.not_tried.append(one.entity_id)
                reporter.broken_off(one.entity_type, one.entity_id, one.part)
            else:
                is_stopped = True
                _fail(reporter, outcome, one, _fault(error), _told_by(error))
        except Exception as fault:  # of one entry, which must not hide the others
            complain("check of what was returned", fault)
            outcome.not_tried.append(None)
            reporter.broken_off("", None)
    if error is not None and not outcome.failed and outcome.not_tried:
        _fail_batch(reporter, outcome, entries, entity_type, project, error)
    return outcome


def _check_links(
    reporter: Reporter,
    outcome: Checked,
    one: Thing,
    entry: Mapping[str, Any],
    answered: Mapping[str, Any],
    links: Mapping[str, str | Iterable[str]] | None,
    *,
    alone: bool,
) -> None:
    """Report an entity that came back as come over, but for the links of it that did not.

    Of a part the link of its name tells, and else that the entity came back. With a link lost the
    whole is alone: else its success would speak for those links, and for parts that
    nobody tried.
    """
    lost = _lost(one.entity_type, entry, answered, links)
    entity = entity_of(one.entity_type, one.entity_id)
    began = in_hand.tried_since(reporter.source, reporter.target, entity)
    if one.part:
        for member, name, text in lost:
            if one.part == name_of(member):
                _fail(reporter, outcome, one, text, _lost_link(member, name))
                return
        reporter.report_success(one, began=began)
        outcome.came_over.append(one.entity_id)
        return
    alone = alone or bool(lost) or reporter.has_failed_in_part(one.entity_type, one.entity_id)
    reporter.report_success(one, alone=alone, began=began)
    if alone:
        missing = {member for member, _, _ in lost}
        for member in _links_of(one.entity_type, links):
            if member in entry and member not in missing:
                reporter.report_success(one._replace(part=name_of(member)), began=began)
    for member, name, text in lost:
        part = one._replace(part=name_of(member))
        _fail(reporter, outcome, part, text, _lost_link(member, name))
    if not lost:
        outcome.came_over.append(one.entity_id)


def _lost(
    entity_type: str,
    entry: Mapping[str, Any],
    answered: Mapping[str, Any],
    links: Mapping[str, str | Iterable[str]] | None,
) -> list[tuple[str, str, str]]:
    """Links that were sent and came back null: the member, its name in the answer, a sentence."""
    return [
        (
            member,
            name,
            f"{_linked(member, entry[member])} not found in the target: stored with {name} null",
        )
        for member, names in _links_of(entity_type, links).items()
        for name in ([names] if isinstance(names, str) else names)
        if entry.get(member) and name in answered and answered[name] is None
        if not _is_script(entry[member])
    ]


def _is_script(link: Any) -> bool:
    """Whether a link leads to a script, which is nobody, and no target has it."""
    return is_mapping(link) and member_of(link, "type") == "ApiUser"


def _links_of(
    entity_type: str, given: Mapping[str, str | Iterable[str]] | None
) -> Mapping[str, str | Iterable[str]]:
    return given if given is not None else {**LINKS[""], **LINKS.get(entity_type, {})}


def kept(
    sent: Mapping[str, Any],
    returned: Any,
    *,
    part: str = "",
    links: Mapping[str, str | Iterable[str]] | None = None,
) -> Mapping[str, Any]:
    """What a target kept of one entity that it was sent alone: for those who want an exception.

    Raises NotKept, in the words of `check_returned`, when it kept nothing or lost a link: any
    link, or the one that `part` names.
    """
    returned, fault = _opened(returned)
    answers = _listed(returned) if fault is None else None
    answered = Answers(answers or (), {_type_of(sent)}).take(sent)
    if answered is None and answers is not None:
        raise NotKept(_DROPPED, {**_NONE_OF_ONE, "payload": sent})
    if answered is None:
        error = returned if fault is None else fault
        raise NotKept(said(_fault(error)), {**_told_by(error), "payload": sent})
    for member, name, text in _lost(name_of(sent.get("type") or ""), sent, answered, links):
        if not part or part == name_of(member):
            raise NotKept(text, {**_lost_link(member, name), "payload": sent})
    return answered


_NONE_OF_ONE = {"sent": 1, "returned": 0}


def _lost_link(member: str, name: str) -> dict[str, str]:
    return {"field": member, "returned_null": name}


def _opened(returned: Any) -> tuple[Any, Any]:
    """What an HTTP library's answer holds, or the fault that it tells of; others as they are."""
    status = getattr(returned, "status_code", None)
    if type(status) is not int or not callable(getattr(returned, "json", None)):
        return returned, None
    try:
        body = returned.json()
    except Exception:  # whatever the library raises for what is no JSON
        body = None
    if status >= _FAULTS:
        return None, body if is_mapping(body) else status
    return body, None if body is not None else f"The target answered {status}, but no JSON."


def _listed(value: Any) -> list[Any] | None:
    """The entities of an answer; None if it is none, but tells of a fault."""
    if value is None:
        return []
    if isinstance(value, (str, bytes)) and value[:1] in ("[", "{", b"[", b"{"):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if is_mapping(value):
        return [value] if member_of(value, "shotgun_id") is not None else None
    is_many = isinstance(value, Iterable) and not isinstance(value, (str, bytes, BaseException))
    return list(value) if is_many else None


def _fail(
    reporter: Reporter, outcome: Checked, one: Thing, error: Any, details: Mapping[str, Any]
) -> None:
    reporter.report_failure(one, error, details)
    if one.entity_id not in outcome.failed:
        outcome.failed.append(one.entity_id)


def _fail_batch(
    reporter: Reporter,
    outcome: Checked,
    entries: list[Any],
    entity_type: Any,
    project: Any,
    error: Any,
) -> None:
    """One record for a batch that failed as a whole, of each project: nothing tells at which entry.

    The desk knows it by its type and project, so that a run that is complete for these clears it.
    """
    things: dict[EntityId | None, list[Thing]] = {}
    for entry in entries:
        one = _thing_of(entry, entity_type, project)
        things.setdefault(one.project_id, []).append(one)
    for of_project in things.values():
        own = of_project[0].own_project
        details = {
            "batch_of": of_project[0].entity_type,
            "batch": len(of_project),
            "name": f"{len(of_project)} at once",
            "project": small(reporter.usual_project if own is None else own),
            "not_tried": outcome.not_tried[:_MOST_IDS],
            **_told_by(error),
        }
        reporter.record(event_of(_fault(error), details))


def _thing_of(entry: Any, entity_type: Any, project: Any, part: Any = None) -> Thing:
    members = entry if is_mapping(entry) else {}
    kind = entity_type or members.get("type") or ""
    given = members.get("id", members.get("shotgun_id"))
    return thing(kind, given, part=part, project=project, payload=entry)


class Answers:
    """What came back, by the source's ids; plain ids may come back as well.

    Each is of one entry only. Entries of two types may have one id: `types` are theirs, in lower
    case, and an answer that says one of them is of no other.
    """

    def __init__(self, returned: Iterable[Any], types: AbstractSet[str]) -> None:
        self._types = types - {""}
        self._by_id: dict[str, list[Mapping[str, Any]]] = {}
        for one in returned:
            if isinstance(one, Mapping):
                answer, number = one, one.get("shotgun_id", one.get("id"))
            else:
                answer, number = {}, one
            if number is not None:
                self._by_id.setdefault(said(number), []).append(answer)

    def __bool__(self) -> bool:
        return any(self._by_id.values())

    def take(self, entry: Any) -> Mapping[str, Any] | None:
        """What came back of this entry; None if nothing did."""
        left = self._by_id.get(_key(entry) or "", [])
        own = _type_of(entry)
        for place, answer in enumerate(left):
            told = _type_of(answer)
            if told == own or told not in self._types:
                return left.pop(place)
        return None


def _type_of(entry: Any) -> str:
    return said(member_of(entry, "type") or "").lower() if is_mapping(entry) else ""


def _key(entry: Any) -> str | None:
    """By what the answer names this entry; a connection comes back as its project."""
    number = entry
    if is_mapping(entry):
        number = entry.get("id", entry.get("shotgun_id"))
        project = member_of(entry, _CONNECTION)
        if "Connection" in said(entry.get("type")) and is_mapping(project):
            number = member_of(project, "id")
    return None if number is None else said(number)


def _fault(error: Any) -> Any:
    if isinstance(error, (BaseException, str)):
        return error
    if isinstance(error, Mapping) and isinstance(error.get("message"), str):
        return error["message"]
    if type(error) is int:
        return f"The target answered {error}."
    return f"The target answered: {said(error)[:500]}"


def _told_by(error: Any) -> dict[str, Any]:
    return {"http_status": error} if type(error) is int else {}


def _linked(member: str, value: Any) -> str:
    """What a link leads to, in the words of targets: `Task type Rigging`."""
    if isinstance(value, (list, tuple)) and value:
        value = value[0]
    if not isinstance(value, Mapping):
        return f"{_KINDS.get(member, member)} {name_of(value)}"
    kind = said(value.get("type") or member)
    name = value.get("name") or value.get("code") or value.get("id") or ""
    return name_of(f"{_KINDS.get(kind, kind)} {said(name)}")
