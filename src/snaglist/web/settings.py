"""Who may come in, where pages lead, and what was done by whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import RedirectResponse, Response

from snaglist.domain.access import Scope
from snaglist.domain.errors import BadParameter, SnaglistError
from snaglist.domain.moment import read_moment
from snaglist.service import tokens as service
from snaglist.service.history import Deed, newest_deeds
from snaglist.service.retries import connected
from snaglist.service.sessions import sign_out_all
from snaglist.service.tokens import NewToken
from snaglist.web.pages import HEADERS, Pages, Visit, id_of
from snaglist.web.retries import programs, titles_of

_PAGE = 100
_FEW = 10
_OVERLAP_SECONDS = 24 * 3600


async def show(pages: Pages, visit: Visit) -> Response:
    """Tokens, workers, links, redaction, what was done of late; and a way out of all sessions."""
    return await _shown(pages, visit)


async def create_token(pages: Pages, visit: Visit) -> Response:
    """Make a token, and show its secret this once."""
    visit.require(Scope.ADMIN)
    scopes = tuple(Scope(text) for name, text in visit.fields if name == "scope")
    try:
        expires_at = _end_of(pages, visit)
        if not scopes:
            raise BadParameter(pages.texts("settings.no_scope"))
        made = await pages.run(
            lambda: service.create_token(
                pages.database,
                token_id=pages.new_id(),
                name=visit.form.get("name", "").strip(),
                scopes=scopes,
                random_bits=pages.random(32),
                who=visit.who,
                at=pages.clock(),
                expires_at=expires_at,
            )
        )
    except BadParameter as fault:
        return await _shown(pages, visit, fault=fault)
    return await _shown(pages, visit, made=made)


async def rotate_token(pages: Pages, visit: Visit) -> Response:
    """Give a token a new secret, shown this once; the old one opens for a day more."""
    visit.require(Scope.ADMIN)
    token_id = id_of(visit)
    made = await pages.run(
        lambda: service.rotate_token(
            pages.database,
            token_id,
            random_bits=pages.random(32),
            who=visit.who,
            at=pages.clock(),
            overlap_seconds=_OVERLAP_SECONDS,
        )
    )
    return await _shown(pages, visit, made=made)


async def revoke_token(pages: Pages, visit: Visit) -> Response:
    """Close a token for good, and every session of it."""
    visit.require(Scope.ADMIN)
    token_id = id_of(visit)

    def revoke() -> None:
        at = pages.clock()
        admins = [
            token.id
            for token in service.list_tokens(pages.database)
            if service.is_open(token, at) and Scope.ADMIN in token.scopes
        ]
        if admins == [token_id]:
            raise BadParameter(
                pages.texts("settings.last_admin"), pages.texts("settings.another_first")
            )
        service.revoke_token(pages.database, token_id, who=visit.who, at=pages.clock())
        sign_out_all(pages.database, token_id)

    await pages.run(revoke)
    return RedirectResponse("/settings", status_code=303, headers=HEADERS)


async def history(pages: Pages, visit: Visit) -> Response:
    """What was done, by whom, the newest first."""
    text = visit.request.query_params.get("below", "")
    below = int(text) if text.isdecimal() and len(text) < 19 else None
    found = await pages.run(lambda: newest_deeds(pages.database, below, _PAGE))
    further = found[-1].seq if len(found) == _PAGE else None
    titles = await _titles(pages, found)
    return await pages.page(
        visit, "history.html", {"deeds": found, "titles": titles, "further": further}
    )


async def _titles(pages: Pages, deeds: Sequence[Deed]) -> dict[str, str]:
    """What each order among these is of, by its id."""
    orders = {deed.order.id: deed.order for deed in deeds if deed.order is not None}
    return await pages.run(lambda: titles_of(pages, [*orders.values()]))


def _end_of(pages: Pages, visit: Visit) -> str | None:
    """The moment at which a new token ends; None for never. Raises BadParameter."""
    day = visit.form.get("until", "").strip()
    moment = read_moment(f"{day}T00:00:00Z")
    if day and (moment is None or moment <= pages.now):
        raise BadParameter(pages.texts("settings.until_past"))
    return moment


def _typed(fields: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What was typed of a token, to be shown again."""
    typed = {"name": "", "until": "", **dict(fields)}
    return {**typed, "scopes": [text for name, text in fields if name == "scope"]}


async def _shown(
    pages: Pages,
    visit: Visit,
    made: NewToken | None = None,
    fault: SnaglistError | None = None,
) -> Response:
    tokens = await pages.run(lambda: service.list_tokens(pages.database))
    workers = await pages.run(lambda: connected(pages.database, pages.now))
    newest = await pages.run(lambda: newest_deeds(pages.database, None, _FEW))
    at = pages.clock()
    return await pages.page(
        visit,
        "settings.html",
        {
            "tokens": [token for token in tokens if service.is_open(token, at)],
            "scopes": [scope.value for scope in Scope],
            "at": "/settings",
            "made": made,
            "fault": fault,
            "typed": _typed(visit.fields if fault is not None else ()),
            "studio": pages.studio,
            "workers": programs(workers),
            "deeds": newest,
            "titles": await _titles(pages, newest),
        },
        400 if fault is not None else 200,
    )
