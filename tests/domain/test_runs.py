"""Every state of a run by every event, as docs/states.md says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from snaglist.domain.errors import WrongState
from snaglist.domain.run import Kind, Run, RunStatus, run_id_of

PAGE = (Path(__file__).parents[2] / "docs" / "states.md").read_text("utf-8")
BEGAN, LATER, NOW = (f"2026-11-23T1{hour}:00:00.000Z" for hour in range(3))


def run(status: str) -> Run:
    new = Run(
        *("r1", "night", "Nightly", Kind.RUN, "shotgun", "kitsu", "", "", "td"),
        *(RunStatus.RUNNING, BEGAN, BEGAN),
    )
    return replace(new, status=RunStatus(status))


EVENTS: dict[str, Callable[[Run], Run]] = {
    "a record, a success or a beat": lambda one: one.heard(NOW),
    "silence for `SNAGLIST_RUN_SECONDS`": lambda one: one.silent(NOW),
    "its end": lambda one: one.ended(NOW, None),
    "its end, with a fault": lambda one: one.ended(NOW, "KeyError"),
    "it tried everything": lambda one: one.completed(NOW, "{}", "e1", 3, 3),
    "that is taken back": lambda one: one.not_complete(),
}


def cells() -> list[tuple[str, str, str]]:
    """The rows of the page's table of runs, cell by cell."""
    lines = PAGE.split("# States of a run")[1].split("# States of a cause")[0].splitlines()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|") and "---" not in line
    ]
    head, *events = rows
    return [
        (event[0], status, became)
        for event in events
        for status, became in zip(head[1:], event[1:], strict=True)
    ]


@pytest.mark.parametrize(("event", "status", "became"), cells())
def test_every_cell_of_the_page_is_true(event: str, status: str, became: str) -> None:
    if became == "-":
        return
    if became == "refused":
        with pytest.raises(WrongState):
            EVENTS[event](run(status))
        return
    assert EVENTS[event](run(status)).status == became


def test_the_page_tells_of_every_event_and_state() -> None:
    assert {cell[0] for cell in cells()} == set(EVENTS)
    assert {cell[1] for cell in cells()} == {status.value for status in RunStatus}


def test_a_run_with_gaps_is_never_complete() -> None:
    with pytest.raises(WrongState, match="lost on its way"):
        replace(run("running"), has_gaps=True).completed(NOW, "{}", "e1", 3, 3)


def test_a_label_is_one_run_everywhere_and_a_uuid_is_its_own() -> None:
    assert run_id_of("night 24/11") == run_id_of("night 24/11")
    assert run_id_of("night 24/11") != run_id_of("night 25/11")
    given = "01A20938-2EC1-74F6-AF4E-24BF1EF3F97A"
    assert run_id_of(given) == given.lower()
