"""Reading and deleting records."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from snaglist.domain.errors import NotFound
from snaglist.domain.history import Entry, Event
from snaglist.domain.record import Record, record_id
from snaglist.service.moves import Moves
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.items import items_by_id
from snaglist.storage.records import bounds_of_records, find_record, page_of_records
from snaglist.storage.records import delete_record as delete

PAGE_ROWS = 500
PAGE_BYTES = 256 << 10


def get_record(database: Database, id_text: str, source: str | None = None) -> Record:
    """The record of this id, of this source if one is given. Raises NotFound."""
    record = database.read(lambda connection: find_record(connection, record_id(id_text)))
    if record is None or source not in (None, record.source):
        raise _no_such_record()
    return record


def delete_record(database: Database, source: str, id_text: str, *, who: str, at: str) -> None:
    """Delete a record for good; an item whose standing record it was is off the list.

    Raises NotFound if this source has none of this id.
    """
    wanted = record_id(id_text)

    def change(connection: Connection) -> None:
        deleted = delete(connection, source, wanted)
        if deleted is None:
            raise _no_such_record()
        moves = Moves(connection, at)
        moves.note(
            Entry(
                at,
                who,
                Event.RECORD_DELETED,
                deleted.item_id,
                deleted.cause_id,
                deleted.id,
                before=deleted.attempted_at,
            )
        )
        if deleted.item_id is not None:
            item = items_by_id(connection, [deleted.item_id])[deleted.item_id]
            if item.standing_record_id == deleted.id:
                moves.item(
                    item, item.standing_deleted(at), Event.RECORD_DELETED, who, record_id=deleted.id
                )
        moves.write()

    database.write(change)


class Stretch(msgspec.Struct, frozen=True):
    """A stretch of a source's records: those behind place `after`, up to place `last`."""

    source: str
    after: int
    last: int
    is_whole: bool


def find_stretch(
    database: Database, source: str, after: int = 0, limit: int | None = None
) -> Stretch:
    """The records of a source behind place `after`: all there are now, or the first `limit`.

    `is_whole` is False when there are more behind it.
    """
    last, is_whole = database.read(
        lambda connection: bounds_of_records(connection, source, after, limit)
    )
    return Stretch(source, after, last, is_whole)


def pages_of(database: Database, stretch: Stretch) -> Iterator[list[Record]]:
    """The records of a stretch in order of arrival, page by page.

    Each page is a read of its own, so however slow the caller, nothing is held meanwhile;
    a record deleted before its page is read is not in it.
    """
    after = stretch.after
    while after < stretch.last:

        def page(connection: Connection, after: int = after) -> list[Record]:
            return page_of_records(
                connection, stretch.source, after, stretch.last, PAGE_ROWS, PAGE_BYTES
            )

        records = database.read(page)
        if not records:
            return
        yield records
        after = records[-1].seq


def _no_such_record() -> NotFound:
    return NotFound(
        "There is no such record.", "It may have been deleted; the list shows all there are."
    )
