"""The one filter language: of lists, bulk edits, orders to retry and pages alike.

A filter is a query string, such as `state=open&project=87&q=sh0560`. What it does not name is
not asked for; all that it names must hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from snaglist.domain.cause import Claim
from snaglist.domain.errors import BadParameter
from snaglist.domain.identity import entity_type_of
from snaglist.domain.moment import read_moment
from snaglist.domain.record import is_source
from snaglist.domain.standing import Reason, Status
from snaglist.domain.words import one_line, wholes_of

BUCKETS: tuple[str, ...] = (
    *(status.value for status in Status if status is not Status.RESOLVED),
    *(reason.value for reason in Reason),
)
"""What items are counted under: a status, or the reason of the resolved."""

ITEM_STATES = (*BUCKETS[:3], "resolved", *BUCKETS[3:])
CAUSE_STATES = ("open", "came_back", "done", "moved_on", "ignored")
CAUSE_CLAIMS = tuple(claim.value for claim in Claim)
NONE = "none"
"""What `project`, `type` and `assignee` ask for where there is none."""

_LONGEST = 200
_MOST_WORDS = 8


EITHER = "|"
"""What stands between words of which one must match; no folded word holds it."""


class Subject(StrEnum):
    """What a filter chooses from."""

    ITEMS = "items"
    CAUSES = "causes"
    RECORDS = "records"


NAMES: Mapping[Subject, tuple[str, ...]] = {
    Subject.ITEMS: (
        *("state", "project", "type", "cause", "assignee", "source", "target", "run"),
        *("since", "until", "q"),
    ),
    Subject.CAUSES: (
        *("state", "project", "type", "assignee", "claim", "opened", "heard", "known"),
        *("since", "until", "q"),
    ),
    Subject.RECORDS: (
        *("state", "project", "type", "cause", "assignee", "source", "target", "item", "run"),
        *("since", "until", "q"),
    ),
}


class Filter(msgspec.Struct, frozen=True):
    """What is asked for; None and () ask for nothing.

    `since` and `until` bound when an item came into its state, a cause failed last, or a record
    arrived; `opened` is since when a cause is open, `heard` since when the desk knows of it,
    `known` before when it did. `project`, `entity_type` and `assignee` are
    `none` for what has none. `words` are what `q` says, folded as
    `domain/words.py` does it: all must match, each by how it begins.
    """

    states: tuple[str, ...] = ()
    project: str | None = None
    entity_type: str | None = None
    cause_id: str | None = None
    assignee: str | None = None
    source: str | None = None
    target: str | None = None
    item_id: str | None = None
    run: str | None = None
    claim: str | None = None
    opened: str | None = None
    heard: str | None = None
    known: str | None = None
    since: str | None = None
    until: str | None = None
    words: tuple[str, ...] = ()
    """Each may be several, with `EITHER` between: one of them must match."""

    @property
    def buckets(self) -> tuple[str, ...]:
        """The buckets that the states name; () for all."""
        reasons = [reason.value for reason in Reason]
        found = {
            bucket
            for state in self.states
            for bucket in (reasons if state == Status.RESOLVED.value else [state])
        }
        return tuple(bucket for bucket in BUCKETS if bucket in found)

    @property
    def query(self) -> str:
        """The filter as a query string, the same for the same filter."""
        pairs = [
            ("state", ",".join(self.states) or None),
            ("project", self.project),
            ("type", self.entity_type),
            ("cause", self.cause_id),
            ("assignee", self.assignee),
            ("source", self.source),
            ("target", self.target),
            ("item", self.item_id),
            ("run", self.run),
            ("claim", self.claim),
            ("opened", self.opened),
            ("heard", self.heard),
            ("known", self.known),
            ("since", self.since),
            ("until", self.until),
            ("q", " ".join(self.words) or None),
        ]
        return urlencode([(name, value) for name, value in pairs if value is not None])


def read_filter(subject: Subject, pairs: Iterable[tuple[str, str]]) -> Filter:
    """The filter that these query parameters are.

    Raises BadParameter for one that is not known here, comes twice, or has no meaning.
    """
    given: dict[str, str] = {}
    for name, text in pairs:
        if name not in NAMES[subject]:
            raise BadParameter(
                f"{subject.value.capitalize()} cannot be filtered by {name[:50]!a}.",
                f"Filter by {', '.join(NAMES[subject])}.",
                where=name[:50],
            )
        if name in given:
            raise _fault(name, "is given twice", "Give it once; several states go with commas.")
        given[name] = text
    return Filter(
        states=_states(subject, given.get("state")),
        project=_line("project", given),
        entity_type=entity_type_of(_line("type", given) or "") or None,
        cause_id=_id("cause", given),
        assignee=_line("assignee", given),
        source=_slug("source", given),
        target=_slug("target", given),
        item_id=_id("item", given),
        run=_line("run", given),
        claim=_claim(given.get("claim")),
        opened=_moment("opened", given),
        heard=_moment("heard", given),
        known=_moment("known", given),
        since=_moment("since", given),
        until=_moment("until", given),
        words=_words(given.get("q")),
    )


def _states(subject: Subject, text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    known = CAUSE_STATES if subject is Subject.CAUSES else ITEM_STATES
    asked = {part.strip() for part in text.split(",")} - {""}
    strange = sorted(asked - set(known))
    if strange or not asked:
        raise _fault(
            "state",
            f"cannot be {', '.join(strange)[:100]!a}",
            f"Give some of {', '.join(known)}, with commas between.",
        )
    return tuple(state for state in known if state in asked)


def _claim(text: str | None) -> str | None:
    if text is not None and text not in CAUSE_CLAIMS:
        raise _fault("claim", f"cannot be {text[:50]!a}", f"Give one of {', '.join(CAUSE_CLAIMS)}.")
    return text


def _words(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    words = wholes_of(one_line(text, _LONGEST))
    if len(words) > _MOST_WORDS:
        raise _fault("q", f"has more than {_MOST_WORDS} words", "Look for fewer.")
    return tuple(words)


def _line(name: str, given: Mapping[str, str]) -> str | None:
    if name not in given:
        return None
    line = one_line(given[name], _LONGEST)
    if not line:
        raise _fault(name, "is empty", "Give a value, or leave it out.")
    return line


def _slug(name: str, given: Mapping[str, str]) -> str | None:
    if name not in given:
        return None
    if not is_source(given[name]):
        raise _fault(name, "is not a slug", "Give one such as shotgun or kitsu.")
    return given[name]


def _id(name: str, given: Mapping[str, str]) -> str | None:
    if name not in given:
        return None
    try:
        return str(UUID(given[name]))
    except ValueError:
        raise _fault(name, "is not an id", "Give the id as the lists show it.") from None


def _moment(name: str, given: Mapping[str, str]) -> str | None:
    if name not in given:
        return None
    text = given[name].strip().replace(" ", "+" if "T" in given[name] else " ")
    moment = read_moment(f"{text}T00:00:00Z" if len(text) == len("2026-11-23") else text)
    if moment is None:
        raise _fault(name, "is not a time", "Give one such as 2026-11-23 or 2026-11-23T10:53:05Z.")
    return moment


def _fault(name: str, what: str, remedy: str) -> BadParameter:
    return BadParameter(f"{name} {what}.", remedy, where=name)
