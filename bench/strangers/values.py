"""What stands for «name» in a text: the values of one record, drawn once and then kept."""

from __future__ import annotations

import html
import json
import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bench.strangers.studio import World

_PLACE = re.compile(r"«(\w+)»")
_NAMED = re.compile(r"([\w.]+):\s+")
_REGIONS = ("eu-central-1", "us-east-2", "ap-southeast-1", "ca-central-1")


@dataclass(frozen=True)
class Item:
    """The ShotGrid entity that failed."""

    type: str
    id: int
    name: str
    show: tuple[int, str]


class Values:
    """The values of one record. The same seed draws the same ones, whatever the moment."""

    def __init__(
        self, world: World, item: Item, at: datetime, seed: str, given: dict[str, object]
    ) -> None:
        self.world = world
        self.item = item
        self.at = at
        self.given = dict(given)
        self._seed = seed

    def fill(self, template: object) -> object:
        """The template with its places filled; a string that is one place keeps the type."""
        if isinstance(template, dict):
            return {str(self.fill(key)): self.fill(value) for key, value in template.items()}
        if isinstance(template, list):
            return [self.fill(entry) for entry in template]
        if not isinstance(template, str):
            return template
        whole = _PLACE.fullmatch(template)
        if whole:
            return self[whole[1]]
        return _PLACE.sub(lambda place: str(self[place[1]]), template)

    def __getitem__(self, name: str) -> object:
        if name.endswith("_repr") and name not in self.given:
            return repr(self[name.removesuffix("_repr")])
        if name not in self.given:
            stem = name.rstrip("0123456789")
            make = _MAKERS.get(name) or _MAKERS[stem]
            self.given[name] = make(self, random.Random(f"{self._seed}:{name}"))
        return self.given[name]


def core_forms(core: str) -> dict[str, object]:
    """A text as wrappings want it: as it is, its type and message, in JSON, repr and HTML."""
    # In a text of the form "exception" the type stands first; the message may have several lines.
    named = _NAMED.match(core)
    kind, message = (named[1], core[named.end() :]) if named else ("", core)
    return {
        "core": core,
        "one_line": core.replace("\n", " "),
        "type": kind,
        "short_type": kind.rsplit(".", 1)[-1],
        "message": message,
        "core_json": json.dumps(core, ensure_ascii=False)[1:-1],
        "core_ascii": json.dumps(core)[1:-1],
        "core_repr": repr(core),
        "message_repr": repr(message),
        "json_bytes": repr(json.dumps({"status": "failed", "output": core}).encode()),
        "core_html": html.escape(core, quote=False),
    }


def _hex(length: int) -> Callable[[Values, random.Random], object]:
    return lambda _, chance: f"{chance.getrandbits(4 * length):0{length}x}"


def _whole(low: int, high: int) -> Callable[[Values, random.Random], object]:
    return lambda _, chance: chance.randint(low, high)


def _of(pool: str) -> Callable[[Values, random.Random], object]:
    return lambda values, chance: chance.choice(getattr(values.world, pool))


def _uuid(_: Values, chance: random.Random) -> object:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _file(values: Values, chance: random.Random) -> object:
    return f"{values['shot']}_{chance.choice(('cmp', 'anm', 'lgt'))}_v{chance.randint(1, 60):03d}"


def _posix(values: Values, chance: random.Random) -> object:
    return f"{chance.choice(values.world.mounts)}/{values['project']}/pub/{values['file']}"


def _windows(values: Values, chance: random.Random) -> object:
    return f"{chance.choice(values.world.drives)}\\{values['project']}\\pub\\{values['file']}"


def _signed(values: Values, chance: random.Random) -> object:
    return (
        f"https://sg-media-{chance.choice(_REGIONS)}.s3.{chance.choice(_REGIONS)}.amazonaws.com/"
        f"{values['sha']}/{values['file']}.mov?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900"
        f"&X-Amz-Date={values.at:%Y%m%dT%H%M%SZ}&X-Amz-Signature={values['sig']}"
    )


def _sql_time(values: Values, chance: random.Random) -> object:
    at = values.at
    return (
        f"datetime.datetime({at.year}, {at.month}, {at.day}, {at.hour}, {at.minute}, "
        f"{at.second}, {chance.randrange(1_000_000)})"
    )


_MAKERS: dict[str, Callable[[Values, random.Random], object]] = {
    "null": lambda *_: None,
    "yes": lambda *_: True,
    "item_type": lambda values, _: values.item.type,
    "item_lower": lambda values, _: values.item.type.lower(),
    "item_id": lambda values, _: values.item.id,
    "item_name": lambda values, _: values.item.name,
    "project": lambda values, _: values.item.show[1],
    "project_id": lambda values, _: values.item.show[0],
    "site": lambda values, _: values.world.site,
    "target": lambda values, _: values.world.target,
    "home": lambda values, _: values.world.home,
    "worker": _of("workers"),
    "asset": _of("assets"),
    "shot": lambda values, chance: values.world.shot_code(chance),
    "seq": lambda _, chance: f"sq{chance.randrange(10, 400, 10):03d}",
    "status": _of("statuses"),
    "step": lambda values, chance: chance.choice(values.world.steps)[1],
    "step_id": lambda values, chance: chance.choice(values.world.steps)[0],
    "person": lambda values, chance: chance.choice(values.world.people)[1],
    "person_id": lambda values, chance: chance.choice(values.world.people)[0],
    "login": lambda values, chance: chance.choice(values.world.people)[2],
    "email": lambda values, _: f"{values['login']}@{values.world.target.split('.', 1)[1]}",
    "field": lambda values, chance: chance.choice(values.world.fields).split(".")[1],
    "uuid": _uuid,
    "hex": _hex(32),
    "sha": _hex(40),
    "sig": _hex(64),
    "addr": _hex(12),
    "pid": _whole(900, 64_000),
    "number": _whole(1_000, 99_999),
    "big": _whole(10_000_000, 4_000_000_000),
    "small": _whole(2, 90),
    "port": _whole(31_000, 60_000),
    "ms": _whole(100, 999),
    "ip": lambda _, chance: (
        f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randint(2, 250)}"
    ),
    "file": _file,
    "posix": _posix,
    "windows": _windows,
    "signed": _signed,
    "iso": lambda values, _: f"{values.at:%Y-%m-%dT%H:%M:%SZ}",
    "log_time": lambda values, _: f"{values.at:%Y-%m-%d %H:%M:%S},{values['ms']}",
    "pg_time": lambda values, _: f"{values.at:%Y-%m-%d %H:%M:%S}.{values['ms']} UTC",
    "syslog": lambda values, _: f"{values.at:%b %d %H:%M:%S}",
    "http_date": lambda values, _: f"{values.at:%a, %d %b %Y %H:%M:%S GMT}",
    "date": lambda values, _: f"{values.at:%Y-%m-%d}",
    "sql_time": _sql_time,
}
