"""`snaglist migrate`, `backup` and `doctor`: looking after the database."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click
import msgspec

from snaglist.cli.terminal import database_option, plain
from snaglist.config import load_settings
from snaglist.service.doctor import Verdict, examine
from snaglist.service.schema import upgrade
from snaglist.wiring import engine_of

_SIGNS = {Verdict.GOOD: "ok  ", Verdict.WARNING: "warn", Verdict.BAD: "BAD "}


@click.command()
@database_option
def migrate(database: str | None) -> None:
    """Bring the database to this version's schema; an SQLite file is copied before."""
    engine = engine_of(load_settings(database=database))
    engine.check()
    with engine.only_server():
        applied = upgrade(engine, time.time())
    for migration in applied:
        click.echo(f"applied {migration.name}")
    if not applied:
        click.echo("nothing to do: the schema is up to date")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@database_option
def backup(file: Path, database: str | None) -> None:
    """Write a backup to FILE while the desk runs; docs/operating.md tells how to restore."""
    engine = engine_of(load_settings(database=database))
    engine.check()
    engine.copy_to(file)
    click.echo(f"{plain(str(file))}: {file.stat().st_size} bytes, complete and synced", err=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--deep", is_flag=True, help="Count everything again; reads the whole database.")
@database_option
def doctor(as_json: bool, deep: bool, database: str | None) -> None:
    """Look the store over; exit code 1 if something is bad."""
    engine = engine_of(load_settings(database=database))
    findings = list(examine(engine, time.time(), deep=deep))
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(findings), indent=2))
    else:
        for finding in findings:
            click.echo(f"{_SIGNS[finding.verdict]}  {finding.name}: {plain(finding.says)}")
            if finding.remedy:
                click.echo(f"      {plain(finding.remedy)}")
    if any(finding.verdict is Verdict.BAD for finding in findings):
        sys.exit(1)
