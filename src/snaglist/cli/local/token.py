"""`snaglist token`: make, list, rotate and revoke tokens, also while the desk runs."""

from __future__ import annotations

import json
import re
import secrets
import time

import click
import msgspec

from snaglist.cli.terminal import database_option, plain, table
from snaglist.config import load_settings
from snaglist.domain.access import Scope, Token
from snaglist.domain.moment import utc_text
from snaglist.service import tokens as service
from snaglist.wiring import engine_of, new_id, opened

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Duration(click.ParamType[float]):
    """A length of time such as 90d, in seconds."""

    name = "duration"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Seconds of a text such as 90d."""
        found = re.fullmatch(r"([1-9]\d{0,4})([mhdw])", str(value))
        if found is None:
            self.fail(
                f"{str(value)[:20]!r} is no length of time; write 30m, 12h, 90d or 4w.", param, ctx
            )
        return int(found[1]) * _UNITS[found[2]]


@click.group()
def token() -> None:
    """Make, list, rotate and revoke tokens, also while the desk runs."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What it opens; give it several times for several.",
)
@click.option("--expires", type=Duration(), help="When it ends: 12h, 90d, 4w. Else never.")
@click.option("--rate", type=click.IntRange(min=1), help="The most records a minute. Else no cap.")
@database_option
def create(
    name: str,
    scopes: tuple[str, ...],
    expires: float | None,
    rate: int | None,
    database: str | None,
) -> None:
    """Make a token and print it, this once and nothing else."""
    now = time.time()
    with opened(engine_of(load_settings(database=database))) as store:
        made = service.create_token(
            store,
            token_id=new_id(),
            name=name,
            scopes=tuple(Scope(scope) for scope in scopes),
            random_bits=secrets.token_bytes(32),
            who=service.AT_THE_MACHINE,
            at=now,
            expires_at=None if expires is None else utc_text(now + expires),
            rate=rate,
        )
    click.echo(made.secret)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@database_option
def list_(as_json: bool, database: str | None) -> None:
    """Show all tokens, never their secrets."""
    now = time.time()
    with opened(engine_of(load_settings(database=database))) as store:
        tokens = service.list_tokens(store)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(tokens), indent=2))
        return
    rows = [
        [
            one.name,
            " ".join(one.scopes),
            _state(one, now),
            _shortly(one.created_at),
            _shortly(one.last_used_at) if one.last_used_at else "never",
            f"{one.rate}/min" if one.rate else "no cap",
        ]
        for one in tokens
    ]
    click.echo(table(["NAME", "SCOPES", "STATE", "CREATED (UTC)", "LAST USED", "RATE"], rows))


@token.command()
@click.argument("name")
@click.option(
    "--overlap",
    type=Duration(),
    default="24h",
    show_default=True,
    help="How long the old secret still opens.",
)
@database_option
def rotate(name: str, overlap: float, database: str | None) -> None:
    """Give a token (by name or id) a new secret and print it, this once and nothing else."""
    with opened(engine_of(load_settings(database=database))) as store:
        made = service.rotate_token(
            store,
            name,
            random_bits=secrets.token_bytes(32),
            who=service.AT_THE_MACHINE,
            at=time.time(),
            overlap_seconds=overlap,
        )
    click.echo(made.secret)


@token.command()
@click.argument("name")
@database_option
def revoke(name: str, database: str | None) -> None:
    """Close a token (by name or id) for good; a running desk knows within 2 s."""
    with opened(engine_of(load_settings(database=database))) as store:
        revoked = service.revoke_token(store, name, who=service.AT_THE_MACHINE, at=time.time())
    click.echo(f"Revoked {plain(revoked.name)}.", err=True)


def _state(one: Token, now: float) -> str:
    if one.revoked_at is not None:
        return f"revoked {_shortly(one.revoked_at)}"
    if one.expires_at is None:
        return "open"
    word = "until" if service.is_open(one, now) else "expired"
    return f"{word} {_shortly(one.expires_at)}"


def _shortly(moment: str) -> str:
    return moment[:16].replace("T", " ")
