"""Whatever is handed to the client, the host goes on, and no secret reaches the disk."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

import snaglist_client
from support.importers import run_importer

NewSnaglist = Callable[..., snaglist_client.Desk]
SNAG_TOKEN = "snag_" + "Ab1" * 16 + "x"
SECRETS = {
    "bearer": "Authorization: Bearer abcdefghijklmnopqrstuvwx0123456789",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlc2ln",
    "pem": "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----",
    "user info": "https://ana:hunter22@kitsu.studio/api",
    "signed": "https://media.s3.amazonaws.com/a.mov?X-Amz-Signature=0123456789abcdef&x=1",
    "own token": SNAG_TOKEN,
    "in code": "Shotgun(url, script_name='sync', script_key = 'k3y-of-the-script')",
    "headers": "Set-Cookie: sid=c00kie-of-kitsu",
    "by name": "SHOTGRID_KEY=k3y-in-the-env token=t0ken-of-kitsu password: p4ss-in-words",
}
LEAKS = (
    "abcdefghijklmnopqrstuvwx0123456789",
    "eyJzdWIiOiIxMjM0In0",
    "MIIEowIBAAKCAQEA7",
    "hunter22",
    "0123456789abcdef",
    SNAG_TOKEN,
    "k3y-of-the-script",
    "k3y-in-the-env",
    "c00kie-of-kitsu",
    "t0ken-of-kitsu",
    "p4ss-in-words",
    "pl4in-p4ssword",
    "n3sted",
)


class Colour(Enum):
    RED = "red"


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError("no")

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    __hash__ = object.__hash__


class Liar(dict[str, Any]):
    def items(self) -> Any:
        raise RuntimeError("no")


class Unreadable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


class Odd(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no")


def circular() -> dict[str, Any]:
    value: dict[str, Any] = {"name": "ring"}
    value["self"] = [value]
    return value


def deep(levels: int) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = [value]
    return value


HOSTILE: dict[str, Any] = {
    "dates": {"at": dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "day": dt.date(2026, 1, 2)},
    "bytes": [b"\xff\x00abc", bytearray(b"abc"), b"x" * 10**6],
    "sets": {1, 2, "three"},
    "numbers": [float("nan"), float("inf"), 2**70, 10**5000, Decimal("1.10"), True],
    "surrogate": "half \ud83d of a pair",
    "NUL": "a\x00b\x1b[31m",
    "circular": circular(),
    "keys": {1: "a", None: "b", (1, 2): "c", "1": "d", Unshowable(): "e", b"k": "f"},
    "deep": deep(5_000),
    "unshowable": [Unshowable(), {"x": Unshowable()}],
    "liar": Liar(a=1),
    "odd text": Odd("text"),
    "exception": ValueError("inside"),
    "classes": [Colour.RED, UUID(int=1), Path("/shots"), object, len, dt.timedelta(1)],
    "generator": (one for one in range(3)),
    "secret of odd type": {"password": Unshowable(), "token": ["n3sted"], "secret": None},
    "huge": {"notes": ["x" * 1000] * 3000},
    "wide": {str(number): number for number in range(200_000)},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_any_payload_is_recorded(
    name: str, snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("hostile") as run, run.item("Shot", 1, payload=HOSTILE[name]):
        raise ValueError("no")
    assert snaglist.flush(20)

    (record,) = client.get("/import/shotgun/errors").json()
    assert snaglist.status().refused == 0
    details = record["event_data"]["details"]
    assert (details["entity_type"], details["shotgun_id"]) == ("Shot", 1)
    assert details["payload"] not in (None, "")
    assert record["redacted"] == [], "the client took out all that the desk would"


@pytest.mark.parametrize(
    "given",
    [
        (Unshowable(), 1),
        ("Shot", Unshowable()),
        (None, None),
        ("Shot", 2**80),
        ("Shot\ud800", "id\x00"),
        ({"a": 1}, [1]),
    ],
)
def test_no_call_raises_whatever_it_is_given(
    given: tuple[Any, Any], new_snaglist: NewSnaglist
) -> None:
    snaglist = new_snaglist(source="Not A Slug!", target="Kitsu (new)")

    with snaglist.run(Unshowable(), project=Unshowable(), total="many") as run:
        with run.item(*given, name=Unshowable(), part=Unshowable(), project={"id": Unshowable()}):
            raise Unreadable
        with run.item(*given):
            pass
        run.check_returned(given, given)
    for limit in (float("inf"), float("nan"), -1, "many", [1], None):
        new_snaglist(spool_bytes=limit, exit_seconds=limit)
    snaglist.imported(*given, target_url=Unshowable())
    snaglist.record(Unshowable(), run=Unshowable(), details=Unshowable())  # type: ignore[arg-type]
    snaglist.record(Unreadable("x"), entity_type=given[0], shotgun_id=given[1])
    snaglist.record_event(Unshowable(), Unreadable())
    snaglist.record_event({"error": 1, "details": 2, "meta": 3, "entity": 4}, "text")
    snaglist.check_returned(Unshowable(), Unshowable())
    with snaglist.mirror(Unshowable()) as mirror, mirror.event(Unshowable()):
        raise Unreadable
    with mirror.event({"id": Unshowable(), "created_at": Unshowable(), "entity": {}}):
        pass
    assert not run.complete(projects=Unshowable(), entity_types=[Unshowable()], seconds=0.1)
    assert snaglist.status().waiting > 5


def test_what_such_calls_leave_is_taken_by_the_desk(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("x" * 5_000, total={"Shot": 3, "?": -1}) as run:
        for given in (("Shot\ud800", "id\x00"), ("S" * 999, "1" * 999), (None, 2**80)):
            with run.item(*given, part="p" * 999):
                pass
            with run.item(*given, part="q\x00" * 999, name="\ud800"):
                raise Unreadable
    snaglist.imported("Shot", 1, target_url="no url")
    snaglist.imported("Shot", 1, target_url="https://a b")
    snaglist.record_event({"error": 1, "details": 2, "meta": 3, "entity": 4}, "text")
    with pytest.raises(ValueError, match="y"), snaglist.run("long", project="p" * 999):
        raise ValueError("y" * 10**6)
    assert snaglist.flush(20)

    assert snaglist.status().refused == 0, snaglist.status().refused_because
    assert len(client.get("/import/shotgun/errors").json()) == 4


def test_a_name_that_no_desk_takes_is_told(
    new_snaglist: NewSnaglist, caplog: pytest.LogCaptureFixture
) -> None:
    snaglist = new_snaglist(source="\u65e5\u672c", target="\u65e5\u672c")
    assert (snaglist.source, snaglist.target) == ("shotgun", None)
    assert "the usual name is taken" in caplog.text


def test_secrets_never_reach_the_disk(new_snaglist: NewSnaglist, spool: Path) -> None:
    snaglist = new_snaglist(token=SNAG_TOKEN)
    payload = {
        "password": "pl4in-p4ssword",
        "apiKey": "pl4in-p4ssword",
        "session": {"authToken": ["n3sted"], "primary_key": 12},
        "author": "Ana",
        "texts": list(SECRETS.values()),
        SECRETS["signed"]: 1,
    }

    with snaglist.run("nightly") as run:
        for text in SECRETS.values():
            with run.item("Shot", 1, payload=payload, name=text, part=text) as item:
                raise ValueError(text)
            with run.item("Shot", text):
                item.target_url = text
        snaglist.record(" ".join(SECRETS.values()), **payload)
        snaglist.record_event({"id": 1, "meta": payload}, RuntimeError(SECRETS["jwt"]))
    with pytest.raises(ValueError, match="x"), snaglist.run(SECRETS["own token"]):
        raise ValueError("x" + SECRETS["user info"])

    text = "".join(path.read_text() for path in spool.rglob("*") if path.is_file())
    assert [leak for leak in LEAKS if leak in text] == []
    assert "[redacted]" in text
    assert '"author":"Ana"' in text
    assert '"primary_key":12' in text


def test_what_is_too_large_loses_its_payload_first(
    snaglist: snaglist_client.Desk, client: httpx.Client
) -> None:
    with snaglist.run("nightly") as run:
        with run.item("Shot", 1, payload={"notes": "x" * 200_000, "more": ["y" * 900] * 900}):
            raise ValueError("too large")
        with run.item("Shot", 2, payload="z"):
            raise ValueError("é" * 900_000)
    snaglist.record("wide", **{f"m{number}": "é" * 1_000 for number in range(1_500)})
    assert snaglist.flush(20)

    large, long, wide = client.get("/import/shotgun/errors").json()
    assert large["event_data"]["details"]["payload"] == "[cut out: too large]"
    assert "too large" in large["event_data"]["details"]["traceback"]
    assert long["event_data"]["error"].startswith("ValueError: ééé")
    assert "characters cut out" in long["event_data"]["error"]
    assert wide["event_data"]["error"] == "wide"


def test_a_host_without_any_folder_to_write_in_goes_on(spool: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("")
    nowhere = tmp_path / "file" / "spool"
    printed = run_importer(
        """
        import tempfile
        tempfile.tempdir = os.environ["SNAGLIST_SPOOL"]
        with desk.run("nightly") as run:
            with run.item("Shot", 1) as item:
                raise ValueError("no")
        say(f"{item.ok} {desk.status().dropped.messages} {run.complete().reason}")
        """,
        "http://127.0.0.1:9",
        "none",
        nowhere,
    )

    assert printed.startswith("False 3 ")
    assert not spool.exists()


def test_a_link_in_the_place_of_the_spool_is_not_followed(tmp_path: Path) -> None:
    told, elsewhere = tmp_path / "told", tmp_path / "elsewhere"
    run_importer("pass; desk.status()", "http://127.0.0.1:9", "none", told)
    (folder,) = told.iterdir()
    shutil.rmtree(folder)
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)

    run_importer("desk.record('1')", "http://127.0.0.1:9", "none", told, TMPDIR=tmp_path)

    assert not list(elsewhere.iterdir())
    assert list(tmp_path.glob("snaglist-client-*/*/*.jsonl"))


def test_a_folder_that_was_there_before_keeps_its_rights(spool: Path) -> None:
    spool.mkdir()
    spool.chmod(0o755)

    run_importer("desk.record('1')", "http://127.0.0.1:9", "none", spool)

    (folder,) = spool.iterdir()
    assert spool.stat().st_mode & 0o777 == 0o755
    assert folder.stat().st_mode & 0o777 == 0o700


def test_details_may_have_any_name(snaglist: snaglist_client.Desk, client: httpx.Client) -> None:
    snaglist.record("It broke", error="inner", self=1, entry=2, details=3)
    assert snaglist.flush(10)

    (record,) = client.get("/import/shotgun/errors").json()
    assert record["event_data"]["details"] == {
        "error": "inner",
        "self": 1,
        "entry": 2,
        "details": 3,
    }


def test_nothing_starts_with_the_import(spool: Path) -> None:
    printed = run_importer(
        """
        import json
        open_files = sorted(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else []
        say(json.dumps([threading.active_count(), len(open_files)]))
        """,
        "http://127.0.0.1:9",
        "none",
        spool,
    )

    threads, descriptors = json.loads(printed)
    assert threads == 1
    assert descriptors <= 4
    assert not spool.exists()


def test_a_signal_handler_may_report_in_the_middle_of_a_report(spool: Path) -> None:
    printed = run_importer(
        """
        import signal
        count = [0]
        def report(*_):
            count[0] += 1
            desk.record(f"signal {count[0]}")
            signal.setitimer(signal.ITIMER_REAL, 0.01)  # the next, however long this one took
        signal.signal(signal.SIGALRM, report)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        for number in range(2000):
            desk.imported("Shot", number)
            desk.record(str(number)) if number % 10 == 0 else None
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        desk.close(0)
        say(f"{count[0] + 2200 - desk.status().waiting}")
        """,
        "http://127.0.0.1:9",
        "none",
        spool,
    )

    assert printed.strip() == "0"
