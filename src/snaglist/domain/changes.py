"""What may hold something new between two looks at a desk."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class Collection(StrEnum):
    """What the API has a list of."""

    RECORDS = "records"
    ITEMS = "items"
    CAUSES = "causes"
    RUNS = "runs"
    RETRIES = "retries"
    EDITS = "edits"


class Mark(msgspec.Struct, frozen=True):
    """How far a desk had come when somebody looked, a text for each place that news come to.

    `records` are those that came, `moves` all that happened to items and causes. The same for
    every server of a database.
    """

    records: str
    moves: str
    runs: str
    retries: str
    edits: str

    @property
    def text(self) -> str:
        """As one word, which `read_mark` reads."""
        return ",".join(msgspec.structs.astuple(self))

    def changed_since(self, earlier: Mark | None) -> list[Collection]:
        """What may hold something new; everything, where nobody knows since when."""
        found: set[Collection] = set()
        for place, collections in _TELLS_OF.items():
            if earlier is None or getattr(self, place) != getattr(earlier, place):
                found |= collections
        return [one for one in Collection if one in found]


_TELLS_OF: Final = {
    # A record counts on its item and its cause.
    "records": {Collection.RECORDS, Collection.ITEMS, Collection.CAUSES},
    # A move of an item counts on its cause, and a cause's name and person show on its items.
    "moves": {Collection.ITEMS, Collection.CAUSES},
    "runs": {Collection.RUNS},
    "retries": {Collection.RETRIES},
    # To undo one may take back that a run was complete.
    "edits": {Collection.EDITS, Collection.RUNS},
}


def read_mark(text: str) -> Mark | None:
    """The mark that this text is; None for what is none."""
    parts = text.split(",")
    return Mark(*parts) if len(parts) == len(Mark.__struct_fields__) else None
