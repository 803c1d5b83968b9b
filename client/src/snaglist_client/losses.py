"""What could not be kept or was refused for good: counted, noted, and told."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path
from typing import Any, NamedTuple

from snaglist_client import locks
from snaglist_client.moments import utc_now

_SIZE = 4096
_MOST_RUNS = 20
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Dropped(NamedTuple):
    """How many messages were dropped, since when, why last, and of which runs.

    The newest 20 runs stay known when the desk was told of all: none of them can be complete.
    """

    messages: int = 0
    since: str = ""
    reason: str = ""
    runs: tuple[str, ...] = ()

    def mentions(self, run: str) -> bool:
        """Whether something of this run was dropped."""
        return run in self.runs


class DroppedCount:
    """The count in the spool's folder, for all processes.

    Its file has its whole size from the beginning, so that it can be written on a full disk.
    """

    def __init__(self) -> None:
        self._path: Path | None = None
        self._unsaved: list[Dropped] = []
        self._lock = threading.RLock()

    def keep_in(self, folder: Path) -> None:
        """From now on count in this folder; until then it is counted in memory."""
        self._path = folder / "dropped"
        self._change(lambda there: there)

    def begin_anew(self) -> None:
        """In the child of a fork."""
        self._lock = threading.RLock()
        self._unsaved = []

    def add(self, reason: str, run: str = "") -> None:
        """Count one more. Never fails: in memory where the file cannot be written."""
        new = Dropped(1, utc_now(), reason[:200], (run,) if run else ())
        with self._lock:
            self._unsaved.append(new)
            if self._change(lambda there: _summed([there, *self._unsaved])) is not None:
                self._unsaved.clear()
            elif len(self._unsaved) > 1:
                self._unsaved[:] = [_summed(self._unsaved)]

    def look(self) -> Dropped:
        """What is counted now."""
        with self._lock:
            there = self._change(lambda there: there) or Dropped()
            return _summed([there, *self._unsaved])

    def settle(self, count: int) -> None:
        """So many of them are told."""
        with self._lock:
            left = _less(self.look(), count)
            if self._change(lambda _: left) is None:
                self._unsaved[:] = [left]
            else:
                self._unsaved.clear()

    def _change(self, change: Any) -> Dropped | None:
        """The count after a change of it; None if the file cannot be used."""
        if self._path is None:
            return None
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
            try:
                if not locks.lock_soon(fd):
                    return None
                before = _read(fd)
                after: Dropped = change(before)
                if after != before or os.fstat(fd).st_size < _SIZE:
                    os.lseek(fd, 0, os.SEEK_SET)
                    if os.write(fd, _written(after)) != _SIZE:
                        return None
                return after
            finally:
                os.close(fd)
        except OSError:
            return None


class RejectedFile:
    """What the desk will never take, one a line, with the reason, for a person to look at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, line: bytes, reason: str) -> None:
        """Keep this line of a segment. Raises OSError."""
        kind, _, body = line.partition(b" ")
        noted = {"at": utc_now(), "reason": reason[:500], "kind": kind.decode("utf-8", "replace")}
        noted["message"] = body.decode("utf-8", "replace")
        path = self._folder / f"{utc_now()[:10]}.jsonl"
        text = json.dumps(noted).encode() + b"\n"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _FLAGS, 0o600)
        try:
            if os.write(fd, text) != len(text):
                os.write(fd, b"\n")
                raise OSError(errno.ENOSPC, "the disk is full", str(path))
        finally:
            os.close(fd)

    def mentions(self, text: bytes) -> bool:
        """Whether this stands in what was refused. Raises OSError."""
        return any(text in path.read_bytes() for path in self._folder.glob("*.jsonl"))

    def count(self) -> tuple[int, str]:
        """How many there are, and the reason of the last."""
        count, last = 0, b""
        for path in sorted(self._folder.glob("*.jsonl")):
            for line in path.read_bytes().splitlines():
                count, last = count + 1, line
        try:
            reason = str(json.loads(last)["reason"]) if last else ""
        except (ValueError, LookupError, TypeError):
            reason = ""
        return count, reason


def _read(fd: int) -> Dropped:
    os.lseek(fd, 0, os.SEEK_SET)
    try:
        count, since, reason, runs = json.loads(os.read(fd, _SIZE))
        return Dropped(int(count), str(since), str(reason), tuple(runs))
    except (ValueError, TypeError):
        return Dropped()


def _written(dropped: Dropped) -> bytes:
    """The count as its file holds it; what does not fit in is left out."""
    text = json.dumps(dropped).encode()
    while len(text) >= _SIZE and dropped.runs:
        dropped = dropped._replace(runs=dropped.runs[1:])
        text = json.dumps(dropped).encode()
    return text.ljust(_SIZE - 1) + b"\n"


def _less(dropped: Dropped, count: int) -> Dropped:
    left = dropped.messages - count
    if left <= 0:
        return Dropped(runs=dropped.runs)
    return dropped._replace(messages=left, since=utc_now())


def _summed(counts: list[Dropped]) -> Dropped:
    runs = list(dict.fromkeys(run for one in counts for run in one.runs))
    return Dropped(
        sum(one.messages for one in counts),
        min((one.since for one in counts if one.since), default=""),
        next((one.reason for one in reversed(counts) if one.reason), ""),
        tuple(runs[-_MOST_RUNS:]),
    )
