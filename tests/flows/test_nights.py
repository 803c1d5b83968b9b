"""Night after night: what the list says beside what a studio's target really has.

A nightly goes down from sequences to shots, tasks, versions with their movies, and notes, and comes
to nothing that hangs on what is not there. Things break, are repaired and retired, and some are
tried again in between. What failed and did not come over since is on the list, and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import snaglist_client
from support.desks import DeskProcess

Key = tuple[str, int, str]
TYPES = ("Sequence", "Asset", "Shot", "Task", "Version", "Note")
NIGHTS = 6


class Studio:
    """Entities of two projects that hang on each other, what is wrong with them, and the target."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.entities: dict[tuple[str, int], dict[str, Any]] = {}
        self.faults: set[Key] = set()
        self.left: set[Key] = set()
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

    def tries(self, key: Key) -> None:
        """What an importer calls. Raises ValueError for what is wrong."""
        self.left.add(key)
        if key in self.faults:
            raise ValueError(f"{key[0]} has no counterpart")
        self.left.discard(key)

    def imports(self, run: snaglist_client.Run) -> None:
        """A night: down from what others hang on, past what hangs on what is not there."""
        there: set[tuple[str, int]] = set()
        for kind in TYPES:
            for which, entity in list(self.entities.items()):
                if kind != which[0] or not {*self.above(entity)} <= there:
                    continue
                with run.item(*which, payload=entity, alone=kind == "Version") as item:
                    self.tries((*which, ""))
                if item.ok:
                    there.add(which)
                    if kind == "Version":
                        with run.item(*which, payload=entity, part="movie"):
                            self.tries((*which, "movie"))

    def tries_again(self, desk: snaglist_client.Desk) -> None:
        """What a worker does with what is ordered."""
        for item in desk.retries(wait=False):
            key = (item.entity_type, int(item.entity_id), item.part)
            with item:
                item.alone = not item.part
                if key[:2] not in self.entities:
                    raise LookupError("It is retired")
                if any((*one, "") in self.left for one in self.above(self.entities[key[:2]])):
                    raise LookupError("That on which it hangs is not there")
                self.tries(key)


@pytest.fixture
def importer(desk: DeskProcess, tmp_path: Path) -> Iterator[Callable[[], snaglist_client.Desk]]:
    """Makes the client of whoever imports and tries again."""
    made: list[snaglist_client.Desk] = []

    def make() -> snaglist_client.Desk:
        token = desk.new_token("report", "work", name=f"nightly {len(made)}")
        made.append(snaglist_client.Desk(desk.url, token, target="kitsu", spool=tmp_path / "spool"))
        return made[-1]

    yield make
    for one in made:
        one.close(0)


@pytest.mark.parametrize("seed", range(2))
def test_the_list_is_what_did_not_come_over(
    desk: DeskProcess, importer: Callable[[], snaglist_client.Desk], seed: int
) -> None:
    client, snaglist = desk.client(), importer()
    studio = Studio(random.Random(seed))
    for night in range(NIGHTS):
        studio.goes_on()
        if night:
            client.post("/api/v1/retries?state=open", json={"probe": False}).raise_for_status()
            studio.tries_again(snaglist)
            assert snaglist.flush(20)
        with snaglist.run("nightly") as run:
            studio.imports(run)
            done = run.complete()
        assert done, done.reason

        found = client.get("/api/v1/items?state=open&limit=200").json()
        listed = {(one["entity_type"], int(one["entity_id"]), one["part"]) for one in found}
        known = {key for key in studio.left if key[:2] in studio.entities}
        assert {key for key in listed if key[:2] in studio.entities} == known, f"night {night}"
        gone = {key for key in listed if key[:2] not in studio.entities}
        assert not gone or known, "what is retired stays while something above it fails, no longer"
