"""The command's entry, and how its errors are shown."""

from __future__ import annotations

import sys

import click

from snaglist import __version__
from snaglist.cli.local.demo import demo
from snaglist.cli.local.serve import serve
from snaglist.cli.local.signin import signin
from snaglist.cli.local.store import backup, doctor, migrate
from snaglist.cli.local.token import token
from snaglist.cli.remote.editing import ignore, regroup, reopen, resolve, undo
from snaglist.cli.remote.export import export
from snaglist.cli.remote.looking import causes, items
from snaglist.cli.remote.retrying import abort, pause, resume, retries, retry, workers
from snaglist.cli.remote.running import runs
from snaglist.cli.remote.showing import show
from snaglist.cli.terminal import plain
from snaglist.domain.errors import SnaglistError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="snaglist")
def snaglist() -> None:
    """The list of everything an import left behind, and the way to bring it to zero."""


for command in (
    *(serve, demo, token, signin, migrate, backup, doctor),
    *(causes, items, runs, show, ignore, resolve, reopen, undo, regroup, export),
    *(retry, retries, pause, resume, abort, workers),
):
    snaglist.add_command(command)


def main() -> None:
    """Run the command; an error is one sentence and its remedy, and exit code 1."""
    try:
        snaglist(prog_name="snaglist")
    except SnaglistError as error:
        click.echo(f"snaglist: {plain(str(error))}", err=True)
        if error.remedy:
            click.echo(f"  {plain(error.remedy)}", err=True)
        sys.exit(1)
