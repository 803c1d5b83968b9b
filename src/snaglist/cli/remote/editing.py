"""`snaglist ignore`, `resolve`, `reopen`, `undo` and `regroup`: changing what is on the list."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from snaglist.cli.remote.desk import Failed, RemoteDesk, this_desk
from snaglist.cli.remote.options import OF_ITEMS, as_json, cut, filtered, show_json

_PAUSE_SECONDS = 0.3
_id = click.argument("id_", required=False, metavar="[ID]")
_why = click.option("--why", help="Kept in the history.")
_dry_run = click.option("--dry-run", is_flag=True, help="Only say what it would do.")
_yes = click.option("--yes", is_flag=True, help="Do not ask before many are changed.")


@click.command()
@_id
@filtered(OF_ITEMS)
@click.option("--until-moment", "moment", help="Until this moment, RFC 3339. Else for good.")
@click.option("--failures", type=click.IntRange(min=1), help="Until so many more failures.")
@_why
@_dry_run
@_yes
@as_json
def ignore(moment: str | None, failures: int | None, why: str | None, **given: Any) -> None:
    """Set one item aside, by its ID, or all that a filter finds."""
    _edit({"edit": "ignore", "until": moment, "failures": failures, "why": why}, **given)


@click.command()
@_id
@filtered(OF_ITEMS)
@click.option(
    "--reason",
    type=click.Choice(["by_hand", "not_meant", "deleted_in_source"]),
    required=True,
    help="Why it is done.",
)
@_why
@_dry_run
@_yes
@as_json
def resolve(reason: str, why: str | None, **given: Any) -> None:
    """Say that one item is done, by its ID, or all that a filter finds."""
    _edit({"edit": "resolve", "reason": reason, "why": why}, **given)


@click.command()
@_id
@filtered(OF_ITEMS)
@_why
@_dry_run
@_yes
@as_json
def reopen(why: str | None, **given: Any) -> None:
    """Put one item on the list again, by its ID, or all that a filter finds."""
    _edit({"edit": "reopen", "why": why}, **given)


@click.command()
@click.argument("edit_id", required=False, metavar="[EDIT_ID]")
@as_json
def undo(edit_id: str | None, as_json: bool) -> None:
    """Take an edit of many items back, by its ID, or the last one."""
    desk = this_desk()
    done = _followed(desk, desk.post(f"/api/v1/edits/{edit_id or 'last'}/undo", {}))
    _tell(done, as_json)


@click.command()
@_dry_run
@as_json
def regroup(dry_run: bool, as_json: bool) -> None:
    """Make all causes again from the records; what people decided is kept."""
    desk = this_desk()
    job = desk.post("/api/v1/regroups", {"dry_run": dry_run})
    while job["ended_at"] is None:
        _progress(f"{job['phase']} {job['progress']:4.0%}, {job['moved']} records change cause")
        time.sleep(_PAUSE_SECONDS)
        job = desk.get(f"/api/v1/regroups/{job['id']}")
    _progress("")
    if as_json:
        show_json(job)
    else:
        verb = "would change" if dry_run else "changed"
        click.echo(f"{job['moved']} of {job['records']} records {verb} cause.")
        for change in job["changes"]:
            before = cut(change["from_title"] or "(none)", 60)
            new = "" if change["to_cause_id"] else "  (a new cause)"
            click.echo(f"{change['records']:>8}  {before}  ->  {cut(change['to_title'], 60)}{new}")
    if job["fault"] is not None:
        raise Failed(f"The regroup failed: {job['fault']}.", "The desk's log says more.")


def _edit(
    edit: dict[str, Any],
    *,
    id_: str | None,
    wanted: dict[str, str],
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    body = {name: value for name, value in edit.items() if value is not None}
    desk = this_desk()
    if id_ is not None:
        if wanted or dry_run:
            raise Failed("An ID goes without a filter and without --dry-run.", "Leave one out.")
        item = desk.post(f"/api/v1/items/{id_}/edits", body)
        if as_json:
            show_json(item)
        else:
            click.echo(f"{item['id']} is {item['reason'] or item['status']}.")
        return
    if not wanted:
        raise Failed("Nothing says which items.", "Give an ID, or a filter such as --state open.")
    preview = desk.post("/api/v1/items/edits/preview", body, wanted)
    if dry_run:
        if as_json:
            show_json(preview)
        else:
            click.echo(
                f"{preview['matching']} items match; {preview['would_change']} would change."
            )
        return
    if not yes:
        click.confirm(f"Change {preview['would_change']} items?", abort=True, err=True)
    _tell(_followed(desk, desk.post("/api/v1/items/edits", body, wanted)), as_json)


def _followed(desk: RemoteDesk, edit: Any) -> Any:
    """The edit at its end."""
    while edit["status"] != "done":
        _progress(f"{edit['changed']} of {edit['matching']} changed")
        time.sleep(_PAUSE_SECONDS)
        edit = desk.get(f"/api/v1/edits/{edit['edit_id']}")
    _progress("")
    return edit


def _tell(edit: Any, as_json: bool) -> None:
    if as_json:
        show_json(edit)
        return
    click.echo(
        f"{edit['changed']} changed, {edit['skipped']} left as they are. "
        f"To take it back: snaglist undo {edit['edit_id']}"
    )


def _progress(text: str) -> None:
    """How far it is, on a terminal; "" ends it."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{text}", nl=False, err=True)
