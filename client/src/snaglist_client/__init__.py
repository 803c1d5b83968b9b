"""Tells a Snaglist desk what an import left behind. Nothing starts when this is imported."""

from __future__ import annotations

from snaglist_client.completion import Completion
from snaglist_client.desk import Desk
from snaglist_client.failures import NotKept
from snaglist_client.handler import Handler
from snaglist_client.mirrors import Mirror
from snaglist_client.returned import Checked, kept
from snaglist_client.runs import Item, Run
from snaglist_client.standing import Standing

__version__ = "0.1.0"
__all__ = [
    "Checked",
    "Completion",
    "Desk",
    "Handler",
    "Item",
    "Mirror",
    "NotKept",
    "Run",
    "Standing",
    "kept",
]
