"""What is wrong in the studio and its target: for each fault which items it makes, under which
cause, and what somebody does about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from support.kitsu import Kitsu
from support.shotgrid import ShotGrid
from support.shotgrid.studio import OWL, Rows, link

Key = tuple[str, int, str]
"""Type, id and part of what fails."""


@dataclass(frozen=True)
class Fault:
    """One fault, planted before the first import."""

    name: str
    items: frozenset[Key]
    known: str
    """The cause's id in the catalogue."""
    piece: str
    """The fix within the cause, as its title shows it; "" where one fix does for all."""
    plant: Callable[[dict[str, Any]], None]
    """What makes a good entity a bad one, where the fault is in ShotGrid."""
    repair: Callable[[ShotGrid, Kitsu], None]


def fault(
    name: str,
    kind: str,
    numbers: range | list[int],
    cause: str,
    plant: Callable[[dict[str, Any]], None],
    repair: Callable[[ShotGrid, Kitsu], None],
    *,
    part: str = "",
    also: Iterable[Key] = (),
) -> Fault:
    """A fault of these entities, with its cause as `id/piece`."""
    items = frozenset((kind, number, part) for number in numbers)
    known, _, piece = cause.partition("/")
    return Fault(name, items | frozenset(also), known, piece, plant, repair)


def planted(rows: Rows) -> Rows:
    """The studio with its faults."""
    for one in FAULTS:
        for kind, number, _ in one.items:
            one.plant(rows[kind][number - 1])
    return rows


def _as_it_is(_: dict[str, Any]) -> None:
    """The fault is not in ShotGrid."""


def _sets(**members: Any) -> Callable[[dict[str, Any]], None]:
    return lambda row: row.update(members)


def _changes(kind: str, numbers: Iterable[int], **members: Any) -> Any:
    """Somebody corrects these entities; `{}` in a text is the entity's number."""

    def repair(shotgrid: ShotGrid, _: Kitsu) -> None:
        for number in numbers:
            own = {
                name: value.format(number) if type(value) is str else value
                for name, value in members.items()
            }
            shotgrid.change(kind, number, **own)

    return repair


def _nothing(_: ShotGrid, __: Kitsu) -> None:
    """Nobody needs to do anything."""


def _imports(kind: str, entry: dict[str, Any]) -> Any:
    """Somebody makes in the target what it lacks."""
    return lambda _, kitsu: kitsu.post(kind, [entry]).raise_for_status()


def _tells(name: str, **value: Any) -> Any:
    return lambda _, kitsu: kitsu.tell(name, **value)


def _of_owl(row: dict[str, Any]) -> None:
    row.update(project=OWL, **({"sg_sequence": None} if row["type"] == "Shot" else {}))


def _movie_is(kind: str) -> Callable[[dict[str, Any]], None]:
    """The movie's file is `large` or `empty`."""

    def plant(row: dict[str, Any]) -> None:
        movie = row["sg_uploaded_movie"]
        movie["url"] = movie["url"].replace("/v", f"/{kind}-v")

    return plant


def _local(row: dict[str, Any]) -> None:
    row["sg_uploaded_movie"] = {"link_type": "local", "local_path": "/mnt/review/a.mov"}


_RULES = link("PermissionRuleSet", 5, "Artist")
_CROWD = link("Step", 9, "Crowd")
_LOST = link("Sequence", 99, "SQ99")
_AWAY = range(50, 55)

IN_TWO_PARTS = "Task", 120
"""What fails in two parts, for two causes."""
FAULTS = (
    fault(
        "a project's status is too long",
        "Project",
        [3],
        "text-too-long/project_status varchar(20)",
        _sets(sg_status="Waiting for the client"),
        _tells("longest", project_status=60),
    ),
    fault(
        "the project is not in the target",
        "Asset",
        range(65, 71),
        "project-not-in-target/Owl",
        _of_owl,
        _nothing,  # it is repaired when the project has come over
        also={("Shot", number, "") for number in range(86, 91)},
    ),
    fault(
        "a status is unknown",
        "Task",
        [*range(101, 106), IN_TWO_PARTS[1]],
        "status-not-mapped/rev1",
        _sets(sg_status_list="rev1"),
        _imports("status", {"id": 11, "code": "rev1", "name": "Revise", "bg_color": "9,9,9"}),
        part="sg_status_list",
    ),
    fault(
        "a pipeline step is unknown",
        "Task",
        [*range(111, 115), IN_TWO_PARTS[1]],
        "task-type-not-in-target/Crowd",
        _sets(step=_CROWD),
        _imports("steps", {"id": 9, "code": "Crowd", "color": "9,9,9"}),
        part="step",
    ),
    fault(
        "a name is too long",
        "Asset",
        range(61, 64),
        "text-too-long/entity varchar(160)",
        lambda row: row.update(code=row["code"] + " of the old mill" * 10),
        _tells("longest", project_status=60, entity=255),
    ),
    fault(
        "a movie is only a link to somebody's disk",
        "Version",
        [10, 20, 30],
        "movie-is-a-local-file-link",
        _local,
        _changes("Version", [10, 20, 30], sg_uploaded_movie=None),
    ),
    fault(
        "a person has no last name",
        "HumanUser",
        [4],
        "value-must-not-be-empty/person.last_name",
        _sets(lastname=None),
        _changes("HumanUser", [4], lastname="Ekman"),
    ),
    fault(
        "a person has no permission group",
        "HumanUser",
        [5],
        "person-without-permission-rule-set",
        _sets(permission_rule_set=None),
        _changes("HumanUser", [5], permission_rule_set=_RULES),
    ),
    fault(
        "an asset has no type",
        "Asset",
        range(57, 61),
        "entry-dropped-without-reason/Asset without sg_asset_type",
        _sets(sg_asset_type=None),
        _changes("Asset", range(57, 61), sg_asset_type="Prop"),
    ),
    fault(
        "a shot's sequence is unknown",
        "Shot",
        range(81, 85),
        "parent-not-imported-yet",
        _sets(sg_sequence=_LOST),
        _imports(
            "sequences",
            {
                "id": 99,
                "code": "SQ99",
                "description": None,
                "project": link("Project", 1),
                "episode": None,
            },
        ),
        part="sg_sequence",
    ),
    fault(
        "a note's task is unknown",
        "Note",
        range(43, 46),
        "entry-dropped-without-reason/Note",
        _sets(tasks=[link("Task", 999)]),
        _changes("Note", range(43, 46), tasks=[link("Task", 1)]),
    ),
    fault(
        "a movie is larger than the target takes",
        "Version",
        range(40, 44),
        "upload-too-large",
        _movie_is("large"),
        _tells("uploads", bytes=1_000_000),
        part="movie",
    ),
    fault(
        "a movie is empty",
        "Version",
        [44],
        "media-file-empty",
        _movie_is("empty"),
        _changes("Version", [44], sg_uploaded_movie=None),
        part="movie",
    ),
    fault(
        "two shots of a sequence have one name",
        "Shot",
        [79, 80],
        "duplicate-entity",
        lambda row: row.update(code=f"SH{row['id'] - 12:04}"),
        _changes("Shot", [79, 80], code="SH{}"),
    ),
    fault(
        "a shot's first frame is a text",
        "Shot",
        [75, 76],
        "frame-range-is-text",
        _sets(sg_cut_in="1001"),
        _changes("Shot", [75, 76], sg_cut_in=1001),
    ),
    fault(
        "the target is away for a while",
        "Version",
        _AWAY,
        "target-down",
        _as_it_is,
        _tells("away"),
    ),
)
AWAY = {"versions": list(_AWAY)}
"""What the target is told for the last of them."""
