"""Recording: from a posted body to a record that is on disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from snaglist.causes.grouping import Grouper
from snaglist.domain.errors import NotJson, SnaglistError, TooDeep, TooLarge, WrongShape
from snaglist.domain.moment import utc_text
from snaglist.domain.payload import read_event_data, read_json
from snaglist.domain.record import Envelope, NewRecord, check_envelope, is_label
from snaglist.domain.redaction import Redactor
from snaglist.service.filing import Filing
from snaglist.service.sightings import Sightings, Targets
from snaglist.storage.records import Outcome
from snaglist.storage.writer import Promise, Write, Writer

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
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

    `clock` gives Unix time in seconds, `new_id` a fresh UUIDv7 as text. `grouper` may be
    replaced while records come in.
    """

    def __init__(
        self,
        writer: Writer,
        redactor: Redactor,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        limits: Limits,
        grouper: Grouper,
        targets: Targets = Targets(),  # noqa: B008 - frozen
    ) -> None:
        self._writer = writer
        self._redactor = redactor
        self._clock = clock
        self._new_id = new_id
        self.limits = limits
        self.targets = targets
        self._sightings = Sightings(grouper, targets)
        self._decode_array = _array_decoder(limits.batch_records)
        self.filing = Filing(new_id, clock, lambda event: self.grouper.pieces(event))
        self._store = self.filing.store

    @property
    def grouper(self) -> Grouper:
        """What groups records now."""
        return self._sightings.grouper

    @grouper.setter
    def grouper(self, grouper: Grouper) -> None:
        self._sightings = Sightings(grouper, self.targets)

    def prepare(
        self, source: str, body: bytes, key: str | None = None, *, reporter: str = ""
    ) -> NewRecord:
        """The record that this body becomes: checked, without its secrets, and understood.

        `reporter` is the name of the token that it came with. Raises NotJson, TooDeep,
        WrongShape or TooLarge.
        """
        event_data, redacted, event = self._read(body)
        arrived_at = utc_text(self._clock())
        return NewRecord(
            self._new_id(),
            source,
            None,
            _run_of(event),
            None,
            event_data,
            redacted,
            key,
            arrived_at,
            self._sightings.of(event, source, None, None, arrived_at, reporter),
        )

    def prepare_enveloped(self, member: bytes, *, reporter: str = "") -> NewRecord:
        """The record that one member of a batch becomes; as `prepare`."""
        try:
            envelope = _envelope(member)
        except msgspec.ValidationError as error:
            raise _envelope_fault(str(error)) from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            read_json(member, self.limits.depth + 1)
            raise NotJson("This member of the batch is not a JSON object.") from None
        return self.prepare_told(envelope, reporter=reporter)

    def prepare_told(self, envelope: Envelope, *, reporter: str = "") -> NewRecord:
        """The record that this envelope holds; as `prepare`."""
        check_envelope(envelope)
        event_data, redacted, event = self._read(bytes(envelope.event_data))
        arrived_at = utc_text(self._clock())
        return NewRecord(
            envelope.id or self._new_id(),
            envelope.source,
            envelope.target,
            _run_of(event) if envelope.run is None else envelope.run,
            envelope.occurred_at,
            event_data,
            redacted,
            None,
            arrived_at,
            self._sightings.of(
                event,
                envelope.source,
                envelope.target,
                envelope.occurred_at,
                arrived_at,
                reporter,
            ),
            envelope.id is not None,
        )

    def recorded_before(
        self,
        record_id: str,
        source: str,
        target: str | None,
        occurred_at: str | None,
        arrived_at: str,
        event: dict[str, Any],
    ) -> NewRecord:
        """A record that is stored already, as it would be prepared now; its text is left out."""
        return NewRecord(
            *(record_id, source, target, None, occurred_at, "", None, None, arrived_at),
            self._sightings.of(event, source, target, occurred_at, arrived_at, ""),
        )

    def _read(self, body: bytes) -> tuple[str, str | None, dict[str, Any]]:
        """The body's text without its secrets, the pointers to them as JSON, and its value."""
        if len(body) > self.limits.record_bytes:
            raise too_large(self.limits.record_bytes, "record")
        text, event = read_event_data(body, self.limits.depth)
        event_data, redacted = self._redactor.redact(text)
        if not redacted:
            return event_data, None, event
        return event_data, _encode(redacted).decode(), _decode(event_data)

    def check_open(self) -> None:
        """Raise StoreUnavailable or TooBusy if a record would be refused now."""
        self._writer.check_open()

    def submit(self, records: Sequence[NewRecord], promise: Promise) -> None:
        """Have these records stored; the promise gets an outcome for each, or StoreUnavailable.

        Raises StoreUnavailable or TooBusy at once when the store cannot take them.
        """
        self._writer.submit(Write(self._store, records, promise))

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


def prepared_slices(
    recorder: Recorder, members: Sequence[bytes], *, reporter: str = ""
) -> Iterator[list[NewRecord | SnaglistError]]:
    """The members of a batch as records, a slice at a time; a faulty one as its error."""
    for start in range(0, len(members), SLICE):
        prepared: list[NewRecord | SnaglistError] = []
        for member in members[start : start + SLICE]:
            try:
                prepared.append(recorder.prepare_enveloped(member, reporter=reporter))
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


def _run_of(event: dict[str, Any]) -> str | None:
    """The run that a record without an envelope names in its details."""
    details = event.get("details")
    run = details.get("run") if type(details) is dict else None
    return run if type(run) is str and is_label(run) else None


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
