"""Night after night: what the list says beside what a studio's target really has.

A nightly goes down from sequences to shots, tasks, versions with their movies, and notes, one by
one, in threads or in processes, and comes to nothing that hangs on what is not there; some nights
it is killed. Things break, are repaired and retired, and some are tried again in between. After a
night that came to its end, what failed and did not come over since is on the list, nothing else.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import snaglist_client
from support.desks import DeskProcess

Key = tuple[str, int, str]
Which = tuple[str, int]
Way = Callable[[Callable[[Which], None], list[Which]], None]
TYPES = ("Sequence", "Asset", "Shot", "Task", "Version", "Note")
NIGHTS = 6


def one_by_one(do: Callable[[Which], None], things: list[Which]) -> None:
    for one in things:
        do(one)


def in_threads(do: Callable[[Which], None], things: list[Which]) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(do, things))


def in_processes(do: Callable[[Which], None], things: list[Which]) -> None:
    in_child(lambda: one_by_one(do, things[::2]))
    in_child(lambda: one_by_one(do, things[1::2]))


def in_child(work: Callable[[], object]) -> int:
    """Have a fork do it; its wait status."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


class Target:
    """What is there and what is not, in a file, so that it is one for all processes."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self.dies_after = -1

    def tries(self, key: Key, faults: set[Key]) -> None:
        """What an importer calls. Raises ValueError for what is wrong."""
        self.dies_after -= 1
        if self.dies_after == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        os.write(self._file, json.dumps([*key, key not in faults]).encode() + b"\n")
        if key in faults:
            raise ValueError(f"{key[0]} has no counterpart")

    def close(self) -> None:
        os.close(self._file)

    @property
    def end(self) -> int:
        return os.fstat(self._file).st_size

    def left(self, since: int = 0) -> set[Key]:
        """What was tried since this place of the file, and is not there."""
        return {key for key, is_there in self._tried(since).items() if not is_there}

    def came(self, since: int) -> set[Key]:
        """What was tried since this place of the file, and is there."""
        return {key for key, is_there in self._tried(since).items() if is_there}

    def _tried(self, since: int) -> dict[Key, bool]:
        lines = os.pread(self._file, self.end - since, since).splitlines()
        told: Iterable[list[Any]] = map(json.loads, lines)
        return {(kind, number, part): is_there for kind, number, part, is_there in told}


class Studio:
    """Entities of two projects that hang on each other, what is wrong with them, and the target."""

    def __init__(self, chance: random.Random, target: Target) -> None:
        self.chance = chance
        self.target = target
        self.entities: dict[Which, dict[str, Any]] = {}
        self.faults: set[Key] = set()
        for project in (1, 2):
            for _ in range(3):
                sequence = self._add("Sequence", project)
                for _ in range(2):
                    self._add_with_work(self._add("Shot", project, sg_sequence=sequence), project)
                self._add_with_work(self._add("Asset", project), project)

    def _add(self, kind: str, project: int, **links: Any) -> dict[str, Any]:
        number = len(self.entities) + 1
        entity = {"type": kind, "id": number, "project": {"type": "Project", "id": project}}
        self.entities[kind, number] = entity | links
        return {"type": kind, "id": number}

    def _add_with_work(self, of: dict[str, Any], project: int) -> None:
        task = self._add("Task", project, entity=of)
        version = self._add("Version", project, entity=of, sg_task=task)
        self._add("Note", project, note_links=[of, version])

    def above(self, entity: dict[str, Any]) -> list[tuple[str, int]]:
        """On what an entity hangs."""
        links = [entity.get(name) for name in ("sg_sequence", "entity", "sg_task")]
        found = [*filter(None, links), *entity.get("note_links", ())]
        return [(one["type"], one["id"]) for one in found]

    def goes_on(self) -> None:
        """A day: some of what was wrong is repaired, some breaks, some is retired."""
        self.faults = {one for one in self.faults if self.chance.random() < 0.6}
        for kind, number in list(self.entities):
            part = "movie" if kind == "Version" and self.chance.random() < 0.5 else ""
            if self.chance.random() < 0.08:
                self.faults.add((kind, number, part))
            if self.chance.random() < 0.02:
                self._retire((kind, number))

    def _retire(self, which: tuple[str, int]) -> None:
        if self.entities.pop(which, None) is not None:
            for other, entity in list(self.entities.items()):
                if which in self.above(entity):
                    self._retire(other)

    def imports(self, run: snaglist_client.Run, way: Way) -> None:
        """A night: down from what others hang on, past what hangs on what is not there."""
        began = self.target.end

        def movie(which: Which) -> None:
            with run.item(*which, payload=self.entities[which], part="movie"):
                self.target.tries((*which, "movie"), self.faults)

        def whole(which: Which) -> None:
            entity, kind = self.entities[which], which[0]
            with run.item(*which, payload=entity, alone=kind == "Version") as item:
                self.target.tries((*which, ""), self.faults)
            if item.ok and kind == "Version":
                movie(which)

        for kind in TYPES:
            there = {(of, number) for of, number, part in self.target.came(began) if not part}
            of_kind = [which for which in self.entities if which[0] == kind]
            way(whole, [one for one in of_kind if {*self.above(self.entities[one])} <= there])

    def tries_again(self, desk: snaglist_client.Desk) -> None:
        """What a worker does with what is ordered."""
        for item in desk.retries(wait=False):
            key = (item.entity_type, int(item.entity_id), item.part)
            with item:
                item.alone = not item.part
                if key[:2] not in self.entities:
                    raise LookupError("It is retired")
                left = self.target.left()
                if any((*one, "") in left for one in self.above(self.entities[key[:2]])):
                    raise LookupError("That on which it hangs is not there")
                self.target.tries(key, self.faults)


@pytest.fixture
def importer(desk: DeskProcess, tmp_path: Path) -> Iterator[Callable[[], snaglist_client.Desk]]:
    """Makes the client of whoever imports and tries again."""
    made: list[snaglist_client.Desk] = []
    token = desk.new_token("report", "work", name="nightly")

    def make() -> snaglist_client.Desk:
        made.append(snaglist_client.Desk(desk.url, token, target="kitsu", spool=tmp_path / "spool"))
        return made[-1]

    yield make
    for one in made:
        one.close(0)


@pytest.mark.parametrize(("way", "seed"), [(one_by_one, 0), (in_threads, 1), (in_processes, 2)])
def test_the_list_is_what_did_not_come_over(
    desk: DeskProcess,
    importer: Callable[[], snaglist_client.Desk],
    tmp_path: Path,
    way: Way,
    seed: int,
) -> None:
    client, chance = desk.client(), random.Random(seed)
    studio = Studio(chance, Target(tmp_path / "target"))
    for night in range(NIGHTS):
        snaglist = importer()
        studio.goes_on()
        if night:
            client.post("/api/v1/retries?state=open", json={"probe": False}).raise_for_status()
            studio.tries_again(snaglist)
            assert snaglist.flush(20)
        if night in (2, 4):
            studio.target.dies_after = chance.randrange(2, 60)
            in_child(lambda: a_night(importer(), studio, way))
            studio.target.dies_after = -1
        assert a_night(snaglist, studio, way)

        found = client.get("/api/v1/items?state=open&limit=200").json()
        listed = {(one["entity_type"], int(one["entity_id"]), one["part"]) for one in found}
        known = {key for key in studio.target.left() if key[:2] in studio.entities}
        assert {key for key in listed if key[:2] in studio.entities} == known, f"night {night}"
        gone = {key for key in listed if key[:2] not in studio.entities}
        assert not gone or known, "what is retired stays while something above it fails, no longer"
    studio.target.close()


def a_night(snaglist: snaglist_client.Desk, studio: Studio, way: Way) -> bool:
    """Whether it came to its end; it says that it tried everything."""
    with snaglist.run("nightly") as run:
        studio.imports(run, way)
        return bool(run.complete())
