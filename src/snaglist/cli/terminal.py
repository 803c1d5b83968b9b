"""What every command shows on a terminal: text made harmless, tables, one shared option."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import click

_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)

database_option: Callable[[Any], Any] = click.option(
    "--database",
    metavar="URL",
    help="sqlite:///desk.db or postgresql://…; else SNAGLIST_DATABASE, else snaglist.db here.",
)


def plain(text: str) -> str:
    """The text with everything that could steer a terminal shown instead of sent."""
    return _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], text)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their heads, in columns as wide as they need to be."""
    lines = [[plain(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
