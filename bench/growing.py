"""Desks that hold much: copies of a corpus, each telling of entities of its own."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from bench.bodies import BATCH, BATCH_PATH
from bench.loads import LoadFailed

_APART = 1_000_000
_OWN = ("shotgun_id", "entity_id", "id")
_HELD_IN = ("details", "entity", "meta")
_CLIENTS = 2


def grow(url: str, token: str, texts: Sequence[bytes], records: int) -> None:
    """Post so many records, a multiple of 1,000; each copy of the texts has ids of its own.

    Raises LoadFailed for any that was not recorded.
    """
    copies = range(-(-records // len(texts)))
    with ThreadPoolExecutor(_CLIENTS) as clients:
        sent = clients.map(
            lambda copy: _post(url, token, texts[: records - copy * len(texts)], copy), copies
        )
        for _ in sent:
            pass


def _post(url: str, token: str, texts: Sequence[bytes], copy: int) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/x-ndjson",
    }
    for batch in _batches(texts, copy):
        connection.request("POST", BATCH_PATH, batch, headers)
        answer = connection.getresponse()
        recorded = answer.read().count(b'"recorded"')
        if recorded != BATCH:
            raise LoadFailed(f"{recorded} of {BATCH} were recorded, {answer.status} ({url})")
    connection.close()


def _batches(texts: Sequence[bytes], copy: int) -> Iterator[bytes]:
    for start in range(0, len(texts), BATCH):
        yield b"".join(
            b'{"event_data":%b}\n' % _told_of_others(text, copy)
            for text in texts[start : start + BATCH]
        )


def _told_of_others(text: bytes, copy: int) -> bytes:
    """The body with the ids of its entity moved; projects stay."""
    if not copy:
        return text
    body = json.loads(text)
    _move(body, copy * _APART)
    return json.dumps(body).encode()


def _move(body: dict[str, Any], apart: int) -> None:
    is_project = "Project" in (body.get("entity_type"), body.get("type"))
    for name, value in body.items():
        if name in _OWN and not is_project and type(value) is int:
            body[name] = value + apart
        elif name in _HELD_IN and isinstance(value, dict):
            _move(value, apart)
