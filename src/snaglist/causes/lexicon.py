"""Looking for all words of all rules in one pass over a text.

A phrase is found from the beginning of a word on (`project` also finds `projects`); one that
ends in a space is found as whole words only. Quotes are dropped and other signs count as spaces
before the search, so `column 'x'` is found in `column "x"`. Letters outside of ASCII need no word's
beginning: several languages write without spaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick

from snaglist.causes.signs import CODE_WORDS

_FAR = 40
_NEAR = 16
_MOST_PROBLEMS = 8
_UNDERSCORE = ord("_")
_SPACE = ord(" ")
_LONGEST_SHORT = 3
_BEGINNING = ("unknown", "missing", "invalid", "unsupported")
"""What begins an error's code: `UnknownAssignee`."""
CODES = "#codes"
"""The term whose phrases, written with a star in front, are also found inside of words."""
RUN_TOGETHER = (
    "nosuch",
    "noproject",
    "nouser",
    "nostatus",
    "notmapped",
    "notfound",
    "notknown",
    "notregistered",
    "notconfigured",
)
"""What stands only in an error's code, also at its beginning."""

_SHORT = sorted(word for word in CODE_WORDS if len(word) <= _LONGEST_SHORT)
_JOINED = [*(f"{word}_" for word in _SHORT), *(f"_{word}" for word in _SHORT), *RUN_TOGETHER]
CODE_PHRASES = [
    *(f"*{word}" for word in sorted(CODE_WORDS) if len(word) > _LONGEST_SHORT),
    *(f"*{word}" for word in _JOINED),
]
_DROPPED = b"'\"`"
_SPACED = bytes(
    code if code >= 0x80 or code == 0x0A or chr(code).isalnum() or code == ord("_") else 0x20
    for code in range(256)
)


class Hit(NamedTuple):
    """A phrase found: which one, and where in the plain bytes."""

    phrase: int
    start: int
    end: int


def plain(text: str) -> bytes:
    """The text as phrases are looked for in it: lower case, signs as spaces, quotes dropped."""
    text = text.lower()
    if "’" in text:
        text = text.replace("’", "'")
    found = b" " + text.encode("utf-8", "replace").translate(_SPACED, _DROPPED) + b" "
    return found.replace(b"\n", b" \n ") if b"\n" in found else found


class Lexicon:
    """All phrases of all rules. Terms are numbered sets of phrases; `look` says which are there."""

    def __init__(
        self,
        terms: Mapping[str, Iterable[str]],
        subjects: Mapping[str, Iterable[str]],
        problems: Mapping[str, Iterable[str]],
    ) -> None:
        self._bits: list[int] = []
        self.phrases: list[str] = []
        numbers: dict[bytes, int] = {}
        self.bit_of: dict[str, int] = {}
        for place, (name, phrases) in enumerate(terms.items()):
            self.bit_of[name] = 1 << place
            for phrase in phrases:
                needle = _needle(phrase)
                number = numbers.setdefault(needle, len(numbers))
                if number == len(self._bits):
                    self._bits.append(0)
                    self.phrases.append(phrase)
                self._bits[number] |= 1 << place
        self._subjects = {
            numbers[_needle(phrase)]: name for name, listed in subjects.items() for phrase in listed
        }
        self._problems = {
            numbers[_needle(phrase.lstrip("<>"))]: (place, name, _side_of(phrase))
            for place, (name, listed) in enumerate(problems.items())
            for phrase in listed
        }
        self._inside = {numbers[_needle(phrase)] for phrase in terms.get(CODES, ())}
        self._run_together = {numbers[_needle(f"*{word}")] for word in _JOINED if CODES in terms}
        self._beginning = {numbers[_needle(f"*{word}")] for word in _BEGINNING if CODES in terms}
        self._search = BytesAhoCorasick(list(numbers)).find_matches_as_indexes if numbers else None

    def hits(self, text: bytes) -> list[tuple[int, int, int]]:
        """Every phrase in a plain text, as (number, start, end)."""
        return self._search(text, overlapping=True) if self._search else []

    def holds_code(self, hits: Iterable[tuple[int, int, int]], text: bytes) -> bool:
        """Whether a word that marks error codes stands inside of a longer word."""
        inside = self._inside
        for hit in hits:
            if hit[0] in inside:
                number, start, end = hit
                before, behind = text[start - 1], text[end]
                if before == _UNDERSCORE or behind == _UNDERSCORE:
                    return True
                if number in self._run_together:
                    return True
                if before == _SPACE and behind != _SPACE and number in self._beginning:
                    return True
                if before != _SPACE and before < 0x80:
                    return True
        return False

    def look(self, hits: Iterable[tuple[int, int, int]]) -> int:
        """The bits of all terms of which a phrase was found."""
        bits = self._bits
        found = 0
        for hit in hits:
            found |= bits[hit[0]]
        return found

    def subject(self, hits: Iterable[tuple[int, int, int]], text: bytes) -> tuple[str, str]:
        """What is wrong with what, such as (`missing`, `project`); empty texts when unsaid.

        The subject is the thing named nearest before the problem, or nearest behind it for words
        that go before their object (`no such project`, marked `>`); `<` never looks behind, and
        `>>` only there, close by.
        """
        things: list[tuple[int, int, str]] = []
        wrongs: list[tuple[int, int, int, str, str]] = []
        for number, start, end in hits:
            if (thing := self._subjects.get(number)) is not None:
                things.append((start, -end, thing))
            elif (problem := self._problems.get(number)) is not None:
                rank, name, where = problem
                wrongs.append((rank, start, -end, name, where))
        things = _outermost(things)
        wrongs.sort()
        last = -1
        for _, start, negative_end, name, where in wrongs[:_MOST_PROBLEMS]:
            if start == last:
                continue  # `missing` within `missing for`
            last = start
            if thing := _nearest(things, start, -negative_end, text, where):
                return (name, thing)
        return (wrongs[0][3] if wrongs else "", "")

    def has(self, phrase: int, bit: int) -> bool:
        """Whether the phrase of this number belongs to the term of this bit."""
        return self._bits[phrase] & bit != 0


def _outermost(things: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The things that lie in no longer one, as `type` does in `task type`; (start, end, name)."""
    found: list[tuple[int, int, str]] = []
    last = 0
    for start, negative_end, name in sorted(things):
        if start >= last - 1:  # neighbours share the space between them
            found.append((start, -negative_end, name))
            last = -negative_end
    return found


def _nearest(
    things: list[tuple[int, int, str]], start: int, end: int, text: bytes, where: str
) -> str:
    """The thing on the same line that is nearest to a problem, on its usual side first."""
    first = max(start - _FAR, text.rfind(b"\n", 0, start + 1))
    line_end = text.find(b"\n", end)
    last = min(end + _FAR, line_end if line_end >= 0 else len(text))
    before = [(start - e, e - s, name) for s, e, name in things if s >= first and e <= start + 1]
    behind = [(s - end, s - e, name) for s, e, name in things if s >= end - 1 and s < last]
    if where == "<":
        behind = []
    elif where == ">>":
        before, behind = [], [one for one in behind if one[0] <= _NEAR]
    nearest = (behind or before) if where[:1] == ">" else (before or behind)
    return min(nearest)[2] if nearest else ""


def _side_of(phrase: str) -> str:
    return ">>" if phrase.startswith(">>") else phrase[:1]


def _needle(phrase: str) -> bytes:
    if phrase.startswith("*"):
        return phrase[1:].encode()
    needle = plain(phrase)[:-1]
    if needle[1:2] >= b"\x80":
        return needle[1:]
    return needle
