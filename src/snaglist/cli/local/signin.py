"""`snaglist signin`: print a link that signs somebody in to the pages, once."""

from __future__ import annotations

import secrets
import time

import click

from snaglist.cli.terminal import database_option
from snaglist.config import load_settings
from snaglist.service.sessions import new_code
from snaglist.wiring import engine_of, opened


@click.command()
@click.argument("name", default="admin")
@click.option("--url", metavar="URL", help="Where the pages are; else http://HOST:PORT as served.")
@database_option
def signin(name: str, url: str | None, database: str | None) -> None:
    """Print a link that signs a token in to the pages, by the token's NAME or id (else admin).

    It works once, within ten minutes.
    """
    settings = load_settings(database=database)
    with opened(engine_of(settings)) as store:
        code = new_code(store, name, random_bits=secrets.token_bytes(32), at=time.time())
    base = (url or f"http://{settings.host}:{settings.port}").rstrip("/")
    click.echo(f"{base}/signin?code={code}")
