"""The ASGI application: routing, signing in, reading bodies, and turning errors into answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TypeVar
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from snaglist.api.gathering import Gathering
from snaglist.api.problems import Headers, answer_of
from snaglist.api.protocol import send_answer
from snaglist.api.routes import Call, Route, Table
from snaglist.domain import access
from snaglist.domain.errors import (
    EncodedBody,
    InternalError,
    NotFound,
    NotSignedIn,
    SnaglistError,
    StoreUnavailable,
    TooBusy,
)
from snaglist.domain.moment import utc_text
from snaglist.service.gatekeeper import Gatekeeper, Pass, Unknown
from snaglist.service.news import News
from snaglist.service.recording import Recorder, too_large
from snaglist.service.regrouping import Regrouping
from snaglist.service.retrying import Retrying
from snaglist.storage.database import Database

log = logging.getLogger("snaglist.api")
T = TypeVar("T")
_SLASHES = re.compile(r"/{2,}")


class ClientGone(Exception):
    """The client went away before it had sent its request."""


class Desk:
    """The desk as an ASGI application, and what its endpoints work with.

    `clock` gives Unix time in seconds, `new_id` a fresh UUIDv7.
    `most_in_flight` bounds the bytes of bodies held at one time; what blocks runs in `executor`.
    """

    def __init__(
        self,
        table: Table,
        *,
        database: Database,
        recorder: Recorder,
        regrouping: Regrouping,
        retrying: Retrying,
        gatekeeper: Gatekeeper,
        news: News,
        executor: Executor,
        most_in_flight: int,
        clock: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self.table = table
        self.new_id = new_id
        self._clock = clock
        self.database = database
        self.recorder = recorder
        self.regrouping = regrouping
        self.retrying = retrying
        self.gathering = Gathering(recorder)
        self.gatekeeper = gatekeeper
        self.news = news
        self.streams = 0
        self.most_in_flight = most_in_flight
        self.in_flight = 0
        self.problems: dict[str, int] = {}
        self.outcomes = {"recorded": 0, "duplicate": 0, "invalid": 0}
        self._executor = executor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong becomes a problem of the one shape."""
        call = Call(scope, receive, send)
        try:
            if scope["method"] == "OPTIONS":
                await self._tell_methods(call)
                return
            route, call.params = self._route_of(scope)
            if route.scope is not None:
                call.headers = dict(scope["headers"])
                try:
                    call.admitted = self.gatekeeper.admit(
                        call.headers.get(b"authorization"), route.scope
                    )
                except Unknown as stranger:
                    call.admitted = await self._admit_stranger(call, stranger, route.scope)
            response = await route.endpoint(self, call)
            if response is not None:
                await response(scope, receive, send)
        except ClientGone:
            return
        except asyncio.CancelledError:
            # uvicorn gives up on what has not ended some seconds after the signal to stop.
            await self._tell(
                call,
                StoreUnavailable("The desk is stopping; it is not known whether this is stored."),
            )
        except SnaglistError as error:
            await self._tell(call, error)
        except Exception:
            log.exception("%s %s failed", scope["method"], ascii(scope["path"]))
            await self._tell(call, InternalError())

    def now(self) -> str:
        """The present moment, as the desk writes it."""
        return utc_text(self._clock())

    async def run(self, work: Callable[[], T]) -> T:
        """Run something that blocks in another thread."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def read_body(self, call: Call, most: int, what: str) -> bytes:
        """The request's body, of at most `most` bytes, counted among those in flight.

        Whoever gets one calls `let_go` when it is done with. Raises EncodedBody, TooLarge,
        TooBusy or ClientGone, and then holds nothing.
        """
        encoding = call.headers.get(b"content-encoding")
        if encoding is not None and encoding.strip().lower() not in (b"", b"identity"):
            raise EncodedBody("The body is compressed; the desk takes it only as it is.")
        message = await call.receive()
        if message["type"] != "http.request":
            raise ClientGone
        body: bytes = message["body"]
        if message["more_body"] or len(body) > most:
            return await self._read_rest(call, body, most, what)
        self._hold(len(body))
        return body

    def let_go(self, body: bytes) -> None:
        """This body is done with; others may come in its place."""
        self.in_flight -= len(body)

    async def _read_rest(self, call: Call, first: bytes, most: int, what: str) -> bytes:
        """What comes behind the first part of a body, which is not the whole or too much."""
        declared = call.headers.get(b"content-length", b"0")
        if len(first) > most or int(declared) > most:
            raise too_large(most, what)
        self._hold(len(first))
        chunks, size, more = [first], len(first), True
        try:
            while more:
                message = await call.receive()
                if message["type"] != "http.request":
                    raise ClientGone
                chunk, more = message["body"], message["more_body"]
                if size + len(chunk) > most:
                    raise too_large(most, what)
                self._hold(len(chunk))
                size += len(chunk)
                chunks.append(chunk)
        except BaseException:
            self.in_flight -= size
            raise
        return b"".join(chunks)

    def _hold(self, size: int) -> None:
        if self.in_flight + size > self.most_in_flight:
            raise TooBusy(f"{self.in_flight} bytes of requests are being worked on already.")
        self.in_flight += size

    def _route_of(self, scope: Scope) -> tuple[Route, Mapping[str, str]]:
        """The route, and what its path gives, unquoted once: a label may hold a slash or a %."""
        raw: bytes = scope.get("raw_path") or b""
        if b"%" in raw:
            with contextlib.suppress(NotFound):
                path = raw.decode("latin-1").partition("?")[0]
                route, params = self._match(scope["method"], path)
                return route, {name: unquote(text) for name, text in params.items()}
        return self._match(scope["method"], scope["path"])

    def _match(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        try:
            return self.table.match(method, path)
        except NotFound:
            plain = plain_path(path)
            if plain == path:
                raise
            return self.table.match(method, plain)

    async def _admit_stranger(self, call: Call, stranger: Unknown, scope: access.Scope) -> Pass:
        await self.run(lambda: self.gatekeeper.look_up(stranger.secret))
        try:
            return self.gatekeeper.admit(call.headers.get(b"authorization"), scope)
        except Unknown:
            raise NotSignedIn("The token is not known here.") from None

    async def _tell_methods(self, call: Call) -> None:
        allowed = self.table.allowed(plain_path(call.scope["path"]))
        headers: Headers = [(b"allow", ", ".join(allowed).encode()), (b"content-length", b"0")]
        await send_answer(call.send, 200, headers, b"")

    async def _tell(self, call: Call, error: SnaglistError) -> None:
        self.problems[error.code] = self.problems.get(error.code, 0) + 1
        if call.started:
            # The answer is under way and cannot be taken back: a cut tells the client.
            log.error("an answer was cut: %s", error)
            return
        under_import = plain_path(call.scope["path"]).startswith("/import/")
        status, headers, body = answer_of(error, under_import)
        await send_answer(call.send, status, headers, body)


def plain_path(path: str) -> str:
    """The path in its plain spelling: no doubled or trailing slashes, no `/api` before `/import`.

    gazu may be told a host that ends in `/api`, which Kitsu's own proxy takes away.
    """
    plain = _SLASHES.sub("/", path)
    if len(plain) > 1:
        plain = plain.removesuffix("/")
    if plain == "/api":
        return "/"
    return plain.removeprefix("/api") if plain.startswith("/api/import/") else plain
