"""The couriers of this process: shared by desks, begun anew in forks, flushed at the end."""

from __future__ import annotations

import atexit
import os
import threading

from snaglist_client.courier import Courier, Settings

_couriers: dict[Settings, Courier] = {}
_making = threading.Lock()
_seen_to: list[bool] = []


def courier_for(settings: Settings) -> Courier:
    """The one courier of this process with these settings."""
    with _making:
        found = _couriers.get(settings)
        if found is None:
            found = _couriers[settings] = Courier(settings, _see_to_forks_and_exit)
        return found


def _see_to_forks_and_exit() -> None:
    """From the first capture on: forks begin anew, and the interpreter's end flushes."""
    if not _seen_to:
        _seen_to.append(True)
        atexit.register(_at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_after_fork)


def _at_exit() -> None:
    for courier in list(_couriers.values()):
        if courier.is_open:
            courier.close(courier.settings.exit_seconds)


def _after_fork() -> None:
    global _making
    _making = threading.Lock()
    for courier in list(_couriers.values()):
        courier.begin_anew()
