"""`snaglist retry`, `retries`, `pause`, `resume`, `abort`, `workers`: having items tried again."""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import click

from snaglist.cli.remote.desk import Away, Failed, RemoteDesk, this_desk
from snaglist.cli.remote.options import OF_ITEMS, as_json, cut, filtered, shortly, show_json
from snaglist.cli.remote.words import who_is_missing
from snaglist.cli.terminal import table

_PAUSE_SECONDS = 0.5
_AWAY_SECONDS = 2.0
_NOT_FOUND = "not_found"
_COUNTS = ("waiting", "leased", "came_over", "failed", "skipped")
_id = click.argument("id_", metavar="ID")
_why = click.option("--why", help="Kept in the history.")


@click.command()
@filtered(OF_ITEMS)
@click.option("--rate", type=click.IntRange(1), help="At most so many items a minute.")
@_why
@click.option("--dry-run", is_flag=True, help="Only say how many it would try.")
@click.option("--watch", is_flag=True, help="Tell how it goes until it ends.")
@click.option("--yes", is_flag=True, help="Do not ask before it is ordered.")
@as_json
def retry(
    wanted: dict[str, str],
    rate: int | None,
    why: str | None,
    dry_run: bool,
    watch: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Order that all is tried again that a filter finds."""
    if not wanted:
        raise Failed("Nothing says which items.", "Give a filter, such as --cause ID.")
    desk = this_desk()
    said = desk.post("/api/v1/retries/preview", {}, wanted)
    if not said["matching"]:
        _check_that_there_is(desk, wanted)
    if as_json and (dry_run or not said["would_try"]):
        show_json(said)
    elif not as_json:
        _tell_what_would_be(said)
    if dry_run or not said["would_try"]:
        return
    if not yes:
        click.confirm(f"Try {said['would_try']} items again?", abort=True, err=True)
    asked = {"id": str(uuid.uuid4()), "rate": rate, "why": why}
    body = {name: value for name, value in asked.items() if value is not None}
    made = desk.post("/api/v1/retries", body, wanted)
    if not watch:
        if as_json:
            show_json(made)
        else:
            click.echo(f"Retry {made['id']}: {made['total']} items. `snaglist retries` shows it.")
        return
    if not as_json:
        click.echo(f"Retry {made['id']}: {made['total']} items.")
    _tell_the_end(_watched(desk, made["id"], as_json), as_json)


@click.command()
@click.option("--state", help="Some states, with commas: working, paused, stopped, done, …")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@as_json
def retries(state: str | None, limit: int, as_json: bool) -> None:
    """Orders to try items again, the newest first, and how far they are."""
    query = {} if state is None else {"state": state}
    found, more = this_desk().first("/api/v1/retries", query, limit)
    if as_json:
        show_json(found)
        return
    rows = [
        [
            *(one["id"], one["status"], shortly(one["at"]), cut(one["who"], 20)),
            *(str(one[name]) for name in ("total", *_COUNTS)),
            cut(one["stopped_because"] or one["filter"] or "all", 60),
        ]
        for one in found
    ]
    counts = ("TOTAL", "WAITING", "LEASED", "CAME OVER", "FAILED", "SKIPPED")
    head = ["ID", "STATUS", "ORDERED (UTC)", "WHO", *counts, "OF"]
    click.echo(table(head, rows) if rows else "There is no retry.")
    if more:
        click.echo("There may be more: give --limit.", err=True)


def _edit_command(edit: str, about: str) -> click.Command:
    def run(id_: str, why: str | None, as_json: bool) -> None:
        body = {"edit": edit} | ({} if why is None else {"why": why})
        done = this_desk().post(f"/api/v1/retries/{id_}/edits", body)
        if as_json:
            show_json(done)
        else:
            click.echo(f"Retry {done['id']} is {done['status']}: {_in_words(done)}.")

    run.__doc__, run.__name__ = about, edit
    decorators: tuple[Callable[[Any], Any], ...] = (as_json, _why, _id)
    command: Any = run
    for decorate in decorators:
        command = decorate(command)
    made: click.Command = click.command()(command)
    return made


pause = _edit_command("pause", "Give nothing more of a retry to workers, until it is resumed.")
resume = _edit_command("resume", "Go on with a retry that is paused, or was stopped.")
abort = _edit_command("abort", "End a retry; what was not tried is open again.")


@click.command()
@as_json
def workers(as_json: bool) -> None:
    """Who tries items again, and which of them are connected."""
    found = this_desk().get("/api/v1/workers")
    found.sort(key=lambda one: (not one["is_connected"], one["name"]))
    if as_json:
        show_json(found)
        return
    rows = [
        [
            *(cut(one["name"], 40), cut(one["host"], 40)),
            *("yes" if one["is_connected"] else "no", str(one["leases"])),
            *(shortly(one["seen_at"]), cut(_takes(one), 60)),
        ]
        for one in found
    ]
    head = ["NAME", "HOST", "CONNECTED", "LEASES", "LAST CALL (UTC)", "TAKES"]
    click.echo(table(head, rows) if rows else "No worker has called yet.")


def _check_that_there_is(desk: RemoteDesk, wanted: dict[str, str]) -> None:
    """Raise Failed if there is no such run or cause, as far as this token may look."""
    for kind in ("run", "cause"):
        if kind in wanted:
            try:
                desk.get(f"/api/v1/{kind}s/{quote(wanted[kind], safe='')}")
            except Failed as failed:
                if failed.code == _NOT_FOUND:
                    raise


def _tell_what_would_be(said: Any) -> None:
    """What an order would try, why not all that matches, and that nobody is there to do it."""
    reasons = [
        f"{number} {what}"
        for number, what in (
            (said["not_open"], "are not open"),
            (said["in_another"], "are in another retry (`snaglist retries`)"),
        )
        if number
    ]
    rest = f"; {', '.join(reasons)}" if reasons else ""
    click.echo(f"{said['matching']} items match, {said['would_try']} would be tried{rest}.")
    if said["would_try"] and not said["workers"]:
        click.echo(
            "No worker is connected that could do it: they wait until one is "
            "(`snaglist-worker studio_import:retry`, beside your import).",
            err=True,
        )


def _watched(desk: RemoteDesk, retry_id: str, as_json: bool) -> Any:
    """The retry at its end, or stopped; how it goes is told meanwhile."""
    told: Any = None
    try:
        while True:
            began = time.monotonic()
            try:
                now = desk.get(f"/api/v1/retries/{retry_id}")
            except Away as away:
                if not isinstance(told, str):
                    _progress("", as_json)
                    click.echo(f"{away.message.splitlines()[0]} Waiting for it.", err=True)
                told = away.message
                time.sleep(_AWAY_SECONDS)
                continue
            if now["ended_at"] is not None or now["status"] == "stopped":
                _progress("", as_json)
                return now
            counts = [now["status"], now["untaken"], *(now[name] for name in _COUNTS)]
            if counts != told:
                told = counts
                _show_progress(now, as_json)
            time.sleep(max(_PAUSE_SECONDS, 10 * (time.monotonic() - began)))
    except KeyboardInterrupt:
        _progress("", as_json)
        click.echo(f"Not watched any more; retry {retry_id} goes on.", err=True)
        sys.exit(130)


def _show_progress(now: Any, as_json: bool) -> None:
    if as_json:
        plain_one = {k: v for k, v in now.items() if k not in ("history", "failed_under")}
        click.echo(json.dumps(plain_one))
        return
    done = now["came_over"] + now["failed"] + now["skipped"]
    share = done / now["total"] if now["total"] else 1.0
    probing = "probing, " if now["is_probing"] else ""
    status = "" if now["status"] == "working" else f"{now['status']}, "
    workers = f" (waits for {who_is_missing(now)})" if now["untaken"] else ""
    _progress(f"{share:4.0%} {status}{probing}{_in_words(now)}{workers}", as_json)


def _progress(text: str, as_json: bool) -> None:
    """How far it is: one line that moves on a terminal, else a line each; "" ends it."""
    if as_json:
        return
    if sys.stdout.isatty():
        click.echo(f"\r\x1b[K{text}", nl=False)
    elif text:
        click.echo(text)


def _tell_the_end(ended: Any, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(ended))
    else:
        click.echo(f"{ended['status'].capitalize()}: {_in_words(ended)}.")
        for one in ended["failed_under"]:
            title = one["cause_title"] or "no outcome came: a worker ended or hung on it"
            cause = f"  {one['cause_id']}" if one["cause_id"] else ""
            click.echo(f"{one['items']:>8}  {cut(title, 100)}{cause}")
    if ended["status"] == "stopped":
        raise Failed(
            f"It was stopped. {ended['stopped_because']}.",
            f"Look at that cause; `snaglist resume {ended['id']}` tries the others all the same, "
            f"`snaglist abort {ended['id']}` lets them go.",
        )


def _in_words(one: Any) -> str:
    words = [f"{one['came_over']} came over", f"{one['failed']} failed again"]
    words += [
        f"{one[name]} {what}"
        for name, what in (("waiting", "waiting"), ("leased", "leased"), ("skipped", "skipped"))
        if one[name]
    ]
    return ", ".join(words)


def _takes(worker: Any) -> str:
    """What a worker takes, in words."""
    named = [", ".join(worker[name]) for name in ("sources", "targets", "entity_types")]
    return "; ".join(one for one in named if one) or "all"
