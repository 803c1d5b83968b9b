"""A disk that loses its power or runs full: an apsw VFS that remembers what was synced."""

# ruff: noqa: N802, ARG002 - the names and arguments are those that SQLite calls for

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from random import Random
from types import TracebackType

import apsw

SECTOR = 512


class PowerLost(apsw.IOError):
    """The disk has no power any more."""


class Contents:
    """What a disk holds of one file for sure, and what it was told since and may hold or not."""

    def __init__(self, synced: bytes) -> None:
        self._synced = bytearray(synced)
        self._pending: list[tuple[int, bytes | None]] = []

    def write(self, data: bytes, offset: int) -> None:
        """Note a write that is not synced."""
        self._pending.append((offset, data))

    def truncate(self, size: int) -> None:
        """Note a cut of the file's end that is not synced."""
        self._pending.append((size, None))

    def sync(self) -> None:
        """All that was noted is on the disk."""
        for offset, data in self._pending:
            _change(self._synced, offset, data)
        self._pending.clear()

    def after_power_loss(self, random: Random) -> bytes:
        """What may be found: what was synced, and some of the rest, torn writes among it."""
        found = bytearray(self._synced)
        luck = random.random()
        for offset, data in self._pending:
            if random.random() < luck:
                _change(found, offset, data)
            elif data is not None and random.random() < 0.5:
                for place, sector in _sectors(offset, data):
                    if random.random() < 0.5:
                        _change(found, place, sector)
        return bytes(found)


class FailingDisk(apsw.VFS):
    """An SQLite VFS whose power can be cut and whose room can run out; works until told to fail.

    It passes everything to the ordinary VFS, but for syncs: it only notes those.
    """

    def __init__(self) -> None:
        self.name = f"disk-{uuid.uuid4().hex}"
        super().__init__(self.name, "")
        self._lock = threading.Lock()
        self._contents: dict[Path, Contents] = {}
        self._operations_left: int | None = None
        self._counted = ""
        self._room: int | None = None
        self.cut_during = ""
        """The last part of the name of the file that was changed when power was lost."""

    def cut_power_after(self, operations: int, suffix: str = "") -> None:
        """Fail for ever at this write, truncation or sync from now, of files named so."""
        with self._lock:
            self._operations_left, self._counted = operations, suffix

    def fill_up_after(self, size: int) -> None:
        """Refuse all writes after this many bytes from now."""
        with self._lock:
            self._room = size

    def free_space(self) -> None:
        """Take writes again."""
        with self._lock:
            self._room = None

    def copy_after_power_loss(self, database: Path, folder: Path, random: Random) -> Path:
        """The database and its WAL as they may be found later, in this new folder."""
        folder.mkdir()
        for path, contents in self._contents.items():
            (folder / path.name).write_bytes(contents.after_power_loss(random))
        return folder / database.name

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        """SQLite opens a file."""
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "")
        with self._lock:
            self.require_power()
            opened = DiskFile(self, path, name, flags)
            if path not in self._contents and path.exists():
                self._contents[path] = Contents(path.read_bytes())
        return opened

    def xDelete(self, filename: str, syncdir: bool) -> None:
        """SQLite deletes a file; this is synced at once."""
        with self._lock:
            self.require_power()
            super().xDelete(filename, syncdir)
            self._contents.pop(Path(filename), None)

    def excepthook(self, *_: object) -> bool:
        """A failure that SQLite does not ask about, as when it closes a file, is no news."""
        return True

    def require_power(self) -> None:
        """Raise PowerLost if it was cut."""
        if self.cut_during:
            raise PowerLost("the disk has no power")

    def write(self, path: Path, data: bytes, offset: int) -> None:
        """Note a write, and fail if this is where power or room ends."""
        with self._lock:
            self.require_power()
            if self._room is not None:
                self._room -= len(data)
                if self._room < 0:
                    raise apsw.FullError("the disk is full")
            self._contents[path].write(data, offset)
            self._count_down(path)

    def truncate(self, path: Path, size: int) -> None:
        """Note a cut of a file's end, and fail if this is where power ends."""
        with self._lock:
            self.require_power()
            self._contents[path].truncate(size)
            self._count_down(path)

    def sync(self, path: Path) -> None:
        """Note that a file is synced, or fail instead if this is where power ends."""
        with self._lock:
            self.require_power()
            self._count_down(path)
            self._contents[path].sync()

    def _count_down(self, path: Path) -> None:
        if self._operations_left is None or not path.name.endswith(self._counted):
            return
        self._operations_left -= 1
        if self._operations_left <= 0:
            self.cut_during = path.suffix
            raise PowerLost("the disk has no power")


class DiskFile(apsw.VFSFile):
    """One open file on a failing disk."""

    def __init__(
        self,
        disk: FailingDisk,
        path: Path,
        name: str | apsw.URIFilename | None,
        flags: list[int],
    ) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self._path = path

    def xRead(self, amount: int, offset: int) -> bytes:
        """SQLite reads."""
        self._disk.require_power()
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        """SQLite writes."""
        self._disk.write(self._path, bytes(data), offset)
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        """SQLite shortens the file."""
        self._disk.truncate(self._path, newsize)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        """SQLite wants all writes so far on the disk."""
        self._disk.sync(self._path)

    def xFileSize(self) -> int:
        """SQLite asks how long the file is."""
        self._disk.require_power()
        return super().xFileSize()

    def excepthook(
        self,
        etype: type[BaseException] | None,
        evalue: BaseException | None,
        etraceback: TracebackType | None,
    ) -> bool:
        """A failure that SQLite does not ask about is no news."""
        return True


def _change(content: bytearray, offset: int, data: bytes | None) -> None:
    """Write at this place, or without data let the content end there."""
    if data is None:
        del content[offset:]
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


def _sectors(offset: int, data: bytes) -> Sequence[tuple[int, bytes]]:
    """The parts of a write that lie in one sector each, and their places."""
    end = offset + len(data)
    starts = [offset, *range(offset - offset % SECTOR + SECTOR, end, SECTOR)]
    ends = [*starts[1:], end]
    return [
        (start, data[start - offset : stop - offset])
        for start, stop in zip(starts, ends, strict=True)
    ]
