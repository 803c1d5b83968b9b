"""What forked processes tell each other, in memory that they share.

Of a run each process has a byte of its own: how many items it has in hand. One that is killed, or
breaks off, leaves it as it was. And each entity of which a part failed has a byte, by its hash; two
may share one, and then too much is taken as failed in part, never too little.
"""

from __future__ import annotations

import enum
import mmap
import os
import threading
import weakref
from collections.abc import Iterable
from typing import Any

_PROCESSES = 1 << 22
"""Linux gives no process a higher id."""

_ENTITIES = 1 << 20
_MOST = 255


class Kin:
    """The memory of one run, made before its first fork. Raises OSError if there is none."""

    def __init__(self) -> None:
        self._begun = mmap.mmap(-1, _PROCESSES + 1)
        self._failed = mmap.mmap(-1, _ENTITIES)
        self._lock = threading.RLock()
        self._place: int | None = None
        self._in_hand = 0

    def begin_anew(self) -> None:
        """In the child of a fork: it has nothing in hand yet."""
        self._lock = threading.RLock()
        self._place = os.getpid() % _PROCESSES
        self._in_hand = 0
        if self._begun[self._place]:  # what one that is dead, of the same id, left so
            self._begun[_PROCESSES] = 1

    def begins(self) -> None:
        """An item is begun in this process. The one that began the run knows of its own itself."""
        self._count(1)

    def ends(self) -> None:
        """An item came to its end in this process."""
        self._count(-1)

    def _count(self, change: int) -> None:
        if self._place is not None:
            with self._lock:
                self._in_hand = max(0, self._in_hand + change)
                self._begun[self._place] = min(self._in_hand, _MOST)

    def has_something_begun(self) -> bool:
        """Whether a forked process has something in hand, or ended so."""
        return bool(self._begun[:].strip(b"\0"))

    def fails_in_part(self, entity: int) -> None:
        """A part of this entity failed."""
        self._failed[entity % _ENTITIES] = 1

    def has_failed_in_part(self, entity: int) -> bool:
        """Whether a part of this entity failed, in any process."""
        return bool(self._failed[entity % _ENTITIES])


class Told(enum.IntEnum):
    """What was told last of a thing."""

    NOTHING_BAD = 0
    FAILED = 1
    LEFT_OPEN = 2


class Echo:
    """What processes of one program told last of each thing, by hashes, one byte each.

    A thing has a byte for each run and target that is told of, for what is told outside of runs or
    of no target that was said, and for all that is told; the last two for each process that is told
    it: the one that tells, and those that it was forked from. A block hears what its own run or
    nobody's told of its own target or of none; one without a run, or without a target, hears all.
    Two things may share a byte, and then what one process tells of the one is taken as told of the
    other.
    """

    def __init__(self) -> None:
        self._told = mmap.mmap(-1, _ENTITIES)

    def tell(self, place: int, runs: Iterable[str], target: str | None, told: Told) -> None:
        """It was told of it in these runs ("" is none); of place 0 nothing can be."""
        if place and not told:
            self._clear(place, runs, target)
        elif place:
            for run in (*_named(runs, lineage), *_all_of(lineage)):
                for one in (target or "", _ALL):
                    self._told[_byte(place, run, one)] = told

    def forget(self, place: int, run: str | None, target: str | None) -> None:
        """It is tried anew, in this run; None is none."""
        if place:
            self._clear(place, [run or ""], target)

    def says(self, place: int, run: str | None, target: str | None) -> Told:
        """What whoever told last of it said to a block of this run and target."""
        own = (os.getpid(),)
        runs = _all_of(own) if run is None else _named((run, ""), own)
        targets = (_ALL,) if target is None else (target, "")
        heard = [self._told[_byte(place, one, of)] for one in runs for of in targets if place]
        return Told.FAILED if Told.FAILED in heard else Told(max(heard, default=0))

    def _clear(self, place: int, runs: Iterable[str], target: str | None) -> None:
        for run in (*_named((*runs, ""), lineage), *_all_of(lineage)):
            for one in (target or "", "", _ALL):
                self._told[_byte(place, run, one)] = 0


class Runs:
    """In which run a thing is tried just now, for processes that were forked before its block.

    With what its block knows of it. It is told to those that this process forked, and theirs.
    """

    def __init__(self) -> None:
        self._slots = mmap.mmap(-1, _BLOCKS * _SLOT_BYTES)

    def put(self, thing: int, known: bytes) -> None:
        """It is tried, and this is known of it, in at most `LONGEST_KNOWN` bytes without a NUL."""
        key = hash((thing, os.getpid()))
        at = key % _BLOCKS * _SLOT_BYTES
        told = _key_bytes(key) + known
        self._slots[at : at + _SLOT_BYTES] = told.ljust(_SLOT_BYTES, b"\0")

    def clear(self, thing: int) -> None:
        """It is not tried any more."""
        key = hash((thing, os.getpid()))
        at = key % _BLOCKS * _SLOT_BYTES
        if self._slots[at : at + _KEY_BYTES] == _key_bytes(key):
            self._slots[at : at + _SLOT_BYTES] = bytes(_SLOT_BYTES)

    def of(self, thing: int) -> bytes:
        """What the nearest process above knows, that tries it; b"" if none is known to."""
        for pid in lineage:
            key = hash((thing, pid))
            at = key % _BLOCKS * _SLOT_BYTES
            told = self._slots[at : at + _SLOT_BYTES]
            if told[:_KEY_BYTES] == _key_bytes(key):
                return told[_KEY_BYTES:].rstrip(b"\0")
        return b""


_BLOCKS = 1 << 14
_SLOT_BYTES = 1024
_KEY_BYTES = 8
LONGEST_KNOWN = _SLOT_BYTES - _KEY_BYTES


def _key_bytes(key: int) -> bytes:
    return key.to_bytes(_KEY_BYTES, "big", signed=True)


class Running:
    """Which blocks are running in the processes that began them, for the forks made in them.

    A process that was forked in a block, such as a pool's, may outlast it.
    """

    def __init__(self) -> None:
        self._numbers = mmap.mmap(-1, _NUMBERS * _NUMBER_BYTES)
        self._last = 0

    def begin(self) -> int:
        """The number of a block that is running."""
        self._last += 1
        number = self._last * _PROCESSES + os.getpid() % _PROCESSES
        self._put(number, number)
        return number

    def end(self, number: int) -> None:
        """It is running no more."""
        if self.has(number):
            self._put(number, 0)

    def has(self, number: int) -> bool:
        """Whether it is running still; a number that is very old may have been forgotten."""
        at = self._at(number)
        return self._numbers[at : at + _NUMBER_BYTES] == number.to_bytes(_NUMBER_BYTES, "big")

    def _put(self, number: int, told: int) -> None:
        at = self._at(number)
        self._numbers[at : at + _NUMBER_BYTES] = told.to_bytes(_NUMBER_BYTES, "big")

    def _at(self, number: int) -> int:
        return hash(divmod(number, _PROCESSES)) % _NUMBERS * _NUMBER_BYTES


_NUMBERS = 1 << 20
_NUMBER_BYTES = 12

_ALL = "*"


def _named(runs: Iterable[str], pids: Iterable[int]) -> list[str]:
    """These runs, and "", nobody's, for each of these processes."""
    return [name for run in runs for name in ([run] if run else [str(pid) for pid in pids])]


def _all_of(pids: Iterable[int]) -> list[str]:
    """What stands for all that these processes are told."""
    return [f"{_ALL}{pid}" for pid in pids]


def _byte(place: int, run: str, target: str) -> int:
    """Where it is kept what is told of a thing in a run, of a target."""
    return hash((place, run, target)) % _ENTITIES


lineage: tuple[int, ...] = (os.getpid(),)
"""The ids of this process and of those that it was forked from."""

echo: Echo | None = None
running: Running | None = None
runs: Runs | None = None
"""There is one of each from the first fork on."""

_expecting: weakref.WeakSet[Any] = weakref.WeakSet()


def expect_forks(reporter: Any) -> None:
    """Give this reporter kin before the next fork."""
    _expecting.add(reporter)


def before_fork() -> None:
    """Have memory that the child will share. Raises OSError."""
    global echo, running, runs, lineage
    if lineage[0] != os.getpid():  # it was forked before anybody was told of forks
        lineage = (os.getpid(), *lineage)
    if echo is None:
        echo, running, runs = Echo(), Running(), Runs()
    for one in list(_expecting):
        if one.kin is None:
            one.kin = Kin()


def after_fork() -> None:
    """In the child."""
    global lineage
    lineage = (os.getpid(), *lineage)
    for one in list(_expecting):
        if one.kin is not None:
            one.kin.begin_anew()
