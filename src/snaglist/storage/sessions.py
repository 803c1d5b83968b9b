"""The SQL of sessions of the pages, and of the links that sign somebody in."""

from __future__ import annotations

from snaglist.domain.access import Token
from snaglist.storage.connection import Connection
from snaglist.storage.tokens import COLUMNS_OF_ONE, token_of


def insert_session(
    connection: Connection, digest: str, token_id: str, created_at: str, expires_at: str
) -> None:
    """Keep that a token is signed in."""
    connection.execute(
        "INSERT INTO sessions (digest, token_id, created_at, expires_at)"
        " VALUES (:digest, :token_id, :created_at, :expires_at)",
        digest=digest,
        token_id=token_id,
        created_at=created_at,
        expires_at=expires_at,
    )


def token_of_session(connection: Connection, digest: str, at: str) -> Token | None:
    """The token that is signed in by this session, if the session still holds."""
    rows = connection.execute(
        f"SELECT {COLUMNS_OF_ONE} FROM sessions s JOIN tokens t ON t.id = s.token_id"
        " WHERE s.digest = :digest AND s.expires_at > :at",
        digest=digest,
        at=at,
    )
    return token_of(rows[0]) if rows else None


def delete_session(connection: Connection, digest: str) -> None:
    """This session ends."""
    connection.execute("DELETE FROM sessions WHERE digest = :digest", digest=digest)


def delete_sessions_of(connection: Connection, token_id: str) -> None:
    """All sessions of a token end."""
    connection.execute("DELETE FROM sessions WHERE token_id = :id", id=token_id)


def delete_ended(connection: Connection, at: str) -> None:
    """Forget sessions and codes that hold no more."""
    connection.execute("DELETE FROM sessions WHERE expires_at <= :at", at=at)
    connection.execute("DELETE FROM signin_codes WHERE expires_at <= :at", at=at)


def insert_code(connection: Connection, digest: str, token_id: str, expires_at: str) -> None:
    """Keep a code that signs a token in once."""
    connection.execute(
        "INSERT INTO signin_codes (digest, token_id, expires_at)"
        " VALUES (:digest, :token_id, :expires_at)",
        digest=digest,
        token_id=token_id,
        expires_at=expires_at,
    )


def take_code(connection: Connection, digest: str, at: str) -> Token | None:
    """The token that a code signs in, if it still does; it does so no more."""
    rows = connection.execute(
        f"SELECT {COLUMNS_OF_ONE} FROM signin_codes c JOIN tokens t ON t.id = c.token_id"
        " WHERE c.digest = :digest AND c.expires_at > :at",
        digest=digest,
        at=at,
    )
    connection.execute("DELETE FROM signin_codes WHERE digest = :digest", digest=digest)
    return token_of(rows[0]) if rows else None
