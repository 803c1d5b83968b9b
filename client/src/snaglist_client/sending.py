"""Sending a file of records past the spool, so that sending it again doubles nothing."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from snaglist_client.delivery import RECORD, Delivery, json_of
from snaglist_client.line import SECONDS, Line, ShutOut, Unsent

_NAMESPACE = UUID("0d0c2a8e-0f0b-4d5e-9c0e-5c1e6c1d9a11")
_MOST_LINES = 1_000
_MOST_BYTES = 8 << 20
_PAUSE = 1.0


class Sent(NamedTuple):
    """How many arrived, the lines that were refused and why, and what kept others from leaving."""

    arrived: int
    refused: list[tuple[int, str]]
    trouble: str


def send_lines(
    line: Line,
    lines: Iterable[bytes],
    source: str,
    target: str | None,
    run: str,
    patience: float,
) -> Sent:
    """Send bodies of errors, or envelopes, one a line; wait so long while the desk is away."""
    refused: list[tuple[int, str]] = []
    arrived, trouble = 0, ""
    for numbers in _batches(_enveloped(lines, source, target, run, refused)):

        def refuse(text: bytes, reason: str, numbers: dict[bytes, int] = numbers) -> None:
            refused.append((numbers[text], reason))

        before = len(refused)
        trouble = _send(line, Delivery(list(numbers), refuse), patience)
        if trouble:
            break
        arrived += len(numbers) - (len(refused) - before)
    line.close()
    return Sent(arrived, sorted(refused), trouble)


def _send(line: Line, delivery: Delivery, patience: float) -> str:
    """Bring a batch to the desk; what the trouble is if it did not arrive."""
    until = time.monotonic() + patience
    while True:
        try:
            delivery.go_on(line, lambda: SECONDS)
        except ShutOut as error:
            return str(error)
        except Unsent as error:
            pause = max(_PAUSE, getattr(error, "after", None) or 0)
            if time.monotonic() + pause > until:
                return str(error)
            time.sleep(pause)
        else:
            return ""


def _enveloped(
    lines: Iterable[bytes],
    source: str,
    target: str | None,
    run: str,
    refused: list[tuple[int, str]],
) -> Iterator[tuple[int, bytes]]:
    """The number of each line that is not blank, and its envelope as a line of a segment.

    The id is made of the line's text, of where it goes, and of how often the same text stood
    above it: so it is the same when the file is sent again, also when it has grown.
    """
    seen: Counter[bytes] = Counter()
    around: dict[str, Any] = {"source": source}
    around.update((name, text) for name, text in (("target", target), ("run", run)) if text)
    for number, raw in enumerate(lines, 1):
        text = raw.strip()
        if not text:
            continue
        value = _value(text)
        if not isinstance(value, dict):
            refused.append((number, "This is no JSON object."))
            continue
        digest = sha256(json_of(around) + b"\0" + text).digest()
        seen[digest] += 1
        record_id = json_of({"id": str(uuid5(_NAMESPACE, f"{digest.hex()}-{seen[digest]}"))})
        if "event_data" not in value:
            text = json_of(around)[:-1] + b',"event_data":' + text + b"}"
        if "event_data" not in value or value.get("id") is None:
            text = record_id[:-1] + b"," + text[1:]
        yield number, RECORD + b" " + text


def _batches(numbered: Iterable[tuple[int, bytes]]) -> Iterator[dict[bytes, int]]:
    batch: dict[bytes, int] = {}
    size = 0
    for number, text in numbered:
        if batch and (len(batch) >= _MOST_LINES or size + len(text) > _MOST_BYTES):
            yield batch
            batch, size = {}, 0
        batch[text] = number
        size += len(text)
    if batch:
        yield batch


def _value(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
