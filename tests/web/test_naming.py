"""What the catalogue calls the target has its name on pages, and nobody's own words are changed."""

from __future__ import annotations

import pytest

from snaglist.causes.catalogue import Catalogue
from snaglist.web.naming import Naming
from snaglist.web.texts import texts_in
from support.desks import DeskProcess
from web.conftest import failed
from web.test_doors import signed_in

PIECES = texts_in("en").below("piece")
TITLES = [cause.title for cause in Catalogue.shipped().causes.values()]


def test_the_catalogue_speaks_of_the_target_by_its_name() -> None:
    naming = Naming("Kitsu", TITLES, PIECES)
    assert naming.title("The target did not answer") == "Kitsu did not answer"
    assert naming.title("This status does not exist in the target: hld2") == (
        "This status does not exist in Kitsu: hld2"
    )
    assert naming.title("The importer's user may not do this in the target") == (
        "The importer's user may not do this in Kitsu"
    )
    assert naming.title("The first 3 all failed again: The target's disk is full") == (
        "The first 3 all failed again: Kitsu's disk is full"
    )
    assert naming.text("Make room on the target's disk.") == "Make room on Kitsu's disk."


def test_no_title_of_the_catalogue_is_left_with_the_target() -> None:
    naming = Naming("Kitsu", TITLES, PIECES)
    assert not [title for title in TITLES if "the target" in naming.title(title).lower()]


def test_what_an_importer_said_stays_as_it_is() -> None:
    naming = Naming("Kitsu", TITLES, PIECES)
    for title in (
        "the target directory is gone",
        "This status does not exist: the target frame",
        "The target did not answer, says Ana",
    ):
        assert naming.title(title) == title


def test_without_one_name_nothing_is_changed() -> None:
    naming = Naming("", TITLES, PIECES)
    assert naming.title("The target did not answer") == "The target did not answer"
    assert naming.text("Ask the target") == "Ask the target"


def test_things_are_searched_for_without_the_targets_name() -> None:
    naming = Naming("Kitsu", TITLES, PIECES)
    assert naming.without("kitsu did not answer") == "did not answer"
    assert naming.without("Kitsu") == "Kitsu"
    assert naming.without("") == ""


@pytest.mark.parametrize("q", ["kitsu", "Kits", "target", "Kitsu answer", "kitsu brumble"])
def test_a_search_finds_the_causes_whose_titles_say_so(desk: DeskProcess, q: str) -> None:
    """The name is the catalogue's "the target", or is what an import said."""
    failed(desk, shotgun_id=1, error="Kitsu preview daemon said brumble")
    failed(desk, shotgun_id=2, error="502 Bad Gateway")
    page = signed_in(desk).get("/causes", params={"q": q}).text
    assert ("brumble" in page) == (q not in ("target", "Kitsu answer"))
    assert ("Kitsu did not answer" in page) == (q != "kitsu brumble")


def test_what_a_cause_was_split_by_is_told_in_words() -> None:
    naming = Naming("Kitsu", TITLES, PIECES)
    assert naming.title("The target did not answer [project: Sprite] [http_status: 502]") == (
        "Kitsu did not answer · Project: Sprite · HTTP status: 502"
    )
    assert naming.title("Unknown key [colour: red]") == "Unknown key [colour: red]"
