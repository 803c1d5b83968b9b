"""A desk as its users run it: the command, in a process of its own, on a port of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import httpx

from support.nursery import Forked, nursery
from support.waiting import wait_until

SEED = {
    "error": "Failed to import asset",
    "details": {"shotgun_id": 12345, "reason": "Missing required field"},
}
COMMAND = [sys.executable, "-m", "snaglist"]


class DeskProcess:
    """`snaglist serve` on 127.0.0.1; `url`, `token` (admin) and an httpx client at hand.

    `from_nursery`: it is forked with its imports done, not started as the command.
    """

    def __init__(
        self, folder: Path, database: str, *, from_nursery: bool = False, **settings: str
    ) -> None:
        self.folder = folder
        self.database = database
        self._from_nursery = from_nursery
        self._settings = settings
        self._clients: list[httpx.Client] = []
        self.token = ""
        self.start()

    def start(self, port: int = 0) -> None:
        """Start the process and wait until it serves; RuntimeError with its output otherwise."""
        self.log = self.folder / "desk.log"
        self.out = self.folder / "desk.out"
        self.process = self._begun(["serve", "--port", str(port), "--database", self.database])
        self.url = wait_until(self._address, what="the desk's address")
        token_file = self.folder / "snaglist-admin-token"
        if token_file.exists():
            self.token = token_file.read_text().strip()
        wait_until(self._serves, what="the desk's first answer")

    @property
    def port(self) -> int:
        """The port that it has or had; `start(port)` gives it back."""
        return int(self.url.rpartition(":")[2])

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def client(self, token: str | None = None) -> httpx.Client:
        """An HTTP client that signs in with this token, or the admin's; "" for none."""
        secret = self.token if token is None else token
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        client = httpx.Client(
            base_url=self.url,
            headers=headers,
            timeout=30,
            trust_env=False,
            verify=False,
        )
        self._clients.append(client)
        return client

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run another `snaglist` command on the same database."""
        return snaglist(*arguments, "--database", self.database, folder=self.folder, **settings)

    def new_token(self, *scopes: str, name: str = "test", **options: str) -> str:
        """The secret of a new token with these scopes."""
        given = [part for scope in scopes for part in ("--scope", scope)]
        given += [part for key, value in options.items() for part in (f"--{key}", value)]
        done = self.run("token", "create", name, *given)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 10) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def close(self) -> None:
        """End it whatever its state."""
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.kill()

    def _begun(self, arguments: list[str]) -> subprocess.Popen[bytes] | Forked:
        settings = environment(**self._settings)
        if self._from_nursery:
            return nursery().begin(arguments, self.folder, settings, self.out, self.log)
        with self.log.open("ab") as log, self.out.open("wb") as out:
            return subprocess.Popen(
                [*COMMAND, *arguments],
                cwd=self.folder,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
            )

    def _address(self) -> str:
        if self.process.poll() is not None:
            raise RuntimeError(f"the desk did not start:\n{self.log.read_text()}")
        for line in self.out.read_text().splitlines():
            if " at http://" in line:
                return line.split(" at ")[1].split(",")[0]
        return ""

    def _serves(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"the desk ended:\n{self.log.read_text()}")
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def snaglist(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a `snaglist` command in this folder, from the nursery."""
    with tempfile.TemporaryDirectory() as kept:
        out, err = Path(kept) / "out", Path(kept) / "err"
        process = nursery().begin(arguments, folder, environment(**settings), out, err)
        try:
            code = process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        told = [file.read_text("utf-8") if file.exists() else "" for file in (out, err)]
        return subprocess.CompletedProcess(["snaglist", *arguments], code, *told)


def environment(**settings: Any) -> dict[str, str]:
    """This process's environment without its Snaglist settings, with these instead.

    What is compiled is kept, whatever is set here: each desk would spend half of its start on it.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAGLIST_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {name: str(value) for name, value in settings.items()}
