"""Saying that a run tried everything of a scope, when all of it has arrived."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

from snaglist_client.delivery import json_of
from snaglist_client.line import SECONDS, Away, ShutOut
from snaglist_client.losses import RejectedFile
from snaglist_client.messages import is_mapping, name_or_none, path_of_run, project_of
from snaglist_client.moments import waitable
from snaglist_client.reporter import Reporter

_PAUSE = 0.5
_MOST_NAMED = 1_000
_LEAST_SECONDS = 2.0
_AGAIN_SECONDS = 5.0


class _Answer(NamedTuple):
    taken: bool = False
    reason: str = ""
    not_failing: int = 0
    run: dict[str, Any] | None = None


class Completion(_Answer):
    """Whether the desk took it, else the `reason`; true if it did.

    `not_failing` is how many items left the list by it so far, `run` the run as the desk has it.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        return self.taken


def completed(reporter: Reporter, projects: Any, types: Any, seconds: float) -> Completion:
    """Flush, look whether something of the run is missing, and say that it is complete."""
    courier = reporter.courier
    seconds = waitable(seconds)
    if courier.is_waited_for_in_vain:  # a night of 20 projects must not wait for each of them
        seconds = min(seconds, _AGAIN_SECONDS)
    until = time.monotonic() + seconds
    courier.flush(seconds)
    spool, run = courier.keeping.spool, reporter.run.encode()
    while (
        spool is not None
        and spool.mentions(run)
        and not courier.is_shut_out
        and time.monotonic() + _PAUSE < until
    ):
        time.sleep(_PAUSE)  # another process of the run may have it in hand
        courier.flush(max(0.0, until - time.monotonic()))
    if spool is not None and spool.mentions(run):
        courier.is_waited_for_in_vain = True
        return Completion(reason=f"Some of this run is still unsent. {courier.trouble}".strip())
    if spool is not None and RejectedFile(spool.rejected).mentions(run):
        return Completion(reason=f"The desk refused some of this run; look in {spool.rejected}.")
    dropped = courier.dropped.look()
    if reporter.lost or dropped.mentions(reporter.run):
        return Completion(reason="Some of this run had to be dropped; the log says why.")
    asked: dict[str, Any] = {"tried": reporter.tried, "unsent": 0}
    for member, given, read in (
        ("projects", projects, project_of),
        ("entity_types", types, name_or_none),
    ):
        if given is not None:
            asked[member] = [read(one) for one in _listed(given)]
            if not asked[member] or not all(asked[member]):
                return Completion(
                    reason=f"`{member}` names nothing, or something that cannot be read; "
                    "leave it out to say all of them."
                )
    body = json_of(asked)
    return _asked(reporter, body, until)


def _asked(reporter: Reporter, body: bytes, until: float) -> Completion:
    """What the desk says to it; asked again while it is away and there is time."""
    courier = reporter.courier
    is_again = False
    while True:
        left = max(_LEAST_SECONDS, until - time.monotonic())
        try:
            beat = courier.ask(
                path_of_run(reporter.run, "beats"), json_of({"unsent": 0}), min(left, SECONDS)
            )
            if is_again and isinstance(beat.body, dict) and beat.body.get("status") == "complete":
                return Completion(True, "", 0, beat.body)  # the answer was lost on its way
            answer = courier.ask(path_of_run(reporter.run, "complete"), body, left)
        except ShutOut as error:
            return Completion(reason=str(error))
        except Away as error:
            if time.monotonic() + _PAUSE >= until:
                courier.is_waited_for_in_vain = True
                return Completion(reason=str(error))
            time.sleep(_PAUSE)
            is_again = True
            continue
        if answer.status in (404, 405):
            return Completion(reason="This desk knows nothing of the run; it may be an older one.")
        if answer.status >= 300 or not isinstance(answer.body, dict):
            return Completion(reason=answer.reason)
        edit, run = answer.body.get("edit"), answer.body.get("run")
        return Completion(True, "", int((edit or {}).get("changed") or 0), run)


def _listed(value: Any) -> list[Any]:
    """One or several names or ids: whatever can be gone through, but texts and links."""
    if isinstance(value, (str, bytes)) or is_mapping(value) or not isinstance(value, Iterable):
        return [value]
    return list(islice(value, _MOST_NAMED))
