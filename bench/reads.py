"""Every list, search and summary with 1,000,000 records there, beside 10,000."""

from __future__ import annotations

import base64
import http.client
import json
import statistics
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from bench.loads import LoadFailed
from bench.report import Table
from bench.stand import ENGINES, Desk, Stand

MOST_SLOWER = 2
_FEW = 10_000
_EDITS: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
    ({"type": "Scene"}, {"edit": "ignore"}),
    ({"type": "Note"}, {"edit": "resolve", "reason": "by_hand"}),
    ({"project": "Agent327"}, {"edit": "assign", "to": "ana"}),
    ({"project": "shorts-2026", "type": "Shot"}, {"edit": "assign", "to": "bo"}),
)
_ITEMS: dict[str, dict[str, str]] = {
    "all": {},
    "open": {"state": "open"},
    "ignored": {"state": "ignored"},
    "came over, of which there are none": {"state": "came_over"},
    "resolved of a project": {"state": "resolved", "project": "Big Buck Bunny"},
    "open of a project and type": {"state": "open", "project": "Nebula_EP", "type": "Task"},
    "of a type": {"type": "Shot"},
    "of a common cause": {"cause": "common"},
    "of a rare cause": {"cause": "rare"},
    "nobody's": {"assignee": "none"},
    "a person's": {"assignee": "ana"},
    "a person's, ignored": {"assignee": "bo", "state": "ignored"},
    "nobody's, of a project that is a person's": {"assignee": "none", "project": "Agent327"},
    "of a source and target": {"source": "shotgun", "target": "kitsu"},
    "since the beginning": {"since": "2020-01-01"},
    "until before the beginning": {"until": "2020-01-01"},
    "one letter": {"q": "s"},
    "one digit": {"q": "0"},
    "two letters": {"q": "sh"},
    "a shot": {"q": "SH0210"},
    "the digits of a shot": {"q": "0210"},
    "a common word": {"q": "comp"},
    "a word of titles": {"q": "project"},
    "a word that nothing has": {"q": "zzyzx"},
    "a script without spaces": {"q": "東京"},
    "two common words": {"q": "comp seq030"},
    "two common words, never together": {"q": "asset shot task"},
    "three letters": {"q": "s c v"},
    "a common word, ignored": {"q": "comp", "state": "ignored"},
    "a common word of a person": {"q": "comp", "assignee": "bo"},
    "a common word of a project that lacks it": {"q": "sequence", "project": "shorts-2026"},
    "letters of another type": {"q": "ep", "type": "Note", "state": "open"},
}
_RECORDS: dict[str, dict[str, str]] = {
    "all": {},
    "of open items": {"state": "open"},
    "of ignored items": {"state": "ignored"},
    "of a project and type": {"project": "Nebula_EP", "type": "Task"},
    "of a common cause": {"cause": "common"},
    "of a rare cause": {"cause": "rare"},
    "of a common cause in a project": {"cause": "common", "project": "shorts-2026"},
    "of an item": {"item": "one"},
    "of a person's ignored items": {"assignee": "bo", "state": "ignored"},
    "a shot": {"q": "SH0210"},
    "a common word": {"q": "comp"},
    "two common words, never together": {"q": "asset shot task"},
    "since the beginning": {"since": "2020-01-01"},
    "of a run that is none": {"run": "none"},
}
_CAUSES: dict[str, dict[str, str]] = {
    "all": {},
    "by items": {"order": "items"},
    "open": {"state": "open"},
    "of a project": {"project": "Nebula_EP", "order": "items"},
    "of a project and type": {"project": "Nebula_EP", "type": "Task"},
    "words": {"q": "project miss"},
    "a person's": {"assignee": "ana"},
}
_DEEP: dict[str, dict[str, dict[str, str]]] = {
    "items": {"all": {}, "open": {"state": "open"}, "a common word": {"q": "comp"}},
    "records": {"all": {}, "of open items": {"state": "open"}},
}


@dataclass(frozen=True)
class _Question:
    """A list and the path that asks for it, on each of the two desks."""

    name: str
    few: str
    many: str


def measure_reads(stand: Stand) -> Table:
    """p99 of every question at 1,000,000 records as a multiple of that at 10,000."""
    many, asked = stand.scale.million, stand.scale.answers
    table = Table(
        f"reads: GET with {many:,} records there, beside {_FEW:,}",
        f"{asked} answers to each question, by turns; p50 and p99 in ms.",
    )
    for engine in ENGINES:
        with stand.desk(engine) as small:
            stand.grow(small, _FEW)
            large = stand.grown_desk(engine)
            few, plenty = _Reader(small), _Reader(large)
            for reader in (few, plenty):
                reader.move()
            for question in _questions(few, plenty):
                _add(table, engine, question, *_in_turns(question, few, plenty, asked))
            few.close()
            plenty.close()
    return table


def _add(
    table: Table, engine: str, question: _Question, few: list[float], many: list[float]
) -> None:
    slower = _p99(many) / _p99(few)
    table.add(
        f"{engine}, {question.name}",
        f"{statistics.median(few):.2f}, {_p99(few):.2f} ms;"
        f" {statistics.median(many):.2f}, {_p99(many):.2f} ms = {slower:.2f} x",
        f"<= {MOST_SLOWER} x",
        slower <= MOST_SLOWER,
    )


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[-1]


def _in_turns(
    question: _Question, few: _Reader, many: _Reader, times: int
) -> tuple[list[float], list[float]]:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        taken[0].append(few.milliseconds(question.few))
        taken[1].append(many.milliseconds(question.many))
    return taken


def _questions(few: _Reader, many: _Reader) -> list[_Question]:
    """All that is asked, with what has an id on each desk."""
    found = [
        _Question(f"{kind} {name}", few.path(kind, asked), many.path(kind, asked))
        for kind, questions in (("items", _ITEMS), ("records", _RECORDS), ("causes", _CAUSES))
        for name, asked in questions.items()
    ]
    found += [
        _Question(
            f"{kind} {name}, half way down", *(one.half_way(kind, asked) for one in (few, many))
        )
        for kind, questions in _DEEP.items()
        for name, asked in questions.items()
    ]
    found += [
        _Question(f"one of {kind}", *(f"/api/v1/{kind}/{one.ids[name]}" for one in (few, many)))
        for kind, name in (("items", "one"), ("causes", "common"), ("causes", "rare"))
    ]
    return [*found, _Question("summary", "/api/v1/summary", "/api/v1/summary")]


class _Reader:
    """A client of one desk, on one connection."""

    def __init__(self, desk: Desk) -> None:
        address = urlsplit(desk.process.url)
        self._engine = desk.engine
        self._connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=120
        )
        self._headers = {"Authorization": f"Bearer {desk.process.token}"}
        by_items = self.get("/api/v1/causes?order=items&limit=200")
        self.ids = {
            "common": by_items[0]["id"],
            "rare": by_items[-1]["id"],
            "one": self.get("/api/v1/items?limit=1")[0]["id"],
        }

    def get(self, path: str) -> Any:
        """The answer's JSON; LoadFailed if there is none."""
        return json.loads(self._ask("GET", path)[0])

    def milliseconds(self, path: str) -> float:
        """How long the answer took."""
        began = time.perf_counter()
        self._ask("GET", path)
        return (time.perf_counter() - began) * 1e3

    def path(self, kind: str, asked: dict[str, str]) -> str:
        """The list's path."""
        given = {
            name: self.ids.get(text, text) if name in ("cause", "item") else text
            for name, text in asked.items()
        }
        return f"/api/v1/{kind}?{urlencode(given)}"

    def half_way(self, kind: str, asked: dict[str, str]) -> str:
        """The path of a page in the middle of the list: as a cursor of the first page's tells."""
        link = self._ask("GET", self.path(kind, asked))[1]
        path = link.partition("<")[2].partition(">")[0]
        head, _, cursor = path.partition("cursor=")
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place[-1] //= 2
        return head + "cursor=" + base64.urlsafe_b64encode(json.dumps(place).encode()).decode()

    def move(self) -> None:
        """Let some items be ignored, resolved and people's."""
        for asked, edit in _EDITS:
            body = self._ask("POST", f"/api/v1/items/edits?{urlencode(asked)}", json.dumps(edit))[0]
            edit_id = json.loads(body)["edit_id"]
            while not self.get(f"/api/v1/edits/{edit_id}")["ended_at"]:
                time.sleep(0.1)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[bytes, str]:
        try:
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            self._connection.close()  # it was idle for long, while the other desk was busy
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
        told = answer.read()
        if answer.status >= 300:
            raise LoadFailed(f"{path} was answered with {answer.status} ({self._engine}): {told!r}")
        return told, answer.headers.get("link", "")
