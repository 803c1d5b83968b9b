"""Bringing one complete segment to the desk: in which order, in which portions, what is refused.

A line of a segment is `KIND JSON`, or `KIND:ARGUMENT JSON`.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from typing import Any, Callable, NamedTuple
from urllib.parse import quote

from snaglist_client.line import TOO_LARGE, Answer, Capped, Line, ShutOut, TimedOut

RECORD, IMPORTED, BEGIN, END, OUTCOME = b"record", b"imported", b"begin", b"end", b"outcome"
_MOST_RECORDS = 250
_MOST_BYTES = 900_000  # proxies that nobody told otherwise take a megabyte
_SMALL_BYTES = 64 << 10
_LONGEST_STRETCH = 100
_FEWEST_HALVED = 50
_REFUSED = frozenset([400, TOO_LARGE, 414, 415, 422, 431])
_NO_SUCH_ROUTE = frozenset([404, 405])
_NDJSON = "application/x-ndjson"
_NO_DESK = "What answers there is no desk; check SNAGLIST_URL."
Reject = Callable[[bytes, str], None]
Again = Callable[[bytes], None]
_OTHERWISE = b"\t"
"""In the line of an outcome: what is said instead when the lease is over."""


class Portion(NamedTuple):
    """What goes into one request: lines of one kind and argument."""

    kind: bytes
    argument: bytes
    bodies: list[bytes]

    @property
    def path(self) -> str:
        """Where it is posted."""
        if self.kind == RECORD:
            return "/api/v1/records"
        if self.kind == IMPORTED:
            return f"/import/{self.argument.decode('ascii')}/imported"
        if self.kind == BEGIN:
            return "/api/v1/runs"
        if self.kind == OUTCOME:
            return "/api/v1/outcomes"
        return f"/api/v1/runs/{self.argument.decode('ascii')}/end"

    @property
    def body(self) -> bytes:
        """What is posted."""
        if self.kind == RECORD:
            return b"\n".join(self.bodies)
        if self.kind == IMPORTED:
            return b"[" + b",".join(self.bodies) + b"]"
        if self.kind == OUTCOME:
            return b"[" + b",".join(one.partition(_OTHERWISE)[0] for one in self.bodies) + b"]"
        return self.bodies[0]

    @property
    def halves(self) -> list[Portion]:
        """The same in two, to find what is at fault."""
        middle = len(self.bodies) // 2
        return [
            Portion(self.kind, self.argument, part)
            for part in (self.bodies[:middle], self.bodies[middle:])
        ]

    def line(self, place: int) -> bytes:
        """The line as it stands in the segment."""
        head = self.kind + (b":" + self.argument if self.argument else b"")
        return head + b" " + self.bodies[place]


class Delivery:
    """One segment on its way. What was taken is not sent again when it goes on after a fault."""

    def __init__(self, lines: list[bytes], reject: Reject, again: Again | None = None) -> None:
        self._portions = deque(portions_of(lines, reject))
        self._reject = reject
        self._again = again

    def go_on(self, line: Line, seconds_left: Callable[[], float]) -> None:
        """Send what is left. Raises Away or ShutOut, and OSError if a refusal cannot be kept."""
        while self._portions:
            portion = self._portions[0]
            media_type = _NDJSON if portion.kind == RECORD else "application/json"
            try:
                answer = line.post(portion.path, portion.body, seconds_left(), media_type)
            except (Capped, TimedOut) as error:
                is_small = len(portion.bodies) <= _FEWEST_HALVED
                may_be_halved = len(portion.bodies) > 1 and isinstance(error, Capped)
                if not is_small or may_be_halved:  # a cap may be lower than the fewest
                    self._replace_first(portion.halves)
                if is_small or isinstance(error, TimedOut):
                    raise
                continue
            self._settle(portion, answer)

    def _settle(self, portion: Portion, answer: Answer) -> None:
        """Take off the first portion what the answer settles."""
        if answer.status < 300:
            if not isinstance(answer.body, dict) or _PROOF[portion.kind] not in answer.body:
                raise ShutOut(_NO_DESK)
            if portion.kind in (RECORD, OUTCOME):
                self._look_through(portion, answer.body)
            self._replace_first([])
        elif portion.kind in (BEGIN, END) and answer.status in (*_NO_SUCH_ROUTE, 409):
            self._replace_first([])  # an older desk, or a run that is over already
        elif answer.status not in _REFUSED or _is_proxys(answer, portion):
            raise ShutOut(f"{answer.reason} (It answers {answer.status}.)")
        elif len(portion.bodies) > 1:
            self._replace_first(portion.halves)
        else:
            self._reject(portion.line(0), answer.reason)
            self._replace_first([])

    def _look_through(self, portion: Portion, body: dict[str, Any]) -> None:
        """Set aside what is invalid, and say otherwise what was the outcome of a lost lease."""
        results = body.get("results")
        if not isinstance(results, list) or len(results) != len(portion.bodies):
            raise ShutOut(_NO_DESK)
        for place, result in enumerate(results):
            if result.get("status") == "invalid":
                self._reject(portion.line(place), Answer(400, result.get("problem")).reason)
            elif result.get("status") == "lost" and self._again is not None:
                otherwise = portion.bodies[place].partition(_OTHERWISE)[2]
                if otherwise:
                    self._again(otherwise + b"\n")

    def _replace_first(self, portions: list[Portion]) -> None:
        self._portions.popleft()
        self._portions.extendleft(reversed(portions))


def portions_of(lines: list[bytes], reject: Reject) -> list[Portion]:
    """The lines of a segment in the order in which they are sent.

    First the runs that began, then failures, then what came over, then the runs that ended. But
    what is said of one entity keeps its order: a host whose clock is ahead of the desk's is
    believed by the order of arrival alone.
    """
    found: dict[tuple[int, bytes, bytes], list[bytes]] = {}
    turns: dict[bytes, int] = {}
    for number, line in enumerate(lines):
        if not number % _LONGEST_STRETCH:
            time.sleep(0)  # the host's threads wait for the interpreter's lock
        head, _, body = line.partition(b" ")
        kind, _, argument = head.partition(b":")
        if kind in _ORDER and body:
            place = _ORDER[kind]
            if kind == IMPORTED or (kind == RECORD and turns):
                entity = _entity_of(kind, body)
                place = turns[entity] = _next_turn(turns.get(entity, 0) if entity else 0, kind)
            found.setdefault((place, kind, argument), []).append(body)
        elif line.strip(b"\0"):
            reject(line, "The line cannot be read.")
    portions = []
    for (_, kind, argument), bodies in sorted(found.items(), key=lambda one: one[0][0]):
        most = _MOST_RECORDS if kind in (RECORD, IMPORTED, OUTCOME) else 1
        portions += [Portion(kind, argument, part) for part in _cut(bodies, most)]
    return portions


def _cut(bodies: list[bytes], most: int) -> list[list[bytes]]:
    """The bodies in so many at most, and no more bytes than most proxies take at once."""
    parts: list[list[bytes]] = []
    room = 0
    for body in bodies:
        room -= len(body) + 1
        if room < 0 or len(parts[-1]) == most:
            parts.append([])
            room = _MOST_BYTES - len(body) - 1
        parts[-1].append(body)
    return parts


def _is_proxys(answer: Answer, portion: Portion) -> bool:
    """Whether a proxy refuses as too large what any takes that is meant to pass something on."""
    is_small = len(portion.bodies) == 1 and len(portion.bodies[0]) <= _SMALL_BYTES
    return answer.status == TOO_LARGE and not isinstance(answer.body, dict) and is_small


_PROOF = {
    BEGIN: "id",
    RECORD: "results",
    IMPORTED: "resolved",
    OUTCOME: "results",
    END: "id",
}
"""A member of each answer of a desk: what has none is no desk."""

_LAST = 10_000
_ORDER = {BEGIN: -1, RECORD: 0, IMPORTED: 1, OUTCOME: _LAST, END: _LAST + 1}
"""Failures and successes take turns: even ones are failures, odd ones are successes."""

_ID = re.compile(rb'"shotgun_id": ?"?([^,}"]*)')


def _next_turn(last: int, kind: bytes) -> int:
    """The first turn from the last one on that is for lines of this kind."""
    return last + (last + _ORDER[kind]) % 2


def _entity_of(kind: bytes, body: bytes) -> bytes:
    """The id of the entity that this line is about; b"" if it is of none, or not known."""
    found = _ID.search(body)
    if found is not None:
        return found[1]
    if kind != RECORD:
        return b""
    try:
        event = json.loads(body)["event_data"]
        number = (event.get("entity") or {}).get("id") or event["meta"]["entity_id"]
        return str(number).encode()
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return b""


def line_of(kind: bytes, body: bytes, argument: str = "") -> bytes:
    """One line of a segment."""
    head = kind + b":" + quote(argument, safe="").encode() if argument else kind
    return head + b" " + body + b"\n"


def json_of(members: dict[str, Any]) -> bytes:
    """A small JSON object of plain, clean values."""
    return _encode(members).encode()


def outcome_line(outcome: bytes, otherwise: bytes = b"") -> bytes:
    """What became of a leased item, and the line that says so when the lease is over."""
    return OUTCOME + b" " + outcome + (_OTHERWISE + otherwise.rstrip(b"\n") or b"") + b"\n"


_encode = json.JSONEncoder(separators=(",", ":")).encode
