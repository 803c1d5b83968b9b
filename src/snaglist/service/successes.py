"""What came over: successes, reported by whoever imports."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from snaglist.domain.errors import WrongShape
from snaglist.domain.history import Event
from snaglist.domain.identity import ItemKey, entity_id_of, entity_type_of
from snaglist.domain.item import Item
from snaglist.domain.moment import attempted_at, before_our_clock, read_moment
from snaglist.domain.record import is_label, is_source
from snaglist.domain.run import TryOutcome, run_id_of
from snaglist.domain.standing import Status
from snaglist.domain.words import one_line
from snaglist.service.moves import Moves
from snaglist.service.sightings import Targets
from snaglist.service.tries import Tried, note_tries
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.items import (
    Success,
    failed_outside_runs,
    items_of_entities,
    note_successes,
)

SLICE = 1_000
_LONGEST = 200
_LONGEST_URL = 2_000
_encode = msgspec.json.Encoder().encode


class Imported(msgspec.Struct, forbid_unknown_fields=True):
    """One entity, or part of one, that came over, as its importer says it.

    `alone`: only the whole itself; its parts are told of apart. A part is alone by nature.
    `began_at`: when it was begun to be tried. What failed since, and is told outside of any run,
    may be of this very try, so it stays.
    """

    shotgun_id: int | str
    entity_type: str
    part: str = ""
    target: str | None = None
    run: str | None = None
    occurred_at: str | None = None
    target_url: str | None = None
    project: int | str | None = None
    alone: bool = False
    began_at: str | None = None


class Reported(msgspec.Struct, frozen=True):
    """A success, and the run that tried it, if one was named; for the rest see `Arrival`."""

    success: Success
    tried: Tried | None
    yields_to_parts: bool = False


def reported(
    source: str,
    imported: Imported,
    targets: Targets,
    *,
    who: str,
    arrived_at: str,
    sent_at: str = "",
) -> Reported:
    """What was reported, sent at that time by the importer's clock, if it says so.

    Raises WrongShape that names the member at fault.
    """
    success = success_of(source, imported, targets, arrived_at, sent_at)
    # Its own time says nothing of an order within a millisecond; its arrival does.
    yields = imported.occurred_at is not None
    if imported.run is None:
        return Reported(success, None, yields)
    if not is_label(imported.run):
        raise _fault("run", "is empty, too long or not plain text")
    key = replace(_key(success), project=entity_id_of(imported.project))
    return Reported(
        success,
        Tried(
            *(imported.run, key, key.digest, TryOutcome.CAME_OVER, success.came_over_at, who),
            None if success.is_alone else success.part,
        ),
        yields,
    )


def success_of(
    source: str, imported: Imported, targets: Targets, arrived_at: str, sent_at: str
) -> Success:
    """The success that was reported. Raises WrongShape that names the member at fault."""
    entity_id = entity_id_of(imported.shotgun_id)
    entity_type = entity_type_of(one_line(imported.entity_type, _LONGEST))
    if not entity_id:
        raise _fault("shotgun_id", "is empty")
    if not entity_type:
        raise _fault("entity_type", "is empty")
    if imported.target is not None and not is_source(imported.target):
        raise _fault("target", "is not a slug such as kitsu or jira")
    part = one_line(imported.part, _LONGEST)
    url = imported.target_url
    if url is not None and not is_address(url):
        raise _fault("target_url", "is not an http or https address")
    return Success(
        source,
        targets.of(source, imported.target),
        entity_id,
        entity_type,
        part,
        attempted_at(imported.occurred_at, arrived_at),
        url,
        is_alone=imported.alone and not part,
        began_at=_began_at(imported, arrived_at, sent_at),
    )


def _began_at(imported: Imported, arrived_at: str, sent_at: str) -> str | None:
    """When its try began, earlier by what the importer's clock is seen to be ahead.

    None if that is not said, or cannot be read.
    """
    began_at = read_moment(imported.began_at or "")
    occurred_at = read_moment(imported.occurred_at or "") or arrived_at
    if began_at is None or began_at > occurred_at:
        return None
    return before_our_clock(began_at, max(occurred_at, read_moment(sent_at) or ""), arrived_at)


def is_address(url: str) -> bool:
    """Whether this is an http or https address, of a length that can be kept."""
    return url.startswith(("http://", "https://")) and url == one_line(url, _LONGEST_URL)


def report_imported(database: Database, told: Sequence[Reported], *, who: str, at: str) -> int:
    """Resolve what these say came over, wherever it stands; how many items that were.

    A success of a whole entity resolves all its parts unless it is alone, one of a part only that
    part; both resolve the items of its id whose type is not known. What is not on the list is
    remembered, so that a late failure does not bring it back. Committed in slices of `SLICE`.
    """
    resolved = 0
    for start in range(0, len(told), SLICE):
        part = told[start : start + SLICE]
        resolved += database.write(
            lambda connection, part=part: _keep(connection, part, who, at)  # type: ignore[misc]
        )
    return resolved


def _keep(connection: Connection, told: Sequence[Reported], who: str, at: str) -> int:
    tried = [one.tried for one in told if one.tried is not None]
    if tried:
        note_tries(connection, tried, at)
    arrivals = [
        Arrival(
            one.success,
            who,
            run_id=None if one.tried is None else run_id_of(one.tried.run),
            yields_to_parts=one.yields_to_parts,
        )
        for one in told
    ]
    return resolve_arrivals(connection, arrivals, at)


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A success with who reports it, the run, or the retry and item that it is the outcome of.

    `yields_to_parts`: a part that failed in its very millisecond failed after it. Parts are tried
    after their whole, and to lose sight of a failure is the worse error.
    """

    success: Success
    who: str
    retry_id: str | None = None
    item_id: str | None = None
    run_id: str | None = None
    yields_to_parts: bool = False


def resolve_arrivals(connection: Connection, arrivals: Sequence[Arrival], at: str) -> int:
    """Resolve what these say came over, inside a transaction; how many items that were."""
    successes = [arrival.success for arrival in arrivals]
    note_successes(connection, _newest(successes))
    found = items_of_entities(connection, [_key(success) for success in successes])
    items = {item.id: item for item in found}
    by_entity: dict[tuple[str, str, str], set[str]] = {}
    for item in found:
        by_entity.setdefault(_entity_of(item), set()).add(item.id)
    outside = failed_meanwhile(
        connection,
        [
            (item, one.began_at)
            for one in successes
            if one.began_at is not None
            for item in map(items.__getitem__, by_entity.get(_entity_of(one), ()))
        ],
    )
    moves = Moves(connection, at)
    resolved: set[str] = set()
    by_retry = {arrival.item_id for arrival in arrivals}
    for arrival in arrivals:
        success = arrival.success
        for item_id in sorted(by_entity.get(_entity_of(success), ())):
            before = items[item_id]
            if before.entity_type not in ("", success.entity_type):
                continue
            if not success.speaks_for(before.part):
                continue
            if (item_id, success.began_at) in outside:
                continue
            is_other_s = before.status is Status.RETRYING and item_id not in by_retry
            if is_other_s and arrival.retry_id is not None:
                continue  # a part that another worker has in hand: its own outcome tells of it
            yields = arrival.yields_to_parts and before.part != success.part
            after = before.came_over(success.came_over_at, at, yields=yields)
            items[item_id] = after
            moves.item(
                *(before, after, Event.CAME_OVER, arrival.who),
                edit_id=arrival.retry_id,
                undo=_undo_of(before),
                run_id=arrival.run_id,
                by_retry=item_id in by_retry,
            )
            if after.version != before.version:
                resolved.add(item_id)
    moves.write()
    return len(resolved)


def _undo_of(before: Item) -> str | None:
    """How it was set aside, for a failure of the same try that arrives behind its success."""
    return _encode(before.footing).decode() if before.status is Status.IGNORED else None


def failed_meanwhile(
    connection: Connection, tried: Sequence[tuple[Item, str]]
) -> set[tuple[str, str]]:
    """What of these failed since its try began, as told outside of any run: ids and moments.

    A program that the try started may have told so, or what was there before all runs.
    """
    doubtful = [(item.id, began_at) for item, began_at in tried if item.last_failed_at >= began_at]
    return failed_outside_runs(connection, doubtful) if doubtful else set()


def _entity_of(told: Success | Item) -> tuple[str, str, str]:
    return told.source, told.target, told.entity_id


def _newest(successes: Sequence[Success]) -> list[Success]:
    """One of each thing, the newest; the same order in every transaction."""
    newest: dict[tuple[str, ...], Success] = {}
    for success in sorted(successes, key=lambda one: one.came_over_at):
        thing = (
            *(success.source, success.target, success.entity_id),
            *(success.entity_type, success.part, str(success.is_alone)),
        )
        newest[thing] = success
    return [newest[thing] for thing in sorted(newest)]


def _key(success: Success) -> ItemKey:
    return ItemKey(
        *(success.source, success.target, success.entity_type, success.entity_id),
        *(success.part, ""),
    )


def _fault(member: str, what: str) -> WrongShape:
    return WrongShape(f'"{member}" {what}.', "Correct this member.", where=f"/{member}")
