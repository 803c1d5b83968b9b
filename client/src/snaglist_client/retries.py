"""`desk.retries()`: items to try again, one after the other, for ever or while there are any."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from snaglist_client import in_hand
from snaglist_client.leases import RetryItem, Worker
from snaglist_client.line import NoDesk, ShutOut, Unsent
from snaglist_client.pace import Pace
from snaglist_client.quietly import complain

_LEAST_PAUSE = 0.2
_MOST_PAUSE = 10.0
_UNTOLD_PAUSE = 2.0
_FLUSH_SECONDS = 30.0
_RATE_SECONDS = 65.0
_SIGN_SECONDS = 20.0
"""The desk calls a worker connected that it heard of within a minute."""


class Retries:
    """Iterates over leased items. One of which nothing was told is given back with the next.

    Unless its block is running still, in another thread: then it is kept leased until that ends.
    One that was given back and is tried all the same is told of as by any other program.

    A thread keeps the item in hand leased, for `item_seconds` at most. `stop()` ends it after the
    item in hand; a desk that gives none to this token ends it, too, or no desk at the address from
    the beginning; that is logged, and `shut_out` says why. `trouble` is why the desk could not be
    asked the last time.
    """

    def __init__(
        self, worker: Worker, *, wait: bool, retry: str | None, item_seconds: float
    ) -> None:
        self._worker = worker
        self._wait = wait
        self._retry = retry
        self._item_seconds = item_seconds
        self._in_hand: RetryItem | None = None
        self._elsewhere: list[RetryItem] = []
        self.shut_out = ""
        self.trouble = ""
        self._had_at = time.monotonic()
        self._stop = threading.Event()
        self._over = threading.Event()

    def stop(self) -> None:
        """No further item."""
        self._stop.set()

    def __iter__(self) -> Iterator[RetryItem]:
        keeping = threading.Thread(target=self._keep, name="snaglist-leases", daemon=True)
        pace = Pace()
        given_back: set[str] = set()
        was_well = False
        try:
            keeping.start()
            while not self._stop.is_set():
                try:
                    items, pause = self._worker.lease(1, self._retry)
                except ShutOut as error:
                    if was_well and self._wait and isinstance(error, NoDesk):
                        self._waits(error, pace)
                        continue
                    self.shut_out = str(error)
                    self._worker.courier.say("Snaglist gives out no retries. %s", error)
                    return
                except Unsent as error:
                    if not self._wait:
                        self.trouble = str(error)
                        return
                    self._waits(error, pace)
                    continue
                pace.well()
                was_well = True
                self.trouble = ""
                for item in items:
                    if item.item_id in given_back and not self._wait:
                        item.give_back()
                        return
                    self._in_hand, self._had_at = item, time.monotonic()
                    yield item
                    self._had_at = time.monotonic()
                    if in_hand.is_in_hand(item):
                        self._elsewhere.append(item)
                        continue
                    if not item.is_settled:
                        if item.item_id in given_back:
                            self._worker.courier.say(
                                "Snaglist has an item again that nobody told of: try it in "
                                "`with item:`, or call its came_over() or fail()."
                            )
                            self._stop.wait(_UNTOLD_PAUSE)
                        given_back.add(item.item_id)
                    item.give_back()
                if not items:
                    if not self._wait and not self._may_be_more():
                        return
                    self._stop.wait(max(_LEAST_PAUSE, min(pause, _MOST_PAUSE)))
        except Exception as error:
            complain("retries", error)
        finally:
            self._over.set()
            if self._in_hand is not None and not in_hand.is_in_hand(self._in_hand):
                self._in_hand.give_back()

    def _waits(self, error: Unsent, pace: Pace) -> None:
        """Ask the desk again later: it is away, or what stands before it answers for it."""
        self.trouble = str(error)
        self._worker.courier.say("Snaglist waits for retries. %s", error)
        pace.fault()
        self._stop.wait(max(_LEAST_PAUSE, pace.left()))

    def _may_be_more(self) -> bool:
        """Whether what waits may be given soon: an outcome of ours is brought to the desk now.

        Items of a later stage are given out when all of an earlier one are reported, and those of
        an order with a rate one after the other, at least one in a minute.
        """
        item, self._in_hand = self._in_hand, None
        if item is not None and not self._worker.courier.flush(_FLUSH_SECONDS):
            return False
        return bool(self._worker.waiting) and time.monotonic() < self._had_at + _RATE_SECONDS

    def _keep(self) -> None:
        """Renew the lease of the item in hand as long as it may take."""
        while not self._over.wait(min(self._worker.seconds / 3, _SIGN_SECONDS)):
            self._elsewhere = [one for one in self._elsewhere if not one.is_settled]
            now = time.monotonic()
            items = [
                one
                for one in (self._in_hand, *self._elsewhere)
                if one is not None and now - one.began <= self._item_seconds
            ]
            if not items:
                continue
            try:
                self._worker.renew(items)
            except Unsent:
                continue
            except Exception as error:
                complain("renewal", error)
