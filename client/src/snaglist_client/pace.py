"""When to try again after a fault: later and later, and never in step with others."""

from __future__ import annotations

import random
import time

MOST_SECONDS = 60.0
_FIRST_SECONDS = 0.5


class Pace:
    """Counts faults in a row; every wait has up to half of it taken off by chance."""

    def __init__(self) -> None:
        self._faults = 0
        self._not_before = 0.0

    def well(self) -> None:
        """It worked."""
        self._faults, self._not_before = 0, 0.0

    def fault(self, after: float | None = None) -> None:
        """It did not; not before `after` seconds, if somebody said so."""
        wait = min(MOST_SECONDS, _FIRST_SECONDS * 2**self._faults)
        self._faults = min(self._faults + 1, 10)
        self._not_before = time.monotonic() + max(varied(wait), min(after or 0, MOST_SECONDS))

    def left(self) -> float:
        """How many seconds until the next try; negative when it is due."""
        return self._not_before - time.monotonic()


def varied(seconds: float) -> float:
    """About so many seconds: half of it to all of it."""
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
