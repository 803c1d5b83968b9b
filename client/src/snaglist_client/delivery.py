"""Bringing one complete segment to the desk: in which order, in which portions, what is refused.

A line of a segment is `KIND JSON`, or `KIND:ARGUMENT JSON`.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Callable, NamedTuple
from urllib.parse import quote

from snaglist_client.line import Answer, Capped, Line, ShutOut

RECORD, IMPORTED, BEGIN, END = b"record", b"imported", b"begin", b"end"
_MOST_RECORDS = 1_000
_FEWEST_CAPPED = 50
_REFUSED = frozenset([400, 413, 414, 415, 422, 431])
_NO_SUCH_ROUTE = frozenset([404, 405])
_NDJSON = "application/x-ndjson"
Reject = Callable[[bytes, str], None]


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
        return f"/api/v1/runs/{self.argument.decode('ascii')}/end"

    @property
    def body(self) -> bytes:
        """What is posted."""
        if self.kind == RECORD:
            return b"\n".join(self.bodies)
        if self.kind == IMPORTED:
            return b"[" + b",".join(self.bodies) + b"]"
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

    def __init__(self, lines: list[bytes], reject: Reject) -> None:
        self._portions = deque(portions_of(lines, reject))
        self._reject = reject

    def go_on(self, line: Line, seconds_left: Callable[[], float]) -> None:
        """Send what is left. Raises Away or ShutOut, and OSError if a refusal cannot be kept."""
        while self._portions:
            portion = self._portions[0]
            media_type = _NDJSON if portion.kind == RECORD else "application/json"
            try:
                answer = line.post(portion.path, portion.body, seconds_left(), media_type)
            except Capped:
                if len(portion.bodies) <= _FEWEST_CAPPED:
                    raise
                self._replace_first(portion.halves)
                continue
            self._settle(portion, answer)

    def _settle(self, portion: Portion, answer: Answer) -> None:
        """Take off the first portion what the answer settles."""
        if answer.status < 300:
            if portion.kind == RECORD:
                self._reject_invalid(portion, answer.body)
            self._replace_first([])
        elif portion.kind in (BEGIN, END) and answer.status in (*_NO_SUCH_ROUTE, 409):
            self._replace_first([])  # an older desk, or a run that is over already
        elif answer.status not in _REFUSED:
            raise ShutOut(f"{answer.reason} (It answers {answer.status}.)")
        elif len(portion.bodies) > 1:
            self._replace_first(portion.halves)
        else:
            self._reject(portion.line(0), answer.reason)
            self._replace_first([])

    def _reject_invalid(self, portion: Portion, body: Any) -> None:
        results = body.get("results") if isinstance(body, dict) else None
        if not isinstance(results, list) or len(results) != len(portion.bodies):
            raise ShutOut("What answers there is no desk; check SNAGLIST_URL.")
        for place, result in enumerate(results):
            if result.get("status") == "invalid":
                self._reject(portion.line(place), Answer(400, result.get("problem")).reason)

    def _replace_first(self, portions: list[Portion]) -> None:
        self._portions.popleft()
        self._portions.extendleft(reversed(portions))


def portions_of(lines: list[bytes], reject: Reject) -> list[Portion]:
    """The lines of a segment in the order in which they are sent.

    First the runs that began, then failures, then what came over, then the runs that ended.
    """
    found: dict[tuple[bytes, bytes], list[bytes]] = {}
    for line in lines:
        head, _, body = line.partition(b" ")
        kind, _, argument = head.partition(b":")
        if kind in _ORDER and body:
            found.setdefault((kind, argument), []).append(body)
        elif line.strip(b"\0"):
            reject(line, "The line cannot be read.")
    portions = []
    for (kind, argument), bodies in sorted(found.items(), key=lambda one: _ORDER.index(one[0][0])):
        most = _MOST_RECORDS if kind in (RECORD, IMPORTED) else 1
        portions += [
            Portion(kind, argument, bodies[start : start + most])
            for start in range(0, len(bodies), most)
        ]
    return portions


_ORDER = (BEGIN, RECORD, IMPORTED, END)


def line_of(kind: bytes, body: bytes, argument: str = "") -> bytes:
    """One line of a segment."""
    head = kind + b":" + quote(argument, safe="").encode() if argument else kind
    return head + b" " + body + b"\n"


def json_of(members: dict[str, Any]) -> bytes:
    """A small JSON object of plain, clean values."""
    return _encode(members).encode()


_encode = json.JSONEncoder(separators=(",", ":")).encode
