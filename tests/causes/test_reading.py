"""Evidence piece by piece: from tracebacks, statements, pages, bodies, and other languages."""

from __future__ import annotations

from typing import Any

import pytest

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.evidence import Evidence
from snaglist.causes.grouping import Grouper
from snaglist.causes.messages import message_of

GROUPER = Grouper(Catalogue.shipped())

CHAINED = """Traceback (most recent call last):
  File "/opt/owl/nest.py", line 3, in build
    twigs["oak"]
    ~~~~~^^^^^^^
KeyError: 'sg_twigs'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/opt/owl/push.py", line 9, in push
    raise PushFailed(shot) from error
owl.PushFailed: Shot 55
"""
STATEMENT = """(psycopg.errors.DataError) value too long for type character varying(80)
[SQL: INSERT INTO task (name, project_id) VALUES (%(name)s, %(project_id)s)]
[parameters: {'name': 'connection refused', 'project_id': None}]"""


def evidence(error: Any = None, **details: Any) -> Evidence:
    return GROUPER.evidence({"error": error, "details": details})


def test_of_a_chain_the_exception_tells_that_says_something() -> None:
    found = evidence(CHAINED)

    assert found.exceptions[0] == "KeyError"
    assert found.key == "sg_twigs"
    assert found.frames == ("nest.py:build",)
    assert found.message == "KeyError: 'sg_twigs'"


def test_a_last_exception_that_says_something_tells() -> None:
    text = CHAINED.replace("owl.PushFailed: Shot 55", "owl.NestTooSmall: no room for the third egg")

    assert evidence(text).message == "owl.NestTooSmall: no room for the third egg"


def test_a_statement_names_its_table_and_its_parameters_say_nothing() -> None:
    found = evidence(STATEMENT)

    assert (found.relation, found.limit) == ("task", "80")
    assert GROUPER.group({"error": STATEMENT}).known == "text-too-long"


@pytest.mark.parametrize(
    ("text", "relation", "column", "constraint"),
    [
        ('null value in column "a" of relation "b" violates', "b", "a", ""),
        ("NULL-Wert in Spalte »a« von Relation »b« verletzt", "b", "a", ""),
        ("la colonne « a » de la relation « b » viole", "b", "a", ""),
        ('リレーション"b"の列"a"のnull値', "b", "a", ""),
        ('violates unique constraint "b_name_key"', "", "", "b_name_key"),
        ("verletzt Unique-Constraint »b_name_key«", "", "", "b_name_key"),
        ("la contrainte unique « b_uc »", "", "", "b_uc"),
        ("restricción de unicidad «b_uc»", "", "", "b_uc"),
        ("NOT NULL constraint failed: b.a", "b", "a", ""),
    ],
)
def test_databases_speak_several_languages(
    text: str, relation: str, column: str, constraint: str
) -> None:
    found = evidence(text)

    assert (found.relation, found.column) == (relation, column)
    if constraint:
        assert found.constraint == constraint


def test_a_page_tells_by_its_title() -> None:
    found = evidence("odd answer", response_text="<html><head><title> Sign in </title></head>")

    assert found.page_title == "Sign in"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("413 Client Error: Too Large for url: https://x/1", 413),
        ("HTTP Error 404: Not Found", 404),
        ("<ProtocolError for owl.example: 503 Busy>", 503),
        ("status=502", 502),
        ("shot 404 is odd", 0),
        ("sq_500_0010 is odd", 0),
        ("aiohttp.ClientResponseError: 403, message='Forbidden'", 403),
    ],
)
def test_a_status_is_read_from_the_text_and_a_shots_number_is_none(text: str, status: int) -> None:
    assert evidence(text).status == status


def test_a_refusal_in_the_text_counts_before_a_mere_200_beside_it() -> None:
    assert evidence("HTTP 502 from the proxy", http_status=200).status == 502
    assert evidence("odd", http_status=409).status == 409


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("timeout: https://owl.shotgrid.autodesk.com/api3", "source"),
        ("timeout: https://owl.s3.eu-west-1.amazonaws.com/a", "media"),
        ("timeout: http://10.0.0.1/api/import/shotgun/shots", "target"),
        ("gazu.exception.Odd", "target"),
        ("odd", ""),
    ],
)
def test_the_host_says_who_was_spoken_to(text: str, side: str) -> None:
    assert evidence(text).side == side


def test_a_page_about_the_entity_is_not_who_was_spoken_to() -> None:
    assert evidence("odd", url="https://owl.shotgrid.autodesk.com/detail/Shot/5").host == ""


def test_null_links_are_found_in_payload_and_text() -> None:
    found = evidence("refused: {'name': 'x', 'step_id': None}", sg_task=None)

    assert found.absent == ("sg_task", "step_id")


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ({"error": "2026-11-20 12:00:01 ERROR a.b: the nest is empty"}, "the nest is empty"),
        ({"error": "exit status 1", "details": {"stderr": "ERROR the nest fell"}}, "the nest fell"),
        ({"error": "500", "details": {"response": {"message": "no nest left"}}}, "no nest left"),
        ({"error": '{"error": {"message": "no nest left"}}'}, "no nest left"),
        ({"error": 'PushFailed("ValueError: no nest")'}, "ValueError: no nest"),
        ({"error": "a\x00b\u202ec"}, "a b c"),
        ({"error": "x" * 999}, "x" * 300),
        ({"event_type": "Shotgun_Shot_Change"}, "Shotgun_Shot_Change without an error text"),
        ({}, "No error text"),
        ({"error": 5, "details": "?"}, "No error text"),
        (
            {"exc_info": ["Traceback (most recent call last):", "ValueError: owl"]},
            "ValueError: owl",
        ),
    ],
)
def test_people_read_the_line_that_says_something(event: dict[str, Any], line: str) -> None:
    assert message_of(event) == line


def test_the_title_of_an_unknown_cause_names_nobody() -> None:
    found = GROUPER.group(
        {"error": "RigError: the rig of owl_0010 broke 3 times", "details": {"name": "owl_0010"}}
    )

    assert found.title == "RigError: the rig of … broke … times"


def test_pieces_are_what_people_may_split_by() -> None:
    pieces = GROUPER.pieces(
        {
            "error": "ValueError: odd value of Shot.sg_cut_in at https://kitsu.owl/api/data/shots",
            "details": {"entity_type": "Shot", "project": {"name": "Nest"}, "http_status": 422},
        }
    )

    assert pieces["project"] == "Nest"
    assert pieces["field"] == "Shot.sg_cut_in"
    assert pieces["entity_type"] == "Shot"
    assert pieces["exception"] == "ValueError"
    assert pieces["http_status"] == "422"
    assert pieces["host"] == "kitsu.owl"
    assert pieces["endpoint"] == "/api/data/shots"
