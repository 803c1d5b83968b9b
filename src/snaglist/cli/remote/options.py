"""Options that the commands of a desk share: the filter, JSON, and how rows are shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import click

from snaglist.cli.terminal import plain

_FILTERS = {
    "state": "Some states, with commas: open, ignored, resolved, came_over, …",
    "project": "A project's id or name; none for what names no project.",
    "type": "An entity type, such as Shot; none for what has none.",
    "cause": "A cause's id.",
    "assignee": "A person; none for nobody.",
    "source": "Where the import reads.",
    "target": "Where it writes.",
    "item": "An item's id.",
    "run": "The run that reported it.",
    "claim": "What became of a word that it is fixed: waiting, held, did_not_hold.",
    "opened": "Open since this moment or day.",
    "heard": "Heard of for the first time from this moment or day on.",
    "known": "Heard of for the first time before this moment or day.",
    "since": "From this moment or day on.",
    "until": "Before this moment or day.",
    "q": "Words; all must match, each by how it begins.",
}
_OF_CAUSES_ONLY = ("claim", "opened", "heard", "known")
OF_RECORDS = tuple(name for name in _FILTERS if name not in _OF_CAUSES_ONLY)
OF_ITEMS = tuple(name for name in OF_RECORDS if name != "item")
OF_CAUSES = ("state", "project", "type", "assignee", *_OF_CAUSES_ONLY, "since", "until", "q")

as_json: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def filtered(names: Sequence[str]) -> Callable[[Any], Any]:
    """Gives a command the options of a filter; it gets them as `wanted`, by their names."""

    def decorate(command: Any) -> Any:
        def run(**given: Any) -> None:
            wanted = {
                name: value for name in names if (value := given.pop(f"filter_{name}")) is not None
            }
            command(wanted=wanted, **given)

        run.__doc__, run.__name__ = command.__doc__, command.__name__
        run.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
        for name in reversed(names):
            run = click.option(f"--{name}", f"filter_{name}", help=_FILTERS[name])(run)
        return run

    return decorate


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2))


def shortly(moment: str | None) -> str:
    """A moment to the minute."""
    return "" if moment is None else moment[:16].replace("T", " ")


def cut(text: str, most: int) -> str:
    """A text made harmless, on one line, and at most so long."""
    shown = plain(text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"
