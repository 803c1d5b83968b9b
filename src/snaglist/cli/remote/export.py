"""`snaglist export`: items or records, for a spreadsheet or a program."""

from __future__ import annotations

import csv
import io
import json
import re
import sys

import click

from snaglist.cli.remote.desk import RemoteDesk, this_desk
from snaglist.cli.remote.options import OF_RECORDS, filtered
from snaglist.cli.terminal import plain

_COLUMNS = (
    *("id", "entity_type", "entity_id", "part", "name", "project", "project_name", "status"),
    *("reason", "since", "failures", "first_failed_at", "last_failed_at", "cause_title"),
    *("message", "assignee", "note", "source", "target", "target_url"),
)
_FORMULA = re.compile(r"^[\s]*[=+\-@\t\r|%]")
_MOST = "200"
_TOKENS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[^"]+')
_SPACE = bytes.maketrans(b"\r\n", b"  ")


@click.command()
@filtered(OF_RECORDS)
@click.option("--format", "form", type=click.Choice(["csv", "ndjson"]), default="csv")
def export(wanted: dict[str, str], form: str) -> None:
    """Print all items that match as CSV, or all records that match as NDJSON, one a line."""
    desk = this_desk()
    if form == "csv":
        _as_csv(desk, wanted)
    else:
        _as_ndjson(desk, wanted)


def _as_csv(desk: RemoteDesk, wanted: dict[str, str]) -> None:
    click.echo(_row(list(_COLUMNS)), nl=False)
    done = 0
    for page in desk.pages("/api/v1/items", wanted | {"limit": _MOST}):
        for one in page:
            click.echo(_row([safe(one.get(name)) for name in _COLUMNS]), nl=False)
        done += len(page)
        _progress(f"{done} items")
    _progress("")


def _as_ndjson(desk: RemoteDesk, wanted: dict[str, str]) -> None:
    out = sys.stdout.buffer
    done = 0
    for page in desk.text_pages("/api/v1/records", wanted | {"limit": _MOST}):
        for record in members(page):
            out.write(one_line(record) + b"\n")
            done += 1
        _progress(f"{done} records")
    out.flush()
    _progress("")


def safe(value: object) -> str:
    """A cell that no spreadsheet takes for a formula, without control characters."""
    text = "" if value is None else str(value)
    shown = plain(text)
    return f"'{shown}" if _FORMULA.match(shown) and not isinstance(value, int) else shown


def one_line(record: bytes) -> bytes:
    """The record's JSON on one line: breaks outside of strings become spaces, all else stays."""
    if b"\n" not in record and b"\r" not in record:
        return record
    return b"".join(
        part if part.startswith(b'"') else part.translate(_SPACE)
        for part in _TOKENS.findall(record)
    )


def members(page: bytes) -> list[bytes]:
    """The members of a JSON array, as the bytes that they are."""
    text, decoder = page.decode("utf-8"), json.JSONDecoder(parse_int=str, parse_float=str)
    found: list[bytes] = []
    place = text.index("[") + 1
    while True:
        while text[place] in " \t\r\n,":
            place += 1
        if text[place] == "]":
            return found
        end = decoder.raw_decode(text, place)[1]
        found.append(text[place:end].encode())
        place = end


def _row(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _progress(text: str) -> None:
    if sys.stderr.isatty() and not sys.stdout.isatty():
        click.echo(f"\r\x1b[K{text}", nl=False, err=True)
