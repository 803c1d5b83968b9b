"""Letting in: a token's secret to its scopes, from memory, without a query per request."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable

from snaglist.domain.access import Scope, digest_of, is_well_formed
from snaglist.domain.errors import NotAllowed, NotSignedIn, RateExceeded
from snaglist.domain.moment import utc_text
from snaglist.storage import tokens as store
from snaglist.storage.database import Database
from snaglist.storage.tokens import Secret

_MOST_STRANGERS = 1_000


class Unknown(Exception):
    """A well-formed secret that is not in memory: `look_up` tells whether it exists."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret


class Pass:
    """One known secret: its token, and what is left of the token's rate."""

    __slots__ = ("allowance", "expires_at", "minute", "secret", "token")

    def __init__(self, secret: Secret, allowance: Allowance | None) -> None:
        self.secret = secret
        self.token = secret.token
        ends = [end for end in (secret.expires_at, secret.token.expires_at) if end is not None]
        self.expires_at = min(ends, default=None)
        self.allowance = allowance
        self.minute = 0


class Allowance:
    """A token's rate cap: a bucket that refills evenly and holds one minute's worth."""

    def __init__(self, rate: int, clock: Callable[[], float]) -> None:
        self.rate = rate
        self._clock = clock
        self._left = float(rate)
        self._at = clock()

    def take(self, records: int) -> None:
        """Count these records, or raise RateExceeded and count none."""
        at = self._clock()
        elapsed = max(0.0, at - self._at)
        self._left = min(self.rate, self._left + elapsed * self.rate / 60)
        self._at = at
        if records > self.rate:
            raise RateExceeded(
                f"{records} records at once are over the token's cap of {self.rate} a minute.",
                f"Send {self.rate} at most together.",
                60,
            )
        if records > self._left:
            wait = max(1, math.ceil((records - self._left) * 60 / self.rate))
            raise RateExceeded(
                f"The token's cap of {self.rate} records a minute is reached.",
                f"Send it again in {wait} s; nothing was stored of it.",
                wait,
            )
        self._left -= records


class Gatekeeper:
    """Knows every secret that opens something. `clock` gives Unix time in seconds.

    `refresh` reads all tokens anew and is to be called every second; a secret that is not
    known is looked up once, so a new token counts at once. Belongs to one thread but for
    `refresh`, `look_up` and `flush`, which may run in another.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._passes: dict[str, Pass] = {}
        self._strangers: dict[str, float] = {}
        self._used: dict[str, str] = {}

    def admit(self, authorization: bytes | None, scope: Scope) -> Pass:
        """The pass of whoever sent this `Authorization` header, if it covers `scope`.

        Takes `Bearer SECRET` and the bare secret. Raises NotSignedIn, NotAllowed, or Unknown
        when the database must be asked.
        """
        secret = _secret_in(authorization)
        digest = digest_of(secret)
        found = self._passes.get(digest)
        if found is None or not hmac.compare_digest(found.secret.digest, digest):
            raise self._stranger(secret, digest)
        now = self._clock()
        token = found.token
        if token.revoked_at is not None:
            raise NotSignedIn("The token has been revoked.")
        if found.expires_at is not None and found.expires_at <= utc_text(now):
            raise NotSignedIn("The token has expired.")
        if scope not in token.scopes and Scope.ADMIN not in token.scopes:
            raise NotAllowed(
                f"The token {token.name!r} does not have the scope {scope.value!r}.",
                f"Ask an administrator for a token made with --scope {scope.value}.",
            )
        minute = int(now // 60)
        if minute != found.minute:
            found.minute = minute
            self._used[token.id] = utc_text(minute * 60)
        return found

    def admits_still(self, authorization: bytes | None, scope: Scope) -> bool:
        """Whether what was let in with this header would be let in again."""
        try:
            self.admit(authorization, scope)
        except (NotSignedIn, NotAllowed, Unknown):
            return False
        return True

    def look_up(self, secret: bytes) -> None:
        """Ask the database for this secret and remember the answer. May block."""
        digest = digest_of(secret)
        known = self._database.read(lambda connection: store.find_secret(connection, digest))
        if known is not None:
            self._passes[digest] = self._pass(known)
            return
        if len(self._strangers) >= _MOST_STRANGERS:
            self._strangers.clear()
        self._strangers[digest] = self._clock() + 1

    def refresh(self) -> None:
        """Read all tokens anew: what was revoked or rotated elsewhere counts from now on."""
        now = utc_text(self._clock())
        secrets = self._database.read(lambda connection: store.every_secret(connection, now))
        known = {secret.digest: secret for secret in secrets}
        for digest in [*self._passes]:
            if digest not in known:
                self._passes.pop(digest, None)
        for digest, secret in known.items():
            old = self._passes.get(digest)
            if old is None or old.secret != secret:
                self._passes[digest] = self._pass(secret)

    def flush(self) -> None:
        """Write down when tokens were last used. May block."""
        used, self._used = self._used, {}
        if used:
            self._database.write(lambda connection: store.note_use(connection, used))

    def _pass(self, secret: Secret) -> Pass:
        """A pass for this secret, with the allowance that its token has in memory already."""
        rate = secret.token.rate
        allowance = next(
            (
                known.allowance
                for known in list(self._passes.values())
                if known.token.id == secret.token.id
                and known.allowance is not None
                and known.allowance.rate == rate
            ),
            None,
        )
        if allowance is None and rate is not None:
            allowance = Allowance(rate, self._clock)
        return Pass(secret, allowance)

    def _stranger(self, secret: bytes, digest: str) -> Exception:
        if not is_well_formed(secret.decode("latin-1")):
            return NotSignedIn("The Authorization header holds no token of this desk.")
        if self._strangers.get(digest, 0) > self._clock():
            return NotSignedIn("The token is not known here.")
        return Unknown(secret)


def _secret_in(authorization: bytes | None) -> bytes:
    if not authorization:
        raise NotSignedIn("The request has no Authorization header.")
    if authorization[:7].lower() == b"bearer ":
        return authorization[7:].strip()
    return authorization.strip()
