"""What all pages share: the templates, who is looking, forms, and how things are shown."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import jinja2
from markupsafe import Markup
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper
from snaglist.causes.messages import LONGEST
from snaglist.domain.access import Scope
from snaglist.domain.cause import Cause
from snaglist.domain.dependence import Order
from snaglist.domain.errors import (
    BadParameter,
    BadRequest,
    NotFound,
    NotSignedIn,
    SnaglistError,
    Stale,
    StoreUnavailable,
    WrongShape,
    WrongState,
)
from snaglist.domain.filtering import Filter, Subject, read_filter
from snaglist.domain.moment import utc_text
from snaglist.domain.run import Run
from snaglist.domain.session import Session
from snaglist.service.news import latest_mark
from snaglist.service.sessions import signed_in
from snaglist.storage.database import Database
from snaglist.web import pictures
from snaglist.web.naming import Naming
from snaglist.web.sayings import in_words
from snaglist.web.studio import Studio
from snaglist.web.texts import texts_in

T = TypeVar("T")
COOKIE = "snaglist"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
_SPACES = 3
TICK = "tick"
"""The parameter of an address that names what is ticked on its page."""

TYPED = "typed."
"""What the parameters of an address begin with that give back what a form for many held."""

BULK_FIELDS = ("edit_and_reason", "to", "until", "why")
"""The fields of that form."""

_LARGEST_FORM = 64 << 10
_TYPED = ("text", "note", "fix", "name", "why", "to")


@dataclass
class Visit:
    """One request of somebody who looks: `session` is None while nobody is signed in.

    `change` is the newest change that a page which is made now may know of.
    """

    request: Request
    session: Session | None
    change: str = ""
    fields: Sequence[tuple[str, str]] = ()

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The members of the form that was sent; of one that comes several times the last."""
        return dict(self.fields)

    @property
    def who(self) -> str:
        """The name of the token that is signed in."""
        return self.session.token.name if self.session is not None else ""

    def may(self, scope: str) -> bool:
        """Whether whoever looks may do what this scope opens."""
        return self.session is not None and self.session.allows(Scope(scope))

    def require(self, scope: Scope) -> Session:
        """The session, if it may do so. Raises NotSignedIn."""
        if self.session is None or not self.session.allows(scope):
            raise NotSignedIn(
                "Your token does not allow that.",
                f"Ask whoever runs the desk for one with the scope {scope.value}.",
            )
        return self.session


class Pages:
    """What the pages work with, and how they are made.

    `clock` gives Unix time in seconds, `new_id` a fresh UUIDv7, `random` so many random bytes;
    `grouper` what groups records now. What blocks runs in `executor`.
    """

    def __init__(
        self,
        database: Database,
        grouper: Callable[[], Grouper],
        executor: Executor,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        random: Callable[[int], bytes],
        retry_order: Order,
        studio: Studio = Studio(),  # noqa: B008 - frozen
    ) -> None:
        self.database = database
        self.grouper = grouper
        self.clock = clock
        self.new_id = new_id
        self.random = random
        self.retry_order = retry_order
        self.studio = studio
        self._executor = executor
        self._named: tuple[Catalogue, Naming] | None = None
        self.texts = texts = texts_in()
        self._places = {
            "": texts("place.any"),
            "shotgun": texts("place.shotgun"),
            "kitsu": texts("place.kitsu"),
        }
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("snaglist.web"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._templates.globals |= {
            "t": self.texts,
            "bar": pictures.bar,
            "sparkline": pictures.sparkline,
            "stacked": pictures.stacked,
            "colour": pictures.colour,
            "swatch": pictures.swatch,
            "target_name": lambda: self.place(self.studio.target),
        }
        self._templates.filters |= {
            "moment": _moment,
            "day": lambda day: _day(day, self.now),
            "number": lambda value: f"{value:,}",
            "pretty": _pretty,
            "breakable": _breakable,
            "named": lambda title: self.naming.title(title),
            "in_words": lambda text: self.naming.title(in_words(self.texts, text)),
            "naming": lambda text: self.naming.text(text),
            "place": self.place,
            "remedy": self._remedy,
            "whole_or_cut": lambda text: f"{text} …" if len(text) > LONGEST - _SPACES else text,
            "run_name": self.run_name,
            "query": lambda pairs: urlencode([pair for pair in pairs.items() if pair[1]]),
        }

    @property
    def now(self) -> str:
        """The present moment, as the desk writes it."""
        return utc_text(self.clock())

    def who_can(self, cause: Cause) -> str:
        """Who can fix a cause, as the catalogue has it; "" where nobody knows."""
        known = self.grouper().catalogue.causes.get(cause.known or "")
        return "" if known is None else known.who

    @property
    def naming(self) -> Naming:
        """How the target is called in titles and texts of the catalogue as it is now."""
        catalogue = self.grouper().catalogue
        if self._named is None or self._named[0] is not catalogue:
            name = self.place(self.studio.target) if self.studio.target else ""
            titles = (cause.title for cause in catalogue.causes.values())
            self._named = catalogue, Naming(name, titles, self.texts.below("piece"))
        return self._named[1]

    def _remedy(self, error: SnaglistError) -> str:
        """What to do now: the error's own word, or for a usual one what it means on a page."""
        if error.remedy != error.usual_remedy:
            return error.remedy
        match error:
            case NotFound():
                return self.texts("problem.look")
            case BadRequest() | BadParameter():
                return self.texts("problem.correct")
            case _:
                return error.remedy

    def run_name(self, run: Run) -> str:
        """How an import is called."""
        return self.texts("run.unnamed") if is_id(run.name) else run.name

    def place(self, slug: str) -> str:
        """How a source or target is called."""
        return self._places.get(slug) or slug.capitalize()

    def wanted(self, asked: Mapping[str, str], subject: Subject) -> Filter:
        """What a filter asks for, the target also by the word that the catalogue has for it."""
        if subject is Subject.CAUSES:
            found = read_filter(subject, given_of(asked))
            return replace(found, words=tuple(map(self.naming.either, found.words)))
        q = self.naming.without(asked.get("q", ""))
        return read_filter(subject, given_of({**asked, "q": q}))

    async def run(self, work: Callable[[], T]) -> T:
        """Run something that blocks in another thread."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def visit(self, request: Request) -> Visit:
        """Who is looking, and the form that was sent. Raises NotSignedIn or WrongShape."""
        secret = request.cookies.get(COOKIE, "")
        session = await self.run(lambda: signed_in(self.database, secret, self.clock()))
        if request.method != "POST":
            change = await self.run(lambda: latest_mark(self.database).text)
            return Visit(request, session, change)
        visit = Visit(request, session, fields=await self._fields(request))
        given = visit.form.get("form_key", "")
        if not hmac.compare_digest(given.encode(), session.form_key.encode()):
            raise NotSignedIn("The form is from another session.")
        return visit

    async def _fields(self, request: Request) -> list[tuple[str, str]]:
        """The form, which can be read only once, however often it is asked for."""
        if not hasattr(request.state, "fields"):
            request.state.fields = await read_form(request)
        fields: list[tuple[str, str]] = request.state.fields
        return fields

    async def page(
        self, visit: Visit, name: str, values: Mapping[str, Any], status: int = 200
    ) -> Response:
        """A page, made of its template and these values, beside the loop that records."""
        template = self._templates.get_template(name)
        shown = {
            **values,
            "visit": visit,
            "path": visit.request.url.path,
            "form_key": visit.session.form_key if visit.session is not None else "",
        }
        body = await self.run(lambda: template.render(shown))
        return Response(body, status_code=status, media_type="text/html", headers=HEADERS)

    async def problem(self, visit: Visit, error: SnaglistError, status: int) -> Response:
        """The page that says what went wrong, what to do now, and what was typed."""
        kept = [text for name, text in visit.fields if name in _TYPED and text.strip()]
        return await self.page(
            visit,
            "problem.html",
            {"error": error, "kind": kind_of(error), "back": back_of(visit), "kept": kept},
            status,
        )

    async def signed_out(self, request: Request) -> Response:
        """The page for whoever sent a form after the session was over, with what was typed."""
        visit = Visit(request, None, fields=await self._fields(request))
        return await self.problem(visit, NotSignedIn("Nobody is signed in here."), 401)


class Outdated(WrongState):
    """It cannot be done as things stand now, which is told in a reader's words already."""


def kind_of(error: SnaglistError) -> str:
    """Which words of the catalogue tell of this error; "" for the error's own alone."""
    match error:
        case Outdated():
            return ""
        case WrongState() | Stale():
            return "changed"
        case StoreUnavailable():
            return "away"
        case NotSignedIn() if error.remedy == NotSignedIn.usual_remedy:
            return "signed_out"
        case _:
            return ""


def back_of(visit: Visit) -> str:
    """The page that a form was on, with what was ticked there."""
    path = visit.request.url.path
    if visit.request.method != "POST" or path.startswith(("/undo/", "/begin", "/sign")):
        return "/"
    if path == "/things/edits":
        ticked = [(TICK, text) for name, text in visit.fields if name == "thing" and is_id(text)]
        typed = [(TYPED + name, visit.form.get(name, "")) for name in BULK_FIELDS]
        return f"/things?{visit.form.get('filter', '')}&{urlencode([*ticked, *filter(all, typed)])}"
    return "/".join(path.split("/")[:3]) if not path.startswith("/settings") else "/settings"


def asked_of(visit: Visit, names: tuple[str, ...]) -> dict[str, str]:
    """What the address asks for by these names; "" asks for nothing."""
    return {name: visit.request.query_params.get(name, "").strip() for name in names}


def given_of(asked: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is asked for, without what asks for nothing."""
    return [pair for pair in asked.items() if pair[1]]


def times_before(now: float) -> list[tuple[str, str]]:
    """Moments that a list can begin at: the name of each, and its day."""
    return [
        (name, utc_text(now - days * 24 * 3600)[:10])
        for name, days in (("today", 0), ("yesterday", 1), ("week", 7), ("month", 30))
    ]


def id_of(visit: Visit) -> str:
    """The id in the path. Raises NotFound."""
    try:
        return str(UUID(visit.request.path_params["id"]))
    except ValueError:
        raise NotFound("There is no such page.", "Go back to the overview.") from None


def done_of(visit: Visit) -> str | None:
    """The edit that the address says was done just now; None for what cannot be one."""
    text = visit.request.query_params.get("done", "")
    return text if is_id(text) else None


def is_id(text: str) -> bool:
    """Whether this is an id as the desk writes them."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


async def read_form(request: Request) -> list[tuple[str, str]]:
    """The members of a form. Raises WrongShape."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            raise WrongShape("The form is too large.", "Send less.")
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=1_000)
    except ValueError:
        raise WrongShape("The form cannot be read.", "Open the page again.") from None


def _moment(moment: str | None) -> Markup:
    """A time, which the page's script shows in the reader's zone."""
    if not moment:
        return Markup("")
    shown = moment[:16].replace("T", " ")
    return Markup('<time datetime="{}">{} UTC</time>').format(moment, shown)


def _day(day: str, now: str) -> Markup:
    """A day, which the page's script shows as the reader writes days; of another year, with it."""
    shown = day[5:] if day[:4] == now[:4] else day
    return Markup('<time datetime="{}">{}</time>').format(day, shown)


def _breakable(text: str) -> Markup:
    """A text that may go on in the next line behind an underscore."""
    return Markup("_<wbr>").join(text.split("_"))


def _pretty(text: str) -> str:
    """JSON as people read it; what is none stays as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)[:200_000]
    except (ValueError, RecursionError):
        return text[:200_000]
