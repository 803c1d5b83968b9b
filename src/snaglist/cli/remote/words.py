"""The words in which commands tell people what a desk says by names of members and values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from snaglist.cli.remote.options import cut, shortly
from snaglist.cli.terminal import plain

STATES = {
    "open": "left behind",
    "retrying": "being tried again",
    "ignored": "set aside",
    "resolved": "done",
    "came_over": "came over",
    "not_failing": "not failing any more",
    "deleted_in_source": "deleted in the source",
    "not_meant": "not meant to come over",
    "by_hand": "done by hand",
    "deleted": "removed from the list",
}
CAUSE_STATES = {
    "open": "open",
    "done": "done",
    "moved_on": "its items fail for another cause now",
    "ignored": "set aside",
}
RUN_STATES = {
    "running": "running",
    "ended": "ended",
    "complete": "ended, and complete",
    "failed": "stopped with a fault",
    "abandoned": "stopped answering",
}
RETRY_STATES = {
    "preparing": "being prepared",
    "working": "at work",
    "paused": "paused",
    "stopped": "stopped by itself",
    "aborted": "aborted",
    "done": "done",
}
WHO = {
    "coordinator": "a coordinator",
    "td": "a pipeline TD",
    "it": "the studio's IT",
    "target_admin": "whoever administrates the target",
}
CLAIMS = {
    "waiting": "says that it is fixed; the next attempt will show",
    "held": "fixed it, and it held",
    "did_not_hold": "said that it was fixed, and it failed since",
}
EVENTS = {
    "failed": "failed",
    "came_over": "came over",
    "leased": "is being tried again",
    "lease_ended": "the try ended",
    "resolved": "marked as done",
    "ignored": "set aside",
    "ignore_ended": "no longer set aside",
    "reopened": "put back on the list",
    "not_failing": "a complete run passed without it",
    "record_deleted": "its record was deleted",
    "regrouped": "sorted to another cause",
    "assigned": "assigned",
    "noted": "got a note",
    "named": "named",
    "fix_noted": "got a note on the fix",
    "claimed": "said to be fixed",
    "unclaimed": "said not to be fixed after all",
    "merged": "merged",
    "split": "split",
    "undone": "an edit was undone",
    "ordered": "ordered",
    "paused": "paused",
    "resumed": "resumed",
    "aborted": "aborted",
    "stopped": "stopped by itself",
    "token_made": "a token was made",
    "token_rotated": "a token got a new secret",
    "token_revoked": "a token was revoked",
}
_SAYS_WHAT_IS_NOW = ("failed", "lease_ended", "ignore_ended", "resolved", "undone", "reopened")
_TO_WHAT = ("assigned", "named")
_LABEL = 14


def line(label: str, text: object) -> Iterator[str]:
    """What is said under a label, further lines below it; nothing where nothing is to be said."""
    said = "" if text is None else str(text)
    for place, part in enumerate(said.strip().splitlines()):
        yield f"  {label if not place else '':<{_LABEL}} {plain(part)}"


def thing(item: Mapping[str, Any]) -> str:
    """An item by its type, id, name and part."""
    named = f"{item['entity_type'] or 'something'} {item['entity_id']}".strip()
    if item["name"]:
        named += f" {item['name']}"
    return f"{named}, its {item['part']}" if item["part"] else named


def project(of: Mapping[str, Any]) -> str:
    """A project by its name and id, as far as they are known."""
    name, id_ = of.get("project_name") or "", of["project"]
    return f"{name} ({id_})" if name and name != id_ else id_


def who_is_missing(retry: Mapping[str, Any]) -> str:
    """What a retry waits for, where no connected worker takes what is to be tried now."""
    types = ", ".join(cut(one, 60) or "things of no type" for one in retry["untaken"])
    return f"a worker that takes {types}"


def aside(of: Mapping[str, Any]) -> str:
    """Until when something is set aside."""
    if of["ignored_until"]:
        return f"until {shortly(of['ignored_until'])}"
    if of["ignored_failures"]:
        return f"until it failed {of['ignored_failures']} times"
    return "with its cause" if of.get("ignored_with_cause") else "for good"


def how_often(failures: int, first: str, last: str) -> str:
    """How often something failed, and when."""
    if failures == 1:
        return f"once, {shortly(last)}"
    return f"{failures} times, first {shortly(first)}, last {shortly(last)}"


def history(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What happened, the oldest first."""
    if not entries:
        return
    yield "  History"
    who = min(20, max(len(plain(one["who"])) for one in entries))
    for one in entries:
        yield f"    {shortly(one['at'])}  {cut(one['who'], 20):<{who}}  {_happened(one)}"


def _happened(entry: Mapping[str, Any]) -> str:
    told = EVENTS.get(entry["event"], entry["event"])
    after = entry["after"]
    if entry.get("times", 1) > 1:
        told += f" {entry['times']} more times"
    elif entry["event"] == "failed" and after is None:
        told += " once more"
    if entry["event"] in _TO_WHAT:
        told += f": {cut(after or 'nobody', 80)}"
    if entry.get("cause_title"):
        told += f": {cut(entry['cause_title'], 100)}"
    if entry.get("run_id"):
        told += f", in the run {cut(entry['run_name'], 60)}"
    if entry.get("retry_id"):
        told += f", in the retry {entry['retry_id']} of {cut(entry['ordered_by'] or '', 60)}"
    if entry.get("until"):
        told += f" until {shortly(entry['until'])}"
    if entry.get("failures"):
        told += f" until {entry['failures']} more failures"
    if entry["event"] in _SAYS_WHAT_IS_NOW and after in STATES and after != entry["before"]:
        told += f", now {STATES[after]}"
    return f"{told} ({cut(entry['why'], 200)})" if entry["why"] else told
