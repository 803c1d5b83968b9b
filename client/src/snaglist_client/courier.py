"""From capture to desk: the spool in front, one background thread behind, for one address."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Callable, NamedTuple

from snaglist_client.delivery import Delivery
from snaglist_client.folders import NoFolder, spool_folder
from snaglist_client.line import SECONDS, Answer, Away, Line, OutOfTime, ShutOut, Unsent
from snaglist_client.losses import Dropped, DroppedCount, RejectedFile
from snaglist_client.pace import MOST_SECONDS, Pace, varied
from snaglist_client.spool import Segment, Spool, Taken

log = logging.getLogger("snaglist_client")
GATHER_SECONDS = 2.0
BEAT_SECONDS = 30.0
LEFTOVER_SECONDS = 60.0
_ROUND_SECONDS = 60.0
_SAY_AGAIN_SECONDS = 60.0
_LOOK_FOR_FOLDER_SECONDS = 10.0
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
        self._begins = begins
        self.spool: Spool | None = None
        self.dropped = DroppedCount()
        self.trouble = ""
        self.success_at = self.failure_at = 0
        self.tell_of_drops: Callable[[Dropped], bytes] | None = None
        self._line = Line(settings.url, settings.token)
        self._pace = Pace()
        self._no_folder_until = 0.0
        self._begin()

    def _begin(self) -> None:
        """What a process, also a forked one, begins with."""
        self._lock = threading.RLock()
        self._delivering = threading.Lock()
        self._segment: Segment | None = None
        self._sealed: dict[Path, int] = {}
        self._in_hand: tuple[Taken, Delivery] | None = None
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._stop = threading.Event()
        self._beats: dict[str, Beat] = {}
        self._beat_at = self._look_at = 0.0
        self._said_at: dict[str, float] = {}

    # In the host's threads

    def capture(self, line: bytes, *, lasting: bool = False, run: str = "") -> bool:
        """Keep this line of a segment; False if it had to be dropped. Never raises.

        `lasting`: return only when it is on the disk itself.
        """
        try:
            with self._lock:
                segment = self._segment or self._opened()
                (self.spool or self.room()).check_room(len(line))
                try:
                    size = segment.append(line, lasting=lasting)
                finally:
                    if segment.is_long:
                        self._segment = None
                        self._set_aside(segment)
                        self._hurry.set()
        except OSError as error:
            self.drop(error.strerror or str(error), run)
            return False
        if lasting:
            try:
                segment.sync(size)
            except OSError as error:
                self.say("Snaglist's spool cannot be synced: %s.", error.strerror or error)
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
        return self._thread is not None or self._segment is not None

    def unsent(self) -> int:
        """How many messages of this process wait, about."""
        with self._lock:
            own = self._segment.lines if self._segment is not None else 0
            return own + sum(self._sealed.values())

    def say(self, what: str, *arguments: object) -> None:
        """Log it, the same sentence not again within a minute."""
        now = time.monotonic()
        if now >= self._said_at.get(what, 0.0):
            self._said_at[what] = now + _SAY_AGAIN_SECONDS
            log.warning(what, *arguments)

    def room(self) -> Spool:
        """The spool, made at first use. Raises NoFolder."""
        if self.spool is None:
            if time.monotonic() < self._no_folder_until:
                raise NoFolder(self.trouble)
            try:
                folder = spool_folder(self.settings.url, self.settings.spool)
            except NoFolder as error:
                self._no_folder_until = time.monotonic() + _LOOK_FOR_FOLDER_SECONDS
                self.trouble = f"there is no folder for the spool ({error})"
                raise NoFolder(self.trouble) from None
            self.trouble = ""
            self.dropped.keep_in(folder)
            self.spool = Spool(folder, self.settings.most_bytes)
            self._begins()
        return self.spool

    def _opened(self) -> Segment:
        """The segment to write in. Raises OSError."""
        while (segment := self._segment) is None:
            new = self.room().new_segment()
            with self._lock:
                if self._segment is None:
                    self._segment = new
                    return new
            new.seal()  # a signal's handler came in between
        return segment

    def _set_aside(self, segment: Segment) -> None:
        """Make this segment complete. Called with the lock held."""
        if segment.lines:
            self._sealed[segment.path] = segment.lines
        segment.seal()

    # In the background

    def _start(self) -> None:
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
            wait = self._pace.left()
            if wait > 0:
                stop.wait(min(wait, 1.0))
                continue
            wake.clear()
            hurry.clear()
            if stop.is_set():
                return
            try:
                self.deliver(_ROUND_SECONDS, in_background=True)
            except Exception as error:  # the thread must go on
                self._pace.fault()
                self.say("Snaglist goes on after a fault of its own: %r.", error)

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

        self.room()
        self._seal()
        everything = not in_background or time.monotonic() >= self._look_at
        if self._in_hand is not None:
            self._bring(left)
        for path in self._waiting(everything=everything):
            self._take(path)
            if self._in_hand is not None:
                self._bring(left)
            self._note_whether_gone(path)
        if everything:
            self._look_at = time.monotonic() + varied(LEFTOVER_SECONDS)
        self._confess(left)
        if self._beats and time.monotonic() >= self._beat_at:
            self._beat_at = time.monotonic() + BEAT_SECONDS
            for beat in list(self._beats.values()):
                self._line.post(*beat(self.unsent()), left())

    def _seal(self) -> None:
        """Make what was captured complete; the next segment is there before the next capture."""
        if self._segment is None or not self._segment.lines:
            return
        try:
            new: Segment | None = self.room().new_segment()
        except OSError:
            new = None
        with self._lock:
            current, self._segment = self._segment, new
            if current is not None:
                self._set_aside(current)

    def _waiting(self, *, everything: bool) -> list[Path]:
        if everything:
            return self.room().waiting()
        with self._lock:
            return sorted(self._sealed)

    def _take(self, path: Path) -> None:
        """Have this segment in hand, unless it is gone or in another's."""
        taken = self.room().take(path)
        if taken is not None:
            self._in_hand = taken, Delivery(taken.lines(), self._reject, self._say_otherwise)

    def _bring(self, left: Callable[[], float]) -> None:
        """Send the segment in hand to its end. Raises Away or ShutOut; it stays in hand then."""
        assert self._in_hand is not None
        taken, delivery = self._in_hand
        try:
            delivery.go_on(self._line, left)
        except Unsent:
            taken.keep()
            raise
        taken.remove()
        self._in_hand = None
        self._note_whether_gone(taken.path)
        self._pace.well()
        if self.trouble:
            self.trouble = ""
            log.info("Snaglist's desk takes what was kept.")

    def _note_whether_gone(self, path: Path) -> None:
        with self._lock:
            if path in self._sealed and not path.exists():
                del self._sealed[path]

    def _keep(self, error: Exception) -> None:
        """Something waits; say so once, and try again later."""
        after = MOST_SECONDS if isinstance(error, ShutOut) else getattr(error, "after", None)
        self._pace.fault(after)
        self._wake.set()
        reason = str(error)
        if reason != self.trouble:
            self.trouble = reason
            self.say("Snaglist keeps what it records until the desk takes it. %s", reason)

    def _reject(self, line: bytes, reason: str) -> None:
        folder = self.room().rejected
        RejectedFile(folder).add(line, reason)
        self.say("The desk refused a message for good; it is kept in %s. %s", folder, reason)

    def _say_otherwise(self, line: bytes) -> None:
        self.capture(line, lasting=True)

    def hurry(self) -> None:
        """Have the thread send now what waits."""
        self._hurry.set()

    def _confess(self, left: Callable[[], float]) -> None:
        """Tell the desk what was dropped, now that it is there."""
        found = self.dropped.look()
        if found.messages and self.tell_of_drops is not None:
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
        until = time.monotonic() + seconds
        pause = _LEAST_WAIT
        with self._lock:
            last = self._segment
        while True:
            try:
                self.deliver(until - time.monotonic())
                if last is None or last.path not in self._sealed:
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
            segment, self._segment = self._segment, None
            if segment is not None:
                self._set_aside(segment)
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
        segment, in_hand = self._segment, self._in_hand
        self._begin()
        self.dropped.begin_anew()
        self._line.close()
        if segment is not None:
            segment.forget()
        if in_hand is not None:
            in_hand[0].forget()
