"""Clients that post and delete over HTTP as fast as they are answered."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from random import Random
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from support.ledger import Ledger, Sent
from support.waiting import wait_until

ERRORS = "/import/shotgun/errors"
RECORDS = "/api/v1/records"
LONGEST_ANSWER_SECONDS = 6.0
_PATIENCE_SECONDS = 15.0
_PACE_AFTER_REFUSAL_SECONDS = 0.02


@dataclass(frozen=True)
class Answer:
    """One answer, and how long it took; status 0 where the connection broke instead."""

    path: str
    status: int
    seconds: float
    body: Any = None


class Client:
    """One keep-alive connection, signed in."""

    def __init__(self, url: str, token: str) -> None:
        host, port = urlsplit(url).netloc.split(":")
        self._connection = HTTPConnection(host, int(port), timeout=_PATIENCE_SECONDS)
        self._headers = {"Authorization": f"Bearer {token}"}

    def send(self, method: str, path: str, body: str = "", key: str | None = None) -> Answer:
        """Send one request and wait for its answer; never raises for a desk that is gone."""
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        began = time.monotonic()
        try:
            self._connection.request(method, path, body.encode(), headers)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, HTTPException):
            self._connection.close()
            return Answer(path, 0, time.monotonic() - began)
        seconds = time.monotonic() - began
        return Answer(path, response.status, seconds, json.loads(text) if text else None)

    def post(self, sent: Sent, ledger: Ledger) -> Answer:
        """Post one record and note what became of it."""
        answer = self.send("POST", ERRORS, sent.event_data, sent.key)
        if answer.status == 201:
            ledger.acknowledge(sent, answer.body["id"])
        return answer

    def post_batch(self, batch: list[Sent], ledger: Ledger) -> Answer:
        """Post records with their ids, and note what became of each."""
        members = [{"id": one.id, "event_data": json.loads(one.event_data)} for one in batch]
        answer = self.send("POST", RECORDS, json.dumps(members))
        for result in (answer.body or {}).get("results", []):
            if result["status"] == "invalid":
                ledger.surprise(f"a batch's member was invalid: {result}")
            else:
                ledger.acknowledge(batch[result["index"]], result["id"])
        return answer

    def delete(self, sent: Sent, ledger: Ledger) -> Answer:
        """Delete an acknowledged record, and note whether that was acknowledged."""
        answer = self.send("DELETE", f"{ERRORS}/{ledger.send_delete(sent)}")
        if answer.status == 204:
            ledger.acknowledge_delete(sent)
        return answer

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class Load:
    """Some clients at work for one block, each in a thread.

    They end when the desk goes away; `enduring` ones connect again.
    """

    def __init__(
        self,
        url: str,
        token: str,
        ledger: Ledger,
        random: Random,
        *,
        clients: int = 8,
        enduring: bool = False,
    ) -> None:
        self.ledger = ledger
        self.answers: list[Answer] = []
        """Every answer but those that acknowledge."""
        self.longest_seconds = 0.0
        self._url = url
        self._token = token
        self._enduring = enduring
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(Random(random.random()),))
            for _ in range(clients)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def wait_for_acknowledgements(self, more: int) -> None:
        """Until so many more records were acknowledged; AssertionError after a surprise."""
        enough = self.ledger.acknowledged + more
        wait_until(
            lambda: self.ledger.acknowledged >= enough or self.ledger.surprises,
            what=f"the acknowledgement of {more} records",
        )
        assert self.ledger.surprises == []

    def refusals(self, path: str) -> list[Answer]:
        """What the desk answered instead of doing what it was asked under this path."""
        return [one for one in self.answers if one.status and one.path.startswith(path)]

    def _work(self, random: Random) -> None:
        own: list[Sent] = []
        client = Client(self._url, self._token)
        while not self._end.is_set():
            answer = self._one_request(client, random, own)
            self.longest_seconds = max(self.longest_seconds, answer.seconds)
            if answer.status in (200, 201, 204):
                continue
            self.answers.append(answer)
            if answer.status == 0 and not self._enduring:
                break
            if answer.status not in (0, 500, 503):
                self.ledger.surprise(f"{answer.path} was answered {answer.status}: {answer.body}")
            self._end.wait(_PACE_AFTER_REFUSAL_SECONDS)
        client.close()

    def _one_request(self, client: Client, random: Random, own: list[Sent]) -> Answer:
        """Post a record, a keyed one, a batch, or delete one of this client's own records."""
        dice = random.random()
        if dice < 0.15 and own:
            return client.delete(own.pop(random.randrange(len(own))), self.ledger)
        if dice < 0.3:
            batch = [self.ledger.new(with_id=True) for _ in range(random.randint(1, 6))]
            return client.post_batch(batch, self.ledger)
        sent = self.ledger.new(keyed=dice < 0.6)
        answer = client.post(sent, self.ledger)
        if answer.status == 201:
            own.append(sent)
        return answer


def send_again_what_was_not_acknowledged(url: str, token: str, ledger: Ledger) -> None:
    """Repeat every keyed post, and every batch with ids, that went unanswered; all must succeed."""
    waiting = ledger.repeatable()
    with closing(Client(url, token)) as client:
        for sent in waiting:
            if sent.key:
                answer = client.post(sent, ledger)
                assert answer.status == 201, answer
        with_ids = [sent for sent in waiting if sent.id]
        if with_ids:
            answer = client.post_batch(with_ids, ledger)
            assert answer.status == 200, answer


def records_of(url: str, token: str) -> list[tuple[str, str]]:
    """Id and event_data of every record that the desk lists."""
    with closing(Client(url, token)) as client:
        answer = client.send("GET", ERRORS)
    assert answer.status == 200, answer
    return [(record["id"], json.dumps(record["event_data"])) for record in answer.body]
