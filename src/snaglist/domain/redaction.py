"""Taking secrets out of a record's text before it is stored, and saying where they were.

Works on the JSON text itself and splices `"[redacted]"` in: every byte outside a spliced value
stays as sent, duplicate keys and keys written with escapes are found too. The text must have
been checked to be JSON before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import chain, pairwise
from json import loads

from ahocorasick_rs import BytesAhoCorasick

from snaglist.domain.secret_forms import PATTERNS, WORD_PAIRS, WORDS

MARK = "[redacted]"

_SEPARATORS = re.compile(r"[^0-9A-Za-z]+")
_CAMEL_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_QUOTED = rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")'
_TOKENS = re.compile(
    rb"%b(?:\s*+(:)\s*+(?:%b(?:\s*+,)?)?)?|[{}\[\],]" % (_QUOTED, _QUOTED), re.DOTALL
)
_STRING, _COLON, _VALUE = 1, 2, 3
"""The groups of a token: a string; the colon that makes a name of it; its value, if a string."""

_PLAIN_VALUE = re.compile(rb'[^\s"{}\[\],]+')
_MARK = MARK.encode()
_QUOTED_MARK = b'"%b"' % _MARK
_NO_SECRETS = (b"null", b"true", b"false", b'""', _QUOTED_MARK)
_LONG_UNITS = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\."
    rb"|[\xc0-\xff][\x80-\xbf]++",
    re.DOTALL,
)
"""What stands for one character with more than one byte."""

_LONGEST_LIST = 8192
_SHORTEST_SECRET = len("://x@")
_LONGEST_REMEMBERED = 64
_MOST_REMEMBERED = 4096
_MOST_AT_SIGNS = 5
_LONGEST_GAP = 24
_BETWEEN_WORDS = bytes(set(range(256)) - set(b"abcdefghijklmnopqrstuvwxyz"))
_FIRST_WORDS = tuple(first.encode() for first, _ in sorted(WORD_PAIRS))


class Name(Enum):
    """What a member's name says: that its value is secret, nothing, or a secret itself perhaps."""

    SECRET = 1
    PLAIN = 2
    MIXED = 3


class Redactor:
    """Finds and takes out secrets; made once from the settings, used for every record.

    `words` are further key words, `patterns` further regular expressions, whose group `secret`
    (or whole match) is taken out. Raises re.error for a pattern that is none.
    """

    def __init__(
        self, words: Iterable[str] = (), patterns: Iterable[str] = (), *, enabled: bool = True
    ) -> None:
        self._enabled = enabled
        own_words = frozenset(_SEPARATORS.sub("", word).lower() for word in words) - {""}
        own_patterns = [re.compile(pattern) for pattern in patterns]
        self._words = WORDS | own_words
        self._patterns = [
            *((tuple(words.split()), re.compile(pattern)) for words, pattern in PATTERNS),
            *((("",), pattern) for pattern in own_patterns),
        ]
        needles = {word for word in self._words if not word.endswith("key")}
        needles |= {"bearer", "eyj", "sig=", "snag_", "key-pair-id", "/\\/"}
        needles |= {"session_id", "-session", "shotgun(", "log_in(", "curl"}
        needles |= {word for word in own_words if word.endswith("key")}
        self._needles = BytesAhoCorasick([*_CLUES, *(word.encode() for word in sorted(needles))])
        self._always = bool(own_patterns)
        self._judged: dict[str, Name] = {}

    def redact(self, text: str) -> tuple[str, list[str]]:
        """The text with every secret replaced, and the JSON pointers (RFC 6901) of those places.

        The list ends with "" (the whole document) where it would pass 8 KiB. Values that are
        null, true, false or an empty string stay: they say what was missing, and no secret.
        """
        if not self._enabled or not (traces := self._traces(text)):
            return text, []
        scan = _Scan(text.encode(), self)
        return scan.run(traces)

    def is_suspicious(self, text: str) -> bool:
        """Whether a close look is worth its time; cheap, and never wrong when it says no."""
        return self._always or bool(self._traces(text))

    def _traces(self, text: str) -> list[int]:
        """Places of bytes, in order, such that one at least is in each string with a secret."""
        low = text.encode().lower()
        if self._always:
            return _all_of(b'"', low)
        traces = [
            start
            for needle, start, _ in self._needles.find_matches_as_indexes(low, overlapping=True)
            if needle >= len(_CLUES) or _CLUES_MEAN[needle](low, start)
        ]
        if b"@" in low and _may_hold_user_info(low):
            traces += _all_of(b"@", low)
            traces.sort()
        return traces

    def judge(self, name: str) -> Name:
        """What kind of name a member has; the short ones are judged once and remembered."""
        known = self._judged.get(name)
        if known is not None:
            return known
        if self._is_secret(name):
            known = Name.SECRET
        else:
            known = Name.MIXED if self.is_suspicious(name) else Name.PLAIN
        if len(name) <= _LONGEST_REMEMBERED:
            if len(self._judged) >= _MOST_REMEMBERED:
                self._judged.clear()
            self._judged[name] = known
        return known

    def _is_secret(self, name: str) -> bool:
        """Whether one of the name's words, or two in a row, say so; `author` does not."""
        words = [
            word.lower()
            for part in _SEPARATORS.split(name)
            for word in (_CAMEL_WORDS.findall(part) or [part])
        ]
        words += [part.lower() for part in _SEPARATORS.split(name)]
        return any(word in self._words for word in words) or any(
            pair in WORD_PAIRS for pair in pairwise(words)
        )

    def secret_spans(self, text: str) -> list[tuple[int, int]]:
        """Where secrets lie in the text of one string, in order and without overlap."""
        low = text.lower()
        spans = sorted(
            match.span("secret" if "secret" in pattern.groupindex else 0)
            for clues, pattern in self._patterns
            if any(clue in low for clue in clues)
            for match in pattern.finditer(text)
        )
        merged: list[tuple[int, int]] = []
        for start, end in spans:
            if start == end or text[start:end] == MARK:
                continue
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged


class _Scan:
    """One close look at one text, at those of its strings that hold a trace."""

    def __init__(self, text: bytes, redactor: Redactor) -> None:
        self._text = text
        self._redactor = redactor
        self._pieces: list[bytes] = []
        self._copied = 0
        self._path: list[bytes | int] = []  # per open bracket: the key as written, or the index
        self._pointers: dict[str, None] = {}
        self._pointer_room = _LONGEST_LIST

    def run(self, traces: Iterable[int]) -> tuple[str, list[str]]:
        text, path = self._text, self._path
        tokens = _TOKENS.finditer(text)
        ahead = iter(traces)
        trace = next(ahead, len(text))
        for match in tokens:
            group = match.lastindex
            if group is None:
                self._follow(text[match.start() : match.end()])
                continue
            if group == _COLON or (group == _VALUE and trace < match.end()):
                path[-1] = match[_STRING]
            if trace < match.end():
                if group == _STRING:
                    self._take_spans(match, _STRING)
                else:
                    self._take_member(match, tokens)
                behind = max(match.end(), self._copied)
                while trace < behind:
                    trace = next(ahead, len(text))
        if not self._pieces:
            return text.decode(), []
        self._pieces.append(text[self._copied :])
        return b"".join(self._pieces).decode(), list(self._pointers)

    def _follow(self, mark: bytes) -> None:
        """Keep the path right behind a bracket or comma."""
        path = self._path
        match mark:
            case b"{":
                path.append(b"")
            case b"[":
                path.append(0)
            case b",":
                place = path[-1]
                if isinstance(place, int):
                    path[-1] = place + 1
            case _:
                path.pop()

    def _take_member(self, match: re.Match[bytes], tokens: Iterator[re.Match[bytes]]) -> None:
        kind = self._redactor.judge(_text_of(match[_STRING]))
        if kind is Name.SECRET:
            if match[_VALUE]:
                start, end = match.span(_VALUE)
            else:
                start, end = match.end(), self._end_of_value(match.end(), tokens)
            if self._text[start:end] not in _NO_SECRETS:
                self._splice(start, end, _QUOTED_MARK)
            return
        if kind is Name.MIXED:
            self._take_spans(match, _STRING)
        if match[_VALUE]:
            self._take_spans(match, _VALUE)

    def _end_of_value(self, start: int, tokens: Iterator[re.Match[bytes]]) -> int:
        """Where the value that begins here ends; takes the tokens of an array or object."""
        plain = _PLAIN_VALUE.match(self._text, start)
        if plain is not None:
            return plain.end()
        depth = 0
        for match in tokens:
            bracket = match.group()
            depth += (bracket in (b"{", b"[")) - (bracket in (b"}", b"]"))
            if not depth:
                return match.end()
        raise ValueError("the text is not JSON")

    def _take_spans(self, match: re.Match[bytes], group: int) -> None:
        start, end = match.start(group) + 1, match.end(group) - 1
        if end - start < _SHORTEST_SECRET:
            return
        text = _text_of(match[group])
        spans = self._redactor.secret_spans(text)
        places = _as_written(self._text, start, end, chain.from_iterable(spans))
        for first, behind in zip(places, places, strict=True):
            self._splice(first, behind, _MARK)

    def _splice(self, start: int, end: int, mark: bytes) -> None:
        self._pieces += (self._text[self._copied : start], mark)
        self._copied = end
        self._note_pointer()

    def _note_pointer(self) -> None:
        if self._pointer_room <= 0:
            return
        path = [part if isinstance(part, int) else _text_of(part) for part in self._path]
        room = self._pointer_room - sum(
            len(part) + 1 if isinstance(part, str) else 8 for part in path
        )
        if room <= 0:
            pointer = ""
        else:
            pointer = "".join(
                "/" + str(part).replace("~", "~0").replace("/", "~1") for part in path
            )
        if pointer not in self._pointers:
            self._pointers[pointer] = None
            self._pointer_room = room


def _text_of(quoted: bytes) -> str:
    """The text of a JSON string."""
    text: str = loads(quoted) if b"\\" in quoted else quoted[1:-1].decode()
    return text


def _as_written(text: bytes, start: int, end: int, places: Iterable[int]) -> Iterator[int]:
    """The bytes at which these characters, in order, of the string from `start` to `end` begin."""
    units = _LONG_UNITS.finditer(text, start, end)
    unit = next(units, None)
    shift = start
    for place in places:
        while unit is not None and unit.start() < place + shift:
            shift += unit.end() - unit.start() - 1
            unit = next(units, None)
        yield place + shift


def _all_of(byte: bytes, text: bytes) -> list[int]:
    return [match.start() for match in re.finditer(byte, text)]


def _may_end_secret_key(low: bytes, start: int) -> bool:
    """Whether this `key` is the second word of a name such as `script_key`."""
    before = low[max(0, start - _LONGEST_GAP) : start]
    first = before.rstrip(_BETWEEN_WORDS)
    return first.endswith(_FIRST_WORDS) or not first or low[start : start + 8] == b"key-----"


def _may_be_ascii(low: bytes, start: int) -> bool:
    """Whether this `\\u00` stands for an ASCII letter or sign, and so may hide a word."""
    return low[start + 4 : start + 5] in (b"2", b"3", b"4", b"5", b"6", b"7")


def _may_hold_user_info(low: bytes) -> bool:
    """Whether an `@` may end the user part of a URL, such as `https://ana:pw@host`."""
    at = -1
    for _ in range(_MOST_AT_SIGNS):
        at = low.find(b"@", at + 1)
        if at < 0:
            return False
        slashes = low.rfind(b"//", 0, at)
        if slashes >= 0 and low.find(b"/", slashes + 2, at) < 0:
            return True
    return True


_CLUES = (b"key", b"\\u00")
_CLUES_MEAN = (_may_end_secret_key, _may_be_ascii)
