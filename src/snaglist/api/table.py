"""The routes of this version."""

from __future__ import annotations

from typing import Any

from snaglist.api import about, edits, imported, recording, records, regroups
from snaglist.api.edit_wire import EditedCauseOut, EditOut, PreviewOut
from snaglist.api.list_table import CURSOR, LINK, list_routes
from snaglist.api.listed_wire import ItemOut
from snaglist.api.paging import MOST_A_PAGE, USUAL_PAGE
from snaglist.api.retry_table import retry_routes
from snaglist.api.routes import SENT_AT, Answer, Parameter, Route, Table
from snaglist.api.run_table import run_routes
from snaglist.api.wire import (
    BatchOut,
    DeskOut,
    EnvelopeIn,
    HealthOut,
    ImportedOut,
    ReadyOut,
    RecordIn,
    RecordOut,
    RegroupIn,
    RegroupOut,
)
from snaglist.domain.access import Scope
from snaglist.domain.edits import CauseEdit, ItemEdit
from snaglist.domain.errors import (
    BadParameter,
    EncodedBody,
    KeyReused,
    NotFound,
    NotJson,
    RateExceeded,
    RecordRefused,
    Stale,
    StoreUnavailable,
    TooDeep,
    TooLarge,
    WrongMediaType,
    WrongShape,
    WrongState,
)
from snaglist.domain.filtering import NAMES, Subject
from snaglist.service.successes import Imported

RECORDS, CAUSES, EDITS = "Records", "Causes", "Edits"
ABOUT = "The desk itself"
_UNREADABLE = (NotJson, WrongShape, TooDeep, EncodedBody, TooLarge)
_ETAG = {"ETag": "Its version, for `If-Match`."}
_EDIT_AT = {"Location": "Where the edit tells how far it has come."}
_IF_MATCH = Parameter(
    "If-Match",
    "header",
    "The ETag that it had when you looked; if it was changed since, nothing is done (412).",
    {"type": "string", "examples": ['"3"']},
)
_FILTER = tuple(
    Parameter(name, "query", "As of the list of items.", {"type": "string"})
    for name in NAMES[Subject.ITEMS]
)


def routes() -> list[Route]:
    """Every route of the desk."""
    return [
        Route(
            "POST",
            "/import/{source}/errors",
            Scope.REPORT,
            recording.record_error,
            RECORDS,
            Answer(201, "The record; it is on disk.", RecordOut, headers={"Location": "Its path."}),
            errors=(*_UNREADABLE, BadParameter, KeyReused, NotFound, RateExceeded, RecordRefused),
            takes={"application/json": RecordIn},
            parameters=(
                Parameter(
                    "Idempotency-Key",
                    "header",
                    "The same key with the same body is recorded once; with another body refused.",
                    {"type": "string", "minLength": 1, "maxLength": 255},
                ),
            ),
        ),
        Route(
            "GET",
            "/import/{source}/errors",
            Scope.READ,
            records.list_errors,
            RECORDS,
            Answer(200, "The records.", list[RecordOut], headers=LINK),
            errors=(BadParameter, NotFound),
            parameters=(
                Parameter(
                    "limit",
                    "query",
                    "At most so many records; without it, all.",
                    {"type": "integer", "minimum": 1, "maximum": records.MOST_A_PAGE},
                ),
                CURSOR,
            ),
        ),
        Route(
            "GET",
            "/import/{source}/errors/{id}",
            Scope.READ,
            records.get_error,
            RECORDS,
            Answer(200, "The record.", RecordOut),
            errors=(NotFound,),
        ),
        Route(
            "DELETE",
            "/import/{source}/errors/{id}",
            Scope.ADMIN,
            records.delete_error,
            RECORDS,
            Answer(204, "It is gone."),
            errors=(NotFound,),
        ),
        Route(
            "POST",
            "/import/{source}/imported",
            Scope.REPORT,
            imported.report,
            RECORDS,
            Answer(200, "How many items left the list.", ImportedOut),
            errors=(*_UNREADABLE, NotFound),
            takes={"application/json": Imported | list[Imported]},
            parameters=(SENT_AT,),
        ),
        Route(
            "POST",
            "/api/v1/records",
            Scope.REPORT,
            recording.record_errors,
            RECORDS,
            Answer(200, "What became of each, by its place in the batch.", BatchOut),
            errors=(NotJson, WrongShape, EncodedBody, TooLarge, WrongMediaType, RateExceeded),
            takes=_batch_bodies(),
        ),
        Route(
            "GET",
            "/api/v1/records/{id}",
            Scope.READ,
            records.get_record,
            RECORDS,
            Answer(200, "The record.", RecordOut),
            errors=(NotFound,),
        ),
        *_edit_routes(),
        *list_routes(),
        *run_routes(),
        *retry_routes(),
        Route(
            "POST",
            "/api/v1/regroups",
            Scope.ADMIN,
            regroups.start_regroup,
            CAUSES,
            Answer(202, "The order.", RegroupOut, headers={"Location": "Where its progress is."}),
            errors=(*_UNREADABLE, WrongState),
            takes={"application/json": RegroupIn},
        ),
        Route(
            "GET",
            "/api/v1/regroups/{id}",
            Scope.READ,
            regroups.get_regroup,
            CAUSES,
            Answer(200, "How far it is.", RegroupOut),
            errors=(NotFound,),
        ),
        _about("/", about.root, Answer(200, "Who answers.", DeskOut)),
        _about("/healthz", about.health, Answer(200, "The process is there.", HealthOut)),
        _about(
            "/readyz",
            about.ready,
            Answer(200, "The desk records and reads.", ReadyOut),
            errors=(StoreUnavailable,),
        ),
        Route(
            "GET",
            "/metrics",
            Scope.READ,
            about.metrics,
            ABOUT,
            Answer(200, "The figures.", str, media_type="text/plain"),
        ),
        _about("/openapi.json", about.openapi, Answer(200, "This document.", dict[str, Any])),
        _about("/docs", about.docs, Answer(200, "The page.", str, media_type="text/html")),
        _about(
            "/docs/{file}",
            about.docs_file,
            Answer(200, "The file.", bytes, media_type="*/*"),
            errors=(NotFound,),
        ),
    ]


def _edit_routes() -> list[Route]:
    """The routes by which people edit what is on the list."""
    done = Answer(200, "It is done.", EditOut, headers=_EDIT_AT)
    going_on = Answer(202, "It is going on.", EditOut, headers=_EDIT_AT)
    return [
        Route(
            "POST",
            "/api/v1/items/{id}/edits",
            Scope.TRIAGE,
            edits.edit_item,
            EDITS,
            Answer(200, "The item as it is now.", ItemOut, headers=_ETAG),
            errors=(*_UNREADABLE, BadParameter, NotFound, WrongState, Stale),
            takes={"application/json": ItemEdit},
            parameters=(_IF_MATCH,),
        ),
        Route(
            "POST",
            "/api/v1/items/edits/preview",
            Scope.TRIAGE,
            edits.preview_edit_items,
            EDITS,
            Answer(200, "What it would do.", PreviewOut),
            errors=(*_UNREADABLE, BadParameter),
            takes={"application/json": ItemEdit},
            parameters=_FILTER,
        ),
        Route(
            "POST",
            "/api/v1/items/edits",
            Scope.TRIAGE,
            edits.edit_items,
            EDITS,
            Answer(200, "It is done.", EditOut),
            errors=(*_UNREADABLE, BadParameter),
            takes={"application/json": ItemEdit},
            parameters=_FILTER,
            further=(going_on,),
        ),
        Route(
            "POST",
            "/api/v1/causes/{id}/edits",
            Scope.TRIAGE,
            edits.edit_cause,
            EDITS,
            Answer(200, "The cause as it is now.", EditedCauseOut, headers=_ETAG),
            errors=(*_UNREADABLE, BadParameter, NotFound, WrongState, Stale),
            takes={"application/json": CauseEdit},
            parameters=(_IF_MATCH,),
            further=(
                Answer(202, "The cause; its items are following.", EditedCauseOut, headers=_ETAG),
            ),
        ),
        Route(
            "GET",
            "/api/v1/edits",
            Scope.READ,
            edits.list_edits,
            EDITS,
            Answer(200, "The edits.", list[EditOut], headers=LINK),
            errors=(BadParameter,),
            parameters=(
                Parameter(
                    "limit",
                    "query",
                    "At most so many edits.",
                    {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": MOST_A_PAGE,
                        "default": USUAL_PAGE,
                    },
                ),
                CURSOR,
            ),
        ),
        Route(
            "GET",
            "/api/v1/edits/{id}",
            Scope.READ,
            edits.get_edit,
            EDITS,
            Answer(200, "The edit.", EditOut),
            errors=(NotFound,),
        ),
        Route(
            "POST",
            "/api/v1/edits/{id}/undo",
            Scope.TRIAGE,
            edits.undo_edit,
            EDITS,
            done,
            errors=(NotFound, WrongState),
            further=(going_on,),
        ),
        Route(
            "POST",
            "/api/v1/edits/last/undo",
            Scope.TRIAGE,
            edits.undo_last_edit,
            EDITS,
            done,
            errors=(NotFound, WrongState),
            further=(going_on,),
        ),
    ]


def table() -> Table:
    """The routes, ready to be matched."""
    return Table(routes())


def _about(path: str, endpoint: Any, answer: Answer, errors: Any = ()) -> Route:
    return Route("GET", path, None, endpoint, ABOUT, answer, errors=errors)


def _batch_bodies() -> dict[str, Any]:
    return {"application/json": list[EnvelopeIn], "application/x-ndjson": str}
