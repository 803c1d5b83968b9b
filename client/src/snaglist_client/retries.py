"""`desk.retries()`: items to try again, one after the other, for ever or while there are any."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from snaglist_client.leases import RetryItem, Worker
from snaglist_client.line import ShutOut, Unsent
from snaglist_client.pace import Pace
from snaglist_client.quietly import complain

_LEAST_PAUSE = 0.2
_MOST_PAUSE = 10.0


class Retries:
    """Iterates over leased items. An item that was not settled is given back with the next.

    A thread keeps the item in hand leased, for `item_seconds` at most. `stop()` ends it after the
    item in hand; a desk that gives none to this token ends it, too, is logged, and `shut_out`
    says why.
    """

    def __init__(
        self, worker: Worker, *, wait: bool, retry: str | None, item_seconds: float
    ) -> None:
        self._worker = worker
        self._wait = wait
        self._retry = retry
        self._item_seconds = item_seconds
        self._in_hand: RetryItem | None = None
        self.shut_out = ""
        self._stop = threading.Event()
        self._over = threading.Event()

    def stop(self) -> None:
        """No further item."""
        self._stop.set()

    def __iter__(self) -> Iterator[RetryItem]:
        keeping = threading.Thread(target=self._keep, name="snaglist-leases", daemon=True)
        pace = Pace()
        try:
            keeping.start()
            while not self._stop.is_set():
                try:
                    items, pause = self._worker.lease(1, self._retry)
                except ShutOut as error:
                    self.shut_out = str(error)
                    self._worker.courier.say("Snaglist gives out no retries. %s", error)
                    return
                except Unsent:
                    if not self._wait:
                        return
                    pace.fault()
                    self._stop.wait(max(_LEAST_PAUSE, pace.left()))
                    continue
                pace.well()
                for item in items:
                    self._in_hand = item
                    yield item
                    item.give_back()
                if not items:
                    if not self._wait:
                        return
                    self._stop.wait(max(_LEAST_PAUSE, min(pause, _MOST_PAUSE)))
        except Exception as error:
            complain("retries", error)
        finally:
            self._over.set()
            if self._in_hand is not None:
                self._in_hand.give_back()

    def _keep(self) -> None:
        """Renew the lease of the item in hand as long as it may take."""
        while not self._over.wait(self._worker.seconds / 3):
            item = self._in_hand
            if item is None or time.monotonic() - item.began > self._item_seconds:
                continue
            try:
                self._worker.renew([item])
            except Unsent:
                continue
            except Exception as error:
                complain("renewal", error)
