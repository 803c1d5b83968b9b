"""Locks on open files that end with the process that holds them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_SOON_SECONDS = 1.0
_PAUSE = 0.01

if sys.platform == "win32":
    import msvcrt

    _BYTE = 1 << 30

    def lock(fd: int) -> bool:
        """Take the lock of this open file; False if somebody else has it. Raises OSError."""
        place = os.lseek(fd, 0, os.SEEK_CUR)
        try:
            os.lseek(fd, _BYTE, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(fd, place, os.SEEK_SET)
        return True

    def unlock(fd: int) -> None:
        """Let the lock of this open file go."""
        place = os.lseek(fd, 0, os.SEEK_CUR)
        try:
            os.lseek(fd, _BYTE, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
        except OSError:
            pass
        finally:
            os.lseek(fd, place, os.SEEK_SET)

else:
    import fcntl

    def lock(fd: int) -> bool:
        """Take the lock of this open file; False if somebody else has it. Raises OSError."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(fd: int) -> None:
        """Let the lock of this open file go, also where a fork holds the same file."""
        fcntl.flock(fd, fcntl.LOCK_UN)


def lock_soon(fd: int) -> bool:
    """The same, waited for for a second: who has it may have been stopped. Raises OSError."""
    until = time.monotonic() + _SOON_SECONDS
    while not lock(fd):
        if time.monotonic() >= until:
            return False
        time.sleep(_PAUSE)
    return True


def check(folder: Path) -> None:
    """Raise OSError unless files in this folder can be written and locked."""
    path = folder / "lock"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        if lock(fd):
            unlock(fd)
    finally:
        os.close(fd)
