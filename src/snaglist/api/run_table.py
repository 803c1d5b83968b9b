"""The routes of runs."""

from __future__ import annotations

from typing import Any

from snaglist.api import runs
from snaglist.api.paging import MOST_A_PAGE, USUAL_PAGE
from snaglist.api.routes import SENT_AT, Answer, Parameter, Route
from snaglist.api.run_wire import CompletionOut, RunOut
from snaglist.domain.access import Scope
from snaglist.domain.errors import (
    BadParameter,
    EncodedBody,
    NotFound,
    NotJson,
    TooDeep,
    TooLarge,
    WrongShape,
    WrongState,
)
from snaglist.domain.run import Kind, RunStatus
from snaglist.service.runs import BeatIn, CompleteIn, EndIn, RunIn

RUNS = "Runs"
_UNREADABLE = (NotJson, WrongShape, TooDeep, EncodedBody, TooLarge)
_EDIT_AT = {"Location": "Where the edit tells how far it has come."}


def run_routes() -> list[Route]:
    """The routes by which importers tell of runs, and people look at them."""
    return [
        Route(
            "POST",
            "/api/v1/runs",
            Scope.REPORT,
            runs.begin_run,
            RUNS,
            Answer(201, "The run.", RunOut, headers={"Location": "Its path."}),
            errors=_UNREADABLE,
            takes={"application/json": RunIn},
            parameters=(SENT_AT,),
            further=(Answer(200, "The run, which was known.", RunOut),),
        ),
        _told("beats", runs.beat, BeatIn, Answer(200, "The run.", RunOut)),
        _told("end", runs.end_run, EndIn, Answer(200, "The run.", RunOut)),
        _told(
            "complete",
            runs.complete_run,
            CompleteIn,
            Answer(200, "What left the list.", CompletionOut, headers=_EDIT_AT),
            (Answer(202, "It is going on.", CompletionOut, headers=_EDIT_AT),),
            (WrongState, BadParameter),
        ),
        Route(
            "GET",
            "/api/v1/runs",
            Scope.READ,
            runs.list_runs,
            RUNS,
            Answer(
                200,
                "The runs.",
                list[RunOut],
                headers={"Link": '`rel="next"` leads to the next page, if there is one.'},
            ),
            errors=(BadParameter,),
            parameters=_parameters(),
        ),
        Route(
            "GET",
            "/api/v1/runs/{id}",
            Scope.READ,
            runs.get_run,
            RUNS,
            Answer(200, "The run.", RunOut),
            errors=(NotFound,),
        ),
    ]


def _told(
    what: str, endpoint: Any, body: Any, answer: Answer, further: Any = (), errors: Any = ()
) -> Route:
    """A route by which an importer tells of a run that is known."""
    return Route(
        "POST",
        f"/api/v1/runs/{{id}}/{what}",
        Scope.REPORT,
        endpoint,
        RUNS,
        answer,
        errors=(*_UNREADABLE, NotFound, *errors),
        takes={"application/json": body},
        further=further,
    )


def _parameters() -> tuple[Parameter, ...]:
    return (
        _choice("state", "How it stands.", [status.value for status in RunStatus]),
        _choice("kind", "`run` or `mirror`.", [kind.value for kind in Kind]),
        Parameter("source", "query", "Where it reads.", {"type": "string"}),
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


def _choice(name: str, about: str, values: list[str]) -> Parameter:
    return Parameter(name, "query", about, {"type": "string", "enum": values})
