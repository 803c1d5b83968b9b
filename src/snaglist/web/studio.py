"""What a studio sets for its pages; where a thing is in ShotGrid and in the target."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

import msgspec

from snaglist.domain.item import Item
from snaglist.domain.standing import Reason
from snaglist.service.lists import Listed

_WITH_A_PAGE = frozenset(
    """
    Asset Delivery Episode Group HumanUser Level Note Playlist Project PublishedFile Scene
    Sequence Shot Task Ticket Version
    """.split()
)
"""The types that have a page of their own at `{site}/detail/{Type}/{id}`."""


_DELETED = "source-entity-deleted"


class Links(msgspec.Struct, frozen=True):
    """The studio's ShotGrid site, "" for none, and the hosts that targets may be linked at."""

    shotgrid: str = ""
    hosts: Sequence[str] = ()

    def in_source(self, item: Item, known: str | None = None) -> str | None:
        """The thing's page in ShotGrid; None where there is none, or it was deleted.

        `known` is the known cause for which it failed, which may say so.
        """
        if (
            not self.shotgrid
            or not item.source.startswith("shotgun")
            or item.entity_type not in _WITH_A_PAGE
            or not item.entity_id.isdecimal()
            or item.reason is Reason.DELETED_IN_SOURCE
            or known == _DELETED
        ):
            return None
        return f"{self.shotgrid.rstrip('/')}/detail/{quote(item.entity_type)}/{item.entity_id}"

    def in_target(self, listed: Listed) -> str | None:
        """The address that an importer reported of it, if it is at one of the hosts."""
        return self._allowed(listed.target_url)

    def production(self, listed: Listed) -> str | None:
        """The address that an importer reported of its project, if it is at one of the hosts."""
        return self._allowed(listed.production_url)

    def _allowed(self, url: str | None) -> str | None:
        if url is None or urlsplit(url).hostname not in self.hosts:
            return None
        return url


class Studio(msgspec.Struct, frozen=True):
    """The studio's settings that pages follow, or show.

    A project's complete import is overdue after `overdue_hours`. `redacts` is whether secrets are
    taken out of what is recorded, `redact_words` and `redact_patterns` those that it added.
    `target` is where imports write, "" where that is not one place.
    """

    links: Links = Links()
    overdue_hours: float = 26
    redacts: bool = True
    redact_words: Sequence[str] = ()
    redact_patterns: Sequence[str] = ()
    target: str = "kitsu"
