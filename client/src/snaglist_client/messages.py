"""What is said to the desk, each thing as one line of a segment."""

from __future__ import annotations

import json
import logging
import operator
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, Union
from urllib.parse import quote

from snaglist_client.delivery import BEGIN, END, IMPORTED, RECORD, json_of, line_of
from snaglist_client.moments import utc_now, utc_text_of
from snaglist_client.plain import clean_text, said
from snaglist_client.quietly import passes, tell

EntityId = Union[int, str]
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_NOT_SLUG = re.compile(r"[^a-z0-9_-]+")
_dumps = json.JSONEncoder(separators=(",", ":")).encode
_LONGEST = 200
_MOST_LOOKED_AT = 2_000
_LONGEST_URL = 2_000
_MOST_TYPES = 100
_LARGEST_TOTAL = 10**9
_EXACT = 2.0**53
_USUAL_IDS = 1 << 53


def record_line(
    record_id: str,
    source: str,
    target: str | None,
    event_data: bytes,
    *,
    run: str = "",
    occurred_at: str = "",
) -> bytes:
    """One failure; what failed and why is in `event_data`, JSON."""
    return line_of(RECORD, enveloped(record_id, source, target, event_data, run, occurred_at))


def enveloped(
    record_id: str,
    source: str,
    target: str | None,
    event_data: bytes,
    run: str = "",
    occurred_at: str = "",
) -> bytes:
    """One member of a batch of records."""
    about = source, target, run
    rest = _known.get(about)
    if rest is None:
        members = {"source": source, "target": target, "run": run}
        rest = _dumps({name: text for name, text in members.items() if text})[1:-1], ""
        _remember(about, rest)
    at = json.dumps(occurred_at) if occurred_at else f'"{utc_now()}"'
    head = f'{{"id":"{record_id}",{rest[0]},"occurred_at":{at},"event_data":'
    return b"%b%b}" % (head.encode(), event_data)


def imported_line(
    source: str,
    target: str | None,
    entity_type: str,
    entity_id: EntityId,
    part: str,
    project: EntityId | None,
    target_url: str | None,
    run: str,
    alone: bool = False,
    moment: int | None = None,
    began: int | None = None,
) -> bytes:
    """One thing that came over, now; `alone` of a whole whose parts are told of apart.

    `moment` is now, where it is known already; `began` from when on it was tried. Both are
    nanoseconds since 1970.
    """
    around = (source, target, entity_type, part, project, run, alone)
    known = _known.get(around)
    if known is None:
        known = _around(*around)
        _remember(around, known)
    head, tail = known
    own = str(entity_id) if type(entity_id) is int else json.dumps(entity_id)
    if target_url:
        tail = _url(target_url) + tail
    at = utc_now() if moment is None else utc_text_of(moment)
    if began is not None:
        tail = f',"began_at":"{utc_text_of(began)}"{tail}'
    return f'{head}{own},"occurred_at":"{at}"{tail}'.encode()


_known: dict[tuple[Any, ...], tuple[str, str]] = {}
_MOST_KNOWN = 1_000
"""What many messages have in common is put into words once."""


def _remember(about: tuple[Any, ...], words: tuple[str, str]) -> None:
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[about] = words


def _around(
    source: str,
    target: str | None,
    entity_type: str,
    part: str,
    project: EntityId | None,
    run: str,
    alone: bool,
) -> tuple[str, str]:
    """What stands before the entity's id in such a line, and what behind its time."""
    members: dict[str, Any] = {"entity_type": entity_type}
    if part:
        members["part"] = part
    if target:
        members["target"] = target
    if run:
        members["run"] = run
    if project is not None:
        members["project"] = project
    if alone and not part:
        members["alone"] = True
    head = line_of(IMPORTED, b'{"shotgun_id":', source).decode().rstrip("\n")
    return head, f",{_dumps(members)[1:]}\n"


def _url(target_url: Any) -> str:
    url = address_of(target_url)
    return f',"target_url":{json.dumps(url)}' if url else ""


def address_of(target_url: Any) -> str:
    """A web address as the desk takes it; "" for what is none."""
    if target_url is None:
        return ""
    url = clean_text(said(target_url)).strip()[:_LONGEST_URL]
    return url if url.startswith(("http://", "https://")) and url.isprintable() else ""


def begin_line(run: Mapping[str, Any]) -> bytes:
    """A run that began."""
    return line_of(BEGIN, json_of({key: value for key, value in run.items() if value is not None}))


def end_line(run: str, fault: str | None) -> bytes:
    """A run that came to its end, or to a fault; what it told before arrives before this."""
    ended: dict[str, Any] = {"ended_at": utc_now(), "unsent": 0}
    if fault is not None:
        ended["fault"] = fault[:500]
    return line_of(END, json_of(ended), run)


def path_of_run(run: str, what: str) -> str:
    """Where something is posted of this run, by its id or label."""
    return f"/api/v1/runs/{quote(run, safe='')}/{what}"


def slug(text: str | None, otherwise: str | None) -> str | None:
    """The text in the form of a source's or target's name; one without a letter is `otherwise`."""
    if not text:
        return otherwise
    low = said(text).lower()
    if _SLUG.fullmatch(low):
        return low
    formed = _NOT_SLUG.sub("-", low).strip("-_")[:64]
    if not formed:
        tell(
            logging.WARNING,
            "A source's or target's name has letters of a to z, digits, - and _; %.100r has none of"
            " these, so the usual name is taken.",
            low,
        )
    return formed or otherwise


def name_of(value: Any) -> str:
    """A short text on one line, without secrets."""
    if type(value) is str and len(value) <= _LONGEST and value.isprintable():
        return " ".join(clean_text(value).split())[:_LONGEST]
    # Cut at last: half a secret is not known by its form.
    return " ".join(clean_text(said(value)[:_MOST_LOOKED_AT]).split())[:_LONGEST].rstrip()


def name_or_none(value: Any) -> str:
    """The same; "" for None."""
    return "" if value is None else name_of(value)


def entity_id_of(value: Any) -> EntityId:
    """An entity's id: a number or a text; "" for None."""
    if type(value) is int:
        return value if abs(value) < 10**30 else hex(value)[:_LONGEST]
    if type(value) is float and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return name_or_none(value)


def project_of(value: Any) -> EntityId | None:
    """A project's id, or its name; None for none. Takes the link that ShotGrid gives."""
    if value is None or (type(value) is int and 0 <= value < _USUAL_IDS):
        return value
    if type(value) is dict:
        inner = value.get("id")
        if type(inner) is int and 0 <= inner < _USUAL_IDS:
            return inner
    if is_mapping(value):
        inner = member_of(value, "id")
        value = member_of(value, "name") if inner is None else inner
    if value is None or type(value) is bool:
        return None
    return entity_id_of(value) or None


def project_in(payload: Any) -> Any:
    """The project that an entity of the source is of, as it stands there."""
    if type(payload) is dict:
        return payload.get("project")
    return member_of(payload, "project") if is_mapping(payload) else None


def total_of(value: Any) -> Any:
    """How many entities are to be tried, or how many of each type; of a list how many it holds.

    None for None. Raises ValueError for what says no number.
    """
    if is_mapping(value):
        given = list(islice(value.items(), _MOST_TYPES + 1))
        if len(given) > _MOST_TYPES:
            raise ValueError("it names too many types")
        return {name_of(kind): _count_of(count) for kind, count in given}
    return None if value is None else _count_of(value)


def _count_of(value: Any) -> int:
    """A number of things. Raises ValueError."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return len(value)
    try:
        count = -1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        count = int(float(value)) if float(value).is_integer() else -1
    if not 0 <= count <= _LARGEST_TOTAL:
        raise ValueError(f"it is no number from 0 to {_LARGEST_TOTAL}")
    return count


def payload_name(payload: Any) -> str:
    """What people call the entity that this payload is of."""
    if is_mapping(payload):
        for name in ("code", "name", "cached_display_name", "content", "subject"):
            value = member_of(payload, name)
            if type(value) is str and value:
                return name_of(value)
    return ""


def small(value: Any) -> Any:
    """A project as it stands in a record: its link, its id or its name."""
    if is_mapping(value):
        told = ((name, member_of(value, name)) for name in ("type", "id", "name"))
        return {name: _little(one) for name, one in told if one is not None}
    return project_of(value)


def _little(value: Any) -> Any:
    return value if type(value) is int else name_of(value)


def is_mapping(value: Any) -> bool:
    """Whether it has members, as far as its class says so without failing."""
    if type(value) is dict:
        return True
    try:
        return isinstance(value, Mapping)
    except BaseException as fault:  # of a proxy that leads nowhere now
        if passes(fault):
            raise
        return False


def member_of(value: Any, name: str) -> Any:
    """A member of a mapping; None if it has none, or cannot say."""
    try:
        return value.get(name)
    except BaseException as fault:  # whatever a hostile class does
        if passes(fault):
            raise
        return None
