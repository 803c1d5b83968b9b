"""What is looked for among items, and what was found."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Search(msgspec.Struct, frozen=True):
    """What is looked for: one token of each group, and words by how they begin.

    `facets` are groups, too: what items are counted by. `quads`, where there are few, ask for
    the same as all of these, by one token of each. All are tokens (`tokens.py`).
    """

    facets: tuple[tuple[str, ...], ...] = ()
    quads: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    words: tuple[str, ...] = ()

    @property
    def is_for_all(self) -> bool:
        """Whether nothing is asked for."""
        return not self.facets and not self.groups and not self.words

    @property
    def as_groups(self) -> tuple[tuple[str, ...], ...]:
        """All groups, with the quads for the facets if these are more than one."""
        if self.quads and len(self.facets) > 1:
            return (self.quads, *self.groups)
        return (*self.facets, *self.groups)


class Found(msgspec.Struct, frozen=True):
    """Ranks, the highest first. Below `further` there may be more; there are none if it is None."""

    ranks: Sequence[int]
    further: int | None = None

    @classmethod
    def first(cls, ranks: Sequence[int], most: int) -> Found:
        """The first `most` of these; there may be more if there are as many."""
        return cls(ranks[:most], ranks[most - 1] if len(ranks) >= most else None)
