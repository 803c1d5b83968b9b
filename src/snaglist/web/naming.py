"""The target by its name: the catalogue, which any studio may have, calls it "the target"."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TARGET = re.compile(r"\b[Tt]he target\b")
_NOTHING = re.compile(r"(?!)")


class Naming:
    """Puts a target's name where the catalogue's titles and texts say "the target".

    Only there: what else holds these words is somebody's own text, and stays. Without a `name`,
    where a desk has several targets, nothing is changed.
    """

    def __init__(self, name: str, titles: Iterable[str]) -> None:
        self.name = name
        heads = {title.partition("{")[0] for title in titles}
        told = sorted((head for head in heads if _TARGET.search(head)), key=len, reverse=True)
        self._told = re.compile("|".join(map(re.escape, told))) if told and name else _NOTHING

    def title(self, title: str) -> str:
        """A cause's title, or a sentence that ends with one."""
        return self._told.sub(lambda head: self.text(head[0]), title, count=1)

    def text(self, text: str) -> str:
        """What the catalogue says of a cause."""
        return _TARGET.sub(lambda _: self.name, text) if self.name else text

    def search(self, words: str) -> str:
        """What is searched for, by words as titles are kept: without the target's name."""
        kept = [word for word in words.split() if word.casefold() != self.name.casefold()]
        return " ".join(kept) or words
