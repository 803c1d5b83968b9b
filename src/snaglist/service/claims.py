"""Somebody's word that a cause is fixed, when that cause becomes two, or one of two again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from snaglist.domain.cause import Cause
from snaglist.service.moves import Moves
from snaglist.storage import regrouping as store
from snaglist.storage.causes import causes_by_id, update_causes
from snaglist.storage.connection import Connection


def give_claims_back(
    connection: Connection,
    cause: Cause,
    into: Cause,
    fingerprints: Sequence[str],
    place: int,
    moves: Moves,
) -> None:
    """What failed behind this place counts for the claim of the cause that it belongs to again."""
    if into.claimed_at is not None:
        shared = cause.failed_since_claim if cause.shares_claim(into) else 0
        since = store.failed_after(connection, fingerprints, place, into.claimed_at)
        moves.takes_claimed(into.id, -shared - since)
    if cause.claimed_at is not None:
        since = store.failed_after(connection, fingerprints, place, cause.claimed_at)
        moves.takes_claimed(cause.id, since)


def settle_claims(connection: Connection, cause_ids: Iterable[str]) -> None:
    """Let the claims of these say what the things show that each of them has in the end."""
    before = causes_by_id(connection, sorted(cause_ids)).values()
    after = [
        cause.claim_settled(store.came_over_since(connection, cause.id, cause.claimed_at))
        for cause in before
        if cause.claimed_at is not None and not cause.failed_since_claim
    ]
    if after:
        update_causes(connection, after)
