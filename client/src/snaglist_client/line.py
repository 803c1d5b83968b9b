"""The line to the desk: HTTP, one connection kept open, every wait bounded."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
import time
from typing import Any, NamedTuple, Union
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from snaglist_client.moments import utc_now
from snaglist_client.plain import clean_text
from snaglist_client.sockets import answering_until, without_broken_pipes

SECONDS = 10.0
TOO_LARGE = 413
"""Also what proxies answer, whose limits are lower than a desk's."""

_LARGEST_ANSWER = 32 << 20
_NEVER_AGAIN_SECONDS = 30.0
_LEAST_SECONDS = 0.05
_Connection = Union[http.client.HTTPConnection, http.client.HTTPSConnection]


class Unsent(Exception):
    """It did not reach the desk, or the desk did not take it; it is kept."""


class Away(Unsent):
    """The desk is away, busy or not well; `after` says in how many seconds it asks to be asked."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Capped(Away):
    """The token's cap is reached."""


class TimedOut(Away):
    """The desk did not answer in time, perhaps because it was given too much."""


class OutOfTime(Away):
    """The caller's time is over; the desk may be well."""

    def __init__(self) -> None:
        super().__init__("There was no more time.")


class ShutOut(Unsent):
    """Somebody must do something first: the address or the token is not right."""


class NoDesk(ShutOut):
    """Something else answers at the address: the wrong one, or what stands before the desk."""

    def __init__(self, status: int) -> None:
        super().__init__(f"What answers there with {status} is no desk; check SNAGLIST_URL.")


class Answer(NamedTuple):
    """What the desk said."""

    status: int
    body: Any

    @property
    def reason(self) -> str:
        """What is wrong, and what to do, in the desk's words."""
        if isinstance(self.body, dict):
            told = [self.body.get(name) for name in ("detail", "remedy")]
            if any(told):
                return " ".join(str(text) for text in told if text)[:500]
        elif self.status == TOO_LARGE:
            return "What stands in front of the desk takes less at once; let it take 16 MB."
        return f"The answer was {self.status}."


_of_the_parent: list[Any] = []


class Line:
    """Posts to one desk. Used by one thread at a time."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._connection: _Connection | None = None
        self._used_at = 0.0
        self._prefix = ""

    def post(
        self, path: str, body: bytes, seconds: float = SECONDS, media_type: str = "application/json"
    ) -> Answer:
        """The desk's answer. Raises Away or ShutOut; in doubt it is sent a second time."""
        return self._ask("POST", path, body, seconds, media_type)

    def get(self, path: str, seconds: float = SECONDS) -> Answer:
        """The desk's answer. Raises Away or ShutOut."""
        return self._ask("GET", path, None, seconds, "")

    def close(self) -> None:
        """Hang up; the next post dials again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def forget(self) -> None:
        """In the child of a fork: let go of the parent's connection without a lock.

        Another thread may have held those of its buffers at the fork, and would never let go.
        """
        connection, self._connection = self._connection, None
        if connection is None:
            return
        _of_the_parent.append(connection)  # were it collected, it would be closed
        sock = connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                os.close(sock.detach())

    def _ask(
        self, method: str, path: str, body: bytes | None, seconds: float, media_type: str
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}", "User-Agent": "snaglist-client"}
        if body is not None:
            headers["Content-Type"] = media_type
        most = max(_LEAST_SECONDS, min(seconds, SECONDS))
        while True:
            is_fresh = self._dial(most)
            assert self._connection is not None
            headers["Snaglist-Sent-At"] = utc_now()  # the desk sees whether this clock is ahead
            try:
                with without_broken_pipes():
                    self._connection.response_class = answering_until(time.monotonic() + most)
                    self._connection.request(method, self._prefix + path, body, headers)
                    response = self._connection.getresponse()
                    text = response.read(_LARGEST_ANSWER)
                self._used_at = time.monotonic()
                if response.will_close:
                    self.close()
                return _understood(response, text)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if isinstance(error, socket.timeout):
                    raise TimedOut(_described(error)) from None
                if is_fresh:
                    raise Away(_described(error)) from None
            except (ValueError, UnicodeError):
                self.close()
                raise ShutOut("The token or the address cannot be sent as it is.") from None

    def _dial(self, seconds: float) -> bool:
        """Have a connection; whether it is a new one. Raises Away or ShutOut."""
        if self._connection is not None:
            if time.monotonic() - self._used_at < _NEVER_AGAIN_SECONDS and self._connection.sock:
                self._connection.sock.settimeout(seconds)
                return False
            self.close()
        try:
            self._connection, self._prefix = _dialled(self.url, seconds)
        except (ValueError, UnicodeError):
            raise ShutOut(f"{clean_text(self.url)!r} is not the address of a desk.") from None
        except OSError as error:  # certificates that cannot be read
            raise Away(_described(error)) from None
        return True


def _dialled(url: str, seconds: float) -> tuple[_Connection, str]:
    """A connection to the desk or its proxy, and what stands before each path."""
    parts = urlsplit(url)
    host, is_safe = parts.hostname, parts.scheme == "https"
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(url)
    port = parts.port or (443 if is_safe else 80)
    proxy = _proxy_for(parts.scheme, host)
    at, at_port = (proxy.hostname, proxy.port or 80) if proxy is not None else (host, port)
    prefix = parts.path.rstrip("/")
    if is_safe:
        connection: _Connection = http.client.HTTPSConnection(
            at or "", at_port, timeout=seconds, context=ssl.create_default_context()
        )
        if proxy is not None:
            connection.set_tunnel(host, port)
    else:
        connection = http.client.HTTPConnection(at or "", at_port, timeout=seconds)
        if proxy is not None:
            prefix = f"http://{parts.netloc}{prefix}"
    return connection, prefix


def _proxy_for(scheme: str, host: str) -> Any:
    """The proxy that the environment names for this host; never for this machine itself."""
    if host == "localhost" or host == "::1" or host.startswith("127."):
        return None
    proxy = getproxies().get(scheme)
    if not proxy or proxy_bypass(host):
        return None
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}")


def _understood(response: http.client.HTTPResponse, text: bytes) -> Answer:
    status = response.status
    try:
        body = json.loads(text) if text else None
    except (ValueError, RecursionError):
        body = None
    answer = Answer(status, body)
    if status == 429:
        raise Capped(answer.reason, _seconds(response.getheader("Retry-After")))
    if status in (408, 425) or status >= 500:
        raise Away(answer.reason, _seconds(response.getheader("Retry-After")))
    if status >= 300 and status != TOO_LARGE and not isinstance(body, dict):
        raise NoDesk(status)
    if status == 401:
        raise ShutOut("The desk does not know the token; set SNAGLIST_TOKEN to one of its own.")
    if status == 403:
        raise ShutOut(f"The token may not do that. {answer.reason}")
    return answer


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None


def _described(error: Exception) -> str:
    what = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"The desk does not answer: {what}."
