"""What is tried just now: whose failure a logged error is, and what is told of it meanwhile.

A function that is called in a block may itself tell of what the block is about: that the target
dropped it, that it failed, that a part of it did. The block's end must not say otherwise.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, NamedTuple

from snaglist_client import kin
from snaglist_client.moments import now
from snaglist_client.quietly import passes

FAILED_ELSEWHERE = "A process that was forked for it said that it failed."
NOTHING = 0


class Failed(NamedTuple):
    """A failure as it was recorded, in which run; the id is "" if it had to be dropped.

    It was told of this part of the entity, "" being the whole.
    """

    record_id: str
    event_data: bytes
    run: str
    part: str


class InHand:
    """Something that is tried in a block, from `take` to `put_back`. Others tell it what they told.

    `failure` is what was told last of it; `is_open` says that nothing is known of how it ended,
    `is_failed_in_part` that a part of it failed, of a whole, and `is_failed_elsewhere` that a
    forked process told the last of it, that it failed. `taken_at` is when it was taken, in
    nanoseconds since 1970.
    """

    __slots__ = (
        "_before",
        "_identity",
        "_number",
        "failure",
        "is_failed_elsewhere",
        "is_failed_in_part",
        "is_open",
        "taken_at",
    )

    def __init__(self) -> None:
        self._before: InHand | None = None
        self._identity: tuple[str, str | None, int, str] | None = None
        self._number = 0
        self.taken_at = 0
        self.failure: Failed | None = None
        self.is_failed_in_part = False
        self.is_failed_elsewhere = False
        self.is_open = False

    @property
    def identity(self) -> tuple[str, str | None, int, str]:
        """`whose()`, as it was when it was first asked for in this block."""
        found = self._identity
        if found is None:
            found = self._identity = self.whose()
        return found

    def whose(self) -> tuple[str, str | None, int, str]:
        """The source, the target, what stands for the entity (`entity_of`), and the part."""
        raise NotImplementedError

    def details(self) -> dict[str, Any]:
        """What a record's details say of it."""
        raise NotImplementedError

    def told_to_forks(self) -> bytes:
        """What processes that were forked before need to know of it, of what is of a run."""
        return b""

    @property
    def reporter(self) -> Any:
        """Who tells of it in its run; None if it is of none."""
        return None

    @property
    def echo_name(self) -> str | None:
        """By which name other processes tell of it: its run's, unless it is a try by itself."""
        return None if self.reporter is None else str(self.reporter.run)

    def note(self, part: str, failure: Failed | None) -> None:
        """This was told of this part of the entity: that it failed, or, by None, came over."""
        own_part = self.whose()[3]
        if part == own_part:
            self.failure, self.is_open = failure, False
        elif not part:  # where the whole failed, nobody came to its part
            if self.failure is None or not self.failure.part:
                self.failure = failure
        elif failure is not None and not own_part:
            self.is_failed_in_part = True
        if failure is not None:
            noted.add(self)

    def leave_open(self, part: str) -> None:
        """It was told of this part that it was begun and broken off."""
        if part == self.whose()[3]:
            self.is_open = True
            noted.add(self)


_innermost: ContextVar[InHand | None] = ContextVar("snaglist_in_hand", default=None)
everything: set[InHand] = set()
"""Whatever is in hand, in all threads."""

_inherited: set[InHand] = set()
"""Those in which this process was forked, and which the one that began them may have ended."""

noted: set[InHand] = set()
"""Those of which something was told; mostly there are none, and then nobody need look."""


def take(one: InHand) -> None:
    """This is tried from now on."""
    one.failure = one._identity = None
    one._number = 0
    one.taken_at = now()
    _inherited.discard(one)
    one.is_failed_in_part = one.is_failed_elsewhere = one.is_open = False
    before = one._before = _innermost_still()
    if before is not None:
        before._before = _still(before._before)  # or the chain would grow where blocks cross
    _innermost.set(one)
    everything.add(one)
    if kin.echo is not None and (among := _among_processes(one)) is not None:
        kin.echo.forget(among.place, among.run, among.target)
        kin.echo.forget(among.beside, among.run, among.target)
        if kin.runs is not None and among.key is not None:
            kin.runs.put(among.key, one.told_to_forks())


def put_back(one: InHand) -> None:
    """It is not tried any more, but what was before."""
    everything.discard(one)
    if noted:
        noted.discard(one)
    if one._number:
        _end(one)
    if _innermost.get() is one:
        _innermost.set(one._before)
        one._before = None
    if kin.echo is not None and (among := _among_processes(one)) is not None:
        if kin.runs is not None and among.key is not None:
            kin.runs.clear(among.key)
            _tell_forks_of_outer(one, kin.runs)
        if one.failure is None:
            _hear(one, among, kin.echo)


def _tell_forks_of_outer(one: InHand, runs: kin.Runs) -> None:
    """What they need to know of this entity is what a block around knows, if there is one."""
    for outer in around_it(one):
        among = _among_processes(outer)
        if among is not None and among.key is not None:
            runs.put(among.key, outer.told_to_forks())
            return


def around_it(one: InHand) -> list[InHand]:
    """The blocks in which this thread is that are of the same entity, itself aside."""
    found: list[InHand] = []
    outer = _innermost_still()
    while outer is not None:
        if outer is not one and outer.identity[:3] == one.identity[:3]:
            found.append(outer)
        outer = outer._before
    return found


class _Among(NamedTuple):
    """What stands among forked processes for what is in hand, and for the rest of its entity.

    By which run and target they tell of it; `key` is by what they find the run, None if it is none.
    """

    place: int
    beside: int
    run: str | None
    target: str | None
    key: int | None


def _among_processes(one: InHand) -> _Among | None:
    """None of what cannot say what it is."""
    try:
        source, target, entity, part = one.identity
    except BaseException as fault:  # whatever a hostile class does
        if passes(fault):
            raise
        return None
    if entity == NOTHING:
        return None
    name, reporter = one.echo_name, one.reporter
    is_of_run = reporter is not None and name == reporter.run
    return _Among(
        place_of(source, entity, part),
        place_of(source, entity, WHOLE if part else PARTS),
        *(name, target),
        reporter.key_of(entity) if is_of_run else None,
    )


def _hear(one: InHand, among: _Among, echo: kin.Echo) -> None:
    """What other processes told last of it, and of the rest of its entity."""
    told = echo.says(among.place, among.run, among.target)
    has_rest_failed = echo.says(among.beside, among.run, among.target) is kin.Told.FAILED
    is_part = bool(one.identity[3])  # where the whole failed, nobody came to its part
    one.is_failed_elsewhere = told is kin.Told.FAILED or (has_rest_failed and is_part)
    one.is_failed_in_part = one.is_failed_in_part or (has_rest_failed and not is_part)
    one.is_open = one.is_open or told is kin.Told.LEFT_OPEN


WHOLE, PARTS = "\0whole", "\0parts"
"""What stands, for other processes, for the whole of a thing beside a part, and for its parts."""


def place_of(source: str, entity: int, part: str) -> int:
    """What stands for this part of an entity (`entity_of`) among forked processes."""
    return NOTHING if entity == NOTHING else hash((source, entity, part))


def told() -> dict[str, Any]:
    """What is known of what is tried just now, its payload aside; nothing outside of blocks."""
    innermost = _innermost_still()
    found = {} if innermost is None else innermost.details()
    found.pop("payload", None)
    return found


def before_fork() -> None:
    """Have the child know when the blocks end in which it is forked."""
    if kin.running is not None:
        for one in list(everything):
            if not one._number:
                one._number = kin.running.begin()


def after_fork() -> None:
    """In the child: the blocks in which it was forked are another process's.

    What has no number was begun by another thread at that moment, and is not what it was forked in.
    """
    for one in list(everything):
        if one._number:
            _inherited.add(one)
        else:
            everything.discard(one)
            noted.discard(one)


def _end(one: InHand) -> None:
    """It ended: here alone where it was begun by another process, else in all that know of it."""
    if one in _inherited:
        _inherited.discard(one)
    elif kin.running is not None:
        kin.running.end(one._number)


def _let_go() -> None:
    """What this process was forked in, and is over, is not in hand any more."""
    for one in list(_inherited):
        if kin.running is None or not kin.running.has(one._number):
            for known in (_inherited, everything, noted):
                known.discard(one)


def _innermost_still() -> InHand | None:
    if _inherited:
        _let_go()
    return _still(_innermost.get())


def _still(one: InHand | None) -> InHand | None:
    """This, or the nearest around it, that is in hand still: a task may outlast its block."""
    while one is not None and one not in everything:
        one = one._before
    return one


def holders(source: str, target: str | None, entity: int) -> list[InHand]:
    """What is in hand of this entity, in whatever thread; of any target where one is not said."""
    found: list[InHand] = []
    if entity == NOTHING:
        return found
    if _inherited:
        _let_go()
    for one in list(everything):
        try:
            own_source, own_target, own_entity, _ = one.identity
        except BaseException as fault:  # whatever a hostile class does
            if passes(fault):
                raise
            continue
        is_there = target is None or own_target is None or own_target == target
        if own_entity == entity and own_source == source and is_there:
            found.append(one)
    return found


def around(held: list[InHand]) -> list[InHand]:
    """Those of these in which this very thread, or task, is."""
    found: list[InHand] = []
    one = _innermost.get()
    while one is not None:
        if one in held:
            found.append(one)
        one = one._before
    return found


def tried_since(source: str, target: str | None, entity: int) -> int | None:
    """Since when this entity is tried in a block around, in nanoseconds since 1970."""
    if _innermost.get() is None:
        return None
    held = around(holders(source, target, entity))
    return min((one.taken_at for one in held), default=None)


def is_in_hand(one: InHand) -> bool:
    """Whether its block is running."""
    return one in everything


def is_anything_of(reporter: Any) -> bool:
    """Whether something is in hand of which this one tells."""
    return any(one.reporter is reporter for one in list(everything))


def one_of(entity_type: str, entity_id: int | str, part: str = "") -> int:
    """What stands for a thing, however its type is spelled: `Shot`, `shot`, `shots`, `statuses`."""
    return hash((entity_type.lower().rstrip("es"), str(entity_id), part))


def entity_of(entity_type: str, entity_id: int | str) -> int:
    """What stands for an entity in hand; `NOTHING` without an id: one is like another then."""
    return NOTHING if entity_id == "" else one_of(entity_type, entity_id)
