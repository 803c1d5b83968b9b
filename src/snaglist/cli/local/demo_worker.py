"""The program of the demo that tries again: slowly, so that one can watch, and not always well."""

from __future__ import annotations

import random
import time
import uuid
from typing import Any

from snaglist.cli.remote.desk import RemoteDesk

_AT_ONCE = 5
_WELL = 0.85
"""The share of things that come over when they are tried again."""

_SECONDS_EACH = 0.15


class DemoWorker:
    """Tries what is ordered, some things a second."""

    def __init__(self, desk: RemoteDesk) -> None:
        self._desk = desk
        self._told = {"id": str(uuid.uuid4()), "name": "farm-3", "host": "farm-3"}
        self._random = random.Random(3)  # noqa: S311 - a story, the same every time

    def work(self) -> float:
        """Try a few things, if some wait, and say in how many seconds to ask again."""
        answer = self._desk.post("/api/v1/leases", {"worker": self._told, "limit": _AT_ONCE})
        outcomes = [self._tried(lease) for lease in answer["leases"]]
        if not outcomes:
            return min(2.0, float(answer["poll_seconds"]))
        self._desk.post("/api/v1/outcomes", outcomes)
        return 0.0

    def _tried(self, lease: dict[str, Any]) -> dict[str, Any]:
        time.sleep(_SECONDS_EACH)
        outcome = {"lease_id": lease["lease_id"], "outcome": "came_over"}
        if self._random.random() > _WELL:
            event = {"error": "KeyError: 'sg_cut_in'", "details": {"name": lease["item"]["name"]}}
            outcome |= {"outcome": "failed", "record": {"event_data": event}}
        return outcome
