"""What an unknown cause is told by: a thing it names, a code, or the words that carry over."""

from __future__ import annotations

import time

import pytest

from snaglist.causes.anchors import anchors_of
from snaglist.causes.catalogue import Catalogue
from snaglist.causes.codes import class_in, code_in
from snaglist.causes.grouping import Grouper
from snaglist.causes.wording import telling
from snaglist.causes.wrappers import without_wrapper

WHOLE = Catalogue.shipped()
EMPTY = Grouper(WHOLE.without(WHOLE.causes))
FULL = Grouper(WHOLE)


def fingerprint(text: str, **details: object) -> str:
    event = {"error": text, "details": {"entity_type": "Shot", "name": "nest_010", **details}}
    return EMPTY.group_strictly(event).fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "LoomError: no warp named 'silk_grey' on this loom",
            "400 Bad Request: the warp silk_grey is not threaded",
        ),
        (
            "ERREUR:  ne peut pas exécuter INSERT dans une transaction en lecture seule",
            "psycopg.errors.ReadOnlySqlTransaction: cannot execute UPDATE in a read-only "
            "transaction",
        ),
        ("nest 'nest_010' is full of moss", "the nest is full of moss"),
    ],
)
def test_two_wordings_that_name_one_thing_are_one_cause(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("plugin 'burnish' broke at loading", "plugin 'varnish' broke at loading"),
        ("the loom is out of yarn", "the loom is out of tune"),
        ("LoomJammed: at the third row", "LoomUnthreaded: at the third row"),
    ],
)
def test_other_values_and_other_words_are_other_causes(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


PLAIN = "MossError: the nest is overgrown with moss"


@pytest.mark.parametrize(
    "wrapped",
    [
        f"2026-11-20 12:00:01,123 | ERROR    | bridge.worker:run:212 - {PLAIN}",
        f"worker-2  | E0216 01:47:23.123456       1 sync.go:88] {PLAIN}",
        f'time="2026-11-20T12:00:01Z" level=error msg="{PLAIN}" entity=Shot id=7',
        f"Shot could not be imported: {PLAIN} (attempt 2 of 5)",
        f"Shot 7 (“nest_010”): {PLAIN}",
        f"job 7c7703d6-0a52-42db-a8c0-50bb1118a6c3 failed after 3 attempts: {PLAIN}",
        "Task bridge.push[7c7703d6-0a52-42db-a8c0-50bb1118a6c3] raised unexpected: "
        "MossError('the nest is overgrown with moss')",
        f'<Fault -32603: "{PLAIN}">',
        f"<html><body><h1>Import failed</h1><p>{PLAIN}</p><hr>bridge 2.4</body></html>",
        f'b\'{{"ok": false, "error": "{PLAIN}"}}\'',
        f"{{'message': '{PLAIN}', 'path': ['nest']}}",
    ],
)
def test_a_wrapper_changes_no_fingerprint(wrapped: str) -> None:
    assert fingerprint(wrapped) == fingerprint(PLAIN)


def test_the_strongest_name_is_quoted_or_shaped_and_not_the_entitys_own() -> None:
    text = "cannot weave 'nest_010' with silk_grey, got 'purple_9'"
    found = anchors_of(text, text, ["nest_010"], {}, [])

    assert found.strongest == "silk_grey"


def test_an_answers_members_name_what_it_is_about() -> None:
    body = {"code": "FEATURE_DISABLED", "feature": "moss_import", "trace": "7c7703d6"}

    assert anchors_of("", "switched off", [], {}, [body]).strongest == "moss_import"


def test_codes_and_exceptions_that_say_little_are_none() -> None:
    assert code_in("[ORA-00942] table or view") == "ora-00942"
    assert code_in('{"code": "DEPTH_LIMIT"}') == "depth_limit"
    assert code_in("IMPORT_FAILED: OWL_API_KEY") == ""
    assert class_in("owl.errors.NestOvergrown: moss") == "NestOvergrown"
    assert class_in("requests.exceptions.HTTPError: 404") == ""


def test_words_are_told_in_one_form() -> None:
    for one, other in (
        ("The warps could not be found", "no such warp"),
        ("loomNotFound", "the loom does not exist"),
    ):
        assert set(telling(one)) == set(telling(other))


def test_what_only_looks_like_a_wrapper_stays() -> None:
    for text in ("Project 'Owl' was not found: nest", "upload failed", "Shot 7: not found"):
        assert without_wrapper(text) == text


def test_a_subject_far_from_its_problem_is_not_what_is_missing() -> None:
    text = "the shot was read, the loom was warmed and then there came an unknown kind of yarn"

    assert FULL.group_strictly({"error": text}).known is None


def test_a_name_that_varies_with_the_entity_makes_no_cause_of_its_own() -> None:
    assert fingerprint("slate 'owl_v003' is frayed") == fingerprint("slate 'owl_v014' is frayed")
    assert fingerprint("slate 'nest_010' is frayed") == fingerprint("slate 'nest_020' is frayed")


def test_no_text_takes_long() -> None:
    for piece in (
        "a.b",
        "no a.b:",
        "x_",
        "bucket a.",
        "'a' ",
        "is not part of ",
        "b'{",
        "a-",
        "a::",
        "`a` not ",
        '("a")',
    ):
        start = time.perf_counter()
        FULL.group_strictly({"error": piece * 3_000, "details": {"message": f"x {piece * 2_000}"}})
        EMPTY.group_strictly({"error": piece * 3_000})
        assert time.perf_counter() - start < 2, piece


SAID = "loom.errors.WarpSnag: shuttle is stuck behind the heddle"


@pytest.mark.parametrize(
    ("text", "details"),
    [
        (f"##[error]{SAID}\n##[error]Process completed with exit code 1.", {}),
        (
            f"[2026-03-01 02:10:07,112] {{weave.py:88}} ERROR - Task failed with exception: {SAID}",
            {},
        ),
        (f"2026-03-01T02:10:07Z ERROR loom::weave{{type=Shot id=7}}: {SAID}", {}),
        (
            f'{{"level":50,"name":"loom","err":{{"message":"{SAID}"}},"msg":"weave failed"}}',
            {},
        ),
        (f"2026-03-01 loom-6b8d4f9c7-x2k loom.weave ERROR item=Shot#7 | {SAID}", {}),
        (f"loom-1  | [E] (Shot 7) {SAID}", {}),
        (f'{{"severity":"ERROR","service":"loom","message":"{SAID}"}}', {}),
        ("import of Shot 7 ended with status FAILED", {"logs": ["connected", "read Shot 7", SAID]}),
        ("job 7f3a2c11 (loom.weave) moved to the dead queue after 5 tries", {"last_error": SAID}),
        ("loom.errors.WarpSnag in loom.weave", {"exception": {"value": SAID}}),
        (
            f'Traceback (most recent call last):\n  File "a.py", line 5, in put\n{SAID}\n\n'
            "During handling of the above exception, another exception occurred:\n\n"
            'Traceback (most recent call last):\n  File "a.py", line 9, in weave\n'
            "loom.errors.WeaveError: Shot 7 of Owl was not written",
            {},
        ),
    ],
)
def test_what_a_log_or_a_queue_wraps_around_a_failure_makes_no_cause_of_its_own(
    text: str, details: dict[str, object]
) -> None:
    assert fingerprint(text, **details) == fingerprint(SAID)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("quota of department Rigging is used up", "quota of department Story is used up"),
        ("no yarn on //mill2/yarns today", "no yarn on //mill5/silks today"),
        ("Colour space 'Loom LogC4' has no curve", "Colour space 'Input - Mill - C3' has no curve"),
        (
            "arn:aws:kms:eu-west-3:730114482905:key/4f1c9a52-7d0e-4b1f-9a3c-5be0d27f6611 is off",
            "arn:aws:kms:eu-west-3:730114482905:key/b87e03cc-1f49-4d6a-8e75-20c94ad1f3e8 is off",
        ),
        (
            'Warning: pool "felt_hi" is closed\nError: job was not taken',
            'Warning: pool "felt_lo" is closed\nError: job was not taken',
        ),
        ("no draw frame on loom-02", "no draw frame on loom-05"),
        ("Host 'a.mill.example' has a strange key", "Host 'b.mill.example' has a strange key"),
    ],
)
def test_a_fix_for_each_department_and_machine_that_a_failure_names(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(
    ("said", "piece"),
    [
        ("OSError: [Errno 122] Disk quota exceeded", ""),
        ("OSError: [Errno 122] Disk quota exceeded: '/mnt/owl/a.mov'", "/mnt/owl"),
        ("PermissionError: [Errno 13] Permission denied", ""),
    ],
)
def test_where_the_code_lies_is_no_place_that_something_is_wrong_with(
    said: str, piece: str
) -> None:
    trace = 'Traceback (most recent call last):\n  File "/home/ana/imp.py", line 3, in go\n    go()'
    for event in (
        {"error": said, "details": {"traceback": f"{trace}\n{said}"}},
        {"error": f"{trace}\n{said}"},
    ):
        assert FULL.group_strictly(event).piece == piece
