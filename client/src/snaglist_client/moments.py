"""Ids and times as the desk takes them: UUIDv7, and RFC 3339 in UTC."""

from __future__ import annotations

import os
import threading
import time
from datetime import datetime, timezone

_RANDOM_BITS = (1 << 62) - 1
_VARIANT = 1 << 63


def waitable(seconds: float) -> float:
    """So long, as a thread can wait: not for ever, and not at all for what is no number."""
    return min(max(0.0, seconds), threading.TIMEOUT_MAX / 2) if seconds == seconds else 0.0


def now() -> int:
    """Nanoseconds since 1970. In one process they never shrink, also when its clock is set back.

    Else what failed after that would look older than what came over before.
    """
    global _last  # threads need no lock for it
    moment = time.time_ns()
    if moment < _last:
        moment = _steady(moment)
    _last = moment
    return moment


_last = 0


def _steady(moment: int) -> int:
    """The time as if the clock had not been set back to this moment."""
    global _set_back
    if _last - moment < _MILLISECOND:
        return _last  # another thread was faster
    steady = time.monotonic_ns()
    if _set_back is None:
        _set_back = _last, steady
    then, steady_then = _set_back
    return max(_last, then + steady - steady_then)


_MILLISECOND = 1_000_000
_set_back: tuple[int, int] | None = None
"""When the clock was first found to be set back: the time until then, and the steady clock's."""


def new_id() -> str:
    """A fresh UUIDv7; those of one machine sort by the time at which they were made."""
    milliseconds, rest = divmod(now(), 1_000_000)
    random = int.from_bytes(os.urandom(8), "big") & _RANDOM_BITS
    digits = f"{milliseconds:012x}7{(rest << 12) // 1_000_000:03x}{random | _VARIANT:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def utc_now() -> str:
    """Now, as `2026-11-23T10:53:12.500123Z`."""
    return utc_text_of(now())


def utc_text_of(moment: int) -> str:
    """The same of a moment that `now` gave."""
    global _second  # one pair, replaced as a whole: threads need no lock for it
    seconds, rest = divmod(moment, 1_000_000_000)
    known, text = _second
    if known != seconds:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
        _second = seconds, text
    return f"{text}.{rest // 1000:06d}Z"


_second = (0, "1970-01-01T00:00:00")
"""The second that was written last, and its text."""


def utc_text(moment: datetime) -> str:
    """A moment with an offset as the desk reads it."""
    in_utc = moment.astimezone(timezone.utc).isoformat(timespec="microseconds")
    return in_utc.replace("+00:00", "Z")
