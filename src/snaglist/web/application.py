"""The pages as an application: its routes, who may see them, its headers and its error page."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from mimetypes import guess_type
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as RequestScope

from snaglist.domain.access import Scope
from snaglist.domain.errors import NotFound, NotSignedIn, SnaglistError, StoreUnavailable
from snaglist.web import causes, edits, overview, retries, runs, settings, signing, things
from snaglist.web.live import Live
from snaglist.web.pages import HEADERS, Pages, Visit

log = logging.getLogger("snaglist.web")
Page = Callable[[Pages, Visit], Awaitable[Response]]

PAGES: Mapping[str, tuple[str, Page]] = {
    "/": ("GET", overview.show),
    "/begin": ("POST", overview.begin),
    "/causes": ("GET", causes.list_causes),
    "/causes/{id}": ("GET", causes.show),
    "/causes/{id}/merge": ("GET", causes.join),
    "/causes/{id}/split": ("GET", causes.divide),
    "/causes/{id}/edits": ("POST", edits.edit_cause),
    "/things": ("GET", things.list_things),
    "/things/{id}": ("GET", things.show),
    "/things/{id}/edits": ("POST", edits.edit_thing),
    "/imports": ("GET", runs.list_runs),
    "/imports/{id}": ("GET", runs.show),
    "/things/edits": ("POST", edits.edit_things),
    "/causes/{id}/fixed": ("POST", retries.fix_cause),
    "/causes/{id}/retry": ("POST", retries.retry_cause),
    "/things/{id}/retry": ("POST", retries.retry_thing),
    "/retries": ("GET", retries.list_retries),
    "/retries/{id}": ("GET", retries.show),
    "/retries/{id}/edits": ("POST", retries.edit_retry),
    "/undo/{id}": ("POST", edits.undo),
    "/settings": ("GET", settings.show),
    "/settings/history": ("GET", settings.history),
    "/settings/tokens": ("POST", settings.create_token),
    "/settings/tokens/{id}/rotate": ("POST", settings.rotate_token),
    "/settings/tokens/{id}/revoke": ("POST", settings.revoke_token),
    "/signout": ("POST", signing.sign_out),
}
"""What is shown only to whoever is signed in: by path, the method and what answers."""


def application(pages: Pages, live: Live) -> Starlette:
    """The pages, as an ASGI application."""
    routes = [
        Route(path, _signed_in(pages, page), methods=[method])
        for path, (method, page) in PAGES.items()
    ]
    routes += [
        Route("/signin", _open(pages, signing.sign_in), methods=["GET", "POST"]),
        Route("/static/{name}", _static),
        Route("/live", _heard(pages, live)),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _strange(pages)})


def serves(path: str) -> bool:
    """Whether a path is one of the pages; of `/` the request's `Accept` decides."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first in _FIRSTS


_FIRSTS = {path.split("/", 2)[1] for path in PAGES} - {""} | {"signin", "static", "live"}


def _signed_in(pages: Pages, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            visit = await pages.visit(request)
        except NotSignedIn:
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            if request.method == "POST":
                return await pages.signed_out(request)
            further = f"?next={quote(wanted, safe='/')}"
            return RedirectResponse(f"/signin{further}", status_code=303, headers=HEADERS)
        except SnaglistError as error:
            return await pages.problem(Visit(request, None), error, status_of(error))
        return await _told(pages, visit, page, needs=Scope.READ)

    return answer


def _heard(pages: Pages, live: Live) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            (await pages.visit(request)).require(Scope.READ)
        except NotSignedIn:
            return Response(status_code=401, headers=HEADERS)
        except SnaglistError as error:
            return Response(status_code=status_of(error), headers=HEADERS)
        return await live.answer(lambda: _may_look(pages, request))

    return answer


async def _may_look(pages: Pages, request: Request) -> bool:
    """Whether who asked may still look. While the store is away, it is as it was."""
    try:
        return (await pages.visit(request)).may(Scope.READ)
    except StoreUnavailable:
        return True
    except SnaglistError:
        return False


def _open(pages: Pages, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await _told(pages, Visit(request, None), page)

    return answer


async def _told(pages: Pages, visit: Visit, page: Page, needs: Scope | None = None) -> Response:
    try:
        if needs is not None and page is not signing.sign_out:
            visit.require(needs)
        if visit.request.method == "POST":
            check_origin(visit.request)
        return await page(pages, visit)
    except SnaglistError as error:
        return await pages.problem(visit, error, status_of(error))
    except Exception:
        log.exception("the page %s failed", ascii(visit.request.url.path))
        return await pages.problem(
            visit, SnaglistError("The desk failed here; its log says more."), 500
        )


def status_of(error: SnaglistError) -> int:
    """The status of a page that tells of this error."""
    match error:
        case NotFound():
            return 404
        case NotSignedIn():
            return 403
        case StoreUnavailable():
            return 503
        case _:
            return 400


def check_origin(request: Request) -> None:
    """Raise NotSignedIn for a form that another site's page sent."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    host = request.headers.get("host", "")
    if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != host):
        raise NotSignedIn("The form came from another site.", "Open the page here and try again.")


def _strange(pages: Pages) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        visit = Visit(request, None)
        if request.method == "GET":
            with contextlib.suppress(SnaglistError):
                visit = await pages.visit(request)
        return await pages.problem(visit, NotFound("There is no such page."), status)

    return answer


async def _static(request: Request) -> Response:
    found = _files().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    body, media_type, etag = found
    headers = {
        "cache-control": "no-cache",
        "content-security-policy": "default-src 'none'",
        "etag": etag,
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


@cache
def _files() -> dict[str, tuple[bytes, str, str]]:
    """Body, media type and ETag of each file by its name."""
    folder = files("snaglist.web") / "static"
    return {
        file.name: (
            body := file.read_bytes(),
            guess_type(file.name)[0] or "application/octet-stream",
            f'"{sha256(body).hexdigest()[:32]}"',
        )
        for file in folder.iterdir()
        if file.is_file()
    }


class Dispatcher:
    """Sends each request where it belongs: pages to the pages, all else to the API.

    A browser that asks for neither hears so from the pages; `of_the_api` are the first parts of
    the API's paths.
    """

    def __init__(
        self,
        pages: Callable[[RequestScope, Receive, Send], Awaitable[None]],
        api: Callable[[RequestScope, Receive, Send], Awaitable[None]],
        of_the_api: Collection[str],
    ) -> None:
        self._pages = pages
        self._api = api
        self._of_the_api = frozenset(of_the_api)

    def __call__(self, scope: RequestScope, receive: Receive, send: Send) -> Awaitable[None]:
        """The application that answers this request."""
        path = scope["path"]
        if serves(path):
            return self._pages(scope, receive, send)
        first = path.split("/", 2)[1] if path.startswith("/") else ""
        if first not in self._of_the_api and _asks_for_a_page(scope):
            return self._pages(scope, receive, send)
        return self._api(scope, receive, send)


def _asks_for_a_page(scope: RequestScope) -> bool:
    if scope["method"] not in ("GET", "HEAD"):
        return False
    accept = [value for name, value in scope["headers"] if name == b"accept"]
    return prefers_html(b",".join(accept).decode("latin-1"))


def prefers_html(accept: str) -> bool:
    """Whether an Accept header ranks HTML above JSON."""
    weights = {"text/html": 0.0, "application/json": 0.0}
    for part in accept.split(","):
        media_type, _, parameters = part.strip().lower().partition(";")
        quality = 1.0
        for parameter in parameters.split(";"):
            name, _, value = parameter.strip().partition("=")
            if name == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if media_type.strip() in weights:
            weights[media_type.strip()] = quality
    return weights["text/html"] > weights["application/json"]
