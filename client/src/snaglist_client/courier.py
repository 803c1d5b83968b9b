"""From capture to desk: the spool in front, one background thread behind, for one address."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Callable, NamedTuple, TypeVar

from snaglist_client.delivery import Delivery, json_of
from snaglist_client.folders import NoFolder
from snaglist_client.keeping import Keeping
from snaglist_client.line import SECONDS, Answer, Away, Line, OutOfTime, ShutOut, Unsent
from snaglist_client.losses import Dropped, DroppedCount, RejectedFile
from snaglist_client.messages import path_of_run
from snaglist_client.moments import waitable
from snaglist_client.pace import MOST_SECONDS, Pace, varied
from snaglist_client.quietly import complain, tell
from snaglist_client.spool import Taken

T = TypeVar("T")
GATHER_SECONDS = 2.0
BEAT_SECONDS = 30.0
LEFTOVER_SECONDS = 60.0
_ROUND_SECONDS = 60.0
_SAY_AGAIN_SECONDS = 60.0
_LEAST_WAIT = 0.05
_NDJSON = "application/x-ndjson"
Beat = Callable[[int], "tuple[str, bytes]"]
"""From the number of unsent messages to where a sign of life is posted, and its body."""


class Settings(NamedTuple):
    """What makes two desks of one process share a courier."""

    url: str
    token: str
    spool: str | None
    most_bytes: int
    exit_seconds: float


class Courier:
    """Takes messages in any thread, keeps them on disk, and brings them to the desk."""

    def __init__(self, settings: Settings, begins: Callable[[], None]) -> None:
        self.settings = settings
        self.keeping = Keeping(settings.url, settings.spool, settings.most_bytes, begins)
        self.trouble = ""
        self.success_at = self.failure_at = 0
        self.is_waited_for_in_vain = False
        self.tell_of_drops: Callable[[Dropped], bytes] | None = None
        self._line = Line(settings.url, settings.token)
        self._pace = Pace()
        self._begin()

    def _begin(self) -> None:
        """What a process, also a forked one, begins with."""
        self._lock = threading.RLock()
        self._delivering = threading.Lock()
        self._in_hand: tuple[Taken, Delivery] | None = None
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._errands: deque[Callable[[], None]] = deque()
        self._stop = threading.Event()
        self._beats: dict[str, Beat] = {}
        self._beat_at = self._look_at = 0.0
        self._said_at: dict[str, float] = {}
        self._said_otherwise = 0
        self.is_shut_out = False

    # In the host's threads

    def capture(self, line: bytes, *, lasting: bool = False, run: str = "") -> bool:
        """Keep this line of a segment; False if it had to be dropped. Never raises.

        `lasting`: return only when it is on the disk itself.
        """
        try:
            self.keeping.keep(line, lasting=lasting)
        except Exception as error:  # nothing of ours reaches the host
            self.drop(getattr(error, "strerror", None) or str(error), run)
            return False
        if self._thread is None:
            self._start()
        if not self._wake.is_set():
            self._wake.set()
        return True

    def drop(self, reason: str, run: str = "") -> None:
        """Count a message that cannot be kept."""
        self.dropped.add(reason, run)
        self.say("Snaglist dropped a message, and counts those that it drops: %s.", reason)

    def live(self, run: str, beat: Beat | None) -> None:
        """Send this sign of life now and then while the run lives; None when it is over."""
        with self._lock:
            if beat is None:
                self._beats.pop(run, None)
            else:
                self._beats[run] = beat
                self._beat_at = 0.0
                self._wake.set()

    @property
    def is_open(self) -> bool:
        """Whether something was captured and it was not closed since."""
        return self._thread is not None or self.keeping.is_open

    @property
    def dropped(self) -> DroppedCount:
        """What had to be dropped."""
        return self.keeping.dropped

    def say(self, what: str, *arguments: object) -> None:
        """Log it, the same sentence not again within a minute."""
        now = time.monotonic()
        if now >= self._said_at.get(what, 0.0):
            self._said_at[what] = now + _SAY_AGAIN_SECONDS
            tell(logging.WARNING, what, *arguments)

    # In the background

    def _start(self) -> None:
        if sys.is_finalizing():
            return  # no thread begins any more; the spool has it
        with self._lock:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._work, name="snaglist-client", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return  # the interpreter is ending; the spool has it
            self._thread = thread

    def _work(self) -> None:
        stop, wake, hurry = self._stop, self._wake, self._hurry
        while not stop.is_set():
            due = min(self._look_at, self._beat_at) if self._beats else self._look_at
            if wake.wait(max(_LEAST_WAIT, due - time.monotonic())):
                hurry.wait(GATHER_SECONDS)
            hurry.clear()
            self._do_errands()
            wait = self._pace.left()
            if wait > 0:
                hurry.wait(min(wait, 1.0))
                continue
            wake.clear()
            if stop.is_set():
                break
            try:
                self.deliver(_ROUND_SECONDS, in_background=True)
            except Exception as error:  # the thread must go on
                self._pace.fault()
                self.say("Snaglist goes on after a fault of its own: %r.", error)
        self._do_errands()

    def _do_errands(self) -> None:
        while self._errands:
            self._errands.popleft()()

    def deliver(self, seconds: float, *, in_background: bool = False) -> None:
        """Bring what waits to the desk, within about so many seconds.

        In the background it looks for what others left only now and then, and sends signs of
        life. Raises Away, ShutOut when waiting would not help, and OSError of the spool; in the
        background none of them.
        """
        until = time.monotonic() + seconds
        if not self._delivering.acquire(timeout=max(seconds, 0)):
            raise OutOfTime
        try:
            self._deliver(until, in_background=in_background)
        except OutOfTime:
            self._wake.set()
            if not in_background:
                raise
        except (Unsent, OSError) as error:
            self._keep(error)
            if not in_background:
                raise
        finally:
            self._delivering.release()

    def _deliver(self, until: float, *, in_background: bool) -> None:
        def left() -> float:
            rest = until - time.monotonic()
            if rest <= 0:
                raise OutOfTime
            return min(rest, SECONDS)

        keeping = self.keeping
        keeping.room()
        keeping.seal()
        everything = not in_background or time.monotonic() >= self._look_at
        if self._in_hand is not None:
            self._bring(left)
        fault: OSError | None = None
        for path in keeping.room().waiting() if everything else keeping.own():
            try:
                self._take(path)
            except OSError as error:  # of one file, which must not hold up the others
                fault = error
                continue
            if self._in_hand is not None:
                self._bring(left)
            keeping.note_whether_gone(path)
        if everything:
            self._look_at = time.monotonic() + varied(LEFTOVER_SECONDS)
        if fault is not None:
            raise fault
        self._confess(left)
        if self._beats and time.monotonic() >= self._beat_at:
            self._beat_at = time.monotonic() + BEAT_SECONDS
            for beat in list(self._beats.values()):
                self._line.post(*beat(self.keeping.unsent()), left())

    def _take(self, path: Path) -> None:
        """Have this segment in hand, unless it is gone or in another's."""
        taken = self.keeping.take(path)
        if taken is not None:
            self._in_hand = taken, Delivery(taken.lines(), self._reject, self._say_otherwise)

    def _bring(self, left: Callable[[], float]) -> None:
        """Send the segment in hand to its end. Raises Away or ShutOut; it stays in hand then."""
        assert self._in_hand is not None
        taken, delivery = self._in_hand
        try:
            delivery.go_on(self._line, left)
        except Unsent as error:
            taken.keep()
            if isinstance(error, ShutOut):  # others may have a better token: let them have it
                taken.release()
                self._in_hand = None
            raise
        taken.remove()
        self._in_hand = None
        self.keeping.note_whether_gone(taken.path)
        self._pace.well()
        self.is_shut_out = self.is_waited_for_in_vain = False
        if self.trouble:
            self.trouble = ""
            tell(logging.INFO, "Snaglist's desk takes what was kept.")

    def _keep(self, error: Exception) -> None:
        """Something waits; say so once, and try again later."""
        after = MOST_SECONDS if isinstance(error, ShutOut) else getattr(error, "after", None)
        self.is_shut_out = isinstance(error, ShutOut)
        self._pace.fault(after)
        self._wake.set()
        reason = str(error)
        if reason != self.trouble:
            self.trouble = reason
            self.say("Snaglist keeps what it records until the desk takes it. %s", reason)

    def _reject(self, line: bytes, reason: str) -> None:
        folder = self.keeping.room().rejected
        RejectedFile(folder).add(line, reason)
        self.say("The desk refused a message for good; it is kept in %s. %s", folder, reason)

    def _say_otherwise(self, line: bytes) -> None:
        self._said_otherwise += 1
        self.capture(line, lasting=True)

    def hurry(self) -> None:
        """Have the thread send now what waits."""
        self._hurry.set()

    def _confess(self, left: Callable[[], float]) -> None:
        """Tell the desk what was dropped, and of which runs, now that it is there."""
        found = self.dropped.look()
        if found.messages and self.tell_of_drops is not None:
            for run in found.runs:
                gaps = json_of({"unsent": self.keeping.unsent(), "has_gaps": True})
                self._line.post(path_of_run(run, "beats"), gaps, left())
            body = self.tell_of_drops(found)
            if self._line.post("/api/v1/records", body, left(), _NDJSON).status < 300:
                self.dropped.settle(found.messages)

    def ask(self, path: str, body: bytes, seconds: float) -> Answer:
        """Post what is not spooled, on a connection of its own, once. Raises Away or ShutOut."""
        line = Line(self.settings.url, self.settings.token)
        try:
            return line.post(path, body, seconds)
        finally:
            line.close()

    # The end

    def flush(self, seconds: float, *, patiently: bool = True) -> bool:
        """Bring to the desk what waits now, also of others; whether it arrived in this time.

        Without patience it gives up when the desk is away.
        """
        seconds = waitable(seconds)
        until = time.monotonic() + seconds
        return self.elsewhere(seconds, lambda: self._flush(until, patiently=patiently)) is True

    def elsewhere(self, seconds: float, call: Callable[[], T]) -> T | None:
        """What this call comes to in another thread; None if it fails, or takes longer.

        So no name service, proxy or disk holds the host up.
        """
        found: list[T] = []
        is_over = threading.Event()

        def errand() -> None:
            try:
                found.append(call())
            except Unsent:
                pass  # it is known, and told where it matters
            except Exception as error:
                complain("errand", error)
            finally:
                is_over.set()

        if self._is_given(errand):
            is_over.wait(max(0.0, seconds) + _LEAST_WAIT)
        else:
            errand()
        return found[0] if found else None

    def _is_given(self, errand: Callable[[], None]) -> bool:
        """Have another thread do this; False if there is none, and none to be had."""
        thread = self._thread
        if thread is threading.current_thread():
            return False
        if thread is not None and thread.is_alive():
            self._errands.append(errand)
            self._wake.set()
            self._hurry.set()
            return True
        try:
            threading.Thread(target=errand, name="snaglist-errand", daemon=True).start()
        except RuntimeError:  # there are too many, or the interpreter is ending
            return False
        return True

    def _flush(self, until: float, *, patiently: bool) -> bool:
        pause = _LEAST_WAIT
        last = self.keeping.being_written()
        while True:
            said_otherwise = self._said_otherwise
            try:
                self.deliver(until - time.monotonic())
                if said_otherwise != self._said_otherwise:
                    last = self.keeping.being_written()
                    continue
                if not self.keeping.waits(last):
                    return True  # what another process has in hand is waited for
            except (ShutOut, NoFolder):
                return False
            except (Away, OSError):
                if not patiently:
                    return False
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(pause, left))
            pause = min(2 * pause, 2.0)

    def close(self, seconds: float) -> bool:
        """Flush, and end the thread; a later capture begins anew."""
        done = self.flush(seconds, patiently=False)
        with self._lock:
            thread, self._thread = self._thread, None
            self._stop.set()
            self._stop = threading.Event()
            self._wake.set()
            self._hurry.set()
        self.keeping.close()
        if thread is not None and thread is not threading.current_thread():
            thread.join(_LEAST_WAIT)
        if self._delivering.acquire(timeout=_LEAST_WAIT):
            try:
                self._line.close()
                if self._in_hand is not None:
                    self._in_hand[0].release()
                    self._in_hand = None
            finally:
                self._delivering.release()
        return done

    def begin_anew(self) -> None:
        """In the child of a fork: what was captured before is the parent's."""
        in_hand = self._in_hand
        self._begin()
        self.keeping.begin_anew()
        self._line.forget()
        if in_hand is not None:
            in_hand[0].forget()
