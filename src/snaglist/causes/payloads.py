"""One walk through a record's members: what is null, true or false, and whom it links to."""

from __future__ import annotations

from typing import Any, NamedTuple

MOST_MEMBERS = 120
_DEEPEST = 4
_MOST_ENTRIES = 40
_NOT_SENT = frozenset(["old_value", "new_value", "attribute_name"])


class Payload(NamedTuple):
    """What one walk found; every list in the order of the record, and bounded."""

    absent: list[str]
    denied: list[str]
    affirmed: list[str]
    links: list[dict[str, Any]]
    link_type: str


def survey(members: Any) -> Payload:
    """Look through an object and what lies in it, four levels deep, a bounded number of members."""
    absent: list[str] = []
    denied: list[str] = []
    affirmed: list[str] = []
    links: list[dict[str, Any]] = []
    link_type = ""
    room = MOST_MEMBERS
    noted = 0
    waiting = [(members, 1)]
    for value, depth in waiting:  # grows while it is walked
        room -= len(value)
        if room < 0 and depth > 1:
            break
        if type(value.get("type")) is str and ("id" in value or "name" in value):
            links.append(value)
        for name, inner in value.items():
            kind = type(inner)
            if kind is str:
                if name == "link_type":
                    link_type = inner
                continue
            if kind is int:
                continue
            if kind is dict:
                if depth < _DEEPEST:
                    waiting.append((inner, depth + 1))
                continue
            if kind is list:
                if depth < _DEEPEST:
                    waiting += [
                        (one, depth + 1) for one in inner[:_MOST_ENTRIES] if type(one) is dict
                    ]
                continue
            if inner is None:
                if name in _NOT_SENT:
                    continue
                absent.append(name)
            elif inner is True:
                affirmed.append(name)
            elif inner is False:
                denied.append(name)
            else:
                continue
            noted += 1
            if noted > MOST_MEMBERS:
                break
    return Payload(absent, denied, affirmed, links, link_type)
