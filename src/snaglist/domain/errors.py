"""Every way a request or command can fail: a code, a sentence and the remedy.

    SnaglistError
    ├── BadRequest                  what was sent cannot be read
    │   ├── NotJson                 not_json
    │   ├── WrongShape              wrong_shape
    │   ├── TooDeep                 too_deep
    │   ├── BadParameter            bad_parameter
    │   └── EncodedBody             encoded_body
    ├── TooLarge                    too_large
    ├── WrongMediaType              wrong_media_type
    ├── NotSignedIn                 not_signed_in
    ├── NotAllowed                  not_allowed
    ├── NotFound                    not_found
    ├── MethodNotAllowed            method_not_allowed
    ├── KeyReused                   key_reused
    ├── WrongState                  wrong_state
    ├── LeaseLost                   lease_lost
    ├── Stale                       stale
    ├── RateExceeded                rate_exceeded
    ├── RecordRefused               record_refused
    ├── RequestTimeout              request_timeout
    ├── StoreUnavailable            store_unavailable
    │   └── TooBusy                 too_busy
    ├── InternalError               internal_error
    ├── CannotStart                 cannot_start (a command that cannot do its work)
    └── CatalogueFault              catalogue_fault (a file of causes that cannot be used)

What HTTP status each code becomes is `api/problems.py`'s business.
"""

from __future__ import annotations

from typing import ClassVar


class SnaglistError(Exception):
    """Something could not be done; `str(error)` is the sentence, `error.remedy` what to do now."""

    code: ClassVar[str]
    title: ClassVar[str]
    usual_remedy: ClassVar[str] = ""

    def __init__(self, sentence: str = "", remedy: str = "", where: str | None = None) -> None:
        super().__init__(sentence or f"{self.title}.")
        self.remedy = remedy or self.usual_remedy
        self.where = where


class BadRequest(SnaglistError):
    """The request cannot be read."""

    code = "bad_request"
    title = "The request cannot be read"
    usual_remedy = "Correct the request and send it again."


class NotJson(BadRequest):
    """The body is not JSON (RFC 8259) in UTF-8."""

    code = "not_json"
    title = "The body is not JSON"
    usual_remedy = "Send one JSON document in UTF-8, as a JSON library writes it."


class WrongShape(BadRequest):
    """The body is JSON of another shape than this route takes."""

    code = "wrong_shape"
    title = "The body has the wrong shape"
    usual_remedy = (
        'Send a JSON object; "error", if there, a string; "details", if there, an object.'
    )


class TooDeep(BadRequest):
    """The body is nested deeper than the desk takes."""

    code = "too_deep"
    title = "The body is nested too deep"
    usual_remedy = "Send the deep part as a string, or raise SNAGLIST_MAX_DEPTH."


class BadParameter(BadRequest):
    """A query parameter, header or path segment has no meaning here."""

    code = "bad_parameter"
    title = "A parameter cannot be read"


class EncodedBody(BadRequest):
    """The body is compressed; the desk takes bodies as they are."""

    code = "encoded_body"
    title = "The body is compressed"
    usual_remedy = "Send it without Content-Encoding."


class TooLarge(SnaglistError):
    """The body is larger than the desk takes."""

    code = "too_large"
    title = "The body is too large"


class WrongMediaType(SnaglistError):
    """The Content-Type is not one this route reads."""

    code = "wrong_media_type"
    title = "This Content-Type is not read here"


class NotSignedIn(SnaglistError):
    """No valid token came with the request."""

    code = "not_signed_in"
    title = "A token is needed"
    usual_remedy = (
        "Send the header `Authorization: Bearer TOKEN`; "
        "an administrator makes one with `snaglist token create`."
    )


class NotAllowed(SnaglistError):
    """The token is valid, but its scopes do not cover this."""

    code = "not_allowed"
    title = "The token does not allow this"


class NotFound(SnaglistError):
    """There is nothing at this address."""

    code = "not_found"
    title = "There is nothing here"
    usual_remedy = "Check the address; `/docs` lists every route."


class MethodNotAllowed(SnaglistError):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    title = "The method is not allowed here"

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is not allowed here.", f"Allowed here: {', '.join(allowed)}.")
        self.allowed = allowed


class KeyReused(SnaglistError):
    """The Idempotency-Key was used before, for another body."""

    code = "key_reused"
    title = "The Idempotency-Key belongs to another record"
    usual_remedy = "Use a new key for a new error; repeat a key only with the same body."


class WrongState(SnaglistError):
    """What it is asked for cannot be done to it as it stands."""

    code = "wrong_state"
    title = "Not as things stand"


class LeaseLost(SnaglistError):
    """The lease is over: it ran out, was given back, or its item came over by other means."""

    code = "lease_lost"
    title = "The lease is over"
    usual_remedy = "Nothing was changed. Leave this item, and ask for another lease."


class Stale(SnaglistError):
    """It was changed since the version that If-Match names."""

    code = "stale"
    title = "It was changed meanwhile"
    usual_remedy = "Read it again, look at what was changed, and repeat with the new ETag."


class RateExceeded(SnaglistError):
    """The token posted more records than its cap allows."""

    code = "rate_exceeded"
    title = "The token's rate cap is reached"

    def __init__(self, sentence: str, remedy: str, retry_after: int) -> None:
        super().__init__(sentence, remedy)
        self.retry_after = retry_after


class RecordRefused(SnaglistError):
    """The store itself will not take this one record."""

    code = "record_refused"
    title = "The store refuses this record"
    usual_remedy = "Nothing was stored of it. Report it with the body that was sent."


class RequestTimeout(SnaglistError):
    """The request did not arrive in time."""

    code = "request_timeout"
    title = "The request did not arrive in time"
    usual_remedy = "Send it again, over a faster line or in smaller pieces."


class StoreUnavailable(SnaglistError):
    """The store cannot be written or read now; nothing was acknowledged."""

    code = "store_unavailable"
    title = "The store is not available"
    usual_remedy = (
        "Send it again in a moment, with an Idempotency-Key so that nothing doubles; "
        "the desk recovers by itself. `snaglist doctor` says what is wrong."
    )
    retry_after: ClassVar[int] = 2


class TooBusy(StoreUnavailable):
    """More is waiting than the desk may hold."""

    code = "too_busy"
    title = "The desk has as much waiting as it may hold"
    usual_remedy = "Nothing was stored of this request. Send it again in a moment."


class InternalError(SnaglistError):
    """A fault of the desk's own."""

    code = "internal_error"
    title = "The desk made a mistake"
    usual_remedy = "The desk's log has the details; please report them."


class CannotStart(SnaglistError):
    """A command cannot do its work here as things are."""

    code = "cannot_start"
    title = "This cannot be done here"


class CatalogueFault(SnaglistError):
    """A file of causes cannot be used; says the file, the line and what is wrong there."""

    code = "catalogue_fault"
    title = "A file of causes cannot be used"
    usual_remedy = "Correct the file; until then the last good set of causes stays in use."

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}.", where=f"{file}:{line}")
        self.file = file
        self.line = line
        self.reason = reason


def every_error() -> list[type[SnaglistError]]:
    """Every error class that has a code of its own, in the order of the tree above."""
    found: list[type[SnaglistError]] = []

    def descend(cls: type[SnaglistError]) -> None:
        for child in cls.__subclasses__():
            found.append(child)
            descend(child)

    descend(SnaglistError)
    return found
