"""The SQL of edits of many items: what was asked for, the slices that are left, what they touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from snaglist.domain.edits import Assign, Ignore, ItemEdit, Note
from snaglist.domain.filtering import Filter
from snaglist.domain.history import Entry
from snaglist.domain.item import Item
from snaglist.storage import items as item_store
from snaglist.storage.connection import Connection, Value
from snaglist.storage.filtering import ranks_found
from snaglist.storage.history import ENTRY_COLUMNS, entry_of
from snaglist.storage.rows import as_list, as_rows, as_text, given, insertion, listed, value
from snaglist.storage.search.question import Found


class Edit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An edit of many items, as far as it has come; the order of its members is that of columns.

    `kind` is the edit's name, `asked` the edit itself as JSON, `filter` which items it was asked
    for, or `cause_id` of which cause. `before` is JSON of what an undo needs beside the audit
    trail. While it is going on, `ended_at` is None.
    """

    id: str
    at: str
    who: str
    kind: str
    asked: str
    filter: str | None = None
    cause_id: str | None = None
    undoes: str | None = None
    undone_by: str | None = None
    before: str | None = None
    matching: int = 0
    changed: int = 0
    skipped: int = 0
    ended_at: str | None = None
    seq: int = 0


_COLUMNS = {
    **dict.fromkeys(Edit.__struct_fields__[:-1], "TEXT"),
    "matching": "BIGINT",
    "changed": "BIGINT",
    "skipped": "BIGINT",
}
_EDIT = ", ".join((*_COLUMNS, "seq"))
_INSERT = insertion("edits", _COLUMNS)
_SLICES = insertion("edit_slices", {"edit_id": "TEXT", "place": "BIGINT", "members": "TEXT"})
_PAGE = 20_000
_HIGHEST = 1 << 62
_PLACES = f"SELECT {value(0, 'BIGINT')} FROM {{}}"


def insert_edit(connection: Connection, edit: Edit, slices: Sequence[str]) -> None:
    """Store an edit with all that is to be done of it, a slice being the work of a transaction."""
    connection.insert(_INSERT[connection.engine], as_rows([edit]))
    rows = [(edit.id, place, members) for place, members in enumerate(slices)]
    if rows:
        connection.insert(_SLICES[connection.engine], as_rows(rows))


def find_edit(connection: Connection, edit_id: str) -> Edit | None:
    """The edit of this id."""
    rows = connection.execute(f"SELECT {_EDIT} FROM edits WHERE id = :id", id=edit_id)
    return Edit(*rows[0]) if rows else None


def newest_edits(connection: Connection, before: int | None, most: int) -> list[Edit]:
    """The newest edits, those ahead of place `before` if one is given; the newest first."""
    where = "" if before is None else "WHERE seq < :before"
    values = {} if before is None else {"before": before}
    rows = connection.execute(
        f"SELECT {_EDIT} FROM edits {where} ORDER BY seq DESC LIMIT :most", most=most, **values
    )
    return [Edit(*row) for row in rows]


def last_edit_of(connection: Connection, who: str, kinds: Iterable[str]) -> Edit | None:
    """The newest edit of one of these kinds that this person made."""
    rows = connection.execute(
        f"SELECT {_EDIT} FROM edits WHERE who = :who"
        f" AND kind IN ({listed(connection, 'kinds')}) ORDER BY seq DESC LIMIT 1",
        who=who,
        kinds=as_list(kinds),
    )
    return Edit(*rows[0]) if rows else None


def edits_going_on(connection: Connection, most: int) -> list[str]:
    """The ids of edits that have slices left, the oldest first."""
    rows = connection.execute(
        "SELECT id FROM edits WHERE ended_at IS NULL ORDER BY seq LIMIT :most", most=most
    )
    return [row[0] for row in rows]


def next_slice(connection: Connection, edit_id: str) -> tuple[int, str] | None:
    """The place and members of the next slice of an edit; None when nothing is left."""
    rows = connection.execute(
        "SELECT place, members FROM edit_slices WHERE edit_id = :id ORDER BY place LIMIT 1",
        id=edit_id,
    )
    return (rows[0][0], rows[0][1]) if rows else None


def shorten_slice(connection: Connection, edit_id: str, place: int, members: str) -> None:
    """What is left of a slice."""
    connection.execute(
        "UPDATE edit_slices SET members = :members WHERE edit_id = :id AND place = :place",
        id=edit_id,
        place=place,
        members=members,
    )


def drop_slice(connection: Connection, edit_id: str, place: int) -> None:
    """This slice is done."""
    connection.execute(
        "DELETE FROM edit_slices WHERE edit_id = :id AND place = :place", id=edit_id, place=place
    )


def drop_slices(connection: Connection, edit_id: str) -> None:
    """Nothing more is to be done of this edit."""
    connection.execute("DELETE FROM edit_slices WHERE edit_id = :id", id=edit_id)


def update_edit(connection: Connection, edit: Edit) -> None:
    """Store how far an edit has come."""
    connection.execute(
        "UPDATE edits SET matching = :matching, changed = :changed, skipped = :skipped,"
        " ended_at = :ended_at, undone_by = :undone_by WHERE id = :id",
        id=edit.id,
        matching=edit.matching,
        changed=edit.changed,
        skipped=edit.skipped,
        ended_at=edit.ended_at,
        undone_by=edit.undone_by,
    )


def entries_of_edit(connection: Connection, edit_id: str) -> list[int]:
    """The places in the audit trail of what this edit did to items, in order."""
    rows = connection.execute(
        "SELECT seq FROM audit WHERE edit_id = :id AND item_id IS NOT NULL ORDER BY seq",
        id=edit_id,
    )
    return [row[0] for row in rows]


def entries_at(connection: Connection, places: str) -> list[Entry]:
    """The entries of the audit trail at these places (JSON, as a slice has them), in order."""
    rows = connection.execute(
        f"SELECT {ENTRY_COLUMNS} FROM audit"
        f" WHERE seq IN ({_PLACES.format(given(connection.engine, 'places'))}) ORDER BY seq",
        places=places,
    )
    return [entry_of(row) for row in rows]


def items_at(connection: Connection, places: str) -> list[Item]:
    """The items at these places (JSON, as a slice has them), in order."""
    rows = connection.execute(
        f"SELECT {item_store.COLUMNS} FROM items"
        f" WHERE seq IN ({_PLACES.format(given(connection.engine, 'places'))}) ORDER BY seq",
        places=places,
    )
    return [item_store.item_of(row) for row in rows]


def places_found(connection: Connection, asked: Filter) -> list[int]:
    """The places of all items that a filter finds, as they are at one moment."""
    return [place for place, _, _ in places_told(connection, asked)]


def places_told(connection: Connection, asked: Filter) -> list[tuple[int, str, str]]:
    """The same, each with its item's project as it was told (id, name, or ""), and its part."""
    found: list[tuple[int, str, str]] = []
    page = Found([], _HIGHEST)
    with connection.snapshot():
        while page.further is not None:
            page = ranks_found(connection, asked, page.further, _PAGE)
            rows = connection.execute(
                "SELECT seq, project, part FROM items WHERE rank IN"
                f" ({_PLACES.format(given(connection.engine, 'ranks'))})",
                ranks=as_text([[rank] for rank in page.ranks]),
            )
            found += [(row[0], row[1], row[2]) for row in rows]
    return sorted(found)


def kinds_at(connection: Connection, places: str, edit: ItemEdit) -> list[tuple[Item, int]]:
    """The items at these places (JSON, as a slice has them), as far as an edit tells them apart.

    Of each kind one, and how many there are.
    """
    alike: dict[str, Value] = {}
    match edit:
        case Assign():
            kinds, alike = "(coalesce(items.assignee, '') = :alike)", {"alike": edit.to or ""}
        case Note():
            kinds, alike = "(coalesce(items.note, '') = :alike)", {"alike": edit.text}
        case Ignore():
            kinds = (
                "items.status, (coalesce(items.ignored_until, '') = :alike),"
                " (items.ignored_failures IS NULL), items.ignored_with_cause"
            )
            alike = {"alike": edit.until or ""}
        case _:
            kinds = "items.status, (items.standing_record_id IS NULL)"
    rows = connection.execute(
        "SELECT min(items.seq), count(*) FROM items"
        f" WHERE seq IN ({_PLACES.format(given(connection.engine, 'places'))}) GROUP BY {kinds}",
        places=places,
        **alike,
    )
    numbers = {row[0]: row[1] for row in rows}
    return [
        (item, numbers[item.seq])
        for item in items_at(connection, as_text([[one] for one in numbers]))
    ]


def places_of_cause(
    connection: Connection, cause_id: str, statuses: Sequence[str], fingerprints: Sequence[str] = ()
) -> list[int]:
    """The places of a cause's items in these states, and of these fingerprints if any are given."""
    only = f" AND fingerprint IN ({listed(connection, 'fingerprints')})" if fingerprints else ""
    values = {"fingerprints": as_list(fingerprints)} if fingerprints else {}
    found: list[int] = []
    for status in statuses:
        rows = connection.execute(
            f"SELECT seq FROM items WHERE cause_id = :id AND status = :status{only} ORDER BY seq",
            id=cause_id,
            status=status,
            **values,
        )
        found += [row[0] for row in rows]
    return found


def places_set_aside_with(connection: Connection, cause_id: str) -> list[int]:
    """The places of the items that are set aside because their cause is."""
    rows = connection.execute(
        "SELECT seq FROM items WHERE cause_id = :id AND status = 'ignored' AND ignored_with_cause"
        " ORDER BY seq",
        id=cause_id,
    )
    return [row[0] for row in rows]


def items_due(connection: Connection, at: str, most: int) -> list[Item]:
    """Items that were set aside until a moment that has come."""
    rows = connection.execute(
        f"SELECT {item_store.COLUMNS} FROM items WHERE ignored_until IS NOT NULL"
        " AND ignored_until <= :at ORDER BY ignored_until LIMIT :most",
        at=at,
        most=most,
    )
    return [item_store.item_of(row) for row in rows]


def causes_due(connection: Connection, at: str, most: int) -> list[str]:
    """The ids of causes that were set aside until a moment, or a count, that has come."""
    rows = connection.execute(
        "SELECT id FROM causes WHERE is_ignored AND merged_into IS NULL"
        " AND (ignored_until <= :at OR failures >= ignored_failures) ORDER BY id LIMIT :most",
        at=at,
        most=most,
    )
    return [row[0] for row in rows]
