"""Titles and texts in a reader's words: the target by its name, what a split goes by, too.

The catalogue, which any studio may have, speaks of "the target".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from snaglist.domain.filtering import EITHER
from snaglist.domain.words import folded

_TARGET = re.compile(r"\b[Tt]he target\b")
_SHORTEST = 3
"""How much of the target's name must be asked for to be taken for it."""

_NOTHING = re.compile(r"(?!)")
_PLACE = re.compile(r"(?:: | by | in )?\{")
_END = r"(?=: | by | in | \[|$)"
_PART = re.compile(r" \[([a-z_]+): ([^\[\]]*)\]")


class Naming:
    """Puts a target's name where the catalogue's titles and texts say "the target".

    Only there: what else holds these words is somebody's own text, and stays. Without a `name`,
    where a desk has several targets, nothing is changed. `pieces` are the words for pieces of
    evidence, by which causes are split.
    """

    def __init__(self, name: str, titles: Iterable[str], pieces: Mapping[str, str]) -> None:
        self.name = name
        self._pieces = pieces
        heads = {_PLACE.split(title)[0] for title in titles}
        told = sorted((head for head in heads if _TARGET.search(head)), key=len, reverse=True)
        some = "|".join(map(re.escape, told))
        self._told = re.compile(f"(?:{some}){_END}") if told and name else _NOTHING

    def title(self, title: str) -> str:
        """A cause's title, or a sentence that ends with one."""
        told = self._told.sub(lambda head: self.text(head[0]), title, count=1)
        return _PART.sub(self._part, told) if told.endswith("]") else told

    def _part(self, part: re.Match[str]) -> str:
        """What a split's title ends with, in words."""
        piece, value = part.groups()
        return f" · {self._pieces[piece]}: {value}" if piece in self._pieces else part[0]

    def text(self, text: str) -> str:
        """What the catalogue says of a cause."""
        return _TARGET.sub(lambda _: self.name, text) if self.name else text

    def either(self, word: str) -> str:
        """A folded word of a search for causes: the target by its name, or as titles call it."""
        is_name = len(word) >= _SHORTEST and folded(self.name).startswith(word)
        return f"{word}{EITHER}target" if is_name else word

    def without(self, words: str) -> str:
        """What things are searched for: what they are found by holds the importer's words.

        So the target's name counts only if it is all that is asked for.
        """
        kept = [word for word in words.split() if word.casefold() != self.name.casefold()]
        return " ".join(kept) or words
