"""Records from a program's own logging: `logging.getLogger().addHandler(Handler(desk))`."""

from __future__ import annotations

import logging
import threading
from typing import Any

from snaglist_client import in_hand
from snaglist_client.desk import Desk
from snaglist_client.plain import said
from snaglist_client.quietly import complain

_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "message",
    "asctime",
    "taskName",
}
_WHOSE = frozenset(["entity_type", "shotgun_id", "entity_id", "entity", "id"])


class Handler(logging.Handler):
    """Records what is logged as an error, or worse (`level`).

    What is given as `extra` becomes details, so that the desk knows whose failure it is:
    `log.error("…", extra={"entity_type": "Shot", "shotgun_id": 12})`. In the block of an item
    it is that item's, where nothing else is said.
    """

    def __init__(self, desk: Desk | None = None, level: int = logging.ERROR) -> None:
        super().__init__(level)
        self._desk = desk
        self._busy = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Record it. What the client logs itself, and what is logged meanwhile, is left alone."""
        name = said(record.name)
        if name == "snaglist_client" or name.startswith("snaglist_client."):
            return
        if getattr(self._busy, "now", False):
            return
        self._busy.now = True
        try:
            if self._desk is None:
                self._desk = Desk()
            self._desk.record(self._error_of(record), **self._details_of(record))
        except Exception as error:  # nothing of ours reaches the host
            complain("handler", error)
        finally:
            self._busy.now = False

    def _error_of(self, record: logging.LogRecord) -> str:
        try:
            return record.getMessage()
        except Exception:  # arguments that do not fit
            return said(record.msg)

    def _details_of(self, record: logging.LogRecord) -> dict[str, Any]:
        details: dict[str, Any] = {
            said(key): value for key, value in vars(record).items() if key not in _OWN
        }
        if not _WHOSE.intersection(details):
            details = {**in_hand.told(), **details}
        details["logger"] = record.name
        details["level"] = record.levelname
        details["source_line"] = f"{record.filename}:{record.lineno}"
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            details["exception"] = record.exc_info[1]
        return details
