"""Recording: from a posted body to a record that is on disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from snaglist.domain.errors import NotJson, SnaglistError, TooDeep, TooLarge, WrongShape
from snaglist.domain.moment import utc_text
from snaglist.domain.payload import read_event_data, read_json
from snaglist.domain.record import Envelope, NewRecord, check_envelope
from snaglist.domain.redaction import Redactor
from snaglist.storage.connection import Connection
from snaglist.storage.records import Outcome, Stored, insert_fresh, insert_unless_there
from snaglist.storage.writer import Promise, Write, Writer

_encode = msgspec.json.Encoder().encode
_envelope = msgspec.json.Decoder(Envelope).decode
_LINES = re.compile(rb"[ \t\r\n]*+([^\n]+)")
_JSON_SPACE = b" \t\r\n"
SLICE = 1_000
"""How many records of a batch are committed together at most."""


class Limits(msgspec.Struct, frozen=True):
    """How much one request may bring: bytes, records, levels of nesting."""

    record_bytes: int = 1 << 20
    batch_bytes: int = 16 << 20
    batch_records: int = 10_000
    depth: int = 200


class Recorder:
    """Makes records of bodies and hands them to the writer.

    `clock` gives Unix time in seconds, `new_id` a fresh UUIDv7 as text.
    """

    def __init__(
        self,
        writer: Writer,
        redactor: Redactor,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        limits: Limits,
    ) -> None:
        self._writer = writer
        self._redactor = redactor
        self._clock = clock
        self._new_id = new_id
        self.limits = limits
        self._decode_array = _array_decoder(limits.batch_records)

    def prepare(self, source: str, body: bytes, key: str | None = None) -> NewRecord:
        """The record that this body becomes: checked, and without its secrets.

        Raises NotJson, TooDeep, WrongShape or TooLarge.
        """
        event_data, redacted = self._read(body)
        return NewRecord(
            self._new_id(),
            source,
            None,
            None,
            None,
            event_data,
            redacted,
            key,
            utc_text(self._clock()),
        )

    def prepare_enveloped(self, member: bytes) -> NewRecord:
        """The record that one member of a batch becomes; raises as `prepare`."""
        try:
            envelope = _envelope(member)
        except msgspec.ValidationError as error:
            raise _envelope_fault(str(error)) from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            read_json(member, self.limits.depth + 1)
            raise NotJson("This member of the batch is not a JSON object.") from None
        check_envelope(envelope)
        event_data, redacted = self._read(bytes(envelope.event_data))
        return NewRecord(
            envelope.id or self._new_id(),
            envelope.source,
            envelope.target,
            envelope.run,
            envelope.occurred_at,
            event_data,
            redacted,
            None,
            utc_text(self._clock()),
            envelope.id is not None,
        )

    def _read(self, body: bytes) -> tuple[str, str | None]:
        """The body's text without its secrets, and the pointers to them as JSON, if any."""
        if len(body) > self.limits.record_bytes:
            raise too_large(self.limits.record_bytes, "record")
        event_data, redacted = self._redactor.redact(read_event_data(body, self.limits.depth))
        return event_data, _encode(redacted).decode() if redacted else None

    def check_open(self) -> None:
        """Raise StoreUnavailable or TooBusy if a record would be refused now."""
        self._writer.check_open()

    def submit(self, records: Sequence[NewRecord], promise: Promise) -> None:
        """Have these records stored; the promise gets an outcome for each, or StoreUnavailable.

        Raises StoreUnavailable or TooBusy at once when the store cannot take them.
        """
        self._writer.submit(Write(store_records, records, promise))

    def members(self, body: bytes) -> list[bytes]:
        """The members of a batch: of a JSON array, or the lines of NDJSON that are not blank.

        Raises NotJson or WrongShape when it is neither, TooLarge when there are too many.
        """
        most = self.limits.batch_records
        body = body.strip(_JSON_SPACE)
        if body.startswith(b"["):
            return self._array_members(body)
        members = [line[1] for line in islice(_LINES.finditer(body), most + 1)]
        if len(members) > most:
            raise _too_many(most)
        return members

    def _array_members(self, body: bytes) -> list[bytes]:
        try:
            members = msgspec.structs.astuple(self._decode_array(body))
        except msgspec.ValidationError:
            raise _too_many(self.limits.batch_records) from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            read_json(body, self.limits.depth + 2)
            raise NotJson("The batch is not a JSON array.") from None
        return [bytes(member) for member in members if member is not msgspec.UNSET]


def store_records(connection: Connection, records: Sequence[NewRecord]) -> Sequence[Outcome]:
    """Store records in one transaction, which is durable when this returns."""
    if not any(record.id_given or record.idempotency_key is not None for record in records):
        insert_fresh(connection, records)
        return [Stored(record) for record in records]
    with connection.transaction():
        return insert_unless_there(connection, records)


def prepared_slices(
    recorder: Recorder, members: Sequence[bytes]
) -> Iterator[list[NewRecord | SnaglistError]]:
    """The members of a batch as records, a slice at a time; a faulty one as its error."""
    for start in range(0, len(members), SLICE):
        prepared: list[NewRecord | SnaglistError] = []
        for member in members[start : start + SLICE]:
            try:
                prepared.append(recorder.prepare_enveloped(member))
            except (NotJson, TooDeep, WrongShape, TooLarge) as error:
                prepared.append(error)
        yield prepared


def merged(
    prepared: Sequence[NewRecord | SnaglistError], outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """The outcome of each member: its own error, or in turn what became of the stored ones."""
    stored = iter(outcomes)
    return [one if isinstance(one, SnaglistError) else next(stored) for one in prepared]


def too_large(most: int, what: str) -> TooLarge:
    """The error for a body of more than `most` bytes."""
    return TooLarge(
        f"The body is over {most} bytes, the most that a {what} may have.",
        "Send less: leave out the bulk of the payload, or split the batch.",
    )


def _array_decoder(most: int) -> Callable[[bytes], Any]:
    """Takes an array of at most `most` members apart, and stops at the first one too many.

    A list would be complete before it could be counted: 16 MiB of `0,` are a gigabyte of it.
    """
    members = [
        (f"m{place}", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for place in range(most)
    ]
    array = msgspec.defstruct("Batch", members, array_like=True, forbid_unknown_fields=True)
    return msgspec.json.Decoder(array).decode


def _too_many(most: int) -> TooLarge:
    return TooLarge(
        f"The batch has more than {most} records, the most that one may have.",
        "Send it in smaller batches.",
    )


def _envelope_fault(reason: str) -> WrongShape:
    what, _, where = reason.partition(" - at `$.")
    return WrongShape(
        f"{what[:1].upper()}{what[1:]}.".replace("`", '"'),
        "A member of a batch is {id?, source?, target?, run?, occurred_at?, event_data}.",
        where="/" + where.rstrip("`").replace(".", "/") if where else "",
    )
