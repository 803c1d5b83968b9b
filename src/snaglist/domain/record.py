"""One import error as a fact: what is kept of it, and what its envelope may say."""

from __future__ import annotations

import re
from uuid import UUID

import msgspec

from snaglist.domain.errors import BadParameter, NotFound, WrongShape
from snaglist.domain.identity import ItemKey

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_IDEMPOTENCY_KEY = re.compile(rb"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST_RUN = 200
_LONGEST_MOMENT = 64


class Sighting(msgspec.Struct, frozen=True, gc=False):
    """What a record tells of: whose failure, when, and why. `reporter` is the token's name."""

    key: ItemKey
    digest: str
    attempted_at: str
    fingerprint: str
    known: str | None
    piece: str
    title: str
    is_transient: bool
    name: str
    project_name: str
    reporter: str


class NewRecord(msgspec.Struct, frozen=True, gc=False):
    """A record on its way to the store.

    `id_given` says that the importer chose the id, so that it may be there already.
    """

    id: str
    source: str
    target: str | None
    run: str | None
    occurred_at: str | None
    event_data: str
    redacted: str | None
    idempotency_key: str | None
    created_at: str
    sighting: Sighting
    id_given: bool = False

    def same_content(self, other: NewRecord | Record) -> bool:
        """Whether both say the same, whatever their ids, keys and times of arrival."""
        return (
            self.event_data == other.event_data
            and self.source == other.source
            and self.target == other.target
            and self.run == other.run
            and self.occurred_at == other.occurred_at
        )


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record as it is stored; `seq` is its place in the order of arrival.

    `cause_id` is the cause of its own evidence, `status` how its item stands now.
    """

    seq: int
    id: str
    source: str
    target: str | None
    run: str | None
    occurred_at: str | None
    event_data: str
    redacted: str | None
    idempotency_key: str | None
    created_at: str
    item_id: str | None = None
    cause_id: str | None = None
    status: str | None = None


class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """One member of a batch: the error, and what its importer says of it beside."""

    event_data: msgspec.Raw
    id: str | None = None
    source: str = "shotgun"
    target: str | None = None
    run: str | None = None
    occurred_at: str | None = None


def is_source(text: str) -> bool:
    """Whether this is a slug that names a source or target: `shotgun`, `csv`, `shotgun-tokyo`."""
    return _SLUG.fullmatch(text) is not None


def is_label(text: str) -> bool:
    """Whether a run can be named so: up to 200 characters of plain text."""
    return _is_plain(text, _LONGEST_RUN)


def record_id(text: str) -> str:
    """A record's id in its one spelling; takes upper case, braces, `urn:uuid:`, no hyphens.

    Raises NotFound: what is not a UUID names no record.
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound("There is no such record: its id is a UUID.") from None


def idempotency_key(header: bytes) -> str:
    """The key of an `Idempotency-Key` header: 1 to 255 printable ASCII characters."""
    key = header.strip(b" \t")
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise BadParameter(
            "The Idempotency-Key is empty, longer than 255 characters or not printable ASCII.",
            "Send a key such as a UUID.",
            where="Idempotency-Key",
        )
    return key.decode("ascii")


def check_envelope(envelope: Envelope) -> Envelope:
    """The envelope with its id in its one spelling, or WrongShape that names the member."""
    if not is_source(envelope.source):
        raise _envelope_fault("source", "is not a slug such as shotgun or csv")
    if envelope.target is not None and not is_source(envelope.target):
        raise _envelope_fault("target", "is not a slug such as kitsu or jira")
    if envelope.run is not None and not is_label(envelope.run):
        raise _envelope_fault("run", f"is empty, over {_LONGEST_RUN} characters or not plain text")
    moment = envelope.occurred_at
    if moment is not None and not _is_plain(moment, _LONGEST_MOMENT):
        raise _envelope_fault("occurred_at", "is not a time such as 2026-11-23T10:53:05Z")
    if envelope.id is not None:
        try:
            envelope.id = str(UUID(envelope.id))
        except ValueError:
            raise _envelope_fault("id", "is not a UUID") from None
    return envelope


def _is_plain(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and _CONTROL.search(text) is None


def _envelope_fault(member: str, what: str) -> WrongShape:
    return WrongShape(
        f'"{member}" {what}.', "Correct this member, or leave it out.", where=f"/{member}"
    )
