"""The made-up studio of a part: its shows, people, fields, hosts and paths, from `studio.toml`."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class World:
    """A studio. Pools are drawn from in order: the first of a pool is met most."""

    site: str
    target: str
    shows: tuple[tuple[int, str], ...]
    people: tuple[tuple[int, str, str], ...]
    groups: tuple[tuple[int, str], ...]
    statuses: tuple[str, ...]
    steps: tuple[tuple[int, str], ...]
    fields: tuple[str, ...]
    aliens: tuple[str, ...]
    scripts: tuple[str, ...]
    assets: tuple[str, ...]
    workers: tuple[str, ...]
    mounts: tuple[str, ...]
    drives: tuple[str, ...]
    code: str
    home: str

    def shot_code(self, chance: random.Random) -> str:
        """A shot's name in this studio's manner."""
        return self.code.format(
            e=chance.randint(1, 12), s=chance.randrange(1, 60), n=chance.randrange(10, 990, 10)
        )


def read_world(part: str) -> World:
    """The studio of this part."""
    with (_HERE / part / "studio.toml").open("rb") as file:
        return World(**{name: _fixed(value) for name, value in tomllib.load(file).items()})


def _fixed(value: Any) -> Any:
    return tuple(_fixed(one) for one in value) if isinstance(value, list) else value
