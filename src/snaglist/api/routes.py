"""The table of routes: what it serves, who may use it, what it takes and answers.

Requests are matched against it, `/openapi.json` is made from it, and tests walk it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from snaglist.domain.access import Scope
from snaglist.domain.errors import MethodNotAllowed, NotFound, SnaglistError
from snaglist.service.gatekeeper import Pass


class Call:
    """One request on its way through the desk.

    `admitted` is set where the route has a scope; `started` by an endpoint that answers itself,
    from when it cannot answer otherwise any more.
    """

    __slots__ = ("admitted", "headers", "params", "receive", "scope", "send", "started")

    params: Mapping[str, str]
    headers: dict[bytes, bytes]

    def __init__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.admitted: Pass | None = None
        self.started = False

    @property
    def who(self) -> str:
        """The name of the token that it came with; "" without one."""
        return self.admitted.token.name if self.admitted is not None else ""

    @property
    def sent_at(self) -> str:
        """What time its sender's clock had, as it says; "" if it does not."""
        return self.headers.get(SENT_AT.name.lower().encode(), b"").decode("latin-1")


Endpoint = Callable[[Any, Call], Awaitable[Response | None]]
"""Gets the desk and the call; returns the answer, or None when it has sent it itself."""


@dataclass(frozen=True)
class Parameter:
    """A query parameter or header that a route reads."""

    name: str
    place: str
    about: str
    schema: dict[str, Any]


SENT_AT = Parameter(
    "Snaglist-Sent-At",
    "header",
    "What time the importer's clock has: `began_at` may be by one that is ahead.",
    {"type": "string", "format": "date-time"},
)


@dataclass(frozen=True)
class Answer:
    """What a route answers when all goes well."""

    status: int
    about: str
    body: Any = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One method on one path. `scope` is None where no token is needed.

    `further` are other good answers than the usual one.
    """

    method: str
    path: str
    scope: Scope | None
    endpoint: Endpoint
    about: str
    answer: Answer
    errors: tuple[type[SnaglistError], ...] = ()
    takes: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    further: tuple[Answer, ...] = ()

    @property
    def name(self) -> str:
        """The operation's name: that of its endpoint."""
        return getattr(self.endpoint, "__name__", "")

    @property
    def under_import(self) -> bool:
        """Whether gazu's rules for statuses hold here."""
        return self.path.startswith("/import/")


class Table:
    """All routes, matched by path and then by method."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes
        self._plain: dict[str, dict[str, Route]] = {}
        self._patterned: list[tuple[re.Pattern[str], dict[str, Route]]] = []
        by_path: dict[str, dict[str, Route]] = {}
        for route in routes:
            by_path.setdefault(route.path, {})[route.method] = route
        for path, methods in by_path.items():
            if "{" in path:
                self._patterned.append((_pattern(path), methods))
            else:
                self._plain[path] = methods

        self.match = lru_cache(maxsize=1024)(self._match)
        """`_match`, remembering what it found last."""

    def _match(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route and the values of its path's parameters.

        HEAD finds what GET finds. Raises NotFound or MethodNotAllowed.
        """
        methods, params = self._methods(path)
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            raise MethodNotAllowed(method, allowed_in(methods))
        return route, params

    def allowed(self, path: str) -> tuple[str, ...]:
        """The methods that this path takes. Raises NotFound."""
        return allowed_in(self._methods(path)[0])

    def _methods(self, path: str) -> tuple[dict[str, Route], Mapping[str, str]]:
        plain = self._plain.get(path)
        if plain is not None:
            return plain, {}
        for pattern, methods in self._patterned:
            found = pattern.fullmatch(path)
            if found is not None:
                return methods, found.groupdict()
        raise NotFound()


def allowed_in(methods: Mapping[str, Route]) -> tuple[str, ...]:
    """What an `Allow` header lists."""
    further = ("HEAD", "OPTIONS") if "GET" in methods else ("OPTIONS",)
    return (*methods, *further)


_SEGMENTS = {"source": "[a-z0-9][a-z0-9_-]{0,63}", "id": "[^/]{1,1800}", "file": "[^/]{1,100}"}


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{_SEGMENTS[m[1]]})", path))
