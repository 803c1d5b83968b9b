"""A client that says exactly the bytes it is told to, and what it reads back."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from support.desks import DeskProcess

PATHS = ("/import/shotgun/errors", "/api/v1/records")


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Wire:
    """One connection to a desk. What is sent into a closed connection is lost without a word."""

    def __init__(
        self, desk: DeskProcess, *, seconds: float = 15, receive_bytes: int | None = None
    ) -> None:
        self.socket = socket.socket()
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(seconds)
        self.socket.connect(address_of(desk))
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, *parts: bytes) -> None:
        """Send these bytes, as far as the desk takes them."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                self.socket.sendall(part)

    def answer(self, method: str = "POST") -> Answer | None:
        """The next whole answer; None when the desk closes instead. TimeoutError if it hangs."""
        try:
            line = self._file.readline()
            if not line:
                return None
            version, status = line.split()[:2]
            assert version == b"HTTP/1.1", line
            headers = http.client.parse_headers(self._file)
            if status == b"100":
                return self.answer(method)
            return Answer(int(status), headers, self._body(method, int(status), headers))
        except ConnectionError:
            return None

    def is_closed(self) -> bool:
        """Whether the desk closes this connection within the connection's time."""
        try:
            return not self._file.read(1)
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    def close(self) -> None:
        """Close this end."""
        self._file.close()
        self.socket.close()

    def _body(self, method: str, status: int, headers: http.client.HTTPMessage) -> bytes:
        if method == "HEAD" or status in (204, 304):
            return b""
        if headers.get("transfer-encoding") == "chunked":
            return b"".join(self._chunks())
        if headers["content-length"] is None and headers["connection"] == "close":
            return self._file.read()  # to the end of the connection, as in HTTP/1.0
        return self._file.read(int(headers["content-length"]))

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = int(self._file.readline(), 16)
            chunk = self._file.read(size + 2)
            if not size:
                return
            yield chunk[:-2]


def address_of(desk: DeskProcess) -> tuple[str, int]:
    """Where a desk listens."""
    host, _, port = desk.url.removeprefix("http://").rpartition(":")
    return host, int(port)


def head(desk: DeskProcess, method: str, path: str, *lines: str, token: str | None = None) -> bytes:
    """The head of a request, signed in as the admin or with this token, "" for none."""
    secret = desk.token if token is None else token
    signed = [f"Authorization: Bearer {secret}"] if secret else []
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *signed, *lines, "", ""]).encode()


def post(desk: DeskProcess, body: bytes, *lines: str, path: str = PATHS[0]) -> bytes:
    """A whole POST of this body."""
    return head(desk, "POST", path, f"Content-Length: {len(body)}", *lines) + body


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A body in chunked coding."""
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def said_to(desk: DeskProcess, *parts: bytes, method: str = "POST") -> Answer | None:
    """What the desk says to these bytes on a connection of their own; None if it closes."""
    with Wire(desk) as wire:
        wire.send(*parts)
        return wire.answer(method)


def assert_problem(answer: Answer | None, *statuses: int, code: str = "") -> None:
    """An answer of the one problem shape, with one of these statuses."""
    assert answer is not None
    assert answer.status in statuses, answer
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status
    assert problem["error"] is True
    assert problem["code"] == (code or problem["code"])
    assert all(problem[name] for name in ("code", "detail", "remedy", "message", "type", "title"))


def assert_turned_away(answer: Answer | None) -> None:
    """The connection was closed, or the answer is a 4xx of the one problem shape."""
    if answer is not None:
        assert_problem(answer, *range(400, 500))
