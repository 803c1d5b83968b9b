"""That the bench's unseen records are repeatable, complete, and that parts share no text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bench.strangers.assemble import lines_of
from bench.strangers.catalogue import KINDS, PARTS, Half, Text, read_half

SHARED_ON_PURPOSE = {"event-without-error-text"}  # it has no text
_PLACE = re.compile(r"«\w+»")


@pytest.mark.parametrize("half", PARTS)
def test_the_same_seed_makes_the_same_lines(half: str):
    once, again = (lines_of(half, 7, 300) for _ in range(2))

    assert [line.record for line in once] == [line.record for line in again]
    assert [line.label for line in once] == [line.label for line in again]


@pytest.mark.parametrize("half", PARTS)
def test_lines_are_in_time_order_and_repeats_point_back_at_the_same_item(half: str):
    lines = lines_of(half, 7, 1_000)

    assert lines == sorted(lines, key=lambda line: line.at)
    repeats = [line.label for line in lines if line.label["repeat_of"] is not None]
    assert repeats
    for label in repeats:
        earlier = lines[int(str(label["repeat_of"]))].label
        assert earlier["index"] < label["index"]
        assert [earlier[key] for key in ("cause", "fix", "item", "part")] == [
            label[key] for key in ("cause", "fix", "item", "part")
        ]


@pytest.mark.parametrize("half", PARTS)
def test_every_kind_is_there_and_no_stranger_is_known(half: str):
    causes = {
        kind: {text.cause for text in read_half(half).texts if text.kind == kind} for kind in KINDS
    }

    assert all(causes.values())
    assert not causes["strangers"] & (causes["similar"] | causes["reworded"])


@pytest.mark.parametrize("name", ["second", "fourth", "fifth"])
def test_a_part_shares_no_text_no_wrapping_and_no_stranger_with_the_first(name: str):
    first, other = read_half("first"), read_half(name)

    assert not _sentences(first) & _sentences(other)
    strangers = [
        {text.cause for text in half.texts if text.kind == "strangers"} for half in (first, other)
    ]
    assert not strangers[0] & strangers[1]


def test_the_command_writes_the_corpus_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from bench.strangers.__main__ import main

    monkeypatch.setattr("sys.argv", ["strangers", str(tmp_path), "--part", "all", "--records", "9"])
    main()

    records = (tmp_path / "dev.records.jsonl").read_text("utf-8").splitlines()
    labels = (tmp_path / "dev.labels.jsonl").read_text("utf-8").splitlines()
    assert len(records) == len(labels)
    assert [json.loads(label)["index"] for label in labels] == list(range(len(labels)))


def _sentences(half: Half) -> set[str]:
    texts = [text for text in half.texts if text.cause not in SHARED_ON_PURPOSE]
    return {_bare(text) for text in (*texts, *half.wrappings)}


def _bare(text: Text) -> str:
    return _PLACE.sub("", json.dumps([text.error, text.details]))
