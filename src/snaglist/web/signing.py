"""Signing in by a token or a link, and out again."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from snaglist.domain.access import Scope
from snaglist.domain.errors import NotSignedIn
from snaglist.domain.session import SESSION_SECONDS
from snaglist.service import sessions as service
from snaglist.service.sessions import signed_in
from snaglist.web.pages import COOKIE, HEADERS, Pages, Visit, read_form


async def sign_in(pages: Pages, visit: Visit) -> Response:
    """The page to sign in; with a token, or a link's code, the way in."""
    request = visit.request
    wanted = _inside(request.query_params.get("next", "/"))
    if request.method == "GET" and await _is_in(pages, visit):
        return RedirectResponse(wanted, status_code=303, headers=HEADERS)
    if request.method == "GET" and "code" not in request.query_params:
        return await pages.page(visit, "signin.html", {"wanted": wanted, "fault": None})
    try:
        secret = await _secret(pages, visit)
        session = await pages.run(lambda: signed_in(pages.database, secret, pages.clock()))
    except NotSignedIn:
        fault = "token" if request.method == "POST" else "link"
        return await pages.page(visit, "signin.html", {"wanted": wanted, "fault": fault}, 403)
    if not session.allows(Scope.READ):
        await pages.run(lambda: service.sign_out(pages.database, session, everywhere=False))
        return await pages.page(visit, "signin.html", {"wanted": wanted, "fault": "scope"}, 403)
    answer = RedirectResponse(wanted, status_code=303, headers=HEADERS)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.headers.get("x-forwarded-proto", request.url.scheme) == "https",
    )
    return answer


async def sign_out(pages: Pages, visit: Visit) -> Response:
    """End this session, or all of this token's."""
    session = visit.session
    if session is not None:
        everywhere = "everywhere" in visit.form
        await pages.run(lambda: service.sign_out(pages.database, session, everywhere=everywhere))
    answer = RedirectResponse("/signin", status_code=303, headers=HEADERS)
    answer.delete_cookie(COOKIE)
    return answer


async def _is_in(pages: Pages, visit: Visit) -> bool:
    """Whether this browser is signed in already."""
    try:
        return (await pages.visit(visit.request)).may("read")
    except NotSignedIn:
        return False


async def _secret(pages: Pages, visit: Visit) -> str:
    bits, at = pages.random(32), pages.clock()
    if visit.request.method == "POST":
        token = dict(await read_form(visit.request)).get("token", "")
        return await pages.run(
            lambda: service.sign_in(pages.database, token, random_bits=bits, at=at)
        )
    code = visit.request.query_params["code"]
    return await pages.run(
        lambda: service.sign_in_by_link(pages.database, code, random_bits=bits, at=at)
    )


def _inside(path: str) -> str:
    """A path of this desk; what would lead elsewhere leads to the first page."""
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") else "/"
