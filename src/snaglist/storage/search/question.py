"""What is looked for among items, and what was found."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Search(msgspec.Struct, frozen=True):
    """What is looked for: one token of `quads`, one of each group, and words by how they begin.

    No quads ask for nothing. All are tokens (`tokens.py`).
    """

    quads: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    words: tuple[str, ...] = ()

    @property
    def is_for_all(self) -> bool:
        """Whether nothing is asked for."""
        return not self.quads and not self.groups and not self.words


class Found(msgspec.Struct, frozen=True):
    """Ranks, the highest first. Below `further` there may be more; there are none if it is None."""

    ranks: Sequence[int]
    further: int | None = None

    @classmethod
    def first(cls, ranks: Sequence[int], most: int) -> Found:
        """The first `most` of these; there may be more if there are as many."""
        return cls(ranks[:most], ranks[most - 1] if len(ranks) >= most else None)
