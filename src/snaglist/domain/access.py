"""Who may do what: scopes, tokens, and the text of a token's secret."""

from __future__ import annotations

import hashlib
import re
import zlib
from enum import StrEnum

import msgspec

from snaglist.domain.errors import BadParameter

PREFIX = "snag_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_DIGITS = 43  # 62**43 > 2**256
_CHECK_DIGITS = 6  # 62**6 > 2**32
SECRET_PATTERN = re.compile(
    rf"{PREFIX}[0-9A-Za-z]{{{_SECRET_DIGITS}}}[0-9A-Za-z]{{{_CHECK_DIGITS}}}"
)
_NAME = re.compile(r"[^\W_](?:[\w .@:/+-]{0,98}[\w.])?")


class Scope(StrEnum):
    """What a token opens; `ADMIN` covers all others."""

    REPORT = "report"
    READ = "read"
    TRIAGE = "triage"
    RETRY = "retry"
    WORK = "work"
    ADMIN = "admin"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """One named way in. Times are RFC 3339 texts; `rate` is records a minute, None without cap."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None
    last_used_at: str | None = None
    rate: int | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether this token's scopes cover `scope`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


def checked_name(name: str) -> str:
    """A token's name as given, or BadParameter: 1 to 100 letters, digits and ` ._@:/+-`."""
    if not _NAME.fullmatch(name):
        raise BadParameter(
            f"{name[:100]!r} cannot be a token's name.",
            "Use 1 to 100 letters, digits, spaces and . _ @ : / + -, beginning with a letter.",
        )
    return name


def secret_text(random_bits: bytes) -> str:
    """The text of a token's secret, from 32 random bytes.

    `snag_`, 43 base-62 digits, and 6 of a CRC-32 over all before them, so that a typing error
    or a made-up token is told from a real one without asking the database.
    """
    if len(random_bits) != 32:
        raise ValueError("a secret is made of exactly 32 random bytes")
    body = PREFIX + _base62(int.from_bytes(random_bits), _SECRET_DIGITS)
    return body + _check(body)


def is_well_formed(secret: str) -> bool:
    """Whether this text can be a token's secret: the form is right and its check digits agree."""
    return (
        SECRET_PATTERN.fullmatch(secret) is not None
        and _check(secret[:-_CHECK_DIGITS]) == secret[-_CHECK_DIGITS:]
    )


def digest_of(secret: bytes) -> str:
    """What is stored of a secret: SHA-256, in hexadecimal. 256 random bits need no slow hash."""
    return hashlib.sha256(secret).hexdigest()


def _check(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_DIGITS)


def _base62(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 62)
        text = _ALPHABET[digit] + text
    return text
