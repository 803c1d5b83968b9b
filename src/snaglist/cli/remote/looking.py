"""`snaglist causes`, `items` and `show`: what is on the list."""

from __future__ import annotations

import shutil
from typing import Any

import click

from snaglist.cli.remote.desk import Failed, RemoteDesk, this_desk
from snaglist.cli.remote.options import (
    OF_CAUSES,
    OF_ITEMS,
    as_json,
    cut,
    filtered,
    shortly,
    show_json,
)
from snaglist.cli.terminal import plain, table

_limit = click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)


@click.command()
@filtered(OF_CAUSES)
@click.option("--order", type=click.Choice(["items", "newest"]), default="items", show_default=True)
@_limit
@as_json
def causes(wanted: dict[str, str], order: str, limit: int, as_json: bool) -> None:
    """Why things fail: each cause, and how many items it holds up."""
    found, more = this_desk().first("/api/v1/causes", wanted | {"order": order}, limit)
    if as_json:
        show_json(found)
        return
    room = max(20, _width() - 80)
    rows = [
        [
            one["id"],
            str(one["open_items"]),
            _state_of_cause(one),
            shortly(one["last_failed_at"]),
            cut(one["assignee"] or "", 12),
            cut(one["name"] or one["title"], room),
        ]
        for one in found
    ]
    head = ["ID", "OPEN", "STATE", "LAST (UTC)", "WHO", "CAUSE"]
    click.echo(table(head, rows) if rows else "No cause matches.")
    _tell_of_more(more)


@click.command()
@filtered(OF_ITEMS)
@_limit
@as_json
def items(wanted: dict[str, str], limit: int, as_json: bool) -> None:
    """What did not come over, those that moved last first."""
    found, more = this_desk().first("/api/v1/items", wanted, limit)
    if as_json:
        show_json(found)
        return
    room = max(20, _width() - 106)
    rows = [
        [
            one["id"],
            cut(f"{one['entity_type'] or '?'} {one['entity_id']}", 18),
            cut(one["name"] + (f" [{one['part']}]" if one["part"] else ""), 24),
            one["reason"] or one["status"],
            shortly(one["since"]),
            cut(one["cause_title"], room),
        ]
        for one in found
    ]
    head = ["ID", "ENTITY", "NAME", "STATE", "SINCE (UTC)", "CAUSE"]
    click.echo(table(head, rows) if rows else "No item matches.")
    _tell_of_more(more)


@click.command()
@click.argument("id_")
@as_json
def show(id_: str, as_json: bool) -> None:
    """One item, cause or record, whole, by its ID."""
    kind, found = _looked_up(this_desk(), id_)
    if as_json:
        show_json(found)
        return
    click.echo(kind)
    for name, value in found.items():
        if name == "history":
            click.echo("history")
            for entry in value:
                told = f"{entry['before'] or '-'} -> {entry['after'] or '-'}"
                why = f"  {plain(entry['why'])}" if entry["why"] else ""
                who = cut(entry["who"], 20)
                click.echo(
                    f"  {shortly(entry['at'])}  {who}  {entry['event']}  {cut(told, 60)}{why}"
                )
        elif name == "counts":
            click.echo("counts")
            rows = [
                [one["project"], one["entity_type"], one["state"], str(one["items"])]
                for one in value
            ]
            click.echo(table(["PROJECT", "TYPE", "STATE", "ITEMS"], rows))
        elif value not in (None, "", [], {}):
            click.echo(f"{name:<22} {cut(str(value), 2_000)}")


def _tell_of_more(more: bool) -> None:
    if more:
        click.echo("There may be more: give --limit, or `snaglist export` for all.", err=True)


def _looked_up(desk: RemoteDesk, id_: str) -> tuple[str, dict[str, Any]]:
    for kind in ("item", "cause", "record"):
        try:
            return kind, desk.get(f"/api/v1/{kind}s/{id_}")
        except Failed as failed:
            if "There is no such" not in failed.message:
                raise
    raise Failed(f"There is no item, cause or record {id_[:60]!r}.", "The lists show their ids.")


def _state_of_cause(cause: dict[str, Any]) -> str:
    if cause["status"] == "open" and cause["times_back"]:
        return "came back"
    return str(cause["status"]).replace("_", " ")


def _width() -> int:
    return shutil.get_terminal_size((160, 40)).columns
