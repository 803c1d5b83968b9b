"""What a record tells of its event: what changed from what to what, and where code failed."""

from __future__ import annotations

from typing import Any

import msgspec

from snaglist.domain.words import one_line

_LONGEST = 300
_LONGEST_STACK = 50_000
_STACKS = ("traceback", "stacktrace", "stack_trace", "stack")
_decode = msgspec.json.Decoder().decode


class Change(msgspec.Struct, frozen=True):
    """One field that was changed, and from what to what; "" for nothing."""

    field: str
    old: str
    new: str


def change_of(event_data: str) -> Change | None:
    """The change that this record's event made; None if it tells of none."""
    event: Any = _decode(event_data)
    for place in (event, event.get("details"), _of(event, "event"), _of(event, "entry")):
        meta = place.get("meta") if isinstance(place, dict) else None
        if isinstance(meta, dict) and ("old_value" in meta or "new_value" in meta):
            field = place.get("attribute_name") or meta.get("attribute_name") or ""
            return Change(
                _shown(field), _shown(meta.get("old_value")), _shown(meta.get("new_value"))
            )
    return None


def stack_of(event_data: str) -> str | None:
    """Where the importer's code was when it failed, as its record tells it; None if it does not."""
    event: Any = _decode(event_data)
    for place in (event.get("details"), event):
        if isinstance(place, dict):
            for name in _STACKS:
                text = place.get(name)
                if isinstance(text, str) and text.strip():
                    return text[:_LONGEST_STACK]
    return None


def _of(event: dict[str, Any], name: str) -> Any:
    details = event.get("details")
    return details.get(name) if isinstance(details, dict) else None


def _shown(value: object) -> str:
    """A link by its name, several of them one after the other."""
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return one_line(", ".join(map(_shown, value)), _LONGEST)
    if value is None:
        return ""
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        value = value["name"]
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return one_line(text, _LONGEST)
