"""Bring ShotGrid over to Kitsu, and have everything that does not come over on Snaglist's list.

    export SHOTGRID_URL=https://studio.shotgrid.autodesk.com SHOTGRID_SCRIPT=… SHOTGRID_KEY=…
    export KITSU_URL=https://kitsu.studio/api KITSU_TOKEN=… KITSU_LOG=/opt/zou/logs/zou.log
    export SNAGLIST_URL=https://desk.studio SNAGLIST_TOKEN=…
    python kitsu_import.py                        # all of it, as often as you like
    snaglist-worker kitsu_import:retry            # tries again what somebody fixed and retries

It needs shotgun_api3, requests and snaglist-client. Kitsu's answers do not say why something was
refused; its log does, if this machine can read it. The lines that speak to Snaglist are marked.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import requests
import shotgun_api3

import snaglist_client as snaglist

Entity = dict[str, Any]

TIMEOUT = 600
"""Seconds that ShotGrid's storage and Kitsu may be silent."""
KINDS = {
    "Project": ("projects", "name sg_status"),
    "Step": ("steps", "code color"),
    "Status": ("status", "code name bg_color"),
    "HumanUser": ("persons", "login email firstname lastname permission_rule_set"),
    "ProjectUserConnection": ("project-connections", "project user"),
    "Episode": ("episodes", "code description project"),
    "Sequence": ("sequences", "code description project episode"),
    "Scene": ("scenes", "code project sequence_sg_scenes_1_sequences"),
    "Asset": ("assets", "code description project sg_asset_type"),
    "Shot": ("shots", "code project sg_sequence sg_cut_in sg_cut_duration assets"),
    "Task": (
        "tasks",
        "cached_display_name project entity step sg_status_list sg_sort_order start_date"
        " due_date duration created_by task_assignees",
    ),
    "Version": ("versions", "code description project entity sg_task sg_uploaded_movie"),
    "Note": ("notes", "content project tasks user created_at"),
}
"""ShotGrid's types in order of dependency: Kitsu's endpoint for each, and the fields it wants."""


class Refused(Exception):
    """Kitsu did not take the entity; the text is what its log says."""


def utc_text(at: datetime) -> str:
    """A time as Kitsu reads it; shotgun_api3 gives it in the zone of this host."""
    in_utc = at.astimezone(timezone.utc)  # noqa: UP017 - for Pythons before 3.11, too
    return in_utc.strftime("%Y-%m-%dT%H:%M:%SZ")


class Kitsu:
    """Kitsu's own import, one entity a request: a batch does not say which of them failed."""

    def __init__(self) -> None:
        self.url = os.environ["KITSU_URL"]
        self.log = Path(os.environ.get("KITSU_LOG", os.devnull))
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {os.environ.get('KITSU_TOKEN', '')}"

    def post(self, entity: Entity) -> list[Entity]:
        """Import one entity; what Kitsu kept of it, which may be nothing."""
        said_before = self.log.stat().st_size if self.log.exists() else 0
        answer = self.session.post(
            f"{self.url}/import/shotgun/{KINDS[entity['type']][0]}",
            data=json.dumps([entity], default=utc_text),
            headers={"Content-Type": "application/json"},
            timeout=TIMEOUT,
        )
        kept = answer.json() if answer.ok else []
        if (answer.status_code == 500 or not kept) and self.log.exists():
            with self.log.open("rb") as log:
                log.seek(said_before)
                if said := log.read().decode():
                    raise Refused(f"Kitsu answered {answer.status_code}. {said}")
        answer.raise_for_status()
        return list(kept)

    def upload_movie(self, preview: Entity, version: Entity) -> None:
        """Bring over the movie of a version, to what Kitsu keeps of it."""
        url = version["sg_uploaded_movie"]["url"]
        movie = requests.get(url, timeout=TIMEOUT)
        movie.raise_for_status()
        if not movie.content:
            raise ValueError(f"{url} is an empty file")
        place = f"{self.url}/pictures/preview-files/{preview['id']}"
        file = (version["sg_uploaded_movie"]["name"], movie.content)
        self.session.post(place, files={"file": file}, timeout=TIMEOUT).raise_for_status()


def connect() -> Any:
    """ShotGrid, or whatever has its `find` and `find_one`."""
    url, script, key = (os.environ[f"SHOTGRID_{name}"] for name in ("URL", "SCRIPT", "KEY"))
    return shotgun_api3.Shotgun(url, script_name=script, api_key=key)


def import_all(shotgrid: Any, kitsu: Kitsu, types: list[str]) -> snaglist.Completion:
    """Try everything of these types; true if the list tells of all that is left of them."""
    found = {kind: shotgrid.find(kind, [], KINDS[kind][1].split()) for kind in types}
    total = {kind: len(entities) for kind, entities in found.items()}
    with snaglist.Desk(target="kitsu").run("ShotGrid to Kitsu", total=total) as run:  # Snaglist
        for kind, entities in found.items():
            for entity in entities:
                movie = bool(entity.get("sg_uploaded_movie"))  # tried apart
                with run.item(kind, entity["id"], payload=entity, alone=movie) as item:  # Snaglist
                    kept = kitsu.post(entity)
                    item.check_returned(kept)  # Snaglist: Kitsu says 200 to what it dropped
                if item.ok and movie:
                    with run.item(kind, entity["id"], part="movie", payload=entity):  # Snaglist
                        kitsu.upload_movie(kept[0], entity)
        return run.complete(entity_types=types)  # Snaglist


def retry(item: Any) -> None:
    """Try one item of the list again: read it afresh, then import it. What raises is recorded."""
    kind, number = item.entity_type, int(item.entity_id)
    entity = connect().find_one(kind, [["id", "is", number]], KINDS[kind][1].split())
    if entity is None:
        raise LookupError(f"{kind} {number} was deleted in ShotGrid")
    kitsu = Kitsu()
    kept = snaglist.kept(entity, kitsu.post(entity), part=item.part)  # Snaglist: raises if not
    if item.part in ("", "movie") and entity.get("sg_uploaded_movie"):
        kitsu.upload_movie(kept, entity)


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--type", action="append", choices=KINDS, help="this type, not all")
    wanted = options.parse_args().type or KINDS
    done = import_all(connect(), Kitsu(), [kind for kind in KINDS if kind in wanted])
    sys.exit(None if done else f"not complete: {done.reason}")


if __name__ == "__main__":
    main()
