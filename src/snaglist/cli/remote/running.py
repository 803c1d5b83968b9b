"""`snaglist runs`: how far imports are, and what came of what they tried."""

from __future__ import annotations

from typing import Any

import click

from snaglist.cli.remote.desk import this_desk
from snaglist.cli.remote.options import as_json, cut, shortly, show_json
from snaglist.cli.terminal import table

_BAR = 16


@click.command()
@click.option("--state", help="running, ended, complete, failed or abandoned.")
@click.option("--kind", type=click.Choice(["run", "mirror"]), help="Runs alone, or mirrors.")
@click.option("--source", help="Where the import reads.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@as_json
def runs(
    state: str | None, kind: str | None, source: str | None, limit: int, as_json: bool
) -> None:
    """Passes of imports, the newest first: how far each is, what came over and what failed."""
    asked = {"state": state, "kind": kind, "source": source}
    wanted = {name: value for name, value in asked.items() if value is not None}
    found, more = this_desk().first("/api/v1/runs", wanted, limit)
    if as_json:
        show_json(found)
        return
    rows = [
        [
            cut(one["label"], 36),
            one["status"],
            shortly(one["began_at"]),
            _counted(one, "came_over"),
            _counted(one, "failed"),
            _far(one),
            cut(one["name"], 40),
        ]
        for one in found
    ]
    head = ["RUN", "STATE", "BEGAN (UTC)", "CAME OVER", "FAILED", "HOW FAR", "NAME"]
    click.echo(table(head, rows) if rows else "No run matches.")
    if more:
        click.echo("There may be more: give --limit.", err=True)


def _counted(run: dict[str, Any], outcome: str) -> str:
    """How many things came to this, and how many parts; of a mirror nothing is counted."""
    if run["kind"] == "mirror":
        return "-"
    parts = run[f"parts_{outcome}"]
    return (
        f"{run[outcome]} +{parts} part{'' if parts == 1 else 's'}" if parts else str(run[outcome])
    )


def _far(run: dict[str, Any]) -> str:
    """How much of what it means to try a run has tried; of a mirror, the last event."""
    if run["kind"] == "mirror":
        return f"event {cut(run['last_event_id'] or '-', 20)}"
    if not run["total"]:
        return f"{run['tried']} tried"
    done = run["total"] - run["not_tried"]
    full = int(done / run["total"] * _BAR)
    return f"[{'#' * full}{'.' * (_BAR - full)}] {done} of {run['total']}"
