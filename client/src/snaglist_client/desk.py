"""The desk as an import's author sees it: what to call, and what each call promises."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from snaglist_client.courier import Settings
from snaglist_client.couriers import courier_for
from snaglist_client.failures import Failure, event_of, told_by
from snaglist_client.leases import Worker
from snaglist_client.losses import Dropped
from snaglist_client.messages import enveloped, name_or_none, slug
from snaglist_client.mirrors import Mirror, record_entry
from snaglist_client.moments import new_id
from snaglist_client.plain import said
from snaglist_client.quietly import quietly, tell
from snaglist_client.reporter import Reporter
from snaglist_client.retries import Retries
from snaglist_client.returned import UNKNOWN, Checked, check_returned
from snaglist_client.runs import Run
from snaglist_client.standing import Standing, standing_of
from snaglist_client.things import thing, thing_of_details

USUAL_URL = "http://127.0.0.1:8477"
USUAL_SPOOL_BYTES = 256 << 20
USUAL_EXIT_SECONDS = 5.0
_NO_LIMIT = 1e15


class Desk:
    """One desk, for one source and target. Cheap; nothing starts before the first capture.

    `url` and `token` are SNAGLIST_URL and SNAGLIST_TOKEN if not given. What is captured goes to
    a spool on disk (in `spool`, SNAGLIST_SPOOL or the user's state folder, `spool_bytes` at
    most), from there to the desk in the background, and at the interpreter's end for at most
    `exit_seconds`; what is left arrives with the next program. No call raises.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        source: str = "shotgun",
        target: str | None = None,
        spool: str | Path | None = None,
        spool_bytes: int = USUAL_SPOOL_BYTES,
        exit_seconds: float = USUAL_EXIT_SECONDS,
    ) -> None:
        self.url = said(url or os.environ.get("SNAGLIST_URL") or USUAL_URL).rstrip("/")
        settings = Settings(
            self.url,
            said(token or os.environ.get("SNAGLIST_TOKEN") or "").strip(),
            None if spool is None else said(spool),
            int(_number(spool_bytes, USUAL_SPOOL_BYTES)),
            _number(exit_seconds, USUAL_EXIT_SECONDS),
        )
        self.source = slug(source, "shotgun") or "shotgun"
        self.target = slug(target, None)
        self._courier = courier_for(settings)
        self._courier.tell_of_drops = self._drops_record

    def run(self, name: Any = "", project: Any = None, total: Any = None) -> Run:
        """One pass of an import: `with desk.run("nightly", total=900) as run:`.

        `total` is how many entities it means to try, or how many of each type.
        """
        return Run(self._courier, self.source, self.target, name, project, total)

    def mirror(self, name: Any, project: Any = None) -> Mirror:
        """The endless kind: `with desk.mirror("events") as mirror:`."""
        return Mirror(self._courier, self.source, self.target, name, project)

    def retries(
        self,
        *,
        entity_types: Iterable[Any] = (),
        retry: str | None = None,
        name: Any = "",
        wait: bool = True,
        seconds: int = 60,
        item_seconds: float = 3600.0,
    ) -> Retries:
        """Items that somebody ordered to be tried again (the token needs the scope `work`).

        `for item in desk.retries(): with item: import_asset(reload(item))`. Waits for further
        ones, unless `wait` is false; then it ends when there is nothing to do. Each is leased for
        `seconds`, which are renewed while it is in hand, for `item_seconds` at most.
        """
        worker = self.worker(name, entity_types=entity_types, seconds=seconds)
        return Retries(worker, wait=wait, retry=retry, item_seconds=item_seconds)

    def worker(
        self, name: Any = "", *, entity_types: Iterable[Any] = (), seconds: int = 60
    ) -> Worker:
        """What asks for items in this desk's source and target; `retries` uses it."""
        targets = [self.target] if self.target else []
        return Worker(
            self._courier,
            name,
            sources=[self.source],
            targets=targets,
            entity_types=entity_types,
            seconds=seconds,
        )

    @quietly("")
    def record(self, error: Failure, /, **details: Any) -> str:
        """Record a failure; it is on disk when this returns. The record's id, "" if dropped.

        `details` say what failed (`entity_type`, `shotgun_id`, `name`, `project`, `part`), and
        anything else. `run` names a run, `exception` adds one to a text.
        """
        run = _label_of(details.pop("run", None))
        occurred_at = name_or_none(details.pop("occurred_at", None))
        exception = details.pop("exception", None)
        if details.get("part") is not None:
            details["part"] = name_or_none(details["part"])
        if isinstance(exception, BaseException):
            details = {**told_by(exception), **details}
        reporter = self._reporter(run)
        whose = thing_of_details(details)
        if whose is not None:  # which may be what is in hand
            named = {name: value for name, value in details.items() if value is not None}
            details = reporter.known_of(whose, {**details, **whose.details, **named})
        return reporter.tell_failure(whose, event_of(error, details), occurred_at)

    @quietly("")
    def record_event(self, entry: Any, error: Failure, /, **details: Any) -> str:
        """Record that this EventLogEntry could not be applied. The record's id, "" if dropped."""
        run = _label_of(details.pop("run", None))
        return record_entry(self._reporter(run), entry, error, details)

    @quietly(False)
    def imported(
        self,
        entity_type: Any,
        entity_id: Any,
        *,
        part: Any = None,
        target_url: str | None = None,
        project: Any = None,
        run: Any = None,
        alone: bool = False,
    ) -> bool:
        """Say that this came over now; if it is on the list, it leaves it. False if dropped.

        With all its parts, unless it is a part, or a whole whose parts are told of apart
        (`alone`).
        """
        came_over = thing(entity_type, entity_id, part=part, project=project)
        reporter = self._reporter(_label_of(run))
        return reporter.report_success(came_over, target_url, alone=alone)

    @quietly(UNKNOWN)
    def check_returned(self, sent: Any, returned: Any, **more: Any) -> Checked:
        """For targets that answer 200 to what they dropped, such as Zou's import routes.

        `sent` is what was posted (entities with `type` and `id`), `returned` what was answered
        (with `shotgun_id`). Records what is missing and what came back with a link null that was
        sent, each under its part; reports the rest as imported. When a request failed, give the
        exception, body or status as `returned`, or as `error` beside what is known to be saved:
        the first that is not is the one that failed, those behind it were not tried. Of a batch
        of which nothing is known one record is made, and all are not tried: send them one by one.

        `entity_type` if entries do not say their type, `project` for all, `links` from a member
        that is sent to those of the answer that must not be null then. `alone` if parts of them
        that are no links, such as a movie, are told of apart.
        """
        return check_returned(self._reporter(""), sent, returned, **more)

    @quietly(False)
    def flush(self, seconds: float = 30.0) -> bool:
        """Bring what waits to the desk now; whether all of it arrived in this time."""
        return self._courier.flush(seconds)

    @quietly(False)
    def close(self, seconds: float | None = None) -> bool:
        """Flush as at the interpreter's end, and end the thread. A later call begins anew."""
        given = self._courier.settings.exit_seconds if seconds is None else seconds
        return self._courier.close(given)

    def status(self) -> Standing:
        """What waits, what was refused or dropped, and what the matter is. Asks no desk."""
        return standing_of(self._courier)

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _reporter(self, run: str) -> Reporter:
        return Reporter(self._courier, self.source, self.target, run)

    def _drops_record(self, dropped: Dropped) -> bytes:
        text = f"The import's client had to drop {dropped.messages} messages: {dropped.reason}."
        details = {
            "dropped": dropped.messages,
            "since": dropped.since,
            "reason": said(dropped.reason),
            "runs": list(dropped.runs),
        }
        return enveloped(new_id(), self.source, self.target, event_of(text, details))


def _number(value: Any, usual: float) -> float:
    """A number that was set, or the usual one for what is none."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if 0 <= number < _NO_LIMIT:
        return number
    tell(logging.WARNING, "Snaglist takes %s instead of what is no number that it knows.", usual)
    return usual


def _label_of(run: Any) -> str:
    """What names this run: its label or id, or a Run."""
    if type(run) is Run:
        return run.id
    return run.label if type(run) is Mirror else name_or_none(run)
