"""Points in time as the desk writes them: RFC 3339, UTC, milliseconds, `Z`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def utc_text(seconds: float) -> str:
    """`1795431192.5` (Unix time) as `2026-11-23T10:53:12.500Z`; such texts sort by time."""
    return _millisecond_text(int(seconds * 1000))


@lru_cache(maxsize=16)
def _millisecond_text(milliseconds: int) -> str:
    second, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"
