"""Where a thing is in ShotGrid and in the target: links to the hosts that a studio names."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

import msgspec

from snaglist.domain.item import Item, Reason
from snaglist.service.lists import Listed

_WITH_A_PAGE = frozenset(
    """
    Asset Delivery Episode Group HumanUser Level Note Playlist Project PublishedFile Scene
    Sequence Shot Task Ticket Version
    """.split()
)
"""The types that have a page of their own at `{site}/detail/{Type}/{id}`."""


class Links(msgspec.Struct, frozen=True):
    """The studio's ShotGrid site, "" for none, and the hosts that targets may be linked at."""

    shotgrid: str = ""
    hosts: Sequence[str] = ()

    def in_source(self, item: Item) -> str | None:
        """The thing's page in ShotGrid; None where there is none, or it was deleted."""
        if (
            not self.shotgrid
            or not item.source.startswith("shotgun")
            or item.entity_type not in _WITH_A_PAGE
            or not item.entity_id.isdecimal()
            or item.reason is Reason.DELETED_IN_SOURCE
        ):
            return None
        return f"{self.shotgrid.rstrip('/')}/detail/{quote(item.entity_type)}/{item.entity_id}"

    def in_target(self, listed: Listed) -> str | None:
        """The address that its importer reported, if it is at one of the hosts."""
        url = listed.target_url
        if url is None or urlsplit(url).hostname not in self.hosts:
            return None
        return url
