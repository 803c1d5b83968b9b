"""HTTP on the wire: uvicorn's own protocol, with deadlines for what a client sends."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from snaglist.api.problems import MEDIA_TYPE, Headers, problem_of
from snaglist.domain.errors import BadRequest, RequestTimeout, SnaglistError, TooLarge

MOST_HEADER_BYTES = 64 << 10
HEADER_SECONDS = 10.0
BODY_SECONDS = 20.0
SLOWEST_BYTES_A_SECOND = 32 << 10
SECURITY_HEADERS = [("X-Content-Type-Options", "nosniff")]
_encode = msgspec.json.Encoder().encode


class DeskProtocol(HttpToolsProtocol):
    """One connection. `cut_the_slow` ends it when a request does not arrive in time.

    The headers have 10 s and 64 KiB; a body has 20 s, and a second more for every 32 KiB.
    """

    awaited_since: float | None = None
    received = 0
    in_headers = True

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.awaited_since = time.monotonic()

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        super().data_received(data)
        if self.in_headers and self.received > MOST_HEADER_BYTES:
            self._refuse(
                431, TooLarge(f"The headers are over {MOST_HEADER_BYTES} bytes.", "Send fewer.")
            )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.awaited_since is None:
            self.awaited_since = time.monotonic()
        self.in_headers = True

    def on_headers_complete(self) -> None:
        self.in_headers = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.awaited_since = None
        self.received = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        self._refuse(400, BadRequest("This is not HTTP that the desk can read."))

    def cut_if_slow(self, now: float) -> None:
        """End the connection if its request should have arrived by now (monotonic seconds)."""
        if self.awaited_since is None or self.transport.is_closing():
            return
        allowed = (
            HEADER_SECONDS
            if self.in_headers
            else BODY_SECONDS + self.received / SLOWEST_BYTES_A_SECOND
        )
        if now - self.awaited_since > allowed:
            self._refuse(408, RequestTimeout())

    def _refuse(self, status: int, error: SnaglistError) -> None:
        """Say why, if nothing was said yet, and close."""
        if self.transport.is_closing():
            return
        unanswered = self.cycle is None or not self.cycle.response_started
        if (unanswered or self.cycle.response_complete) and self.received:
            problem = msgspec.structs.replace(problem_of(error), status=status)
            body = _encode(problem)
            self.transport.write(
                STATUS_LINE[status]
                + b"content-type: "
                + MEDIA_TYPE
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
    parts = [STATUS_LINE[status]]
    for name, text in (*cycle.default_headers, *headers):
        parts += (name, b": ", text, b"\r\n")
    if not cycle.keep_alive:
        parts.append(b"connection: close\r\n")
    parts.append(b"\r\n")
    if cycle.scope["method"] != "HEAD":
        parts.append(body)
    cycle.transport.write(b"".join(parts))
    cycle.response_started = cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
