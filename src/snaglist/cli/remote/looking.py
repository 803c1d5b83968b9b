"""`snaglist causes` and `items`: what is on the list."""

from __future__ import annotations

import shutil
from typing import Any

import click

from snaglist.cli.remote.desk import this_desk
from snaglist.cli.remote.options import (
    OF_CAUSES,
    OF_ITEMS,
    as_json,
    cut,
    filtered,
    shortly,
    show_json,
)
from snaglist.cli.terminal import table

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


def _tell_of_more(more: bool) -> None:
    if more:
        click.echo("There may be more: give --limit, or `snaglist export` for all.", err=True)


def _state_of_cause(cause: dict[str, Any]) -> str:
    if cause["status"] == "open" and cause["times_back"]:
        return "came back"
    return str(cause["status"]).replace("_", " ")


def _width() -> int:
    return shutil.get_terminal_size((160, 40)).columns
