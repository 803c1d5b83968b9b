"""Values of the host's own classes: each is told of, none takes the host's time or memory."""

from __future__ import annotations

import collections.abc
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import snaglist_client
from support.importers import run_importer

NewSnaglist = Callable[..., snaglist_client.Desk]
NOWHERE = "http://127.0.0.1:9"


class Unhelpful(dict[str, Any]):
    """An entity of a library that asks its server when it is looked at."""

    def get(self, *_: Any) -> Any:
        raise RuntimeError("no connection")


class Unbound:
    """A proxy outside of its context, as werkzeug's are."""

    @property
    def __class__(self) -> Any:
        raise RuntimeError("outside of its context")


class Nothing(collections.abc.Mapping[str, Any]):
    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("no")

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("no")

    def __len__(self) -> int:
        raise RuntimeError("no")


class Sealed(Exception):
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("no")


ODD: dict[str, Any] = {
    "unhelpful": Unhelpful(code="owl"),
    "unbound": Unbound(),
    "nothing": Nothing(),
    "project unbound": {"project": Unbound()},
    "project unhelpful": {"project": Unhelpful(id=87)},
}


def lines(spool: Path) -> list[tuple[str, dict[str, Any]]]:
    """What is in the spool: kind and members."""
    text = "".join(path.read_text() for path in sorted(spool.glob("*/*.jsonl")))
    told = (line.partition(" ") for line in text.splitlines())
    return [(kind.partition(":")[0], json.loads(body)) for kind, _, body in told]


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("given_as", ["payload", "project", "name", "part"])
def test_what_is_known_of_a_thing_is_told_whatever_else_belongs_to_it(
    name: str, given_as: str, new_snaglist: NewSnaglist, spool: Path
) -> None:
    given = {given_as: ODD[name]}
    with new_snaglist().run("nightly") as run:
        with run.item("Shot", 12, **given) as item:
            raise ValueError("no frame range")
        with run.item("Shot", 13, **given) as other:
            pass

    assert (bool(item.record_id), other.ok) == (True, True)
    told = dict(lines(spool))
    details = told["record"]["event_data"]["details"]
    assert (details["entity_type"], details["shotgun_id"]) == ("Shot", 12)
    assert told["imported"]["shotgun_id"] == 13


def test_an_exception_that_cannot_be_looked_at_is_recorded(
    new_snaglist: NewSnaglist, spool: Path
) -> None:
    snaglist = new_snaglist()
    with snaglist.run("nightly") as run, run.item("Shot", 12):
        raise Sealed
    with snaglist.mirror("events") as mirror, mirror.event(Unbound()):
        raise Sealed

    records = [members["event_data"] for kind, members in lines(spool) if kind == "record"]
    assert [one["details"]["exception_type"].rpartition(".")[2] for one in records] == [
        *("Sealed", "Sealed"),
    ]


def test_a_run_begins_whatever_it_is_called_with(new_snaglist: NewSnaglist) -> None:
    for odd in ODD.values():
        assert new_snaglist().run(odd, project=odd, total=odd).id


def test_a_log_record_from_elsewhere_is_recorded(new_snaglist: NewSnaglist, spool: Path) -> None:
    handler = snaglist_client.Handler(new_snaglist())

    for members in ({"exc_info": True}, {"name": "far", "exc_info": (None, None, None)}):
        handler.handle(logging.makeLogRecord({"msg": "It broke", "levelno": 40, **members}))

    assert [kind for kind, _ in lines(spool)] == ["record", "record"]


def test_what_was_returned_may_be_any_collection(new_snaglist: NewSnaglist) -> None:
    sent = [{"type": "Shot", "id": number} for number in (1, 2)]
    back = {number: {"shotgun_id": number} for number in (1, 2)}
    snaglist = new_snaglist()

    for returned in (back.values(), iter(back.values()), tuple(back.values()), {1, 2}):
        assert snaglist.check_returned(sent, returned) == ([1, 2], [], [])


def test_an_entry_that_cannot_be_looked_at_hides_no_other(new_snaglist: NewSnaglist) -> None:
    sent: list[Any] = [Unbound(), {"type": "Shot", "id": 2}]

    checked = new_snaglist().check_returned(sent, [{"shotgun_id": 2}])

    assert checked.came_over == [2]
    assert not checked


def test_a_failure_may_name_its_run_by_the_run(new_snaglist: NewSnaglist, spool: Path) -> None:
    snaglist = new_snaglist()
    with snaglist.run("nightly") as run:
        snaglist.record("It broke", run=run)
        snaglist.imported("Shot", 1, run=run)

    assert {members.get("run") for _, members in lines(spool)[1:3]} == {run.id}


def test_half_a_secret_reaches_the_disk_as_little_as_a_whole_one(
    new_snaglist: NewSnaglist, spool: Path
) -> None:
    secret = "snag_" + "Ab1" * 16 + "x"
    for before in range(150, 200):
        new_snaglist().record("It broke", part="p" * before + " " + secret)
        with new_snaglist().run("nightly") as run, run.item("Shot", "i" * before + "/" + secret):
            pass

    assert "Ab1Ab1" not in "".join(path.read_text() for path in spool.rglob("*.jsonl"))


ENDLESS = """
import collections.abc, itertools, resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
class Endless(list):
    def __iter__(self): return itertools.count()
class Vast(collections.abc.Sequence):
    def __len__(self): return 10**12
    def __getitem__(self, place): return place
class Alike:
    def __repr__(self): return "<Alike>"
payloads = [
    {"frames": range(10**9)}, [None] * 10**7, {"flags": [True] * 10**7}, Endless([1]), Vast(),
    {Alike(): number for number in range(20_000)}, "x" * 10**8, b"x" * 10**8,
    set(range(10**6)), dict.fromkeys(range(10**6)),
]
for payload in payloads:
    began = time.perf_counter()
    with desk.run("nightly") as run, run.item("Shot", 1, payload=payload) as item:
        raise ValueError("no")
    say(f"{bool(item.record_id)} {time.perf_counter() - began:.2f}")
"""


def test_a_payload_without_end_takes_neither_time_nor_memory(spool: Path) -> None:
    began = time.monotonic()
    printed = run_importer(ENDLESS, NOWHERE, "none", spool)

    told = [line.split() for line in printed.splitlines()]
    assert [kept for kept, _ in told] == ["True"] * 10
    assert time.monotonic() - began < 30
    assert max(float(seconds) for _, seconds in told) < 2, told
