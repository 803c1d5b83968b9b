"""Every text of the pages is in the catalogue, and every text of the catalogue is on a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from snaglist.causes.pieces import PIECES
from snaglist.domain.cause import CauseStatus, Claim
from snaglist.domain.history import Event
from snaglist.domain.retry import Member, MemberState
from snaglist.domain.run import RunStatus
from snaglist.domain.standing import Reason, Status
from snaglist.service import retry_moves
from snaglist.service.outcomes import ABORTED
from snaglist.web.sayings import _FORMS, in_words
from snaglist.web.texts import texts_in

WEB = Path(__file__).parents[2] / "src" / "snaglist" / "web"
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
ALL = "".join(path.read_text("utf-8") for path in [*TEMPLATES, *sorted(WEB.glob("*.py"))])
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_SHOWN = re.compile(r'\b(?:alt|title|placeholder|aria-label|value)="([^"]*)"')
_SIGNS = re.compile(r"[\s·–→@?…:,\"'=>]*")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_text_of_its_own(template: Path) -> None:
    text = _JINJA.sub("", template.read_text("utf-8"))
    inside = [part.strip() for part in re.sub(r"<[^>]*>", "\n", text).splitlines()]
    attributes = [
        found
        for tag in re.findall(r"<(?!input type=\"hidden\"|option|button)[^>]*>", text)
        for found in _SHOWN.findall(tag)
    ]
    assert [part for part in (*inside, *attributes) if not _SIGNS.fullmatch(part)] == []


def _asked() -> set[str]:
    """The keys of the texts that pages ask for, also where a condition chooses one of two."""
    alone = re.findall(r"""\b(?:t|texts|_unfit)\((?:pages, )?"([a-z_.]+)"[,)]""", ALL)
    first = re.findall(r"""\bt\("([a-z_]+\.[a-z_]+)" if """, ALL)
    second = re.findall(r""" else "([a-z_]+\.[a-z_]+)"[,)]""", ALL)
    return {*alone, *first, *second}


def test_every_text_that_is_asked_for_is_there() -> None:
    keys = texts_in().keys()
    assert _asked() - keys == set()


def test_every_word_of_the_code_has_one_for_people() -> None:
    keys = texts_in().keys()
    words = {
        "state": [*(Status), *Reason],
        "cause_state": [*CauseStatus, "came_back"],
        "run_state": [*RunStatus],
        "event": [*Event],
        "claim": [*Claim],
        "piece": [*PIECES],
        "cause": [f"claim_{claim.value}" for claim in Claim],
    }
    missing = {
        f"{group}.{getattr(word, 'value', word)}"
        for group, members in words.items()
        for word in members
    } - keys
    assert missing - {"state.resolved"} == set()


def test_no_text_is_there_for_nobody() -> None:
    asked = _asked()
    stems = tuple(re.findall(r"""\bt\("([a-z_.]+[._])" ?~|\btexts\(f"([a-z_.]+[._])\{""", ALL))
    stems = tuple(in_template or in_code for in_template, in_code in stems)
    assert {key for key in texts_in().keys() - asked if not key.startswith(stems)} == set()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The first 3 all failed again: No field: x", "The first 3 all failed again: No field: x"),
        (
            "The order was stopped before it was tried.",
            "The order was stopped before it was tried.",
        ),
        ("by farm-3", "by farm-3"),
        ("Ana asked for it", "Ana asked for it"),
    ],
)
def test_what_the_desk_says_is_in_the_catalogue_too(said: str, shown: str) -> None:
    assert in_words(texts_in(), said) == shown


def test_every_sentence_of_the_desk_is_known_again() -> None:
    member = Member("r", "i", 0, 1, MemberState.LEASED, lease_id="l")
    told = [
        *(member.ran_out(1, 2).reason, ABORTED),
        *(replace(member, attempts=2).ran_out(3, 2).reason, *retry_moves._TOLD.values()),
    ]
    for text in told:
        assert any(form.fullmatch(text or "") for form, _ in _FORMS), text
        assert "lease" not in in_words(texts_in(), text or "").lower()


def test_a_coordinators_page_knows_no_word_of_the_code() -> None:
    shown = (WEB / "texts" / "en.toml").read_text("utf-8").lower()
    texts = " ".join(re.findall(r'"([^"]*)"', shown))
    for word in ("lease", "fingerprint", "traceback", "payload", "slug"):
        assert not re.search(rf"\b{word}", texts), word
