"""What `group` promises whatever it is given, and the traps of real imports one by one."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import UNREADABLE, Grouper, Grouping, key_text
from snaglist.causes.messages import message_of

CATALOGUE = Catalogue.shipped()
GROUPER = Grouper(CATALOGUE)

SNIPPETS = st.sampled_from(
    [
        "KeyError: 4242",
        "'sg_due'",
        "Traceback (most recent call last):\n",
        '  File "/opt/a.py", line 3, in run\n',
        "ValueError: no",
        '{"error": {"message": "gone"}}',
        "<html><title>502</title>",
        "Project 'Owl' not found",
        "[SQL: INSERT INTO task",
        'constraint "task_uc"',
        "https://a.s3.amazonaws.com/x?X-Amz-Signature=1",
        "Dec 11 10:00:00 host app[1]: ",
        "During handling of the above exception, another exception occurred:\n",
        "\\u00e9\\n\\x80",
        "P:\\owl\\a.mov",
        "見つかりません",
    ]
)
TEXTS = st.one_of(st.text(max_size=60), SNIPPETS, st.lists(SNIPPETS, max_size=6).map("\n".join))
NAMES = st.one_of(
    st.sampled_from(
        """
        error details reason message exception traceback response response_text http_status status
        project entity entity_type meta name type id step user task_assignees sent returned url
        sg_status_list link_type new_value event_type attribute_name locked_by container payload
        """.split()
    ),
    st.text(max_size=8),
)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), TEXTS, st.just("\ud800")
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=20,
)
EVENTS = st.dictionaries(NAMES, VALUES, max_size=8)


@settings(max_examples=400, deadline=None)
@given(EVENTS)
def test_any_json_object_is_grouped_and_every_text_is_bounded_and_plain(
    event: dict[str, Any],
) -> None:
    found = GROUPER.group_strictly(event)

    assert found != UNREADABLE
    assert is_plain_ascii(found.fingerprint)
    assert len(found.fingerprint) <= 200
    for text in (found.title, found.piece, message_of(event)):
        assert is_plain(text)
    assert len(found.title) <= 200
    assert len(found.piece) <= 200
    assert 0 < len(message_of(event)) <= 300


@settings(max_examples=200, deadline=None)
@given(EVENTS)
def test_evidence_and_pieces_can_be_read_from_any_json_object(event: dict[str, Any]) -> None:
    evidence = GROUPER.evidence(event)
    pieces = GROUPER.pieces(event)

    assert evidence.message == message_of(event)
    assert all(0 < len(shown) <= 200 and is_plain(shown) for shown in pieces.values())


@settings(max_examples=200, deadline=None)
@given(st.lists(EVENTS, max_size=6), st.randoms())
def test_a_group_depends_on_nothing_but_the_record(events: list[dict[str, Any]], luck: Any) -> None:
    first = [GROUPER.group_strictly(event) for event in events]
    order = list(range(len(events)))
    luck.shuffle(order)
    fresh = Grouper(CATALOGUE)

    again = {place: fresh.group_strictly(events[place]) for place in order}

    assert [again[place].fingerprint for place in range(len(events))] == [
        one.fingerprint for one in first
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "'" * 1_000_000,
        "/" * 1_000_000,
        "\\" * 1_000_000,
        "{" * 1_000_000,
        "<style" * 170_000,
        "<!--" * 250_000,
        "A." * 500_000,
        "Ab" * 500_000,
        "1:" * 500_000,
        "aA1_" * 250_000,
        "KeyError: '" * 90_000,
        '  File "a", line 1, in b\n' * 40_000,
        "Traceback (most recent call last):\n" * 30_000,
        "status " * 140_000,
        "a-" * 500_000,
        "é" * 1_000_000,
        " " * 1_000_000,
        "\n" * 1_000_000,
        "a@" * 500_000,
        "[ERROR] " * 125_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_text_of_a_megabyte_takes_no_longer_than_a_blink(text: str) -> None:
    start = time.perf_counter()

    GROUPER.group_strictly({"error": text, "details": {"response_text": text, "stderr": text}})
    message_of({"error": text})

    assert time.perf_counter() - start < 0.5


def test_what_cannot_be_read_is_still_grouped() -> None:
    class Trap(dict[str, Any]):
        def get(self, *_: Any) -> Any:
            raise RuntimeError("no")

    assert GROUPER.group(Trap(error="x")) == UNREADABLE


def test_two_keys_never_become_one_text() -> None:
    assert key_text("owl") == "owl"
    assert key_text("Žluť") != key_text("Žlut")
    assert key_text("a" * 90) != key_text("a" * 91)
    assert is_plain_ascii(key_text("東京\n" * 50))


# Traps


def test_the_same_sentence_is_two_causes_told_apart_by_a_null_link() -> None:
    text = "Similar asset already exists or project is missing: {'name': 'Owl', 'project_id': %s}"
    missing = grouped(text % "None", project={"name": "Nest"})
    taken = grouped(text % "UUID('7c7703d6-0a52-42db-a8c0-50bb1118a6c3')")

    assert (missing.known, missing.piece) == ("project-not-in-target", "Nest")
    assert taken.known == "duplicate-entity"


def test_a_key_error_is_a_person_a_group_a_link_a_status_a_project_or_a_field() -> None:
    person = {"type": "HumanUser", "id": 12, "name": "Ida"}
    group = {"type": "Group", "id": 12, "name": "Rig"}

    assert grouped("KeyError: 12", task_assignees=[person]).known == "assignee-not-in-target"
    assert grouped("12", task_assignees=[group]).known == "assignee-is-a-group"
    assert (
        grouped("KeyError: 'url'", sg_movie={"link_type": "local"}).known
        == "movie-is-a-local-file-link"
    )
    assert grouped("KeyError: 'omt2'", sg_status_list="omt2").known == "status-not-mapped"
    assert grouped("KeyError: 'Nest'", project={"name": "Nest"}).known == "project-not-in-target"
    assert grouped("KeyError: 'sg_due'").known == "payload-lacks-field"


def test_one_type_error_is_three_causes_told_apart_by_the_last_frame() -> None:
    def raised(source: str) -> Grouping:
        return grouped(
            "Traceback (most recent call last):\n"
            f'  File "/opt/owl.py", line 5, in run\n    {source}\n'
            "TypeError: 'NoneType' object is not subscriptable"
        )

    deleted = raised('sg.find_one("Shot", filters)["code"]')
    rules = raised('person["permission_rule_set"]["name"]')
    other = raised('config["owl"]["nest"]')

    assert deleted.known == "source-entity-deleted"
    assert rules.known == "person-without-permission-rule-set"
    assert other.known is None


def test_one_json_error_is_an_outage_or_a_sign_in_page() -> None:
    text = "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)"
    away = grouped(text, http_status=502, response_text="<html><title>502 Bad Gateway</title>")
    page = grouped(text, http_status=200, response_text="<html><title>Sign in</title>")

    assert (away.known, away.transient) == ("target-down", True)
    assert (page.known, page.transient) == ("proxy-login-page", False)


def test_texts_without_a_telling_word_are_one_cause_only_if_they_say_the_same() -> None:
    texts = ["text only", "could not do it", "ValueError: z", "RuntimeError: no", "x 1"]
    groups = [GROUPER.group({"error": text}).fingerprint for text in texts]
    assert len(set(groups)) == len(texts)
    assert GROUPER.group({"error": "X 22"}).fingerprint == groups[-1]


def test_expired_is_not_denied() -> None:
    text = "HTTP Error 403: Forbidden for https://owl.s3.amazonaws.com/a.mov"

    assert grouped(f"{text} - Request has expired").known == "media-link-expired"
    assert grouped(f"{text} - Access Denied").known == "media-access-denied"


def test_a_dropped_entry_is_told_by_its_details() -> None:
    text = "entry dropped by target: 1 sent, 0 returned"
    dropped = {"sent": 1, "returned": 0}
    project = grouped(text, **dropped, project_in_target=False, project={"name": "Nest"})
    task = grouped(text, **dropped, entity_type="Version", sg_task=None)
    kind = grouped(text, **dropped, entity_type="Asset", sg_asset_type=None)
    field = grouped("'sg_due'", reason=text, **dropped)

    assert project.known == "project-not-in-target"
    assert task.piece == "Version without sg_task"
    assert kind.piece == "Asset without sg_asset_type"
    assert field.known == "payload-lacks-field"


@pytest.mark.parametrize(
    "error",
    [
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='kitsu'): Read timed out",
        "('Connection aborted.', RemoteDisconnected('Remote end closed connection'))",
        "502 Server Error: Bad Gateway for url: http://kitsu/api/data/tasks",
        "(psycopg.OperationalError) server closed the connection unexpectedly",
    ],
)
def test_an_outage_is_one_cause_from_all_sides(error: str) -> None:
    assert grouped(error).fingerprint == "known/target-down"


def grouped(error: str, **details: Any) -> Grouping:
    return GROUPER.group_strictly({"error": error, "details": {"entity_type": "Task", **details}})


def is_plain(text: str) -> bool:
    return text.replace("\u200c", "").replace("\u200d", "").isprintable()


def is_plain_ascii(text: str) -> bool:
    return text.isascii() and text.isprintable()
