"""Points in time as the desk writes them: RFC 3339, UTC, milliseconds, `Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]| ?[+-]\d\d:?\d\d)?", re.ASCII
)


def utc_text(seconds: float) -> str:
    """`1795431192.5` (Unix time) as `2026-11-23T10:53:12.500Z`; such texts sort by time."""
    return _millisecond_text(int(seconds * 1000))


@lru_cache(maxsize=16)
def _millisecond_text(milliseconds: int) -> str:
    second, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


@lru_cache(maxsize=4096)
def read_moment(text: str) -> str | None:
    """An RFC 3339 time in the desk's spelling; without an offset it is UTC. None if it is none."""
    if not _RFC_3339.fullmatch(text):
        return None
    try:
        if len(text) == len("2026-11-23T10:53:12Z") and text[10] == "T" and text[-1] == "Z":
            datetime.fromisoformat(text)
            return f"{text[:-1]}.000Z"
        moment = datetime.fromisoformat(text.upper().replace(" +", "+").replace(" -", "-"))
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def attempted_at(given: object, arrived_at: str) -> str:
    """When an attempt was: as given, or its arrival if that is no time, or later than arrival.

    So no wrong clock can freeze an item.
    """
    if type(given) is not str:
        return arrived_at
    moment = read_moment(given)
    return arrived_at if moment is None or moment > arrived_at else moment


def before_our_clock(told: str, sent_at: str, arrived_at: str) -> str:
    """A moment of a clock that may be ahead, earlier by as much as that is seen to be.

    `sent_at` is the time of that clock at the sending of what arrived; "" if it is not known.
    """
    ahead = seconds_between(arrived_at, read_moment(sent_at) or arrived_at)
    if ahead <= 0:
        return told
    try:
        return moment_after(told, -ahead)
    except OverflowError:  # before the year 1
        return told


def first_id_of(moment: str) -> str:
    """The UUIDv7 before which no id of this moment or later comes, as text."""
    milliseconds = int(datetime.fromisoformat(moment).timestamp() * 1000)
    digits = f"{max(0, milliseconds):012x}"[-12:]
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"


def seconds_between(earlier: str, later: str) -> float:
    """How many seconds lie between two moments; negative if they are the other way round."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


@lru_cache(maxsize=4096)
def moment_after(moment: str, seconds: float) -> str:
    """The moment so many seconds later, or earlier if they are negative."""
    then = datetime.fromisoformat(moment) + timedelta(seconds=seconds)
    return f"{then:%Y-%m-%dT%H:%M:%S}.{then.microsecond // 1000:03d}Z"
