"""`snaglist show`: one item, cause, record, run or retry, whole and in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import click

from snaglist.cli.remote import words
from snaglist.cli.remote.desk import Failed, RemoteDesk, this_desk
from snaglist.cli.remote.options import as_json, cut, shortly, show_json
from snaglist.cli.remote.words import line, who_is_missing
from snaglist.cli.terminal import plain, table

Told = Iterator[str]
_MOST_RECORDS = 5


@click.command()
@click.argument("id_", metavar="ID")
@as_json
def show(id_: str, as_json: bool) -> None:
    """One item, cause, record, run or retry, whole, by its ID; a run by its label, too."""
    kind, found = _looked_up(this_desk(), id_)
    if as_json:
        show_json(found)
        return
    for told in _TOLD[kind](found):
        click.echo(told)


def _looked_up(desk: RemoteDesk, id_: str) -> tuple[str, dict[str, Any]]:
    for kind, places in _PLACES.items():
        try:
            return kind, desk.get(f"/api/v1/{places}/{quote(id_, safe='')}")
        except Failed as failed:
            if failed.code != "not_found":
                raise
    raise Failed(
        f"There is no item, cause, record, run or retry {id_[:60]!r}.", "The lists show their ids."
    )


def _item(one: Mapping[str, Any]) -> Told:
    yield f"Item: {plain(words.thing(one))}"
    state = one["reason"] or one["status"]
    until = f", {words.aside(one)}" if state == "ignored" else ""
    since = "" if one["reason"] else "since "
    yield from line("State", f"{words.STATES[state]} {since}{shortly(one['since'])}{until}")
    yield from line("Cause", one["cause_title"])
    yield from line("", one["cause_id"])
    yield from line("What it said", one["message"])
    yield from line("Project", words.project(one))
    yield from line("Way", f"{one['source']} to {one['target']}")
    failures = (one["failures"], one["first_failed_at"], one["last_failed_at"])
    yield from line("Failed", words.how_often(*failures))
    yield from line("Looked after", f"by {one['assignee']}" if one["assignee"] else None)
    yield from line("Note", one["note"])
    yield from line("In the target", one["target_url"])
    yield from line("Id", one["id"])
    yield from line("Records", "\n".join(one["record_ids"][:_MOST_RECORDS]))
    if len(one["record_ids"]) > _MOST_RECORDS:
        yield from line("", f"and more: snaglist export --item {one['id']} --format ndjson")
    yield from words.history(one["history"])


def _cause(one: Mapping[str, Any]) -> Told:
    yield f"Cause: {plain(one['name'] or one['title'])}"
    if one["name"]:
        yield from line("Found as", one["title"])
    state = words.CAUSE_STATES[one["status"]]
    if one["status"] == "open" and one["times_back"]:
        state = "came back" if one["times_back"] == 1 else f"came back {one['times_back']} times"
    until = f", {words.aside(one)}" if one["is_ignored"] else ""
    yield from line("State", f"{state} since {shortly(one['since'])}{until}")
    held = [
        f"{one[name]} {what}"
        for name, what in (
            ("open_items", "left behind"),
            ("ignored_items", "set aside"),
            ("resolved_items", "done"),
        )
        if one[name]
    ]
    yield from line("Items", ", ".join(held) or "none")
    failures = (one["failures"], one["first_failed_at"], one["last_failed_at"])
    yield from line("Failed", words.how_often(*failures) if one["failures"] else None)
    yield from line("It means", one["meaning"])
    yield from line("To fix it", one["how_to_fix"])
    yield from line("Who can", words.WHO.get(one["who_can"]))
    yield from line("What it said", one["message"])
    yield from line("Fixed here by", one["fix"])
    yield from line("Note", one["note"])
    yield from line("Looked after", f"by {one['assignee']}" if one["assignee"] else None)
    if one["claim"]:
        yield from line("Claim", f"{one['claimed_by']} {words.CLAIMS[one['claim']]}")
    yield from line("Merged into", one["merged_into"])
    if one["status"] == "moved_on":
        yield from line("Moved on to", one["moved_to"])
    yield from line("Id", one["id"])
    evidence = [f"{name}: {cut(text, 200)}" for name, text in one["evidence"].items()]
    yield from line("Evidence", "\n".join(evidence))
    if one["counts"]:
        rows = [
            [
                *(cut(words.project(count) or "none", 40), cut(count["entity_type"] or "none", 30)),
                *(words.STATES.get(count["state"], count["state"]), str(count["items"])),
            ]
            for count in one["counts"]
        ]
        yield from _indented(table(["PROJECT", "TYPE", "STATE", "ITEMS"], rows))
    yield from words.history(one["history"])


def _record(one: Mapping[str, Any]) -> Told:
    yield f"Record: {one['id']}"
    yield from line("Recorded", f"{shortly(one['created_at'])}, from {one['source']}")
    yield from line("Its item is", words.STATES.get(one["status"], one["status"]))
    yield from line("Item", one["item_id"])
    yield from line("Cause", one["cause_id"])
    yield from line("Run", one["run_id"])
    yield from line("Taken out", "\n".join(one["redacted"]))
    yield from line("As it was sent", json.dumps(one["event_data"], indent=2, ensure_ascii=False))


def _run(one: Mapping[str, Any]) -> Told:
    is_mirror = one["kind"] == "mirror"
    yield f"{'Mirror' if is_mirror else 'Run'}: {plain(one['name'])}"
    if one["label"] != one["name"]:
        yield from line("Label", one["label"])
    yield from line("State", words.RUN_STATES[one["status"]])
    yield from line("Fault", one["fault"])
    ended = f" to {shortly(one['ended_at'])}" if one["ended_at"] else ""
    heard = "" if ended else f", last heard of {shortly(one['beat_at'])}"
    yield from line("When (UTC)", f"{shortly(one['began_at'])}{ended}{heard}")
    yield from line("Way", f"{one['source']} to {one['target']}")
    yield from line("Project", one["project"])
    yield from line("By", f"{one['who']} on {one['host']}" if one["host"] else one["who"])
    if is_mirror and one["last_event_id"]:
        at = f" of {shortly(one['last_event_at'])}" if one["last_event_at"] else ""
        yield from line("Last event", f"{one['last_event_id']}{at}")
    if not is_mirror:
        yield from line("Tried", _tried(one))
        yield from line("Parts", _came_to(one["parts_came_over"], one["parts_failed"]))
    yield from line("Not sent yet", one["unsent"] or None)
    yield from line("Lost", "some of it, on its way here" if one["has_gaps"] else None)
    if one["completed"]:
        yield from line("Complete", _scope(one["completed"]))
    yield from line("Id", one["id"])
    if one["counts"]:
        rows = [
            [
                *(cut(words.project(count) or "none", 40), cut(count["entity_type"], 30)),
                *(str(count["came_over"]), str(count["failed"])),
            ]
            for count in one["counts"]
        ]
        yield from _indented(table(["PROJECT", "TYPE", "CAME OVER", "FAILED"], rows))


def _tried(run: Mapping[str, Any]) -> str:
    """How far it came: of its total, unless it tried more of one type and less of another."""
    is_plain = run["total"] is not None and run["tried"] + run["not_tried"] == run["total"]
    of_all = f" of {run['total']}" if is_plain else ""
    came_to = _came_to(run["came_over"], run["failed"])
    not_tried = f", {run['not_tried']} not tried{_by_type(run)}" if run["not_tried"] else ""
    return f"{run['tried']}{of_all}{': ' if came_to else ''}{came_to}{not_tried}"


def _by_type(run: Mapping[str, Any]) -> str:
    """How many were not tried of each type, where the importer said how many there are."""
    left = Counter(run["totals"] or {})
    for count in run["counts"]:
        left[count["entity_type"]] -= count["came_over"] + count["failed"]
    told = [f"{number} {plain(name)}" for name, number in sorted(left.items()) if number > 0]
    return f" ({', '.join(told)})" if run["totals"] and told else ""


def _came_to(came_over: int, failed: int) -> str:
    return f"{came_over} came over, {failed} failed" if came_over or failed else ""


def _scope(completed: Mapping[str, Any]) -> str:
    projects = ", ".join(completed["projects"]) or "all projects"
    types = ", ".join(completed["entity_types"]) or "all types"
    return f"{shortly(completed['at'])}, of {projects}, {types}"


def _retry(one: Mapping[str, Any]) -> Told:
    yield f"Retry: {one['filter'] or 'all items'}"
    probing = ", three are tried first" if one["is_probing"] and not one["ended_at"] else ""
    yield from line("State", f"{words.RETRY_STATES[one['status']]}{probing}")
    yield from line("Because", one["stopped_because"])
    yield from line("Ordered", f"{shortly(one['at'])} by {one['who']}")
    yield from line("Why", one["why"])
    yield from line("Ended", shortly(one["ended_at"]) if one["ended_at"] else None)
    counts = [
        f"{one[name]} {what}"
        for name, what in (
            ("came_over", "came over"),
            ("failed", "failed again"),
            ("waiting", "waiting"),
            ("leased", "being tried"),
            ("skipped", "passed over"),
        )
        if one[name]
    ]
    yield from line("Items", f"{one['total']}: {', '.join(counts)}" if counts else one["total"])
    yield from line("At most", f"{one['rate']} a minute" if one["rate"] else None)
    if not one["ended_at"]:
        yield from line("Workers", f"{one['workers']} connected that can go on")
        yield from line("Waits for", who_is_missing(one) if one["untaken"] else None)
    yield from line("Id", one["id"])
    if one["failed_under"]:
        rows = [
            [str(cause["items"]), cut(cause["cause_title"] or "no word came of it", 100)]
            for cause in one["failed_under"]
        ]
        yield from _indented(table(["ITEMS", "FAILED AGAIN FOR"], rows))
    yield from words.history(one["history"])


def _indented(text: str) -> Told:
    yield from (f"    {row}" for row in text.splitlines())


_PLACES = {
    "item": "items",
    "cause": "causes",
    "record": "records",
    "run": "runs",
    "retry": "retries",
}
_TOLD: Mapping[str, Callable[[Mapping[str, Any]], Told]] = {
    "item": _item,
    "cause": _cause,
    "record": _record,
    "run": _run,
    "retry": _retry,
}
