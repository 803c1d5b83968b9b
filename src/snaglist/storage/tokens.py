"""The SQL of tokens and their secrets."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from snaglist.domain.access import Scope, Token
from snaglist.storage.connection import Connection, Row

COLUMNS_OF_ONE = (
    "t.id, t.name, t.scopes, t.created_at, t.expires_at, t.revoked_at, t.last_used_at, t.rate"
)


class Secret(msgspec.Struct, frozen=True):
    """A secret that opens a token until `expires_at`, known by its digest only."""

    digest: str
    expires_at: str | None
    token: Token


def insert_token(connection: Connection, token: Token) -> None:
    """Store a new token, without a secret yet."""
    connection.execute(
        "INSERT INTO tokens (id, name, scopes, created_at, expires_at, rate)"
        " VALUES (:id, :name, :scopes, :created_at, :expires_at, :rate)",
        id=token.id,
        name=token.name,
        scopes=" ".join(token.scopes),
        created_at=token.created_at,
        expires_at=token.expires_at,
        rate=token.rate,
    )


def insert_secret(connection: Connection, digest: str, token_id: str, created_at: str) -> None:
    """Give a token one more secret."""
    connection.execute(
        "INSERT INTO token_secrets (digest, token_id, created_at)"
        " VALUES (:digest, :token_id, :created_at)",
        digest=digest,
        token_id=token_id,
        created_at=created_at,
    )


def every_token(connection: Connection) -> list[Token]:
    """All tokens, the oldest first."""
    return [
        token_of(row)
        for row in connection.execute(
            f"SELECT {COLUMNS_OF_ONE} FROM tokens t ORDER BY created_at, id"
        )
    ]


def every_secret(connection: Connection, at: str) -> list[Secret]:
    """The secrets of all tokens, but those that were replaced and have run out by `at`."""
    rows = connection.execute(
        f"SELECT s.digest, s.expires_at, {COLUMNS_OF_ONE} FROM token_secrets s"
        " JOIN tokens t ON t.id = s.token_id"
        " WHERE s.expires_at IS NULL OR s.expires_at > :at",
        at=at,
    )
    return [Secret(row[0], row[1], token_of(row[2:])) for row in rows]


def find_secret(connection: Connection, digest: str) -> Secret | None:
    """The secret of this digest, whatever its state."""
    rows = connection.execute(
        f"SELECT s.digest, s.expires_at, {COLUMNS_OF_ONE} FROM token_secrets s"
        " JOIN tokens t ON t.id = s.token_id WHERE s.digest = :digest",
        digest=digest,
    )
    return Secret(rows[0][0], rows[0][1], token_of(rows[0][2:])) if rows else None


def revoke(connection: Connection, token_id: str, at: str) -> None:
    """Close a token for good."""
    connection.execute(
        "UPDATE tokens SET revoked_at = :at WHERE id = :id AND revoked_at IS NULL",
        id=token_id,
        at=at,
    )


def retire_secrets(connection: Connection, token_id: str, now: str, until: str) -> None:
    """Let the token's newest secret live until `until` at most, and end all others now."""
    connection.execute(
        "UPDATE token_secrets SET expires_at = CASE"
        " WHEN created_at = (SELECT max(created_at) FROM token_secrets WHERE token_id = :id)"
        " THEN :until ELSE :now END"
        " WHERE token_id = :id AND (expires_at IS NULL OR expires_at > :now)",
        id=token_id,
        now=now,
        until=until,
    )


def note_use(connection: Connection, minutes: Mapping[str, str]) -> None:
    """Note the minute in which each token (by id) was last used; never an earlier one."""
    for token_id, minute in sorted(minutes.items()):
        connection.execute(
            "UPDATE tokens SET last_used_at = :minute"
            " WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :minute)",
            id=token_id,
            minute=minute,
        )


def token_of(row: Row) -> Token:
    return Token(
        id=row[0],
        name=row[1],
        scopes=tuple(Scope(scope) for scope in row[2].split()),
        created_at=row[3],
        expires_at=row[4],
        revoked_at=row[5],
        last_used_at=row[6],
        rate=row[7],
    )
