"""The undo of an edit of one cause or thing: the opposite edit, with what was there before.

What an address says was `did` are the names by which the history calls it, with commas between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from snaglist.domain.history import Event
from snaglist.web.pages import Visit

_REPORTED = (Event.FAILED, Event.CAME_OVER, Event.LEASED, Event.LEASE_ENDED)
_OPPOSITES = {
    "assigned": ("assign", "to"),
    "noted": ("note", "text"),
    "fix_noted": ("fix", "text"),
    "named": ("name", "name"),
    "claimed": ("unclaim", ""),
    "unclaimed": ("claim", ""),
    "ignored": ("reopen", ""),
    "reopened": ("", ""),
}
"""By what happened: the edit that takes it back, and the field that holds what was before."""

_EVENTS = {
    "assign": "assigned",
    "note": "noted",
    "fix": "fix_noted",
    "name": "named",
    "claim": "claimed",
    "unclaim": "unclaimed",
    "ignore": "ignored",
    "reopen": "reopened",
}


class Told(Protocol):
    """What a history tells of one thing that happened."""

    @property
    def event(self) -> str: ...
    @property
    def who(self) -> str: ...
    @property
    def before(self) -> str | None: ...
    @property
    def after(self) -> str | None: ...


def happened(edit: str) -> str:
    """What the history calls it when this edit was made; "" if it can be undone by itself."""
    return _EVENTS.get(edit, "")


def opposite_of(visit: Visit, history: Sequence[Told]) -> dict[str, str] | None:
    """The form that takes back what the address says was done just now; None if nothing was.

    Empty where nothing takes it back. It is done only while it is the newest that happened.
    """
    did = visit.request.query_params.get("did", "").split(",")
    done = history[-len(did) :]
    if not {*did} <= {*_OPPOSITES} or [(one.event, one.who) for one in done] != [
        (event, visit.who) for event in did
    ]:
        return None
    if len(done) > 1:
        return _words_before(done)
    (newest,) = done
    edit, field = _OPPOSITES[newest.event]
    if not edit or (edit == "unclaim" and newest.before):  # it took the place of another's word
        return {}
    if not field:
        return {"edit": edit}
    # What somebody else wrote meanwhile is not overwritten: the form says what it replaces.
    return {"edit": edit, field: newest.before or "", "was": newest.after or ""}


def _words_before(done: Sequence[Told]) -> dict[str, str]:
    """The form that gives a cause the words back that were changed at once."""
    form = {"edit": "words"}
    for one in done:
        edit, _ = _OPPOSITES[one.event]
        form |= {edit: one.before or "", f"was_{edit}": one.after or ""}
    return form


def is_newest(event: Event, history: Sequence[Told]) -> bool:
    """Whether this is the newest that somebody did, whatever imports and workers told since."""
    done = [one.event for one in history if one.event not in _REPORTED]
    return bool(done) and done[-1] == event
