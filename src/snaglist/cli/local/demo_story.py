"""The week of a studio that moves to Kitsu, as its imports would report it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from snaglist.cli.remote.desk import RemoteDesk

PROJECTS = ((87, "Big Buck Bunny"), (163, "Nebula_EP"), (140, "Kestrel"), (201, "Sprite"))
NIGHTS = 7
TONIGHT = 600
"""How many entities the import tries that is running."""

_BATCH = 500
_KINDS = ("Asset", "Shot", "Task", "Task", "Version", "Note")
_KITSU = "http://kitsu.studio.example"


def _status(name: str) -> dict[str, Any]:
    return {
        "error": "Status with short name 'hld2' doesn't exist in project",
        "details": {"sg_status_list": "hld2", "name": name},
    }


def _field(name: str) -> dict[str, Any]:
    return {"error": "KeyError: 'sg_cut_in'", "details": {"name": name}}


def _person(name: str) -> dict[str, Any]:
    return {
        "error": "KeyError: 4242",
        "details": {
            "name": name,
            "reason": "Your data is not properly formatted: {'content': 'Comp', "
            "'task_assignees': [{'id': 4242, 'type': 'HumanUser', 'name': 'Freelance Temp'}]}",
        },
    }


def _too_big(name: str) -> dict[str, Any]:
    return {
        "error": "413 Client Error: Request Entity Too Large for url: "
        f"{_KITSU}/api/pictures/preview-files/c3ad618b-9df6-49ea-b1eb-990696e9eec2",
        "details": {"name": name, "part": "movie", "http_status": 413},
    }


def _no_project(name: str) -> dict[str, Any]:
    return {
        "error": "ShotgunEntryImportFailed",
        "details": {
            "name": name,
            "reason": "entry dropped by target: 1 sent, 0 returned",
            "project_in_target": False,
        },
    }


def _away(name: str) -> dict[str, Any]:
    return {
        "error": "HTTPConnectionPool(host='kitsu.studio.example', port=80): Read timed out. "
        "(read timeout=30)",
        "details": {"name": name},
    }


def _deleted(name: str) -> dict[str, Any]:
    return {
        "error": "Entity Note <32639> no longer exists in ShotGrid, aborting...",
        "details": {"name": name},
    }


def _odd(name: str) -> dict[str, Any]:
    return {
        "error": "RuntimeError: colour space 'ACEScct v2' is not in the show's OCIO config",
        "details": {"name": name, "traceback": _TRACEBACK},
    }


_TRACEBACK = """Traceback (most recent call last):
  File "/opt/pipeline/importer/review.py", line 88, in convert
    space = config.space(clip.space)
  File "/opt/pipeline/importer/colour.py", line 31, in space
    raise RuntimeError(f"colour space {name!r} is not in the show's OCIO config")
RuntimeError: colour space 'ACEScct v2' is not in the show's OCIO config"""

FAULTS = (
    ("Task", 96, (0, 1), _status),
    ("Shot", 60, (0,), _field),
    ("Task", 41, (0, 2), _person),
    ("Version", 33, (0, 1, 2), _too_big),
    ("Asset", 140, (1,), _no_project),
    ("Note", 12, (2,), _deleted),
    ("Version", 9, (0,), _odd),
)
"""What fails every night: the type, how many, in which projects, and what it says."""


class Storyteller:
    """Posts the story to a desk, as its import and as `ana`. `now` is Unix time in seconds."""

    def __init__(self, desk: RemoteDesk, ana: RemoteDesk, now: float) -> None:
        self._desk = desk
        self._ana = ana
        self._now = datetime.fromtimestamp(now, UTC)
        self._random = random.Random(7)  # noqa: S311 - a story, the same every time
        self._tried = 0
        self._night = 0
        self._run = ""

    def tell_the_week(self) -> None:
        """Seven nights: what fails again and again, an outage, and what was repaired."""
        for ago in range(NIGHTS, 0, -1):
            self._tell_night(self._now - timedelta(days=ago), ago)
        causes = self._ana.first("/api/v1/causes", {"order": "items"}, 20)[0]
        self._say(causes, "hld2", {"edit": "assign", "to": "ana"})
        self._say(causes, "sg_cut_in", {"edit": "claim"})
        self._say(causes, "deleted", {"edit": "ignore", "why": "gone for good"})
        self._tell_what_is_done()
        self.begin_again()

    def _tell_what_is_done(self) -> None:
        """A project of which nothing is left, as its import says that tried everything."""
        shots = [("Shot", 60_000 + number, 3) for number in range(240)]
        for ago in (3, 1):
            night = self._now - timedelta(days=ago)
            label = f"sprite-{night:%Y-%m-%d}"
            at = f"{night:%Y-%m-%dT%H:%M:%SZ}"
            run = self._desk.post(
                "/api/v1/runs",
                {"label": label, "name": "Nightly Sprite", "project": 201, "began_at": at},
            )
            failed = shots[:12] if ago == 3 else []
            records = [
                _envelope(self._failure(*shot, _field), label, night + timedelta(minutes=1))
                for shot in failed
            ]
            if records:
                self._desk.post("/api/v1/records", records)
            self._came_over(shots[len(failed) :], label, night + timedelta(minutes=2))
            self._end(run["id"], night + timedelta(minutes=9))
            if not failed:
                self._desk.post(f"/api/v1/runs/{run['id']}/complete", {})

    def begin_again(self) -> None:
        """Another import begins."""
        self._night += 1
        self._tried = 0
        self._run = f"tonight-{self._night}"
        self._desk.post(
            "/api/v1/runs",
            {"label": self._run, "name": "Nightly Big Buck Bunny", "project": 87, "total": TONIGHT},
        )

    def go_on(self) -> bool:
        """The import that runs tries a few entities more; whether it has more to try."""
        few = min(self._random.randint(1, 4), TONIGHT - self._tried)
        for _ in range(few):
            self._tried += 1
            if self._random.random() < 0.06:
                body = self._failure("Shot", 50_000 + self._tried, 0, _field)
                self._desk.post("/api/v1/records", [{"run": self._run, "event_data": body}])
            else:
                self._came_over([("Shot", 50_000 + self._tried, 0)], self._run, None)
        if self._tried < TONIGHT:
            return True
        self._desk.post(f"/api/v1/runs/{self._run}/end", {})
        return False

    def _tell_night(self, night: datetime, ago: int) -> None:
        label = f"night-{night:%Y-%m-%d}"
        at = f"{night:%Y-%m-%dT%H:%M:%SZ}"
        self._desk.post(
            "/api/v1/runs", {"label": label, "name": "Nightly", "total": 2_400, "began_at": at}
        )
        records = []
        for place, (entity_type, number, projects, tell) in enumerate(FAULTS):
            if ago > NIGHTS - place // 2:
                continue  # this one came up later in the week
            for one in range(number):
                minute = night + timedelta(minutes=self._random.randint(1, 90))
                body = self._failure(
                    entity_type, 1_000 * place + one, projects[one % len(projects)], tell
                )
                records.append(_envelope(body, label, minute))
        if ago == 3:
            for one in range(300):
                minute = night + timedelta(minutes=100 + one // 5)
                records.append(
                    _envelope(self._failure("Shot", 20_000 + one, 0, _away), label, minute)
                )
        for first in range(0, len(records), _BATCH):
            self._desk.post("/api/v1/records", records[first : first + _BATCH])
        came = [(_KINDS[one % len(_KINDS)], 30_000 + one, one % 3) for one in range(1_900)]
        if ago == 2:
            came += [("Shot", 20_000 + one, 0) for one in range(260)]
        if ago == 1:
            came += [("Shot", 1_000 + one, 0) for one in range(34)]
        self._came_over(came, label, night + timedelta(minutes=110))
        over = night + timedelta(minutes=125)
        self._end(label, over)

    def _end(self, run: str, at: datetime) -> None:
        self._desk.post(f"/api/v1/runs/{run}/end", {"ended_at": f"{at:%Y-%m-%dT%H:%M:%SZ}"})

    def _failure(self, entity_type: str, number: int, project: int, tell: Any) -> dict[str, Any]:
        shot = f"SQ{number // 40 % 90:02}0_SH{number % 40:03}0"
        names = {
            "Shot": shot,
            "Asset": f"prop_{number:04}",
            "Task": f"{shot} {('Animation', 'Comp', 'Lighting', 'FX')[number % 4]}",
        }
        body: dict[str, Any] = tell(names.get(entity_type, f"{entity_type.lower()}_{number:04}"))
        project_id, project_name = PROJECTS[project]
        body["details"] |= {
            "entity_type": entity_type,
            "shotgun_id": 10_000 + number,
            "project": {"type": "Project", "id": project_id, "name": project_name},
        }
        return body

    def _came_over(
        self, entities: list[tuple[str, int, int]], label: str, at: datetime | None
    ) -> None:
        told = [
            {
                "entity_type": entity_type,
                "shotgun_id": 10_000 + number,
                "project": PROJECTS[project][0],
                "run": label,
                **({} if at is None else {"occurred_at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}),
            }
            for entity_type, number, project in entities
        ]
        for first in range(0, len(told), _BATCH):
            self._desk.post("/import/shotgun/imported", told[first : first + _BATCH])

    def _say(self, causes: list[Any], words: str, edit: dict[str, Any]) -> None:
        for cause in causes:
            if words in cause["title"]:
                self._ana.post(f"/api/v1/causes/{cause['id']}/edits", edit)
                return


def _envelope(body: dict[str, Any], label: str, at: datetime) -> dict[str, Any]:
    return {"run": label, "occurred_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "event_data": body}
