"""From a record to its group: a known cause with its piece, else a fingerprint."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from snaglist.causes.catalogue import Catalogue, Cause, Check
from snaglist.causes.fingerprint import fingerprint_of
from snaglist.causes.pieces import NOTHING, PIECES, Piece
from snaglist.causes.reading import Reading

_MOST_LOOKS = 8192
_MOST_KEYS = 8192
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class Grouping(msgspec.Struct, frozen=True, gc=False):
    """Where a record belongs. Texts are plain, without control characters, bounded."""

    fingerprint: str
    title: str
    known: str | None
    piece: str
    transient: bool


class Grouper:
    """Groups records by one catalogue; safe to share between threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._lexicon = catalogue.lexicon
        self._rules = catalogue.rules
        self._candidates: dict[int, tuple[tuple[tuple[Check, ...], Cause], ...]] = {}
        self._made: dict[tuple[str, Piece], Grouping] = {}

    def group(self, event: Mapping[str, Any]) -> Grouping:
        """The group of a record; never raises, whatever the record holds."""
        reading = Reading(event, self._lexicon)
        cause = self._known(reading)
        if cause is None:
            return Grouping(fingerprint_of(reading), message_of(event)[:200], None, "", False)
        piece = PIECES[cause.split](reading) if cause.split else NOTHING
        made = self._made.get((cause.id, piece))
        if made is None:
            made = self._grouping(cause, piece, reading)
            if len(self._made) >= _MOST_KEYS:
                self._made.clear()
            self._made[cause.id, piece] = made
        return made

    def _known(self, reading: Reading) -> Cause | None:
        look = reading.look
        candidates = self._candidates.get(look)
        if candidates is None:
            candidates = self._choose(look)
        for checks, cause in candidates:
            for check in checks:
                if not check(reading):
                    break
            else:
                return cause
        return None

    def _choose(self, look: int) -> tuple[tuple[tuple[Check, ...], Cause], ...]:
        chosen = tuple(
            (rule.checks, rule.cause)
            for rule in self._rules
            if look & rule.need == rule.need and not look & rule.forbid
        )
        if len(self._candidates) >= _MOST_LOOKS:
            self._candidates.clear()
        self._candidates[look] = chosen
        return chosen

    def _grouping(self, cause: Cause, piece: Piece, reading: Reading) -> Grouping:
        title = re.sub(
            r"\{(\w+)\}",
            lambda match: (
                piece.shown if match[1] in ("piece", cause.split) else PIECES[match[1]](reading).shown
            ) or "?",
            cause.title,
        )
        return Grouping(
            f"known/{cause.id}/{key_text(piece.key)}" if piece.key else f"known/{cause.id}",
            clean(title, 200),
            cause.id,
            clean(piece.shown, 200),
            cause.transient,
        )


def key_text(key: str) -> str:
    """A piece's key as printable ASCII of at most 100 characters; the same only for the same key."""
    if len(key) <= 80 and key.isascii() and key.isprintable():
        return key
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).hexdigest()
    readable = re.sub(r"[^\w. -]+", "", key.encode("ascii", "ignore").decode())[:60]
    return f"{readable}~{digest}"


def clean(text: str, longest: int) -> str:
    """One line without control characters, at most this long."""
    return _CONTROL.sub(" ", text[: longest * 4]).strip()[:longest]


def message_of(event: Mapping[str, Any]) -> str:
    error = event.get("error")
    return clean(str(error), 300)
