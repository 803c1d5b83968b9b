"""The set put together: which causes come how often, when, to which items, and the truth of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import TypeVar

from bench.strangers.catalogue import KINDS, Cause, Half, Text, read_half
from bench.strangers.draft import Draft, Fix
from bench.strangers.studio import World, read_world
from bench.strangers.values import Item

_T = TypeVar("_T")
_START = datetime(2026, 2, 9, tzinfo=UTC)
_DAYS = 9
_REPEATED = 0.06
_AS_EVENTS = 0.3  # of the texts that need no details
_WRAPPED = 0.35
_TOLD_ONE_WAY = 0.5  # of the strangers: a studio's one importer tells most causes in one way
_SHARES = {"similar": 0.3, "reworded": 0.3, "strangers": 0.4}


@dataclass(frozen=True)
class Line:
    """A record and its label, before all lines are in time order."""

    at: datetime
    record: dict[str, object]
    label: dict[str, object]
    failure: str


def lines_of(half_name: str, seed: int, records: int) -> list[Line]:
    """About this many lines of a half, in time order; the same seed makes the same ones."""
    half = read_half(half_name)
    return _Studio(half, seed).lines(records)


def labelled(lines: list[Line]) -> list[Line]:
    """The lines in time order, their labels numbered and pointing at what they repeat."""
    first: dict[str, int] = {}
    done = []
    for index, line in enumerate(sorted(lines, key=lambda line: line.at)):
        seen = first.get(line.failure)
        first.setdefault(line.failure, index)
        done.append(replace(line, label=line.label | {"index": index, "repeat_of": seen}))
    return done


class _Studio:
    """One half's import nights: everything drawn from one seed."""

    def __init__(self, half: Half, seed: int) -> None:
        self.half = half
        self.world = read_world(half.name)
        self.seed = f"{seed}:{half.name}"
        self.chance = random.Random(self.seed)
        self.fixes = {name: self._fixes(cause) for name, cause in half.causes.items()}
        self.outages = {name: self._outage() for name in half.causes}

    def lines(self, records: int) -> list[Line]:
        lines: list[Line] = []
        for kind in KINDS:
            texts = [text for text in self.half.texts if text.kind == kind]
            for text, count in self._counts(texts, round(records * _SHARES[kind])):
                for _ in range(count):
                    lines += self._failure(text)
        return labelled(lines)

    def _counts(self, texts: list[Text], records: int) -> list[tuple[Text, int]]:
        """How often each text comes: heavy-tailed over causes, uneven within one."""
        names = sorted({text.cause for text in texts})
        self.chance.shuffle(names)
        shares = {name: 1 / (rank + 2) ** 0.9 for rank, name in enumerate(names)}
        counts = []
        for name in names:
            told = [text for text in texts if text.cause == name]
            if told[0].kind == "strangers" and self.chance.random() < _TOLD_ONE_WAY:
                told = [self.chance.choice(told)]
            parts = [self.chance.uniform(0.4, 1) for _ in told]
            for text, part in zip(told, parts, strict=True):
                share = shares[name] / sum(shares.values()) * part / sum(parts)
                counts.append((text, max(3, round(records * share / (1 + _REPEATED)))))
        return counts

    def _failure(self, text: Text) -> list[Line]:
        """A failure, and now and then the same one again on a later night."""
        draft = self._draft(text)
        at = self._moment(draft.cause)
        lines = [self._line(draft, at, 1)]
        attempt = 1
        while self.chance.random() < _REPEATED:
            attempt += 1
            at += timedelta(
                hours=self.chance.choice((1, 4, 24)), seconds=self.chance.random() * 900
            )
            lines.append(self._line(draft, at, attempt))
        return lines

    def _line(self, draft: Draft, at: datetime, attempt: int) -> Line:
        item = draft.item
        label: dict[str, object] = {
            "index": None,  # until all lines are in order
            "kind": draft.text.kind,
            "cause": draft.cause.name.replace("«fix»", draft.fix.label),
            "fix": draft.fix.label,
            "item": f"{item.type}:{item.id}",
            "part": draft.part,
            "transient": draft.cause.transient,
            "told": draft.text.number,
        }
        return Line(at, draft.record(self.world, at, attempt), label, draft.seed)

    def _draft(self, text: Text) -> Draft:
        cause = self.half.causes[text.cause]
        fixes = [fix for fix in self.fixes[cause.name] if _tells(text, fix)]
        fix = self._heavy(fixes)
        item = self._item(fix.on or self.chance.choice(text.on or cause.on), fix)
        wrapping = self._wrapping(text)
        bare = not text.details and not (wrapping and wrapping.details)
        as_event = text.error is None or (bare and self.chance.random() < _AS_EVENTS)
        seed = f"{self.seed}:{self.chance.getrandbits(64)}"
        return Draft(cause, fix, text, wrapping, item, seed, as_event)

    def _wrapping(self, text: Text) -> Text | None:
        fitting = [wrapping for wrapping in self.half.wrappings if _fits(wrapping, text)]
        if text.kind == "similar" or not fitting or self.chance.random() > _WRAPPED:
            return None
        return self.chance.choice(fitting)

    def _heavy(self, pool: Sequence[_T]) -> _T:
        weights = list(accumulate(1 / (rank + 1) ** 0.7 for rank in range(len(pool))))
        return self.chance.choices(pool, cum_weights=weights)[0]

    def _item(self, kind: str, fix: Fix) -> Item:
        world, chance = self.world, self.chance
        show = fix.show or self._heavy(world.shows)
        number = chance.randint(300, 98_000)
        names = {
            "Asset": lambda: chance.choice(world.assets),
            "Task": lambda: chance.choice(world.steps)[1],
            "Sequence": lambda: f"sq{chance.randrange(10, 400, 10):03d}",
            "Episode": lambda: f"ep{chance.randint(100, 140)}",
            "Scene": lambda: f"sc{chance.randint(1, 80):02d}",
            "HumanUser": lambda: chance.choice(world.people)[1],
            "Step": lambda: chance.choice(world.steps)[1],
            "Status": lambda: chance.choice(world.statuses),
            "Note": lambda: f"Re: {world.shot_code(chance)}",
            "Project": lambda: show[1],
            "Playlist": lambda: f"Dailies {chance.randint(1, 28):02d}",
            "Version": lambda: f"{world.shot_code(chance)}_v{chance.randint(1, 60):03d}",
        }
        name = names.get(kind, lambda: world.shot_code(chance))()
        return Item(kind, number, name, show)

    def _moment(self, cause: Cause) -> datetime:
        if cause.outage:
            began, minutes = self.chance.choice(self.outages[cause.name])
            return began + timedelta(minutes=self.chance.random() * minutes)
        day = self.chance.randrange(_DAYS)
        hour = self.chance.choice((self.chance.uniform(1, 6), self.chance.uniform(0, 24)))
        return _START + timedelta(days=day, hours=hour)

    def _outage(self) -> list[tuple[datetime, float]]:
        return [
            (
                _START + timedelta(hours=self.chance.uniform(0, 24 * _DAYS)),
                self.chance.uniform(8, 70),
            )
            for _ in range(self.chance.randint(1, 3))
        ]

    def _fixes(self, cause: Cause) -> list[Fix]:
        if cause.split is None:
            return [_named_fix(fix) for fix in cause.fixes]
        # By name, so that both kinds of one cause meet the same users, shows and statuses.
        chance = random.Random(f"{self.seed}:{cause.name}")
        pool = pool_of(self.world, cause.split)
        return chance.sample(pool, cause.many)


def pool_of(world: World, split: str) -> list[Fix]:
    """The repairs that a split has in a world."""
    match split:
        case "project":
            return [Fix(show[1], {}, show=show) for show in world.shows]
        case "person":
            return [
                Fix(f"HumanUser {id_}", {"person_id": id_, "person": name, "login": login})
                for id_, name, login in world.people
            ]
        case "group":
            return [
                Fix(f"Group {id_}", {"group_id": id_, "group": name}) for id_, name in world.groups
            ]
        case "step":
            return [Fix(f"Step {id_}", {"step_id": id_, "step": name}) for id_, name in world.steps]
        case "status":
            return [Fix(status, {"status": status}) for status in world.statuses]
        case "field":
            return [_field_fix(name) for name in world.fields]
        case "alien":
            return [Fix(name, {"alien": name}) for name in world.aliens]
        case "source type":
            return [Fix(name, {"alien": name}, on=name) for name in world.aliens]
        case "script":
            return [Fix(f"script {name}", {"script": name}) for name in world.scripts]
    raise ValueError(f"no pool is called {split}")


def _field_fix(name: str) -> Fix:
    entity, field = name.split(".")
    return Fix(name, {"entity": entity, "field": field, "fix": name}, on=entity)


def _named_fix(entry: dict[str, object]) -> Fix:
    return Fix(str(entry["fix"]), entry, on=_optional(entry.get("on")))


def _optional(value: object) -> str | None:
    return None if value is None else str(value)


def _tells(text: Text, fix: Fix) -> bool:
    return not text.fixes or fix.label in text.fixes


def _fits(wrapping: Text, text: Text) -> bool:
    if text.form == "whole" or (wrapping.details and text.details):
        return False
    return wrapping.form in ("message", text.form)
