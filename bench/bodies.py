"""The request bodies that loads send: the seed's, a corpus's, and batches of them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.desks import SEED

SINGLE_PATH = "/import/shotgun/errors"
BATCH_PATH = "/api/v1/records"
BATCH = 1_000
_MOST_BATCHES = 10


@dataclass(frozen=True)
class Bodies:
    """Bodies in a file as load.lua reads it, where to post them, and the records in each."""

    name: str
    file: Path
    path: str = SINGLE_PATH
    content_type: str = "application/json"
    records_each: int = 1


def seed_bodies(folder: Path) -> Bodies:
    """The seed's one body, over and over."""
    return Bodies("seed", _written(folder / "seed.bodies", [json.dumps(SEED).encode()]))


def corpus_bodies(folder: Path, texts: Sequence[bytes], name: str) -> Bodies:
    """The bodies of a corpus in turn."""
    return Bodies(name, _written(folder / "corpus.bodies", texts))


def batch_bodies(folder: Path, texts: Sequence[bytes]) -> Bodies:
    """The same bodies as NDJSON, 1,000 to a batch."""
    members = [b'{"event_data":' + text + b"}\n" for text in texts]
    batches = [
        b"".join(members[start : start + BATCH])
        for start in range(0, min(len(members), BATCH * _MOST_BATCHES), BATCH)
    ]
    file = _written(folder / "batch.bodies", batches)
    return Bodies("batches of 1,000", file, BATCH_PATH, "application/x-ndjson", BATCH)


def corpus_texts(corpus: Path | None) -> list[bytes]:
    """The lines of the corpus, a multiple of 1,000; without one, as many of about 630 bytes."""
    texts = [] if corpus is None else [line for line in corpus.read_bytes().split(b"\n") if line]
    while texts and len(texts) % BATCH:
        texts.append(texts[len(texts) % BATCH])
    return texts or _made_up_texts()


def _made_up_texts() -> list[bytes]:
    chance = random.Random(1)
    return [
        json.dumps(
            {
                "error": f"Failed to import asset seq{chance.randrange(999):03}_prop",
                "details": {
                    "shotgun_id": chance.randrange(100_000),
                    "entity_type": "Asset",
                    "project": {"type": "Project", "id": chance.randrange(300)},
                    "reason": f"KeyError: {chance.randrange(9_999)}\n" + "  in import_entry\n" * 22,
                },
            }
        ).encode()
        for _ in range(10_000)
    ]


def _written(file: Path, texts: Sequence[bytes]) -> Path:
    with file.open("wb") as out:
        for text in texts:
            out.write(b"%d\n%b" % (len(text), text))
    return file
