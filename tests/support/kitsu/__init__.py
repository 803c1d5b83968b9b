"""A target that refuses as Zou does, in a process of its own: taken away, brought back, told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from support.kitsu.held import LOG
from support.waiting import wait_until


class Kitsu:
    """One target in a folder; `url` is what an importer is given, `log` what Zou logs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log = folder / LOG
        self.log.touch()
        self.port = "0"
        self._client = httpx.Client(timeout=30, trust_env=False)
        self.come_back()

    @property
    def url(self) -> str:
        """The API's address, as it stands behind Kitsu's proxy."""
        return f"{self._host}/api"

    @property
    def media(self) -> str:
        """Where the studio's movies and pictures are."""
        return f"{self._host}/media"

    def come_back(self) -> None:
        """Start the process; at the same address as before."""
        tests = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.kitsu.server", str(self.folder), self.port],
            cwd=tests,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self._host = self._process.stdout.readline().strip()
        assert self._host, "the target did not start"
        self.port = self._host.rpartition(":")[2]

    def go_away(self) -> None:
        """kill -9: from now on connections are refused."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def tell(self, name: str, **value: Any) -> None:
        """Change what it knows or takes: `longest`, `uploads`, `away`."""
        self._client.post(f"{self._host}/told/{name}", json=value).raise_for_status()

    def post(self, kind: str, entries: Any) -> httpx.Response:
        """Import entries of this kind (`shots`), as an importer does."""
        return self._client.post(f"{self.url}/import/shotgun/{kind}", json=entries)

    def counts(self) -> Mapping[str, int]:
        """How many rows it holds for each `table/ShotGrid id`."""
        return dict(self._client.get(f"{self._host}/counts").json())

    def hold(self, after: int) -> None:
        """Let so many more entries through, and keep the next one waiting for its answer."""
        self._client.post(f"{self._host}/gate", json={"entries": after})

    def go_on(self) -> None:
        """Answer all that comes, and return when nothing waits any more."""
        self._client.post(f"{self._host}/gate", json={"entries": None})
        wait_until(lambda: self._held() == 0, what="the going on of what was held")

    def wait_for_the_held(self) -> None:
        """Until somebody waits for an answer that `hold` keeps back."""
        wait_until(lambda: self._held() > 0, what="an entry that is held")

    def close(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self.go_away()
        self._client.close()

    def _held(self) -> int:
        return int(self._client.get(f"{self._host}/gate").json()["waiting"])
