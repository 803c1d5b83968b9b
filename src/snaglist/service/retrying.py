"""All that a desk needs to have items tried again, wired for one process."""

from __future__ import annotations

from collections.abc import Callable

from snaglist.domain.dependence import Order
from snaglist.service.filing import Filing
from snaglist.service.leasing import Leasing
from snaglist.service.outcomes import Outcomes
from snaglist.storage.database import Database


class Retrying:
    """Leases, outcomes, and the order of dependency.

    `clock` gives Unix time in seconds, `new_id` a fresh UUIDv7; `filing` belongs to the same
    writer as the database.
    """

    def __init__(
        self,
        database: Database,
        filing: Filing,
        order: Order,
        clock: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self.order = order
        self.leasing = Leasing(database, clock, new_id)
        self.outcomes = Outcomes(database, filing, clock)
