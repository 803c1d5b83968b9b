"""What a cause's newest failures tell, piece by piece: by this it can be split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import msgspec

from snaglist.storage import causes as cause_store
from snaglist.storage import regrouping as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database

PiecesOf = Callable[[Mapping[str, Any]], Mapping[str, str]]
NEWEST = 1_000

_MOST_BYTES = 4 << 20
_decode = msgspec.json.Decoder().decode


class Piece(msgspec.Struct, frozen=True):
    """A piece of evidence, its value, and in how many of the newest failures it is so."""

    name: str
    value: str
    failures: int


def evidence_of(
    database: Database, cause_id: str, pieces_of: PiecesOf, most: int | None = None
) -> Iterator[dict[str, str]]:
    """The pieces of evidence of a cause's newest 1,000 failures, or of `most` spread over them."""

    def newest(connection: Connection) -> list[str]:
        pointers = cause_store.fingerprints_of(connection, cause_id)
        places = [
            place
            for pointer in pointers
            for place in store.newest_places(
                connection, pointer.fingerprint, NEWEST // len(pointers) + 1
            )
        ]
        if most is not None:
            places = _spread(places, most, Random(cause_id))  # noqa: S311 - no secret
        return store.events_at(connection, places, _MOST_BYTES)

    for event_data in database.read(newest):
        yield dict(pieces_of(_decode(event_data)))


def _spread(places: Sequence[int], most: int, chance: Random) -> list[int]:
    """So many of these at most, one of each stretch of them.

    Which one is by chance: at even steps, of what takes turns one side would be unseen.
    """
    number = min(most, len(places))
    ends = [len(places) * stretch // number for stretch in range(number + 1)] if number else []
    return [places[chance.randrange(first, last)] for first, last in pairwise(ends)]


def dividing_pieces(
    database: Database, cause_id: str, pieces_of: PiecesOf, most: int
) -> tuple[list[Piece], int]:
    """The pieces that some of a cause's newest failures have and others do not.

    Those of most failures come first within each name; and how many failures were read, `most`
    at most, spread over the newest. Reading one takes a millisecond.
    """
    counted: Counter[tuple[str, str]] = Counter()
    looked_at = 0
    for pieces in evidence_of(database, cause_id, pieces_of, most):
        counted.update(pieces.items())
        looked_at += 1
    found = [
        Piece(name, value, failures)
        for (name, value), failures in counted.items()
        if failures < looked_at
    ]
    return sorted(found, key=lambda one: (one.name, -one.failures, one.value)), looked_at
