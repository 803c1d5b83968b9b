"""A studio that brings its ShotGrid over to Kitsu: both of them, the importer, and the list."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from support.desks import DeskProcess, environment
from support.kitsu import Kitsu
from support.shotgrid import ShotGrid
from support.shotgrid.faults import AWAY, Key, planted
from support.shotgrid.studio import studio
from support.waiting import wait_until

TESTS = Path(__file__).parents[1]
CLIENT = TESTS.parent / "client" / "src"
EXAMPLE = TESTS.parent / "examples" / "kitsu_import.py"


class Listed(NamedTuple):
    """An item as the list has it: its state, its cause, and how often it failed."""

    state: str
    known: str | None
    piece: str
    failures: int
    item: dict[str, Any]


class Migration:
    """Everything but the desk, in one folder."""

    def __init__(self, desk: DeskProcess, folder: Path) -> None:
        self.desk = desk
        self.folder = folder
        self.kitsu = Kitsu(folder / "kitsu")
        self.shotgrid = ShotGrid(folder / "shotgrid", planted(studio(self.kitsu.media)))
        self.kitsu.tell("away", **AWAY)
        self._tokens = {
            name: desk.new_token(*scopes, name=name)
            for name, scopes in {"importer": ["report"], "worker": ["work", "report"]}.items()
        }
        self._client: httpx.Client | None = None
        self._processes: list[subprocess.Popen[str]] = []

    @property
    def client(self) -> httpx.Client:
        """Somebody with every scope."""
        if self._client is None:
            self._client = self.desk.client()
        return self._client

    # The importer

    def start_import(self, *types: str, spool: str = "spool", days_ago: int = 0) -> Any:
        """The example in a process of its own; for these types, or all."""
        named = [part for one in types for part in ("--type", one)]
        command = ["-m", "support.studio_import", *named]
        return self.start("importer", command, spool, days_ago)

    def run_import(self, *types: str) -> str:
        """The same, to its end; what it printed."""
        return finish(self.start_import(*types))

    def start(self, token: str, command: list[str], spool: str = "spool", days_ago: int = 0) -> Any:
        """A Python program of the studio's, with this token."""
        env = environment(
            SNAGLIST_URL=self.desk.url,
            DAYS_AGO=days_ago,
            SNAGLIST_TOKEN=self._tokens[token],
            SNAGLIST_SPOOL=self.folder / spool,
            STUDIO=self.shotgrid.folder,
            KITSU_URL=self.kitsu.url,
            KITSU_LOG=self.kitsu.log,
            NO_PROXY="127.0.0.1",
        )
        env["PYTHONPATH"] = f"{CLIENT}:{TESTS}"
        process = subprocess.Popen(
            [sys.executable, *command],
            env=env,
            cwd=TESTS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        return process

    # Retries

    def start_worker(self) -> Any:
        """A worker that retries what is leased to it with the example's `retry`."""
        command = ["-m", "snaglist_client.worker", "support.studio_import:retry", "--lease", "5"]
        return self.start("worker", command)

    def order_retry(self, query: str) -> str:
        """Have all tried again that this filter finds; the order's id."""
        answer = self.client.post(f"/api/v1/retries?{query}", json={"attempts": 5})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def look_at_retry(self, order: str) -> dict[str, Any]:
        """The order as far as it has come."""
        return dict(self.client.get(f"/api/v1/retries/{order}").json())

    def retry(self, query: str) -> dict[str, Any]:
        """The same, when a worker has done it."""
        order = self.order_retry(query)
        return self.finished_retry(order)

    def finished_retry(self, order: str) -> dict[str, Any]:
        """The order, when it has ended."""
        wait_until(lambda: self.look_at_retry(order)["ended_at"], 60, "the retry's end")
        return self.look_at_retry(order)

    # The list

    def items(self, query: str = "") -> dict[Key, Listed]:
        """Every item that this filter finds."""
        causes = {one["id"]: one for one in self.every("/api/v1/causes")}
        found = {}
        for item in self.every(f"/api/v1/items?{query}"):
            key = item["entity_type"], int(item["entity_id"]), item["part"]
            cause = causes.get(item["cause_id"]) or self._cause(item["cause_id"])
            state = item["reason"] or item["status"]
            found[key] = Listed(state, cause["known"], cause["piece"], item["failures"], item)
        return found

    def every(self, path: str) -> Iterable[dict[str, Any]]:
        """All members of a list, page by page."""
        url: str | None = f"{path}{'&' if '?' in path else '?'}limit=200"
        while url:
            answer = self.client.get(url)
            answer.raise_for_status()
            yield from answer.json()
            url = answer.links.get("next", {}).get("url")

    def newest_run(self) -> dict[str, Any]:
        """The run that began last."""
        (run,) = self.client.get("/api/v1/runs?limit=1").json()
        return dict(run)

    def close(self) -> None:
        """End what was started."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.kitsu.close()

    def _cause(self, cause_id: str) -> dict[str, Any]:
        return dict(self.client.get(f"/api/v1/causes/{cause_id}").json())


def finish(process: Any, seconds: float = 60) -> str:
    """What a process printed; AssertionError unless it ended well."""
    out, errors = process.communicate(timeout=seconds)
    assert process.returncode == 0, errors
    return str(out)


def kill(process: Any) -> None:
    """kill -9, of one that is still at work."""
    assert process.poll() is None, process.communicate()
    process.kill()
    process.wait()
