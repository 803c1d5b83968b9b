"""The routes of lists: what a filter finds, one whole, the summary, and what changed."""

from __future__ import annotations

from typing import Any

from snaglist.api import lists, stream
from snaglist.api.listed_wire import (
    CauseOut,
    CauseViewOut,
    FoundItemOut,
    ItemViewOut,
    SummaryOut,
)
from snaglist.api.paging import MOST_A_PAGE, USUAL_PAGE
from snaglist.api.routes import Answer, Parameter, Route
from snaglist.api.wire import RecordOut
from snaglist.domain.access import Scope
from snaglist.domain.errors import BadParameter, NotFound, TooBusy
from snaglist.domain.filtering import NAMES, Subject

LISTS = "Lists"
FILTERS = {
    "state": "Some states, with commas: of items open, retrying, ignored, resolved or a reason.",
    "project": "A project's id or name; `none` for what names no project.",
    "type": "An entity type, such as Shot; `none` for what has none.",
    "cause": "A cause's id.",
    "assignee": "A person; `none` for nobody.",
    "source": "Where the import reads.",
    "target": "Where it writes.",
    "item": "An item's id.",
    "run": "The run that reported it.",
    "claim": "What became of somebody's word that it is fixed: waiting, held or did_not_hold.",
    "opened": "Open since this moment or later.",
    "heard": "Heard of for the first time at this moment or later.",
    "known": "Heard of for the first time before this moment.",
    "since": "From this moment on, RFC 3339 or a date.",
    "until": "Before this moment.",
    "q": "Words; all must match, each by how it begins.",
}
CURSOR = Parameter(
    "cursor",
    "query",
    "Begin behind this place, as the `Link` of the page before says it.",
    {"type": "string"},
)
LINK = {"Link": 'With `limit`, `rel="next"` leads to the next page, if there is one.'}


def list_routes() -> list[Route]:
    """Lists by a filter, one whole, the summary, and what changed."""

    def found(path: str, endpoint: Any, subject: Subject, out: Any, further: Any = ()) -> Route:
        return Route(
            "GET",
            path,
            Scope.READ,
            endpoint,
            LISTS,
            Answer(200, "A page of them.", list[out], headers=LINK),
            errors=(BadParameter,),
            parameters=(
                *(
                    Parameter(name, "query", FILTERS[name], {"type": "string"})
                    for name in NAMES[subject]
                ),
                Parameter(
                    "limit",
                    "query",
                    f"At most so many; {USUAL_PAGE} if not given.",
                    {"type": "integer", "minimum": 1, "maximum": MOST_A_PAGE},
                ),
                CURSOR,
                *further,
            ),
        )

    def whole(path: str, endpoint: Any, out: Any) -> Route:
        answer = Answer(200, "It, whole.", out, headers={"ETag": "Its version, for If-Match."})
        return Route("GET", path, Scope.READ, endpoint, LISTS, answer, errors=(NotFound,))

    order = Parameter(
        "order",
        "query",
        "`newest` by the last failure, `items` by how many are open, of the project and type.",
        {"type": "string", "enum": ["newest", "items"], "default": "newest"},
    )
    return [
        found("/api/v1/items", lists.list_items, Subject.ITEMS, FoundItemOut),
        whole("/api/v1/items/{id}", lists.get_item, ItemViewOut),
        found("/api/v1/causes", lists.list_causes, Subject.CAUSES, CauseOut, (order,)),
        whole("/api/v1/causes/{id}", lists.get_cause, CauseViewOut),
        found("/api/v1/records", lists.list_records, Subject.RECORDS, RecordOut),
        Route(
            "GET",
            "/api/v1/summary",
            Scope.READ,
            lists.get_summary,
            LISTS,
            Answer(200, "The summary.", SummaryOut),
        ),
        Route(
            "GET",
            "/api/v1/stream",
            Scope.READ,
            stream.stream_changes,
            LISTS,
            Answer(200, "Events, for as long as you listen.", str, media_type="text/event-stream"),
            errors=(TooBusy,),
            parameters=(
                Parameter(
                    "Last-Event-ID",
                    "header",
                    "The `id` of the last event that you had; what changed since is told at once.",
                    {"type": "string"},
                ),
            ),
        ),
    ]
