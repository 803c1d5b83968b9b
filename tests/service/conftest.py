"""What the tests of services share."""

from __future__ import annotations

import pytest

from snaglist.storage.database import Database
from support.workshop import Workshop


@pytest.fixture
def workshop(database: Database) -> Workshop:
    """A list to work on, on each engine in turn."""
    return Workshop(database)
