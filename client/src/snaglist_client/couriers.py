"""The couriers of this process: shared by desks, begun anew in forks, flushed at the end."""

from __future__ import annotations

import atexit
import os
import threading

from snaglist_client import in_hand, kin
from snaglist_client.courier import Courier, Settings
from snaglist_client.quietly import complain

_couriers: dict[Settings, Courier] = {}
_making = threading.RLock()
_seen_to: set[str] = set()


def courier_for(settings: Settings) -> Courier:
    """The one courier of this process with these settings."""
    see_to_forks()
    with _making:
        found = _couriers.get(settings)
        if found is None:
            found = _couriers[settings] = Courier(settings, _see_to_exit)
        return found


def see_to_forks() -> None:
    """From the first desk on forks begin anew: one may come while another thread holds a lock."""
    if "forks" not in _seen_to and hasattr(os, "register_at_fork"):
        _seen_to.add("forks")
        os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


def _see_to_exit() -> None:
    """From the first capture on the interpreter's end flushes."""
    if "exit" not in _seen_to:
        _seen_to.add("exit")
        atexit.register(_at_exit)


def _at_exit() -> None:
    for courier in list(_couriers.values()):
        try:
            if courier.is_open:
                courier.close(courier.settings.exit_seconds)
        except Exception as error:  # of one desk, which must not hold up the others
            complain("end", error)


def _before_fork() -> None:
    try:
        kin.before_fork()
        in_hand.before_fork()
    except Exception as error:
        complain("preparation of a fork", error)


def _after_fork() -> None:
    global _making
    _making = threading.RLock()
    try:
        kin.after_fork()
        in_hand.after_fork()
    except Exception as error:
        complain("beginning in a fork", error)
    for courier in list(_couriers.values()):
        try:
            courier.begin_anew()
        except Exception as error:
            complain("beginning in a fork", error)
