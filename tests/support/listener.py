"""A program that listens to a desk's stream, over a socket of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

import httpx

from support.desks import DeskProcess

STREAM = "/api/v1/stream"


@dataclass(frozen=True)
class Heard:
    """An event."""

    mark: str
    changed: list[str]


class Listener:
    """One stream. `hello` is the mark that came first; waiting for more ends after `seconds`."""

    def __init__(
        self, desk: DeskProcess, token: str = "", *, since: str | None = None, seconds: float = 20
    ) -> None:
        headers = {"Authorization": f"Bearer {token or desk.token}"}
        if since is not None:
            headers["Last-Event-ID"] = since
        self._open = ExitStack()
        client = self._open.enter_context(
            httpx.Client(base_url=desk.url, headers=headers, timeout=seconds, trust_env=False)
        )
        self.answer = self._open.enter_context(client.stream("GET", STREAM))
        self._blocks = self._read()
        self.hello = ""
        if self.answer.status_code == 200:
            self.hello = next(self._blocks)["id"]

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Go away."""
        self._open.close()

    def event(self) -> Heard:
        """The next event, comments passed over."""
        block = next(block for block in self._blocks if "" not in block)
        assert block["event"] == "change"
        return Heard(block["id"], json.loads(block["data"])["changed"])

    def events_until(self, collection: str) -> list[Heard]:
        """The next events, to the first that names this collection."""
        heard = [self.event()]
        while collection not in heard[-1].changed:
            heard.append(self.event())
        return heard

    def comment(self) -> str:
        """The next comment, events passed over."""
        return next(block[""] for block in self._blocks if "" in block)

    def rest(self) -> list[dict[str, str]]:
        """What still comes until the desk ends the stream."""
        return list(self._blocks)

    def _read(self) -> Iterator[dict[str, str]]:
        """Blocks of lines by their names; a comment's is ""."""
        block: dict[str, str] = {}
        for line in self.answer.iter_lines():
            if line:
                name, _, value = line.partition(":")
                block[name] = value.strip()
            else:
                yield block
                block = {}
