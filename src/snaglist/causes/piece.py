"""A piece of evidence: the key that splits a cause, and the text for people."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

LONGEST = 200


class Piece(NamedTuple):
    """A stable key, and the text that people see; both "" when the record does not say."""

    key: str
    shown: str


NOTHING = Piece("", "")
_folded: dict[str, Piece] = {}


def named_piece(shown: str) -> Piece:
    """A piece that is a name: its key knows neither case nor composition."""
    known = _folded.get(shown)
    if known is None:
        clean = " ".join(shown.split())[:LONGEST]
        known = Piece(unicodedata.normalize("NFC", clean).casefold(), clean)
        if len(_folded) >= 4096:
            _folded.clear()
        _folded[shown] = known
    return known
