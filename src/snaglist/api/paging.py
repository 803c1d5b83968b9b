"""Reading what a list's query says of its pages."""

from __future__ import annotations

from snaglist.domain.errors import BadParameter

MOST_A_PAGE = 200
USUAL_PAGE = 50


def limit_of(text: str | None) -> int:
    """How many a page may hold; the usual number without a word. Raises BadParameter."""
    if text is None:
        return USUAL_PAGE
    if text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST_A_PAGE:
        return int(text)
    raise BadParameter("limit is not a number.", f"Give 1 to {MOST_A_PAGE}.", where="limit")
