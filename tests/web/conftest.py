"""A desk with things on it, and Debian's Chromium to look at it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from support.desks import DeskProcess

_FLAGS = (
    "--no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()


expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a screen."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        assert Path(path).exists(), (
            "These tests need Chromium. On Debian: apt install chromium;"
            " elsewhere: .venv/bin/playwright install chromium"
        )
        chromium = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield chromium
        chromium.close()


class Visitor:
    """Somebody at a browser. What the pages log, and whom they ask, is kept, to be checked."""

    def __init__(self, context: BrowserContext, desk: DeskProcess) -> None:
        self.context = context
        self.desk = desk
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._asked)

    def goes_to(self, path: str) -> None:
        """Open this path of the desk."""
        self.page.goto(f"{self.desk.url}{path}")

    def signs_in(self, token: str | None = None) -> None:
        """Sign in with a token, the admin's if none is given."""
        self.goes_to("/signin")
        self.page.get_by_label("Your token").fill(token or self.desk.token)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.desk.url}/")

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.desk.url, "data:", "about:")):
            self.faults.append(f"asked {request.url}")


@pytest.fixture
def visitor(browser: Browser, desk: DeskProcess) -> Iterator[Visitor]:
    """Somebody who looks at the desk; no page may complain, or ask another host."""
    context = browser.new_context(timezone_id="Europe/Berlin", locale="en-GB")
    context.set_default_timeout(20_000)
    somebody = Visitor(context, desk)
    yield somebody
    context.close()
    assert somebody.faults == []


def failed(desk: DeskProcess, *, error: str = "KeyError: 'sg_cut_in'", **details: Any) -> str:
    """Record that a shot failed; the item's id."""
    plain = {
        "entity_type": "Shot",
        "shotgun_id": 1,
        "name": "SQ010_SH0010",
        "project": {"id": 87, "name": "Big Buck Bunny"},
    }
    body = json.dumps({"error": error, "details": plain | details})
    answer = desk.client().post("/import/shotgun/errors", content=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["item_id"])
