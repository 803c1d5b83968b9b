"""The target of the flow tests refuses as Zou was measured to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from support.kitsu import Kitsu
from zou.import_cases import CASES, GONE, GOOD, LEFT_OUT, Case

MEASURED = 84


@pytest.fixture(scope="module")
def kitsu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kitsu]:
    """A target that holds one good entry of each kind."""
    target = Kitsu(tmp_path_factory.mktemp("kitsu"))
    for kind, good in GOOD.items():
        answer = target.post(kind, [good | {"id": 1}])
        assert (answer.status_code, len(answer.json())) == (200, 1), kind
    yield target
    target.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}: {case.name}")
def test_the_target_answers_as_zou_does(kitsu: Kitsu, case: Case) -> None:
    answer = kitsu.post(case.kind, _entries(case))

    assert answer.status_code == case.status
    if case.status == 200:
        assert len(answer.json()) == case.kept
        for row in answer.json():
            assert {name for name in case.nulled if row[name] is None} == set(case.nulled)
    else:
        assert answer.json() == {"error": True, "message": "Internal server error."}


def test_every_measured_case_is_replayed_or_left_out_with_a_reason() -> None:
    assert len(CASES) + len(LEFT_OUT) == MEASURED
    assert not {(case.kind, case.name) for case in CASES} & LEFT_OUT.keys()


@pytest.mark.parametrize("body", [GOOD["assets"], "assets"])
def test_what_is_no_list_is_an_error_that_says_nothing(kitsu: Kitsu, body: object) -> None:
    assert kitsu.post("assets", body).status_code == 500


def test_of_a_batch_that_fails_the_entries_before_stay_and_those_behind_are_not_tried(
    kitsu: Kitsu,
) -> None:
    asset = GOOD["assets"]
    batch = [asset | {"id": 501}, asset | {"id": 502, "project": None}, asset | {"id": 503}]

    assert kitsu.post("assets", batch).status_code == 500
    assert "entity Asset/501" in kitsu.counts()
    assert not {"entity Asset/502", "entity Asset/503"} & kitsu.counts().keys()


def test_an_entry_that_comes_again_is_held_once_also_after_a_kill(kitsu: Kitsu) -> None:
    asset = GOOD["assets"] | {"id": 601}
    first = kitsu.post("assets", [asset]).json()

    kitsu.go_away()
    kitsu.come_back()

    assert kitsu.post("assets", [asset | {"code": "Renamed"}]).json()[0]["id"] == first[0]["id"]
    assert kitsu.counts()["entity Asset/601"] == 1


_ids = count(1_000)


def _entries(case: Case) -> list[dict[str, Any]]:
    good = GOOD.get(case.kind) or GOOD["project-connections"]
    entries = [good | {"id": next(_ids)} | change for change in case.changes]
    return [{key: value for key, value in one.items() if value is not GONE} for one in entries]
