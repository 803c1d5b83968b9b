"""One walk through a record's members: what is null, what is false, and whom it links to."""

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
    links: list[dict[str, Any]]
    link_type: str


def survey(members: Any) -> Payload:
    """Look through an object and what lies in it, at most four levels and so many members deep."""
    absent: list[str] = []
    denied: list[str] = []
    links: list[dict[str, Any]] = []
    link_type = ""
    room = MOST_MEMBERS
    waiting = [(members, 1)]
    for value, depth in waiting:  # grows while it is walked
        if type(value.get("type")) is str and ("id" in value or "name" in value):
            links.append(value)
        for name, inner in value.items():
            if inner is None:
                if name not in _NOT_SENT:
                    absent.append(name)
            elif inner is False:
                denied.append(name)
            elif name == "link_type":
                link_type = inner if type(inner) is str else ""
            elif depth < _DEEPEST:
                if type(inner) is dict:
                    waiting.append((inner, depth + 1))
                elif type(inner) is list:
                    waiting += [
                        (one, depth + 1) for one in inner[:_MOST_ENTRIES] if type(one) is dict
                    ]
            room -= 1
            if room < 0:
                return Payload(absent, denied, links, link_type)
    return Payload(absent, denied, links, link_type)
