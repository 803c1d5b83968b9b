"""Being signed in to the pages: the texts of sessions and links, and how long they hold."""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec

from snaglist.domain.access import Scope, Token

SESSION_SECONDS = 14 * 24 * 3600
CODE_SECONDS = 600


class Session(msgspec.Struct, frozen=True):
    """A token that is signed in; `form_key` is what its forms carry, so that no other page's do."""

    digest: str
    token: Token
    form_key: str

    def allows(self, scope: Scope) -> bool:
        """Whether it may do what this scope opens."""
        return self.token.allows(scope)


def text_of(random_bits: bytes) -> str:
    """The text of a cookie's or link's secret, from 32 random bytes."""
    if len(random_bits) != 32:
        raise ValueError("a secret is made of exactly 32 random bytes")
    return base64.urlsafe_b64encode(random_bits).decode().rstrip("=")


def form_key_of(secret: str) -> str:
    """What the forms of a session carry; it tells nothing of the session's secret."""
    return hmac.new(secret.encode(), b"a form of this desk", hashlib.sha256).hexdigest()[:32]
