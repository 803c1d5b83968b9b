"""`snaglist serve`: run the desk."""

from __future__ import annotations

import logging
import sys

import click

from snaglist import app
from snaglist.cli.terminal import database_option, plain
from snaglist.config import load_settings


@click.command()
@click.option("--host", metavar="ADDRESS", help="Listen here; 127.0.0.1 if not given.")
@click.option("--port", type=click.IntRange(0, 65535), help="Listen on this port; else 8477.")
@click.option("--causes", metavar="DIR", help="A folder of your own known causes, TOML files.")
@database_option
def serve(host: str | None, port: int | None, causes: str | None, database: str | None) -> None:
    """Run the desk until it is told to stop (Ctrl-C, SIGTERM).

    The first start makes an admin token and shows it once.
    """
    settings = load_settings(host=host, port=port, causes=causes, database=database)
    _log_plainly(settings.log_level)
    app.serve(settings, lambda line: click.echo(plain(line)))


class _PlainFormatter(logging.Formatter):
    """One line an entry, whatever the message holds; a traceback below it, indented."""

    def format(self, record: logging.LogRecord) -> str:
        lines = super().format(record).split("\n")
        return "\n    ".join(plain(line) for line in lines)


def _log_plainly(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PlainFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # A client that sends nonsense is told so; it is not worth a line in the log each time.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
