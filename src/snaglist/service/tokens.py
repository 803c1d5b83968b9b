"""Making, listing, rotating and revoking tokens."""

from __future__ import annotations

import msgspec

from snaglist.domain.access import Scope, Token, checked_name, digest_of, secret_text
from snaglist.domain.errors import BadParameter, NotFound
from snaglist.domain.history import Entry, Event
from snaglist.domain.moment import utc_text
from snaglist.storage import tokens as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.history import add_entries

AT_THE_MACHINE = "command line"
"""Who it was, for commands that work on the database itself."""


class NewToken(msgspec.Struct, frozen=True):
    """A token with the one sight of its secret that there ever is."""

    token: Token
    secret: str


def create_token(
    database: Database,
    *,
    token_id: str,
    name: str,
    scopes: tuple[Scope, ...],
    random_bits: bytes,
    who: str,
    at: float,
    expires_at: str | None = None,
    rate: int | None = None,
) -> NewToken:
    """Make a token. Its name is free among those that still open something.

    `random_bits` are 32 random bytes, `rate` a cap in records a minute. Raises BadParameter.
    """
    if not scopes:
        raise BadParameter("A token needs a scope.", "Give at least one --scope.")
    if rate is not None and rate < 1:
        raise BadParameter("A rate cap is at least 1 record a minute.")
    token = Token(
        id=token_id,
        name=checked_name(name),
        scopes=tuple(scope for scope in Scope if scope in scopes),
        created_at=utc_text(at),
        expires_at=expires_at,
        rate=rate,
    )
    secret = secret_text(random_bits)

    def change(connection: Connection) -> None:
        if any(one.name == name and is_open(one, at) for one in store.every_token(connection)):
            raise BadParameter(
                f"There is a token named {name!r} already.",
                "Choose another name, or rotate or revoke that one.",
            )
        store.insert_token(connection, token)
        store.insert_secret(connection, digest_of(secret.encode()), token.id, token.created_at)
        _note(connection, Event.MADE, token, who, at)

    database.write(change)
    return NewToken(token, secret)


def create_first_token(
    database: Database, *, token_id: str, random_bits: bytes, at: float
) -> NewToken | None:
    """Make the token `admin` if there is none at all yet; None if there is one."""
    token = Token(id=token_id, name="admin", scopes=(Scope.ADMIN,), created_at=utc_text(at))
    secret = secret_text(random_bits)

    def change(connection: Connection) -> bool:
        if store.every_token(connection):
            return False
        store.insert_token(connection, token)
        store.insert_secret(connection, digest_of(secret.encode()), token.id, token.created_at)
        _note(connection, Event.MADE, token, AT_THE_MACHINE, at)
        return True

    return NewToken(token, secret) if database.write(change) else None


def list_tokens(database: Database) -> list[Token]:
    """All tokens that there ever were, the oldest first."""
    return database.read(store.every_token)


def rotate_token(
    database: Database,
    name: str,
    *,
    random_bits: bytes,
    who: str,
    at: float,
    overlap_seconds: float,
) -> NewToken:
    """Give a token a new secret; the one before it opens for `overlap_seconds` more.

    A secret older than that one ends now, so that two at most are alive. Raises NotFound.
    """
    secret = secret_text(random_bits)

    def change(connection: Connection) -> Token:
        token = open_token(connection, name, at)
        store.retire_secrets(connection, token.id, utc_text(at), utc_text(at + overlap_seconds))
        store.insert_secret(connection, digest_of(secret.encode()), token.id, utc_text(at))
        _note(connection, Event.ROTATED, token, who, at)
        return token

    return NewToken(database.write(change), secret)


def revoke_token(database: Database, name: str, *, who: str, at: float) -> Token:
    """Close a token, by its name or id, with all its secrets. Raises NotFound."""

    def change(connection: Connection) -> Token:
        token = open_token(connection, name, at)
        store.revoke(connection, token.id, utc_text(at))
        _note(connection, Event.REVOKED, token, who, at)
        return token

    return database.write(change)


def is_open(token: Token, at: float) -> bool:
    """Whether a token still opens something at this Unix time."""
    return token.revoked_at is None and (
        token.expires_at is None or token.expires_at > utc_text(at)
    )


def _note(connection: Connection, event: Event, token: Token, who: str, at: float) -> None:
    add_entries(connection, [Entry(utc_text(at), who, event, after=token.name)])


def open_token(connection: Connection, name: str, at: float) -> Token:
    """The token of this name or id that still opens something. Raises NotFound."""
    for token in store.every_token(connection):
        if name in (token.name, token.id) and is_open(token, at):
            return token
    raise NotFound(
        f"There is no token {name[:100]!r} that still opens anything.",
        "`snaglist token list` shows all.",
    )
