"""Signing in to the pages and out again: by a token, or by a link that holds once."""

from __future__ import annotations

from snaglist.domain.access import Token, digest_of, is_well_formed
from snaglist.domain.errors import NotSignedIn
from snaglist.domain.moment import utc_text
from snaglist.domain.session import (
    CODE_SECONDS,
    SESSION_SECONDS,
    Session,
    form_key_of,
    text_of,
)
from snaglist.service.tokens import is_open, open_token
from snaglist.storage import sessions as store
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.tokens import find_secret, note_use


def sign_in(database: Database, token_text: str, *, random_bits: bytes, at: float) -> str:
    """Sign in with a token; the secret of the session, for a cookie. Raises NotSignedIn."""
    given = token_text.strip()
    if not is_well_formed(given):
        raise NotSignedIn("This is no token of a desk: a character is wrong or missing.")
    digest = digest_of(given.encode())
    known = database.read(lambda connection: find_secret(connection, digest))
    if known is None or (known.expires_at is not None and known.expires_at <= utc_text(at)):
        raise NotSignedIn("The token is not known here.")
    return _begin(database, known.token, random_bits, at)


def sign_in_by_link(database: Database, code: str, *, random_bits: bytes, at: float) -> str:
    """Sign in with a link's code, which holds once; the secret of the session.

    Raises NotSignedIn.
    """
    token = database.write(
        lambda connection: store.take_code(connection, digest_of(code.encode()), utc_text(at))
    )
    if token is None:
        raise NotSignedIn("The link was used already, or is over ten minutes old.")
    return _begin(database, token, random_bits, at)


def signed_in(database: Database, secret: str, at: float) -> Session:
    """The session of a cookie's secret, with what its token may do now. Raises NotSignedIn."""
    digest = digest_of(secret.encode("utf-8", "replace"))
    token = database.read(
        lambda connection: store.token_of_session(connection, digest, utc_text(at))
    )
    if token is None or not is_open(token, at):
        raise NotSignedIn("You are signed out.")
    return Session(digest, token, form_key_of(secret))


def sign_out(database: Database, session: Session, *, everywhere: bool = False) -> None:
    """End this session, or all sessions of its token."""

    if everywhere:
        sign_out_all(database, session.token.id)
    else:
        database.write(lambda connection: store.delete_session(connection, session.digest))


def sign_out_all(database: Database, token_id: str) -> None:
    """End all sessions of a token."""
    database.write(lambda connection: store.delete_sessions_of(connection, token_id))


def new_code(database: Database, name: str, *, random_bits: bytes, at: float) -> str:
    """A code for a link that signs this token in, once and within ten minutes. Raises NotFound."""
    code = text_of(random_bits)

    def change(connection: Connection) -> None:
        token = open_token(connection, name, at)
        store.insert_code(
            connection, digest_of(code.encode()), token.id, utc_text(at + CODE_SECONDS)
        )

    database.write(change)
    return code


def _begin(database: Database, token: Token, random_bits: bytes, at: float) -> str:
    if not is_open(token, at):
        raise NotSignedIn("The token has expired or was revoked.")
    secret = text_of(random_bits)

    def change(connection: Connection) -> None:
        store.delete_ended(connection, utc_text(at))
        store.insert_session(
            connection,
            digest_of(secret.encode()),
            token.id,
            utc_text(at),
            utc_text(at + SESSION_SECONDS),
        )
        note_use(connection, {token.id: utc_text(at // 60 * 60)})

    database.write(change)
    return secret
