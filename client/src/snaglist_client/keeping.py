"""What a process keeps on disk: the segment that it writes, and its own that wait to be sent."""

from __future__ import annotations

import errno
import threading
import time
from pathlib import Path
from typing import Callable, TypeVar

from snaglist_client.folders import NoFolder, further_folders, spool_folder
from snaglist_client.losses import DroppedCount
from snaglist_client.spool import Segment, Spool, SpoolFull, Taken

T = TypeVar("T")
_LOOK_FOR_FOLDER_SECONDS = 10.0
_FULL = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
_NO_MORE_FILES = frozenset([errno.EMFILE, errno.ENFILE])


class Keeping:
    """Keeps lines, in whatever thread. `begins` is called when there is a folder to keep in."""

    def __init__(
        self, url: str, told: str | None, most_bytes: int, begins: Callable[[], None]
    ) -> None:
        self._url = url
        self._told = told
        self._most_bytes = most_bytes
        self._begins = begins
        self._spool: Spool | None = None
        self._no_folder_until = 0.0
        self._no_folder = ""
        self.dropped = DroppedCount()
        self.begin()

    def begin(self) -> None:
        """What a process, also a forked one, begins with."""
        self._lock = threading.RLock()
        self._segment: Segment | None = None
        self._sealed: dict[Path, int] = {}

    def begin_anew(self) -> None:
        """In the child of a fork: what was kept before is the parent's."""
        segment = self._segment
        self.begin()
        self.dropped.begin_anew()
        if segment is not None:
            segment.forget()

    # In the host's threads

    def keep(self, line: bytes, *, lasting: bool, is_again: bool = False) -> None:
        """Keep this line of a segment; on the disk itself if it is `lasting`.

        Raises OSError. What another segment may help against is tried in another one: a folder
        that was removed, a server of files that lost the file, a descriptor that the host closed.
        """
        try:
            with self._lock:
                segment = self._segment or self._opened()
                spool = self._spool or self.room()
                spool.used += len(line)
                if spool.used > spool.most_bytes:
                    spool.check_room(len(line))
                try:
                    size = segment.append(line, lasting=lasting)
                finally:
                    if segment.is_long and self._segment is segment:
                        self._replace(segment.is_torn)
            if lasting:
                segment.sync(size)
        except SpoolFull:
            raise
        except OSError as error:
            if is_again or not self._abandoned(error):
                raise
            self.keep(line, lasting=lasting, is_again=True)

    def _opened(self) -> Segment:
        """The segment to write in. Raises OSError."""
        while (segment := self._segment) is None:
            new = self._new_segment()
            with self._lock:
                if self._segment is None:
                    self._segment = new
                    return new
            new.seal()  # a signal's handler came in between
        return segment

    def _new_segment(self) -> Segment:
        return self._made(lambda spool: spool.new_segment())

    def _made(self, make: Callable[[Spool], T]) -> T:
        """What this makes in the spool, also when somebody removed its folder. Raises OSError."""
        try:
            return make(self.room())
        except FileNotFoundError:
            self._spool = None
            return make(self.room())

    def _abandoned(self, fault: OSError) -> bool:
        """Whether the segment was at fault; then no more is written in it.

        What is in it may still arrive.
        """
        with self._lock:
            segment = self._segment
            if segment is None or (fault.errno in _FULL and not segment.is_broken):
                return False
            self._segment = None
            self._set_aside(segment)
            return True

    def _replace(self, at_all_costs: bool = True) -> None:
        """Make the segment complete; there is another one before the next line, if there can be.

        A host that has no more files to open keeps the one that it has, unless that is at fault.
        """
        new: Segment | None = None
        try:
            new = self._new_segment()
        except OSError as error:
            if error.errno in _NO_MORE_FILES and not at_all_costs:
                return
        with self._lock:
            current, self._segment = self._segment, new
            if current is not None:
                self._set_aside(current)

    def _set_aside(self, segment: Segment) -> None:
        """Make this segment complete. Called with the lock held."""
        path, lines = segment.path, segment.lines
        if lines:
            try:
                if segment.is_gone:
                    content = segment.content()
                    path = self._made(lambda spool: spool.put_back(content))
            except OSError:
                pass  # what cannot be looked at is let go as it is
            self._sealed[path] = lines
        segment.seal()

    # For whoever sends

    @property
    def spool(self) -> Spool | None:
        """The spool, if there is one yet."""
        return self._spool

    def room(self) -> Spool:
        """The spool, made at first use. Raises NoFolder."""
        spool = self._spool
        if spool is None:
            if time.monotonic() < self._no_folder_until:
                raise NoFolder(self._no_folder)
            try:
                folder = spool_folder(self._url, self._told)
            except NoFolder as error:
                wait = 0.0 if error.errno in _NO_MORE_FILES else _LOOK_FOR_FOLDER_SECONDS
                self._no_folder_until = time.monotonic() + wait
                self._no_folder = f"there is no folder for the spool ({error})"
                raise NoFolder(self._no_folder) from None
            self.dropped.keep_in(folder)
            further = further_folders(self._told, folder)
            spool = self._spool = Spool(folder, self._most_bytes, further)
            self._begins()
        return spool

    def seal(self) -> None:
        """Make what was kept complete, so that it can be sent."""
        with self._lock:
            segment = self._segment
        if segment is not None and segment.lines:
            self._replace(at_all_costs=False)

    def close(self) -> None:
        """The same, and hold nothing open."""
        with self._lock:
            segment, self._segment = self._segment, None
            if segment is not None:
                self._set_aside(segment)

    @property
    def is_open(self) -> bool:
        """Whether there is a segment that is written in."""
        return self._segment is not None

    def own(self) -> list[Path]:
        """The complete segments of this process."""
        with self._lock:
            return sorted(self._sealed)

    def being_written(self) -> Path | None:
        """The segment that is not complete yet."""
        segment = self._segment
        return None if segment is None else segment.path

    def waits(self, path: Path | None) -> bool:
        """Whether this is a complete segment of this process that has not arrived yet."""
        if path is not None:
            self.note_whether_gone(path)  # another process may have sent it
        return path in self._sealed

    def unsent(self) -> int:
        """How many messages of this process wait, about."""
        with self._lock:
            own = self._segment.lines if self._segment is not None else 0
            return own + sum(self._sealed.values())

    def take(self, path: Path) -> Taken | None:
        """The segment in hand; None if it is gone, or somebody else has it. Raises OSError."""
        return self.room().take(path)

    def note_whether_gone(self, path: Path) -> None:
        """It was sent, or looked for in vain."""
        with self._lock:
            if path in self._sealed and not path.exists():
                del self._sealed[path]
