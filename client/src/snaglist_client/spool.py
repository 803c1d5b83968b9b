"""What waits on disk for the desk: segments, one being written by each process.

A segment is locked by the process that writes it. One that nobody holds is complete: whoever
takes its lock may send it, and removes it then. So what a dead process left is found by any other.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from snaglist_client import locks
from snaglist_client.folders import is_own
from snaglist_client.moments import new_id

MOST_LINES = 500
MOST_BYTES = 4 << 20
_SUFFIX = ".jsonl"
_LOOK_SECONDS = 1.0
_UUID_LENGTH = 36
_OTHERS_SECONDS = 600.0
"""Locks may not reach from machine to machine. What another one wrote lately is its own."""
_NOT_POSSIBLE = frozenset([errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS])
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_sync_data = getattr(os, "fdatasync", os.fsync)


class SpoolFull(OSError):
    """The spool has the size that it may have."""


class Segment:
    """The lines of one process, as far as they are not complete. Callers take turns."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.lines = 0
        self.size = 0
        self._fd = fd
        self._inode = os.fstat(fd).st_ino
        self._wanted = 0
        self._synced = 0
        self.is_long = False
        self.is_torn = False
        self.is_broken = False
        self._syncing = threading.RLock()

    @property
    def is_gone(self) -> bool:
        """Whether somebody removed the file. Raises OSError."""
        return os.fstat(self._fd).st_nlink == 0

    def content(self) -> bytes:
        """All that was written. Raises OSError."""
        return _read_all(self._fd)

    def append(self, line: bytes, *, lasting: bool) -> int:
        """Write a line, whole or not at all; the size then, for `sync`. Raises OSError."""
        if os.fstat(self._fd).st_ino != self._inode:
            raise OSError(errno.EBADF, "the host closed the segment's descriptor")
        written = os.write(self._fd, line)
        if written != len(line):
            self.is_torn = self.is_long = True  # unless what was written can be taken back
            os.ftruncate(self._fd, self.size)
            self.is_torn = self.is_long = False
            raise OSError(errno.ENOSPC, "the disk is full")
        self.lines += 1
        self.size += written
        if self.lines >= MOST_LINES or self.size >= MOST_BYTES:
            self.is_long = True  # it is time for another one
        if lasting:
            self._wanted = self.size
        return self.size

    def sync(self, size: int) -> None:
        """Return when the lines up to this size are on the disk itself. Raises OSError.

        A fault is told to all that wait, and for good: the system tells it once.
        """
        with self._syncing:
            if self.is_broken:
                raise OSError(errno.EIO, "the disk did not take what was written")
            if self._synced < size and self._fd >= 0:
                until, fd = self.size, self._fd
                try:
                    _sync(fd)
                    if os.fstat(fd).st_nlink == 0:
                        raise FileNotFoundError(errno.ENOENT, "the segment was removed")
                except OSError:
                    if fd != self._fd and not self.is_broken:
                        return  # a signal's handler sealed it, and so synced it
                    self.is_broken = True
                    raise
                self._synced = until

    def seal(self) -> None:
        """Let it go, complete; an empty one goes away."""
        with self._syncing:
            if self._fd < 0:
                return
            fd, self._fd = self._fd, -1
            # What is there is sent; an empty file is removed by whoever finds it.
            try:
                if self._wanted > self._synced:
                    _sync(fd)
            except OSError:
                self.is_broken = True
            with contextlib.suppress(OSError):
                if not self.lines:
                    self.path.unlink()
            with contextlib.suppress(OSError):
                if os.fstat(fd).st_ino == self._inode:  # else it is the host's by now
                    locks.unlock(fd)
                    os.close(fd)

    def forget(self) -> None:
        """Close a fork's copy of it: it stays its writer's."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                if os.fstat(fd).st_ino == self._inode:
                    os.close(fd)


class Taken:
    """A complete segment in hand, to be sent."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd = fd

    def lines(self) -> list[bytes]:
        """Its lines, without one that was torn. Raises OSError."""
        return _read_all(self._fd).split(b"\n")[:-1]

    def keep(self) -> None:
        """Make what stays behind outlast the machine's own end. Raises OSError."""
        _sync(self._fd)

    def remove(self) -> None:
        """It has arrived. Raises OSError."""
        if os.name == "nt":
            self.release()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self.release()

    def release(self) -> None:
        """Give it back to whoever comes."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            try:
                locks.unlock(fd)
            finally:
                os.close(fd)

    def forget(self) -> None:
        """Close a fork's copy of it."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)


class Spool:
    """The folder of one desk, with the segments in it.

    In `further` folders others may have left segments when they could not write in this one.
    """

    def __init__(self, folder: Path, most_bytes: int, further: Sequence[Path] = ()) -> None:
        self.folder = folder
        self.further = further
        self.most_bytes = most_bytes
        self.rejected = folder / "rejected"
        self.used = 0
        self._look_again_at = 0.0

    def new_segment(self) -> Segment:
        """A segment of this process's own, and the folder's entry of it on disk. Raises OSError."""
        self.used = self.size()
        while True:
            path = self.folder / f"{new_id()}-{_here()}{_SUFFIX}"
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | _FLAGS
            fd = os.open(path, flags, stat.S_IRUSR | stat.S_IWUSR)
            try:
                # Between making and locking it somebody may have taken it for a leftover.
                is_ours = locks.lock(fd) and os.fstat(fd).st_nlink > 0
                if is_ours:
                    sync_folder(self.folder)
                    return Segment(path, fd)
            except OSError:
                os.close(fd)
                raise
            os.close(fd)

    def put_back(self, content: bytes) -> Path:
        """What was in a segment that somebody removed, in another one. Raises OSError."""
        segment = self.new_segment()
        try:
            segment.append(content, lasting=True)
        finally:
            segment.seal()
        return segment.path

    def check_room(self, more: int) -> None:
        """Raise SpoolFull if so many more bytes are too many, as far as is known of others."""
        if time.monotonic() >= self._look_again_at:
            self._look_again_at = time.monotonic() + _LOOK_SECONDS
            self.used = self.size() + more
        if self.used > self.most_bytes:
            self.used -= more
            raise SpoolFull(28, f"the spool has the {self.most_bytes} bytes that it may have")

    def size(self) -> int:
        """The bytes of all that is in the folder."""
        return sum(size for folder in (self.folder, self.rejected) for _, size in _files(folder))

    def waiting(self) -> list[Path]:
        """All segments, by whomever, the oldest first."""
        folders = (self.folder, *filter(is_own, self.further))
        found = [
            (name, folder / name)
            for folder in folders
            for name, _ in _files(folder)
            if name.endswith(_SUFFIX)
        ]
        return [path for _, path in sorted(found)]

    def take(self, path: Path) -> Taken | None:
        """The segment in hand; None if it is gone, or somebody else has it. Raises OSError."""
        try:
            fd = os.open(path, os.O_RDWR | _FLAGS)
        except FileNotFoundError:
            return None
        try:
            if locks.lock(fd) and not _is_another_s(path, os.fstat(fd)):
                return Taken(path, fd)
        except OSError:
            os.close(fd)
            raise
        os.close(fd)
        return None

    def mentions(self, text: bytes) -> bool:
        """Whether this stands in any segment that waits."""
        for path in self.waiting():
            try:
                if text in path.read_bytes():
                    return True
            except FileNotFoundError:
                continue
        return False


def sync_folder(folder: Path) -> None:
    """Bring the folder's entries to the disk, where the system can. Raises OSError."""
    if os.name == "nt":
        return
    fd = os.open(folder, os.O_RDONLY | _FLAGS)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _NOT_POSSIBLE:
            raise
    finally:
        os.close(fd)


def _sync(fd: int) -> None:
    """Bring a file's content to the disk, where the system can. Raises OSError."""
    try:
        _sync_data(fd)
    except OSError as error:
        if error.errno not in _NOT_POSSIBLE:
            raise


def _read_all(fd: int) -> bytes:
    os.lseek(fd, 0, os.SEEK_SET)
    parts = []
    while part := os.read(fd, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _here() -> str:
    """This machine, in the name of a segment."""
    return sha256(platform.node().encode("utf-8", "replace")).hexdigest()[:8]


def _is_another_s(path: Path, found: os.stat_result) -> bool:
    """Whether it is gone, or a machine that may still write in it is another one."""
    if found.st_nlink == 0:
        return True
    where = path.stem[_UUID_LENGTH + 1 :]
    is_fresh = abs(time.time() - found.st_mtime) < _OTHERS_SECONDS
    return bool(where) and where != _here() and is_fresh


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    """Name and size of each file in a folder."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    if entry.is_file(follow_symlinks=False):
                        yield entry.name, entry.stat(follow_symlinks=False).st_size
                except FileNotFoundError:
                    continue
    except FileNotFoundError:
        return
