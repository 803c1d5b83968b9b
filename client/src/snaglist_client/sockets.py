"""What a host must not notice of our sockets: answers without end, and broken pipes."""

from __future__ import annotations

import contextlib
import http.client
import io
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any


def answering_until(moment: float) -> Any:
    """What a connection is to make its answers with, so that each is there by then.

    A socket's own timeout begins anew with every byte. `moment` is by the monotonic clock.
    """

    def respond(sock: Any, **options: Any) -> http.client.HTTPResponse:
        return http.client.HTTPResponse(_Timed(sock, moment), **options)  # type: ignore[arg-type]

    return respond


@contextlib.contextmanager
def without_broken_pipes() -> Iterator[None]:
    """For this block and thread a broken pipe is an error, also where it would end the host.

    So it does in hosts that Python is embedded in, and in commands made for pipes.
    """
    wait = getattr(signal, "sigtimedwait", None)
    if wait is None:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPIPE])
    try:
        yield
    finally:
        if signal.SIGPIPE not in before:
            wait([signal.SIGPIPE], 0)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGPIPE])


class _Timed:
    """A socket as an answer sees it."""

    def __init__(self, sock: Any, until: float) -> None:
        self._sock = sock
        self._until = until

    def makefile(self, mode: str) -> io.BufferedReader:
        raw = self._sock.makefile(mode, buffering=0)
        return io.BufferedReader(_TimedReading(raw, self._sock, self._until))


class _TimedReading(io.RawIOBase):
    def __init__(self, raw: Any, sock: Any, until: float) -> None:
        self._raw = raw
        self._sock = sock
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
