"""The shipped causes land their own examples; a faulty file is refused with its line."""

from __future__ import annotations

import pytest

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.cause_file import WHO, Cause, Example
from snaglist.causes.grouping import Grouper
from snaglist.domain.errors import CatalogueFault

SHIPPED = Catalogue.shipped()
GROUPER = Grouper(SHIPPED)
EXAMPLES = [(cause, example) for cause in SHIPPED.causes.values() for example in cause.examples]

STUDIO = """
[[cause]]
id = "owl-rig-missing"
title = "The rig is not published: {quoted}"
meaning = "The owl's rig has to be published first."
fix = "Publish the rig."
who = "td"
split = "quoted"

[[cause.when]]
says = ["rig", "unpublished|not published"]

[[cause.example]]
error = "the rig 'owl_main' is not published"
piece = "owl_main"
"""


def test_every_shipped_cause_has_an_example() -> None:
    assert [cause.id for cause in SHIPPED.causes.values() if not cause.examples] == []


@pytest.mark.parametrize(
    ("cause", "example"), EXAMPLES, ids=[f"{cause.id}-{n}" for n, (cause, _) in enumerate(EXAMPLES)]
)
def test_an_example_lands_on_its_own_cause(cause: Cause, example: Example) -> None:
    found = GROUPER.group_strictly(example.event)

    assert found.known == cause.id
    if example.piece is not None:
        assert found.piece.casefold() == example.piece.casefold()


def test_every_cause_speaks_to_a_coordinator() -> None:
    for cause in SHIPPED.causes.values():
        assert cause.who in WHO
        assert cause.meaning.endswith(".")
        assert cause.fix.endswith(".")
        assert not cause.title.endswith(".")


def test_a_studio_file_adds_a_cause_before_the_shipped_ones() -> None:
    grouper = Grouper(Catalogue.parse({"owl.toml": STUDIO}))

    found = grouper.group({"error": "rig 'owl_main' unpublished: connection refused"})

    assert found.known == "owl-rig-missing"
    assert found.title == "The rig is not published: owl_main"
    assert found.fingerprint == "known/owl-rig-missing/owl_main"


def test_a_studio_file_overrides_a_shipped_cause_by_id_and_keeps_what_it_does_not_name() -> None:
    text = '[[cause]]\nid = "target-down"\nfix = "Call Ida, extension 12."\n'
    catalogue = Catalogue.parse({"owl.toml": text})

    assert catalogue.causes["target-down"].fix == "Call Ida, extension 12."
    assert catalogue.causes["target-down"].title == SHIPPED.causes["target-down"].title
    assert Grouper(catalogue).group({"error": "Connection refused"}).known == "target-down"


def test_a_studio_file_adds_words_to_a_vocabulary() -> None:
    catalogue = Catalogue.parse({"owl.toml": '[words]\nrefused = ["slammed the door"]\n'})

    assert Grouper(catalogue).group({"error": "it slammed the door"}).known == "target-down"
    assert Grouper(SHIPPED).group({"error": "it slammed the door"}).known is None


def test_leaving_causes_out_leaves_the_others() -> None:
    less = SHIPPED.without(["target-down"])

    assert set(SHIPPED.causes) - set(less.causes) == {"target-down"}


CAUSE = """[[cause]]
id = "owl"
title = "Owl"
meaning = "It is an owl."
fix = "Let it fly."
who = "td"
"""
WHEN = f"{CAUSE}[[cause.when]]\n"
WHOLE = f'{WHEN}says = "hoot"\n'
FAULTS = [
    ("[[cause]\n", 1, "not TOML"),
    ("\n\nowl = = 3\n", 3, "not TOML"),
    ("[rules]\nx = 1\n", 1, "no table named rules"),
    ("cause = 3\n", 1, "[[cause]]"),
    (CAUSE, 2, "at least one [[cause.when]]"),
    (CAUSE.replace('"owl"', '"Owl!"'), 2, "needs an id"),
    (CAUSE.replace('title = "Owl"\n', ""), 1, "needs title"),
    (CAUSE.replace('"td"', '"nobody"'), 6, "who is one of"),
    (CAUSE + 'colour = "red"\n', 7, "no member colour"),
    (CAUSE + 'rank = "high"\n', 7, "rank is a number"),
    (CAUSE + "transient = 1\n", 7, "transient is true or false"),
    (CAUSE + 'split = "feathers"\n', 7, "split is one of"),
    (CAUSE.replace('"Owl"', '"Owl {feathers}"'), 3, "names no piece"),
    (WHEN, 7, "match every record"),
    (WHEN + 'hoots = "twice"\n', 8, "no condition hoots"),
    (WHEN + "says = 3\n", 8, "says is a text"),
    (WHEN + 'says = ["@birds"]\n', 8, "no words named @birds"),
    (WHEN + 'says = ["?|owl"]\n', 8, "without a letter"),
    (WHEN + 'unless = ""\n', 8, "unless is a text"),
    (WHEN + 'status = "404"\n', 8, "status is an HTTP status"),
    (WHEN + "status = 4040\n", 8, "a list of them"),
    (WHEN + 'dropped = "yes"\n', 8, "dropped is true or false"),
    (WHEN + 'subject = "owl"\n', 8, "no subject owl"),
    (WHEN + "subject = 3\n", 8, "subject is a text"),
    (WHOLE + '[[cause.when]]\nproblem = "owl"\n', 10, "no problem owl"),
    (WHOLE + "[[cause.example]]\n", 9, "an example is a record"),
    (WHOLE + '[[cause.example]]\nerror = "x"\npiece = 3\n', 11, "piece of an example"),
    (WHOLE + WHOLE, 10, "stands here twice"),
    ('[words]\nowls = "hoot"\n', 2, "list of words"),
]


@pytest.mark.parametrize(("text", "line", "reason"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_a_faulty_file_is_refused_with_file_line_and_reason(
    text: str, line: int, reason: str
) -> None:
    with pytest.raises(CatalogueFault) as refused:
        Catalogue.parse({"owl.toml": text})

    assert refused.value.file == "owl.toml"
    assert reason in str(refused.value)
    assert refused.value.line == line
    assert refused.value.where == f"owl.toml:{line}"
    assert refused.value.remedy


def test_one_cause_in_two_files_is_refused() -> None:
    with pytest.raises(CatalogueFault, match="two files"):
        Catalogue.parse({"a.toml": STUDIO, "b.toml": STUDIO})


@pytest.mark.parametrize(
    "error",
    [
        "TypeError: unsupported operand type(s) for +: 'int' and 'NoneType'",
        "TypeError: '<' not supported between instances of 'dict' and 'dict'",
        'TypeError: can only concatenate str (not "NoneType") to str',
        "TypeError: Object of type datetime is not JSON serializable",
    ],
)
def test_a_fault_of_the_importer_s_code_is_told_as_it_is(error: str) -> None:
    """And not as something that people could set aside, or look for elsewhere."""
    event = {"error": error, "details": {"entity_type": "Shot", "shotgun_id": 1}}

    assert GROUPER.group_strictly(event).known is None
