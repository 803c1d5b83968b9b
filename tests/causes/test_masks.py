"""Each mask by itself, and that what varies never changes a fingerprint."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper
from snaglist.causes.masks import masked
from snaglist.causes.prefixes import without_prefix

WHOLE = Catalogue.shipped()
EMPTY = Grouper(WHOLE.without(WHOLE.causes))
FULL = Grouper(WHOLE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("task 4711 is odd", "task <number> is odd"),
        ("Task 4711 is odd", "<entity> is odd"),
        ("Version/4711 is odd", "<entity> is odd"),
        ("id 0d9f6a3c-1c2b-4e5f-8a9b-0c1d2e3f4a5b", "id <uuid>"),
        ("at 0x7f00aa in", "at <address> in"),
        ("host 10.0.4.2:5000 down", "host <ip> down"),
        ("host fe80:0:0:1::2 down", "host <ip> down"),
        ("ida@owl.example wrote", "<email> wrote"),
        ("see https://owl.example/a?b=1 now", "see <url> now"),
        ("on owl.nest.lan:8080 now", "on <host> now"),
        ("on 2026-11-20T12:00:01.5Z now", "on <time> now"),
        ("on 2026-11-20 12:00:01,123 now", "on <time> now"),
        ("at 12:00:01 now", "at <time> now"),
        ("on 20.11.2026 now", "on <time> now"),
        ("open /mnt/owl/a.mov now", "open <path> now"),
        (r"open P:\owl\my shots\a.mov now", "open <path> now"),
        (r"open \\nas\owl\a.mov now", "open <path> now"),
        ("open '/mnt/my owl/a.mov' now", "open <path> now"),
        ("a.mov is odd", "<file> is odd"),
        ("shot SH010_0020 is odd", "shot <name> is odd"),
        ("version v003 is odd", "version <name> is odd"),
        ("show Iron_Orchard_ep is odd", "show <name> is odd"),
        ("the 'blue owl' is odd", "the <quoted> is odd"),
        ("the »blue owl« is odd", "the <quoted> is odd"),
        ("the « blue owl » is odd", "the <quoted> is odd"),
        ("the „blue owl“ is odd", "the <quoted> is odd"),
        ("the 「梟」 is odd", "the <quoted> is odd"),
        ("attempt=5 mode=fast", "attempt=<value> mode=<value>"),
        ("12,5 % of -3.75", "<number> % of <number>"),
    ],
)
def test_what_varies_is_marked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[Errno 28] full", "28"),
        ("HTTP 409 odd", "409"),
        ("column 'sg_due_date' odd", "sg_due_date"),
        ("customfield_10047 odd", "customfield_10047"),
        ("field 'Shot.sg_cut_in' odd", "Shot.sg_cut_in"),
        ("'NoneType' odd", "NoneType"),
        ("don't do this, it isn't right", "don't do this, it isn't right"),
    ],
)
def test_what_tells_is_kept(text: str, kept: str) -> None:
    assert kept in masked(text)


def test_names_of_the_record_are_marked() -> None:
    assert masked("no blue owl here", ["blue owl"]) == "no <name> here"


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-11-20 12:00:01,123 ERROR importer.sync: ",
        "2026-11-20T12:00:01Z [error] ",
        "[12:00:01] ERROR: ",
        "Nov 20 12:00:01 core7 sg-bridge[4892]: ",
        "ERROR:importer.sync:",
        "bridge.push.shots: ",
        "[push] ERROR ",
        "<11>",
        "[MainThread] [ERROR] ",
        "UNHANDLED ",
        "Nov 20 12:00:01 core7 bridge[1]: E push Shot/55: ",
    ],
)
def test_a_loggers_prefix_is_taken_off(prefix: str) -> None:
    assert without_prefix(f"{prefix}ValueError: the nest is empty").endswith(
        "ValueError: the nest is empty"
    )
    assert len(without_prefix(f"{prefix}ValueError: the nest is empty")) <= len(
        "importer.sync:ValueError: the nest is empty"
    )


@pytest.mark.parametrize(
    "line", ["Sequence SQ10 not found", "[Shot.code] is odd", "psycopg.errors.Odd: no", "Task: no"]
)
def test_what_only_looks_like_a_prefix_stays(line: str) -> None:
    assert without_prefix(line) == line


TEMPLATES = [
    "RigError: the rig of {name} lost {number} bones at {time}",
    "cannot weave {path} for Shot {number}: loom {uuid} jammed",
    "Das Federkleid von »{name}« ist unvollständig ({number})",
    "羽 '{name}' が {number} 枚足りません: {path}",
    "loom at {host} answered oddly to {uuid}",
]
NAMES = st.sampled_from(
    ["SH010_0020", "owl_v003", "Žluť_2", "EP01_SQ390_SH0560", "梟_A06", "seq30_x", "a1"]
)
PATHS = st.sampled_from(
    ["/mnt/prod/owl/a.mov", r"P:\owl\out\b.exr", "//nas01/owl/c.mov", "/Volumes/SAN/x/y_v1.mov"]
)
HOSTS = st.sampled_from(["kitsu.studio.lan", "10.0.4.2:5000", "owl.example.com", "nest.local:80"])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEMPLATES), st.data())
def test_names_ids_paths_hosts_and_times_change_no_fingerprint(template: str, data: Any) -> None:
    def one() -> str:
        text = template.format(
            name=data.draw(NAMES),
            number=data.draw(st.integers(0, 10**6)),
            time=data.draw(st.datetimes()).isoformat(sep=data.draw(st.sampled_from(" T"))),
            path=data.draw(PATHS),
            uuid=data.draw(st.uuids()),
            host=data.draw(HOSTS),
        )
        return EMPTY.group_strictly({"error": text}).fingerprint

    assert one() == one()


def test_the_templates_have_a_fingerprint_each() -> None:
    filled = [
        EMPTY.group_strictly({"error": re.sub(r"\{\w+\}", "7", text)}).fingerprint
        for text in TEMPLATES
    ]

    assert len(set(filled)) == len(TEMPLATES)


def test_the_entitys_own_name_changes_no_group() -> None:
    for name in ("Timeout", "project not found", "Connection refused", "東京"):
        event = {
            "error": f"RigError: the rig of {name} is odd",
            "details": {"name": name, "entity_type": "Asset"},
        }
        assert FULL.group_strictly(event).known is None
