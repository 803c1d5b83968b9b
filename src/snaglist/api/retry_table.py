"""The routes of retries: orders for whoever asks, leases and outcomes for workers."""

from __future__ import annotations

from snaglist.api import leases, retries
from snaglist.api.paging import MOST_A_PAGE, USUAL_PAGE
from snaglist.api.retry_wire import (
    AskIn,
    LeasesOut,
    OrderIn,
    OutcomeIn,
    OutcomesOut,
    RenewalIn,
    RenewalsOut,
    RetryEditIn,
    RetryItemOut,
    RetryOut,
    RetryPreviewOut,
    WholeRetryOut,
    WorkerOut,
)
from snaglist.api.routes import Answer, Parameter, Route
from snaglist.domain.access import Scope
from snaglist.domain.errors import (
    BadParameter,
    EncodedBody,
    NotFound,
    NotJson,
    RateExceeded,
    SnaglistError,
    TooDeep,
    TooLarge,
    WrongShape,
    WrongState,
)
from snaglist.domain.filtering import NAMES, Subject
from snaglist.domain.retry import MemberState, RetryStatus

RETRIES, WORK = "Retries", "Workers"
_UNREADABLE: tuple[type[SnaglistError], ...] = (
    *(NotJson, WrongShape, TooDeep, EncodedBody, TooLarge),
)
_FILTER = tuple(
    Parameter(name, "query", "As of the list of items.", {"type": "string"})
    for name in NAMES[Subject.ITEMS]
)
_LINK = {"Link": '`rel="next"` leads to the next page, if there is one.'}
_AT = {"Location": "Where the order tells how far it has come."}
_PAGE = (
    Parameter(
        "limit",
        "query",
        "At most so many.",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_A_PAGE,
            "default": USUAL_PAGE,
        },
    ),
    Parameter(
        "cursor",
        "query",
        "Begin behind this place, as the `Link` of the page before says it.",
        {"type": "string"},
    ),
)


def retry_routes() -> list[Route]:
    """Orders and their edits, leases, outcomes and workers."""
    return [*_order_routes(), *_work_routes()]


def _order_routes() -> list[Route]:
    return [
        Route(
            "POST",
            "/api/v1/retries/preview",
            Scope.RETRY,
            retries.preview_retry,
            RETRIES,
            Answer(200, "What an order would try.", RetryPreviewOut),
            errors=(BadParameter,),
            parameters=_FILTER,
        ),
        Route(
            "POST",
            "/api/v1/retries",
            Scope.RETRY,
            retries.order_retry,
            RETRIES,
            Answer(201, "The order.", RetryOut, headers=_AT),
            errors=(*_UNREADABLE, BadParameter),
            takes={"application/json": OrderIn},
            parameters=_FILTER,
            further=(Answer(200, "The order of this id, which was there.", RetryOut, headers=_AT),),
        ),
        Route(
            "GET",
            "/api/v1/retries",
            Scope.READ,
            retries.list_retries,
            RETRIES,
            Answer(200, "The orders.", list[RetryOut], headers=_LINK),
            errors=(BadParameter,),
            parameters=(_state([status.value for status in RetryStatus], "Some"), *_PAGE),
        ),
        Route(
            "GET",
            "/api/v1/retries/{id}",
            Scope.READ,
            retries.get_retry,
            RETRIES,
            Answer(200, "The order, whole.", WholeRetryOut),
            errors=(NotFound,),
        ),
        Route(
            "GET",
            "/api/v1/retries/{id}/items",
            Scope.READ,
            retries.list_retry_items,
            RETRIES,
            Answer(200, "A page of its items.", list[RetryItemOut], headers=_LINK),
            errors=(BadParameter, NotFound),
            parameters=(_state([state.value for state in MemberState], "One"), *_PAGE),
        ),
        Route(
            "POST",
            "/api/v1/retries/{id}/edits",
            Scope.RETRY,
            retries.edit_retry,
            RETRIES,
            Answer(200, "The order as it is now.", RetryOut),
            errors=(*_UNREADABLE, NotFound, WrongState),
            takes={"application/json": RetryEditIn},
        ),
    ]


def _work_routes() -> list[Route]:
    return [
        Route(
            "POST",
            "/api/v1/leases",
            Scope.WORK,
            leases.lease_items,
            WORK,
            Answer(200, "What it got, and when to ask again.", LeasesOut),
            errors=_UNREADABLE,
            takes={"application/json": AskIn},
        ),
        Route(
            "POST",
            "/api/v1/leases/renew",
            Scope.WORK,
            leases.renew_leases,
            WORK,
            Answer(200, "What became of each.", RenewalsOut),
            errors=_UNREADABLE,
            takes={"application/json": RenewalIn},
        ),
        Route(
            "POST",
            "/api/v1/outcomes",
            Scope.WORK,
            leases.report_outcomes,
            WORK,
            Answer(200, "What became of each, by its place.", OutcomesOut),
            errors=(*_UNREADABLE, RateExceeded),
            takes={"application/json": OutcomeIn | list[OutcomeIn]},
        ),
        Route(
            "GET",
            "/api/v1/workers",
            Scope.READ,
            leases.list_workers,
            WORK,
            Answer(200, "The workers.", list[WorkerOut]),
        ),
    ]


def _state(known: list[str], some: str) -> Parameter:
    return Parameter("state", "query", f"{some} of {', '.join(known)}.", {"type": "string"})
