"""A desk as its commands reach it: an address, a token, JSON, pages, and errors in words."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import click

from snaglist.cli.terminal import plain

USUAL_URL = "http://127.0.0.1:8477"
_SECONDS = 60
_FAULTS = 500
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="next"')
_LARGEST_ANSWER = 64 << 20


class Failed(click.ClickException):
    """The desk could not be asked, or refused; told in a sentence, with its remedy.

    `code` is the problem's, where the desk refused.
    """

    def __init__(self, sentence: str, remedy: str = "", code: str = "") -> None:
        self.code = code
        lines = [plain(sentence), *([f"  {plain(remedy)}"] if remedy else [])]
        super().__init__("\n".join(lines))

    def show(self, file: Any = None) -> None:
        """As all commands tell what went wrong."""
        click.echo(f"snaglist: {self.message}", err=True, file=file)


class Away(Failed):
    """The desk could not be reached, or cannot answer now."""


class RemoteDesk:
    """The desk that `SNAGLIST_URL` names, signed in with `SNAGLIST_TOKEN`."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._opener = build_opener(ProxyHandler({}) if _is_local(url) else ProxyHandler())

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The JSON at this path. Raises Failed."""
        return self._ask("GET", _with(path, query))[0]

    def post(self, path: str, body: Any, query: Mapping[str, str] | None = None) -> Any:
        """The JSON that is answered to this one. Raises Failed."""
        return self._ask("POST", _with(path, query), json.dumps(body).encode())[0]

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[list[Any]]:
        """All members of a list, a page at a time. Raises Failed."""
        further: str | None = _with(path, query)
        while further is not None:
            page, headers = self._ask("GET", further)
            yield page
            found = _NEXT.search(headers.get("Link") or "")
            further = found[1] if found else None

    def first(self, path: str, query: Mapping[str, str], most: int) -> tuple[list[Any], bool]:
        """The first members of a list, and whether there may be more. Raises Failed.

        A page may hold fewer than were asked for and yet lead on.
        """
        found: list[Any] = []
        for page in self.pages(path, dict(query) | {"limit": str(most)}):
            found += page
            if len(found) >= most:
                return found[:most], True
        return found, False

    def text_pages(self, path: str, query: Mapping[str, str]) -> Iterator[bytes]:
        """The same, each page as the bytes that came."""
        further: str | None = _with(path, query)
        while further is not None:
            body, headers = self._send("GET", further)
            yield body
            found = _NEXT.search(headers.get("Link") or "")
            further = found[1] if found else None

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[Any, Any]:
        answer, headers = self._send(method, path, body)
        try:
            return json.loads(answer) if answer else None, headers
        except ValueError:
            raise Failed(
                f"{self._url} does not answer as a desk does.", "Check SNAGLIST_URL."
            ) from None

    def _send(self, method: str, path: str, body: bytes | None = None) -> tuple[bytes, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = Request(self._url + path, body, headers, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return answer.read(_LARGEST_ANSWER), answer.headers
        except HTTPError as error:
            raise _refused(error) from None
        except (URLError, OSError, ValueError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise Away(
                f"The desk at {self._url} cannot be reached: {reason}.",
                "Start it, or name another one with SNAGLIST_URL.",
            ) from None


def this_desk() -> RemoteDesk:
    """The desk that the environment names. Raises Failed without a token."""
    token = os.environ.get("SNAGLIST_TOKEN", "").strip()
    url = os.environ.get("SNAGLIST_URL", "").strip() or USUAL_URL
    if not url.startswith(("http://", "https://")):
        raise Failed("SNAGLIST_URL is no http or https address.", f"Write it as {USUAL_URL}.")
    if not token or not token.isascii() or not token.isprintable():
        raise Failed(
            "SNAGLIST_TOKEN holds no token.",
            "Make one with `snaglist token create NAME --scope read` and set it.",
        )
    return RemoteDesk(url, token)


def _refused(error: HTTPError) -> Failed:
    kind = Away if error.code >= _FAULTS else Failed
    try:
        problem = json.loads(error.read(1 << 20))
        told = (problem["detail"], problem.get("remedy", ""), problem.get("code", ""))
        return kind(*map(str, told))
    except (ValueError, KeyError, TypeError, OSError):
        return kind(f"The desk answers {error.code}.", "Check SNAGLIST_URL.")


def _with(path: str, query: Mapping[str, str] | None) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _is_local(url: str) -> bool:
    return re.match(r"https?://(127\.|localhost|\[::1\])", url) is not None
