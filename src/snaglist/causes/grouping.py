"""From a record to its group: a known cause with its piece, else a fingerprint."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.cause_file import Cause
from snaglist.causes.conditions import Check
from snaglist.causes.evidence import Evidence, evidence_of
from snaglist.causes.fingerprint import VERSION, fingerprint_of
from snaglist.causes.messages import clean, message_of
from snaglist.causes.naming import said_alike
from snaglist.causes.piece import NOTHING, Piece
from snaglist.causes.pieces import PIECES
from snaglist.causes.reading import Reading
from snaglist.domain.payload import lasting_part

_MOST_LOOKS = 8192
_MOST_KEYS = 8192
_PLACE = re.compile(r"((?:: | by | in )?)\{(\w+)\}")
_LONGEST = 200


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
        try:
            return self.group_strictly(event)
        except Exception:  # a record must be stored, whatever is wrong with reading it
            return UNREADABLE

    def group_strictly(self, event: Mapping[str, Any]) -> Grouping:
        """The same, but a fault of the reading shows; for tests."""
        reading = Reading(lasting_part(event)[0], self._lexicon)
        cause = self._known(reading)
        if cause is None:
            return self._unknown(reading)
        piece = PIECES[cause.split](reading) if cause.split else NOTHING
        made = self._made.get((cause.id, piece))
        if made is None:
            made = self._grouping(cause, piece, reading)
            if len(self._made) >= _MOST_KEYS:
                self._made.clear()
            self._made[cause.id, piece] = made
        return made

    def evidence(self, event: Mapping[str, Any]) -> Evidence:
        """Everything that can be read from a record."""
        return evidence_of(Reading(event, self._lexicon), message_of(event))

    def pieces(self, event: Mapping[str, Any]) -> dict[str, str]:
        """The pieces of evidence by name, those that are there: people may split causes by them."""
        reading = Reading(event, self._lexicon)
        found = {name: clean(read(reading).shown, _LONGEST) for name, read in PIECES.items()}
        return {name: shown for name, shown in found.items() if shown}

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
        def shown(match: re.Match[str]) -> str:
            own = match[2] in ("piece", cause.split)
            text = (piece if own else PIECES[match[2]](reading)).shown
            return f"{match[1]}{text}" if text else ""

        return Grouping(
            f"known/{cause.id}/{key_text(piece.key)}" if piece.key else f"known/{cause.id}",
            clean(_PLACE.sub(shown, cause.title), _LONGEST),
            cause.id,
            clean(piece.shown, _LONGEST),
            cause.transient,
        )

    def _unknown(self, reading: Reading) -> Grouping:
        title = clean(said_alike(reading), _LONGEST) or message_of(reading.event)[:_LONGEST]
        return Grouping(fingerprint_of(reading), title, None, "", False)


UNREADABLE = Grouping(f"{VERSION}/unreadable", "A record that could not be read", None, "", False)


def key_text(key: str) -> str:
    """A piece's key as printable ASCII, at most 80 characters; another for each other key."""
    if len(key) <= 80 and key.isascii() and key.isprintable():
        return key
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).hexdigest()
    readable = re.sub(r"[^\w. -]+", "", key.encode("ascii", "ignore").decode())[:60]
    return f"{readable}~{digest}"
