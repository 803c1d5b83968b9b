"""What becomes of somebody's word that a cause is fixed, on both engines."""

from __future__ import annotations

import pytest

from snaglist.domain.cause import Claim
from snaglist.domain.edits import ClaimFixed, Merge, Split, Unclaim
from snaglist.domain.history import Event
from snaglist.storage.database import Database
from support.triage import Triage


@pytest.fixture
def triage(database: Database) -> Triage:
    """A list to work on, on each engine in turn."""
    return Triage(database)


def test_a_claim_is_kept_until_an_attempt_shows_otherwise(triage: Triage) -> None:
    triage.fails(1)
    triage.edits_cause(triage.cause(), ClaimFixed(why="restarted it"))
    assert (triage.cause().claim, triage.cause().claimed_by) == (Claim.WAITING, "ana")

    triage.fails(1)

    assert triage.cause().claim is Claim.DID_NOT_HOLD


def test_a_claim_can_be_taken_back(triage: Triage) -> None:
    triage.fails(1)
    triage.edits_cause(triage.cause(), ClaimFixed())
    triage.edits_cause(triage.cause(), Unclaim(why="the wrong farm"))
    version = triage.cause().version
    triage.edits_cause(triage.cause(), Unclaim())

    assert (triage.cause().claim, triage.cause().claimed_by) == (None, None)
    assert triage.cause().version == version
    assert triage.history(triage.cause())[-1].event is Event.UNCLAIMED
    triage.fails(1)
    assert triage.cause().claim is None


def test_a_fix_held_behind_which_the_next_fault_shows(triage: Triage) -> None:
    triage.fails(1, 2, fingerprint="1/a")
    claimed = triage.cause("1/a")
    triage.edits_cause(claimed, ClaimFixed())
    triage.fails(1, 2, fingerprint="1/b")

    assert triage.cause_by_id(claimed.id).claim is Claim.HELD


def told(triage: Triage, fingerprint: str) -> tuple[Claim | None, int]:
    """What became of the claim on the cause of this fingerprint, and how often it failed since."""
    cause = triage.cause(fingerprint)
    return cause.claim, cause.failed_since_claim


def test_after_the_undo_of_a_merge_each_claim_counts_what_is_its_own(triage: Triage) -> None:
    triage.fails(1, 2, fingerprint="1/a")
    triage.fails(3, fingerprint="1/b")
    triage.edits_cause(triage.cause("1/a"), ClaimFixed())
    triage.edits_cause(triage.cause("1/b"), ClaimFixed())
    triage.edits_cause(triage.cause("1/b"), Merge(into=triage.cause("1/a").id))
    triage.fails(1, fingerprint="1/a")
    triage.fails(3, 4, fingerprint="1/b")
    assert told(triage, "1/a") == (Claim.DID_NOT_HOLD, 3)

    triage.undoes()

    assert told(triage, "1/a") == (Claim.DID_NOT_HOLD, 1)
    assert told(triage, "1/b") == (Claim.DID_NOT_HOLD, 2)


@pytest.mark.parametrize("comes_over", [True, False])
def test_a_claim_that_only_failed_by_another_cause_is_as_its_own_things_show(
    triage: Triage, comes_over: bool
) -> None:
    triage.fails(1, fingerprint="1/a")
    triage.fails(2, 3, fingerprint="1/b")
    triage.edits_cause(triage.cause("1/a"), ClaimFixed())
    triage.edits_cause(triage.cause("1/b"), Merge(into=triage.cause("1/a").id))
    if comes_over:
        triage.comes_over(1)
    triage.comes_over(3)
    triage.fails(2, fingerprint="1/b")
    assert told(triage, "1/a") == (Claim.DID_NOT_HOLD, 1)

    triage.undoes()

    assert told(triage, "1/a") == (Claim.HELD if comes_over else Claim.WAITING, 0)
    assert told(triage, "1/b") == (None, 0)


def test_a_claim_on_a_cause_that_is_split_goes_on_for_both(triage: Triage) -> None:
    triage.fails(1, 2, kind="asset")
    triage.fails(3, 4, 5, kind="shot")
    triage.edits_cause(triage.cause(), ClaimFixed())
    triage.fails(3, 4, kind="shot")
    triage.comes_over(5)
    triage.edits_cause(triage.cause(), Split(piece="kind", value="shot"))

    part = triage.cause_by_id(triage.item(3).cause_id)
    assert (part.claim, part.failed_since_claim) == (Claim.DID_NOT_HOLD, 2)
    assert part.claimed_by == "ana"
    assert told(triage, "1/a") == (Claim.WAITING, 0)
    triage.fails(3, kind="shot")
    triage.fails(1, kind="asset")
    assert triage.cause_by_id(part.id).failed_since_claim == 3
    assert told(triage, "1/a") == (Claim.DID_NOT_HOLD, 1)

    triage.undoes()

    assert told(triage, "1/a") == (Claim.DID_NOT_HOLD, 4)


def test_what_is_split_off_shows_by_itself_that_a_claim_held(triage: Triage) -> None:
    triage.fails(1, kind="asset")
    triage.fails(2, kind="shot")
    triage.edits_cause(triage.cause(), ClaimFixed())
    triage.comes_over(2)
    triage.edits_cause(triage.cause(), Split(piece="kind", value="shot"))

    assert triage.cause_by_id(triage.item(2).cause_id).claim is Claim.HELD
