"""HTTP on the wire: uvicorn's own protocol, with deadlines for what a client sends."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from snaglist.api.problems import MEDIA_TYPE, Headers, problem_of, status_of
from snaglist.domain.errors import BadRequest, RequestTimeout, SnaglistError, TooLarge

MOST_HEADER_BYTES = 64 << 10
HEADER_SECONDS = 10.0
BODY_SECONDS = 20.0
UNREAD_SECONDS = 60.0
SLOWEST_BYTES_A_SECOND = 32 << 10
SECURITY_HEADERS = [("X-Content-Type-Options", "nosniff")]
_encode = msgspec.json.Encoder().encode


class DeskProtocol(HttpToolsProtocol):
    """One connection. `cut_the_slow` ends it when a request does not arrive in time.

    The headers have 10 s and 64 KiB; a body has 20 s, and a second more for every 32 KiB, but
    never more than 20 s from now, so that a burst does not buy a long silence. A client that
    does not read its answer is cut off after 60 s without a movement.
    """

    due: float | None = None
    unread_since: float | None = None
    refusal: tuple[int, SnaglistError] | None = None
    running: RequestResponseCycle | None = None
    in_headers = True
    received = 0
    noted = 0
    beside_body = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.due = time.monotonic() + HEADER_SECONDS

    def connection_lost(self, exc: Exception | None) -> None:
        if self.running is not None:
            # uvicorn tells only the request that came last, which may still wait for its turn.
            self.running.disconnected = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.refusal is not None:
            return
        self.received += len(data)
        self.beside_body += len(data)
        super().data_received(data)
        if self.beside_body > MOST_HEADER_BYTES:
            self._refuse(
                431, TooLarge(f"The headers are over {MOST_HEADER_BYTES} bytes.", "Send fewer.")
            )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.due is None or self.running is not None:
            self.due = time.monotonic() + HEADER_SECONDS

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade() and any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0"))
            for name, value in self.headers
        ):
            # llhttp would take the body for the next request.
            raise ValueError("a request to upgrade has a body")
        self.in_headers = False
        self.beside_body = 0
        self.noted = self.received
        self.due = time.monotonic() + BODY_SECONDS
        super().on_headers_complete()
        self.headers = []  # what comes behind a body goes here, and is not read

    def on_body(self, body: bytes) -> None:
        self.beside_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.due = None
        self.received = self.noted = self.beside_body = 0
        self.in_headers = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.refusal is not None and not self._is_working():
            self._say_and_close(*self.refusal)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        self._refuse(400, BadRequest("This is not HTTP that the desk can read."))

    def pause_writing(self) -> None:
        super().pause_writing()
        self.unread_since = time.monotonic()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.unread_since = None

    def cut_if_slow(self, now: float) -> None:
        """End the connection if its request should have arrived by now (monotonic seconds)."""
        if self.unread_since is not None and now - self.unread_since > UNREAD_SECONDS:
            self.transport.abort()
            return
        if self.transport.is_closing() or self.refusal is not None:
            return
        answered = self.running is None or self.running.response_complete
        if self.due is None:
            if answered and self.timeout_keep_alive_task is None:
                self.due = now + HEADER_SECONDS
            return
        if not self.in_headers and not answered:
            gained = (self.received - self.noted) / SLOWEST_BYTES_A_SECOND
            self.due = min(self.due + gained, now + BODY_SECONDS)
        self.noted = self.received
        if now > self.due:
            self._refuse(408, RequestTimeout())

    def _is_working(self) -> bool:
        """Whether a request that has arrived as a whole waits for its answer."""
        cycle = self.running
        return cycle is not None and not cycle.more_body and not cycle.response_complete

    def _refuse(self, status: int, error: SnaglistError) -> None:
        """Say why, behind the answers that are due before, and close."""
        if self.transport.is_closing() or self.refusal is not None:
            return
        self.refusal = status, error
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()
        if not self._is_working():
            self._say_and_close(status, error)

    def _say_and_close(self, status: int, error: SnaglistError) -> None:
        if status == 408 and getattr(self, "url", b"").startswith(b"/import/"):
            status = status_of(error.code, under_import=True)
        begun = not self.in_headers and self.running is not None and self.running.response_started
        if not begun and (self.received or status != 408):
            problem = msgspec.structs.replace(problem_of(error), status=status)
            body = _encode(problem)
            self.transport.write(
                STATUS_LINE[status]
                + b"content-type: "
                + MEDIA_TYPE
                + b"\r\nx-content-type-options: nosniff"
                + b"\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
                + body
            )
        self.transport.close()


def cut_the_slow(connections: Iterable[Any], now: float) -> None:
    """End every connection whose client is overdue; to be called about every second."""
    for connection in list(connections):
        if isinstance(connection, DeskProtocol):
            connection.cut_if_slow(now)


async def send_answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send a whole answer, `content-length` among its headers.

    Where uvicorn's own request cycle is at the other end, in one write and without its checks of
    every header, which together cost as much as recording; else as ASGI says.
    """
    cycle = getattr(send, "__self__", None)
    if type(cycle) is not RequestResponseCycle or cycle.response_started:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    head = _head(cycle, status, headers)
    cycle.transport.write(head if cycle.scope["method"] == "HEAD" else head + body)
    _end(cycle)


async def send_stream(
    send: Send, status: int, headers: Headers, chunks: AsyncIterator[bytes]
) -> None:
    """Send an answer whose length nobody knows yet, piece by piece.

    Chunked; but a client of HTTP/1.0, as some proxies are, gets it bare and then the end of the
    connection. If `chunks` raises, the connection is cut; when the client is gone, no more are
    asked for.
    """
    cycle = getattr(send, "__self__", None)
    if type(cycle) is not RequestResponseCycle or cycle.scope["http_version"] != "1.0":
        await send({"type": "http.response.start", "status": status, "headers": headers})
        async for chunk in chunks:
            if is_gone(send):
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    cycle.keep_alive = False
    cycle.response_started = True
    cycle.transport.write(_head(cycle, status, headers))
    try:
        async for chunk in chunks:
            if cycle.disconnected:
                return
            cycle.transport.write(chunk)
            await cycle.flow.drain()
    except BaseException:
        cycle.transport.abort()
        raise
    _end(cycle)


def is_gone(send: Send) -> bool:
    """Whether the client that an answer goes to has closed its connection, as far as is known."""
    cycle = getattr(send, "__self__", None)
    return type(cycle) is RequestResponseCycle and bool(cycle.disconnected)


def _head(cycle: RequestResponseCycle, status: int, headers: Headers) -> bytes:
    parts = [STATUS_LINE[status]]
    for name, text in (*cycle.default_headers, *headers):
        parts += (name, b": ", text, b"\r\n")
    parts.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
    return b"".join(parts)


def _end(cycle: RequestResponseCycle) -> None:
    """What uvicorn does when an answer is complete."""
    cycle.response_started = cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
