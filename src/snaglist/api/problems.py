"""From an error to its answer: one table of statuses, one shape (RFC 9457) for all."""

from __future__ import annotations

from typing import Literal

import msgspec

from snaglist.domain.errors import (
    MethodNotAllowed,
    NotSignedIn,
    RateExceeded,
    SnaglistError,
    StoreUnavailable,
)

STATUSES: dict[str, tuple[int, int]] = {
    "bad_request": (400, 400),
    "not_json": (400, 400),
    "wrong_shape": (400, 400),
    "too_deep": (400, 400),
    "bad_parameter": (400, 400),
    "encoded_body": (415, 400),
    "too_large": (413, 413),
    "wrong_media_type": (415, 400),
    "not_signed_in": (401, 401),
    "not_allowed": (403, 403),
    "not_found": (404, 404),
    "method_not_allowed": (405, 405),
    "key_reused": (422, 422),
    "wrong_state": (409, 422),
    "lease_lost": (409, 422),
    "stale": (412, 422),
    "rate_exceeded": (429, 500),
    "record_refused": (422, 422),
    "request_timeout": (408, 400),
    "store_unavailable": (503, 500),
    "too_busy": (503, 500),
    "internal_error": (500, 500),
    "cannot_start": (500, 500),
    "catalogue_fault": (500, 500),
}
"""By code: the status in general, and under `/import/`, where only those count that gazu raises.

gazu 1.3 hands back the body of 409, 415, 429 and 503 as if the call had worked.
"""

MEDIA_TYPE = b"application/problem+json"
_encode = msgspec.json.Encoder().encode
Headers = list[tuple[bytes, bytes]]


class Problem(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What went wrong, to what, and what to do now. `error` and `message` are for gazu."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    remedy: str = ""
    where: str | None = None
    error: Literal[True]
    message: str


def status_of(code: str, under_import: bool) -> int:
    """The HTTP status of an error code."""
    return STATUSES[code][under_import]


def problem_of(error: SnaglistError, under_import: bool = False) -> Problem:
    """The body that tells of this error."""
    detail = str(error)
    return Problem(
        type=f"urn:snaglist:problem:{error.code}",
        title=error.title,
        status=status_of(error.code, under_import),
        detail=detail,
        code=error.code,
        remedy=error.remedy,
        where=error.where,
        error=True,
        message=f"{detail} {error.remedy}".strip(),
    )


def answer_of(error: SnaglistError, under_import: bool) -> tuple[int, Headers, bytes]:
    """Status, headers and body of the answer that tells of this error."""
    problem = problem_of(error, under_import)
    body = _encode(problem)
    headers: Headers = [
        (b"content-type", MEDIA_TYPE),
        (b"content-length", b"%d" % len(body)),
        *_further_headers(error),
    ]
    return problem.status, headers, body


def _further_headers(error: SnaglistError) -> Headers:
    match error:
        case NotSignedIn():
            return [(b"www-authenticate", b'Bearer realm="snaglist"')]
        case MethodNotAllowed():
            return [(b"allow", ", ".join(error.allowed).encode())]
        case RateExceeded() | StoreUnavailable():
            return [(b"retry-after", b"%d" % error.retry_after)]
        case _:
            return []
