"""From a cause to what came over: ordered on a page, watched to its end while a worker works."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from support.desks import DeskProcess
from web.conftest import Visitor, failed


class Worker:
    """Leases one thing after the other, and says of each what `try_it` says."""

    def __init__(self, desk: DeskProcess, try_it: Callable[[str], bool]) -> None:
        self._client = desk.client()
        self._try = try_it
        self._told = {"id": str(uuid.uuid4()), "name": "farm-3"}
        self._may_go_on = threading.Semaphore(0)
        self._thread: threading.Thread | None = None
        self._ends = False

    def connect(self) -> None:
        """Say that it is there."""
        self._client.post("/api/v1/leases", json={"worker": self._told}).raise_for_status()

    def work(self, things: int = 1_000) -> None:
        """Let it try so many things more."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._may_go_on.release(things)

    def close(self) -> None:
        """End it."""
        self._ends = True
        self._may_go_on.release()
        if self._thread is not None:
            self._thread.join(10)

    def _work(self) -> None:
        while True:
            self._may_go_on.acquire()
            leases: list[dict[str, object]] = []
            while not leases and not self._ends:
                answer = self._client.post("/api/v1/leases", json={"worker": self._told})
                leases = answer.json()["leases"]
            if self._ends:
                return
            (lease,) = leases
            item = lease["item"]
            outcome = {"lease_id": lease["lease_id"], "outcome": "came_over"}
            if not self._try(item["name"]):
                body = {"error": "KeyError: 'sg_cut_in'"}
                outcome |= {"outcome": "failed", "record": {"event_data": body}}
            self._client.post("/api/v1/outcomes", json=outcome).raise_for_status()


@pytest.fixture
def new_worker(desk: DeskProcess) -> Iterator[Callable[[Callable[[str], bool]], Worker]]:
    """Makes workers, and ends them after the test."""
    made: list[Worker] = []

    def make(try_it: Callable[[str], bool]) -> Worker:
        made.append(Worker(desk, try_it))
        return made[-1]

    yield make
    for worker in made:
        worker.close()


def test_a_retry_is_watched_to_its_end_while_a_worker_works(
    visitor: Visitor, desk: DeskProcess, new_worker: Callable[..., Worker]
) -> None:
    for number in range(8):
        failed(desk, shotgun_id=number, name=f"SQ010_SH00{number}0")
    worker = new_worker(lambda name: name != "SQ010_SH0050")
    worker.connect()
    visitor.signs_in()
    page = visitor.page
    page.get_by_role("link", name=re.compile("sg_cut_in")).first.click()
    page.get_by_role("button", name="I fixed it: try 8 again").click()
    expect(page.get_by_text("Three are tried first")).to_be_visible()

    worker.work(4)
    expect(page.locator(".run p")).to_contain_text("4 of 8")
    worker.work(4)

    expect(page.locator(".state").first).to_have_text("done")
    expect(page.locator(".run p")).to_contain_text("7 came over · 1 failed again")
    page.get_by_role("link", name=re.compile("sg_cut_in")).first.click()
    expect(page.get_by_text("admin said it was fixed, but it failed once")).to_be_visible()
    visitor.goes_to("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 thing did not come over")


def test_a_retry_that_fails_alike_stops_and_is_let_go_on(
    visitor: Visitor, desk: DeskProcess, new_worker: Callable[..., Worker]
) -> None:
    for number in range(5):
        failed(desk, shotgun_id=number)
    worker = new_worker(lambda _: False)
    visitor.signs_in()
    visitor.goes_to("/things?state=open")
    page = visitor.page
    page.get_by_label(re.compile("all that match")).check()
    page.get_by_label("What to do").select_option("retry")
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_text("5 of 5 things would be tried again.")).to_be_visible()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("No program is connected")).to_be_visible()

    worker.work()

    expect(page.get_by_text("It stopped: The first 3 all failed again")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".run p")).to_contain_text("5 of 5")
    expect(page.get_by_text("It is over.")).to_be_visible()


def test_one_thing_is_tried_again_and_a_retry_stopped(visitor: Visitor, desk: DeskProcess) -> None:
    item = failed(desk)
    visitor.signs_in()
    visitor.goes_to(f"/things/{item}")
    page = visitor.page
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".state").first).to_have_text("paused")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".state").first).to_have_text("stopped")
    expect(page.locator(".run p")).to_contain_text("1 passed over")
    visitor.goes_to("/retries")
    expect(page.locator("main")).to_contain_text("Ordered by admin")
    visitor.goes_to("/settings/history")
    expect(page.locator("main")).to_contain_text("Trying again: Shot SQ010_SH0010: ordered · admin")
