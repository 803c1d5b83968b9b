"""Taking secrets out before anything touches the disk: by the names of members, and by pattern.

The desk does the same again, with the words of its own settings.
"""

from __future__ import annotations

import re

from snaglist_client.secret_forms import PATTERNS, WORD_PAIRS, WORDS

MARK = "[redacted]"

_SEPARATORS = re.compile(r"[^0-9A-Za-z]+")
_CAMEL_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PATTERNS = tuple((tuple(clues.split()), re.compile(pattern)) for clues, pattern in PATTERNS)
_CLUES = tuple(sorted({clue for clues, _ in _PATTERNS for clue in clues} - {"://"}))
_SHORTEST = len("://x@")
_MOST_REMEMBERED = 4096
_LONGEST_REMEMBERED = 64
_judged: dict[str, bool] = {}


def is_secret_name(name: str) -> bool:
    """Whether a member of this name holds a secret; `author` and `primary_key` do not."""
    known = _judged.get(name)
    if known is None:
        known = _judge(name)
        if len(name) <= _LONGEST_REMEMBERED:
            if len(_judged) >= _MOST_REMEMBERED:
                _judged.clear()
            _judged[name] = known
    return known


def may_hold_secret(text: str) -> bool:
    """Whether a close look at this text is worth its time; cheap, and never wrong when it says no.

    Of a JSON text it tells so of every string in it.
    """
    low = text.lower()
    for clue in _CLUES:
        if clue in low:
            return True
    return "@" in low and "://" in low


def redacted(text: str) -> str:
    """The text with every secret that is known by its form replaced by `[redacted]`."""
    if len(text) < _SHORTEST or not may_hold_secret(text):
        return text
    low = text.lower()
    for clues, pattern in _PATTERNS:
        if any(clue in low for clue in clues):
            text = pattern.sub(_without_secret, text)
    return text


def _without_secret(match: re.Match[str]) -> str:
    start, end = match.span("secret")
    whole, begin = match[0], match.start()
    return whole[: start - begin] + MARK + whole[end - begin :]


def _judge(name: str) -> bool:
    parts = _SEPARATORS.split(name)
    words = [word.lower() for part in parts for word in (_CAMEL_WORDS.findall(part) or [part])]
    words += [part.lower() for part in parts]
    pairs = zip(words, words[1:])
    return not WORDS.isdisjoint(words) or not WORD_PAIRS.isdisjoint(pairs)
