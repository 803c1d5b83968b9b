"""The SQL of finding causes, and of counting those that match by their state."""

from __future__ import annotations

import msgspec

from snaglist.domain.cause import Cause
from snaglist.domain.filtering import EITHER, NONE, Filter
from snaglist.domain.moment import first_id_of
from snaglist.storage import causes as cause_store
from snaglist.storage.connection import Connection, Value
from snaglist.storage.filtering import counted_by

CAUSE_ORDERS = {"newest": "causes.last_failed_at", "items": "causes.open_items"}
_LETTERS = "abcdefgh"
_MEMBERS = {
    "claim": "causes.claim = :claim",
    "opened": "causes.status = 'open' AND causes.since >= :opened",
    "heard": "causes.id >= :heard",
    "known": "causes.id < :known",
    "since": "causes.last_failed_at >= :since",
    "until": "causes.last_failed_at < :until",
}
_BY_ID = ("heard", "known")
"""What goes by a cause's id, which tells when it was made."""

_STATES = {
    "open": "(causes.status = 'open' AND causes.times_back = 0)",
    "came_back": "(causes.status = 'open' AND causes.times_back > 0)",
    "done": "causes.status = 'done'",
    "moved_on": "causes.status = 'moved_on'",
    "ignored": "causes.status = 'ignored'",
}


class FoundCauses(msgspec.Struct, frozen=True):
    """Causes in order. Behind place `further` there are more; none if it is None."""

    causes: list[Cause]
    further: tuple[str | int, int] | None


def page_of_causes(
    connection: Connection,
    wanted: Filter,
    order: str,
    behind: tuple[str | int, int] | None,
    most: int,
) -> FoundCauses:
    """The first causes that match, merged ones aside, by one of `CAUSE_ORDERS`.

    `items` are the open ones, where a project or a type is asked for those of it. `behind` is a
    place that an earlier page led on from.
    """
    source, conditions, values = _found(connection, wanted)
    column = CAUSE_ORDERS[order]
    if order == "items" and _is_of_some_items(wanted):
        column = "held.items"
    if behind is not None:
        conditions.append(f"({column}, causes.seq) < (:behind, :seq)")
        values["behind"], values["seq"] = behind
    rows = connection.execute(
        f"SELECT {cause_store.COLUMNS}, {column} FROM {source} WHERE {' AND '.join(conditions)}"
        f" ORDER BY {column} DESC, causes.seq DESC LIMIT :most",
        **values,
        most=most + 1,
    )
    causes = [cause_store.cause_of(row[:-1]) for row in rows[:most]]
    further = (rows[most - 1][-1], causes[-1].seq) if len(rows) > most else None
    return FoundCauses(causes, further)


def count_causes(connection: Connection, wanted: Filter) -> dict[str, int]:
    """How many causes match in each state, merged ones aside; 0 are left out."""
    source, conditions, values = _found(connection, wanted)
    rows = connection.execute(
        "SELECT CASE WHEN causes.status = 'open' AND causes.times_back > 0 THEN 'came_back'"
        f" ELSE causes.status END, count(*) FROM {source} WHERE {' AND '.join(conditions)}"
        " GROUP BY 1",
        **values,
    )
    return dict(rows)


def _found(connection: Connection, wanted: Filter) -> tuple[str, list[str], dict[str, Value]]:
    """The SQL of where causes that match come from, of what they match, and its parameters."""
    source = "causes"
    conditions = ["causes.merged_into IS NULL"]
    values: dict[str, Value] = {}
    if wanted.states:
        conditions.append(f"({' OR '.join(_STATES[state] for state in wanted.states)})")
    if _is_of_some_items(wanted):
        of = Filter(project=wanted.project, entity_type=wanted.entity_type)
        counted, values = counted_by(connection, of, "bucket")
        source += (
            " JOIN (SELECT cause_id, CAST(sum(CASE WHEN bucket IN ('open', 'retrying') THEN items"
            " ELSE 0 END) AS BIGINT) AS items FROM item_counts WHERE items > 0"
            f" AND {' AND '.join(counted)} GROUP BY cause_id) held ON held.cause_id = causes.id"
        )
    if wanted.assignee == NONE:
        conditions.append("causes.assignee IS NULL")
    elif wanted.assignee is not None:
        conditions.append("causes.assignee = :assignee")
        values["assignee"] = wanted.assignee
    for name, condition in _MEMBERS.items():
        asked = getattr(wanted, name)
        if asked is not None:
            conditions.append(condition)
            values[name] = first_id_of(asked) if name in _BY_ID else asked
    for place, text in enumerate(wanted.words):
        either: list[str] = []
        for word, letter in zip(text.split(EITHER), _LETTERS, strict=False):
            name = f"word{_LETTERS[place]}{letter}"
            either.append(f"causes.words LIKE :{name} ESCAPE '!'")
            values[name] = f"% {_escaped(word)}%"
        conditions.append(f"({' OR '.join(either)})")
    return source, conditions, values


def _is_of_some_items(wanted: Filter) -> bool:
    """Whether only the items of a project or a type are asked for."""
    return wanted.project is not None or wanted.entity_type is not None


def _escaped(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
