"""The known causes: read from TOML, checked, and made ready for matching."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from snaglist.causes.cause_file import Cause, CauseFile, Words
from snaglist.causes.conditions import Check, check, words_of
from snaglist.causes.lexicon import CODE_PHRASES, CODES, Lexicon
from snaglist.domain.errors import CatalogueFault

_MARKS = {
    "status": "#status",
    "absent": "#absent",
    "denied": "#denied",
    "link_type": "#link",
    "silent": "#silent",
    "event": "#event",
    "dropped": "#dropped",
    "key": "#key",
    "names": "#key",
    "frame": "#frame",
    "constraint": "#constraint",
}
"""What must be there before a condition is worth asking; `Reading.look` sets it."""

_MARK_WORDS: dict[str, list[str]] = {
    "#status": [str(status) for status in range(400, 530)],
    "#number": [str(status) for status in range(400, 530)],
    "#constraint": [
        "constraint",
        "contrainte",
        "restricción",
        "restriccion",
        "制約",
        "约束",
        "duplicate key",
    ],
    CODES: CODE_PHRASES,
    "#absent": [],
    "#denied": [],
    "#link": ["link_type"],
    "#silent": [],
    "#dropped": [],
    "#event": [],
    "#key": ["keyerror", "key not found", "reading ", "not present", "keynotfound"],
    "#frame": [],
}


class Rule(msgspec.Struct, frozen=True):
    """One block of a cause: terms that must and must not be there, and what else is asked."""

    need: int
    forbid: int
    checks: tuple[Check, ...]
    cause: Cause


class Catalogue:
    """Known causes in the order in which they are tried: a studio's own first."""

    def __init__(self, causes: Iterable[Cause], words: Words) -> None:
        self.causes: dict[str, Cause] = {}
        for cause in causes:
            self.causes[cause.id] = cause
        self.words = words
        self._terms: dict[str, list[str]] = {}
        plans = [
            (self._plan(block), cause) for cause in self.causes.values() for block in cause.when
        ]
        self._fixed_terms()
        self.lexicon = Lexicon(self._terms, words.subjects, words.problems)
        bits = self.lexicon.bit_of
        self.rules = [
            Rule(_sum(bits, need), _sum(bits, forbid), checks, cause)
            for (need, forbid, checks), cause in plans
        ]

    @classmethod
    def parse(cls, studio: Mapping[str, str]) -> Catalogue:
        """The shipped causes with these files (name → TOML text) on top; raises CatalogueFault."""
        shipped, words = _shipped()
        own: dict[str, Cause] = {}
        words = Words(dict(words.words), dict(words.subjects), dict(words.problems))
        for name in sorted(studio):
            for cause in CauseFile(name, studio[name], words, shipped).causes():
                if cause.id in own:
                    raise CatalogueFault(name, 1, f"the cause {cause.id} stands in two files")
                own[cause.id] = cause
        mine = sorted(own.values(), key=lambda cause: cause.rank)
        return cls([*mine, *(one for one in shipped.values() if one.id not in own)], words)

    @classmethod
    def shipped(cls) -> Catalogue:
        """The causes that come with the package."""
        return cls.parse({})

    def without(self, ids: Iterable[str]) -> Catalogue:
        """The same catalogue without these causes, for measuring how strangers would fare."""
        gone = frozenset(ids)
        return Catalogue((one for one in self.causes.values() if one.id not in gone), self.words)

    def _plan(self, block: Mapping[str, Any]) -> tuple[list[str], list[str], tuple[Check, ...]]:
        need = [self._term(text) for text in words_of(block)]
        if "exception" in block:
            names = str(block["exception"]).lower().split("|")
            need.append(self._term("|".join(f"{name.strip()} " for name in names)))
        forbid = [self._term(block["unless"])] if "unless" in block else []
        checks = [
            check(name, wanted)
            for name, wanted in block.items()
            if name not in ("says", "unless", "exception")
        ]
        for kind in ("subject", "problem"):
            wanted = block.get(kind)
            if isinstance(wanted, str) and "*" not in wanted:
                need.append(
                    self._term("|".join(f"@{kind}:{one.strip()}" for one in wanted.split("|")))
                )
        need += [
            mark
            for name, mark in _MARKS.items()
            if name in block and not (need and name == "status")
        ]
        return need, forbid, tuple(checks)

    def _term(self, text: str) -> str:
        if text not in self._terms:
            phrases: dict[str, None] = {}
            for part in text.split("|"):
                if part.strip():
                    phrases.update(dict.fromkeys(self._phrases(part)))
            self._terms[text] = list(phrases)
        return text

    def _phrases(self, part: str) -> Iterator[str]:
        part = part.lstrip()
        if not part.startswith("@"):
            yield part
            return
        kind, colon, name = part.strip()[1:].partition(":")
        if colon:
            table = self.words.subjects if kind == "subject" else self.words.problems
            found = table.get(name)
        else:
            found = (
                self.words.words.get(kind)
                or self.words.problems.get(kind)
                or self.words.subjects.get(kind)
            )
        if found is None:
            raise ValueError(f"there are no words named {part.strip()}")
        for phrase in found:
            if phrase.startswith("@"):
                yield from self._phrases(phrase)
            else:
                yield phrase.lstrip("<>")

    def _fixed_terms(self) -> None:
        for kind, table in (("subject", self.words.subjects), ("problem", self.words.problems)):
            for name in table:
                self._term(f"@{kind}:{name}")
        for side in ("media", "source", "target"):
            self._terms[f"{side}-side"] = self.words.words[f"{side}_side"]
            self._terms[f"{side}-side-perhaps"] = self.words.words[f"{side}_side_perhaps"]
        self._terms |= _MARK_WORDS


@cache
def _shipped() -> tuple[Mapping[str, Cause], Words]:
    """The causes of the package's own files by id, in order, and the words they share."""
    folder = files("snaglist.causes") / "catalogue"
    texts = {
        one.name: one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".toml")
    }
    words = Words({}, {}, {})
    list(CauseFile("words.toml", texts.pop("words.toml"), words, {}).causes())
    found: dict[str, Cause] = {}
    for name in sorted(texts):
        for cause in CauseFile(name, texts[name], words, {}).causes():
            if cause.id in found:
                raise CatalogueFault(name, 1, f"the cause {cause.id} stands in two files")
            found[cause.id] = cause
    ordered = sorted(found.values(), key=lambda cause: cause.rank)
    return {cause.id: cause for cause in ordered}, words


def _sum(bits: Mapping[str, int], terms: Iterable[str]) -> int:
    total = 0
    for term in terms:
        total |= bits[term]
    return total
