"""Where the spool lies: a folder of the user's own, one in it for each desk."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from snaglist_client import locks

_NAME = "snaglist-client"


class NoFolder(OSError):
    """There is no folder that the spool can be in."""


def spool_folder(url: str, given: str | Path | None) -> Path:
    """The folder for what waits for the desk at this address, made if need be.

    In `given`, else in SNAGLIST_SPOOL, else in the user's state folder, else in a folder for
    temporary files. Raises NoFolder.
    """
    name = hashlib.sha256(url.rstrip("/").encode("utf-8", "replace")).hexdigest()[:16]
    faults = []
    number = None
    for base in _bases(given):
        try:
            base.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = base / name
            _make_own(folder)
            _make_own(folder / "rejected")
            locks.check(folder)
        except OSError as error:
            faults.append(f"{base}: {error.strerror or error}")
            number = error.errno
            continue
        return folder
    raise NoFolder(number, "; ".join(faults))


def further_folders(given: str | Path | None, folder: Path) -> list[Path]:
    """The folders, there or not, that are used where this one is not to be had."""
    bases = list(_bases(given))
    behind = bases[bases.index(folder.parent) + 1 :] if folder.parent in bases else []
    return [base / folder.name for base in behind]


def is_own(folder: Path) -> bool:
    """Whether this is a folder, of this user's, in which nobody else can write."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    is_mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return stat.S_ISDIR(found.st_mode) and is_mine and not found.st_mode & 0o022


def _bases(given: str | Path | None) -> Iterator[Path]:
    told = given or os.environ.get("SNAGLIST_SPOOL")
    if told:
        yield from _lasting_path(told)
    else:
        state = _state_folder()
        if state is not None:
            yield state / _NAME
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError:
        return
    yield temporary / f"{_NAME}-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def _lasting_path(told: str | Path) -> list[Path]:
    """The path, also when the host goes to another folder; none if its folder is no more."""
    try:
        return [Path(os.path.abspath(told))]  # noqa: PTH100 - links are followed as ever
    except OSError:
        return []


def _state_folder() -> Path | None:
    """Where programs of this user keep what must last; None where there is no home."""
    try:
        if sys.platform == "win32":
            told = os.environ.get("LOCALAPPDATA")
            return Path(told) if told else Path.home() / "AppData" / "Local"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Application Support"
        told = os.environ.get("XDG_STATE_HOME")
        return Path(told) if told else Path.home() / ".local" / "state"
    except RuntimeError:
        return None


def _make_own(folder: Path) -> None:
    """Make the folder, or see that it is this user's and nobody else's. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(20, "is no folder, or a link", str(folder))
    if hasattr(os, "getuid"):
        if found.st_uid != os.getuid():
            raise PermissionError(13, "belongs to somebody else", str(folder))
        if found.st_mode & 0o077:
            folder.chmod(0o700)
