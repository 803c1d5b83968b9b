"""Pictures of every page of `snaglist demo`: light, dark and on a phone; for people to look at."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

_ROOT = Path(__file__).resolve().parent.parent
_FLAGS = (
    "--no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
_LOOKS = (("light", "light", 1280), ("dark", "dark", 1280), ("phone", "light", 390))
_SETTLE_MS = 6_000
"""How long the story is let go on before the first picture."""


def main() -> None:
    """Make the pictures, in the folder that is named, and the README's."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "dist/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    demo = subprocess.Popen(
        [sys.executable, "-m", "snaglist", "demo", "--port", str(port)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert demo.stdout is not None
        told = demo.stdout.readline() + demo.stdout.readline()
        link = re.search(r"http\S+code=\S+", told)
        assert link is not None, told
        _take(link[0], folder)
    finally:
        demo.terminate()
        demo.wait(10)
    shutil.copyfile(folder / "overview-light.png", _ROOT / "docs" / "pictures" / "overview.png")


def _take(link: str, folder: Path) -> None:
    """All pages in all looks, signed in once."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "Chromium is missing. On Debian: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        first = browser.new_context(timezone_id="Europe/Berlin", locale="en-GB")
        page = first.new_page()
        page.goto(link)
        page.wait_for_timeout(_SETTLE_MS)
        paths = _paths(page, link.split("/signin")[0])
        state = first.storage_state()
        for look, scheme, width in _LOOKS:
            context = browser.new_context(
                color_scheme=scheme,  # type: ignore[arg-type]
                viewport={"width": width, "height": 800},
                timezone_id="Europe/Berlin",
                locale="en-GB",
                storage_state=state,
            )
            page = context.new_page()
            for name, path in paths.items():
                page.goto(path)
                page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
            context.clear_cookies()
            page.goto(paths["overview"])
            page.screenshot(path=folder / f"signin-{look}.png", full_page=True)
            context.close()
        browser.close()


def _paths(page: Page, url: str) -> dict[str, str]:
    """Every page by its name; of those that have an id, the first of its list."""
    paths = {
        name: f"{url}/{path}"
        for name, path in (
            *(("overview", ""), ("causes", "causes"), ("things", "things?state=open")),
            *(("imports", "imports"), ("retries", "retries"), ("settings", "settings")),
            ("history", "settings/history"),
        )
    }
    page.goto(f"{url}/causes")
    page.locator("a[data-open]", has_text="hld2").click()
    page.get_by_role("button", name=re.compile("try .* again")).click()
    page.wait_for_timeout(_SETTLE_MS)
    paths["retry"] = page.url
    for name, listed, link in (
        ("cause", "causes", "a[data-open]"),
        ("thing", "things?state=open", "a[data-open]"),
        ("import", "imports", ".run a"),
    ):
        page.goto(f"{url}/{listed}")
        paths[name] = f"{url}{page.locator(link).first.get_attribute('href')}"
    paths["merge"] = f"{paths['cause']}/merge"
    paths["split"] = f"{paths['cause']}/split"
    return paths


if __name__ == "__main__":
    main()
