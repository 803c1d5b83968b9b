"""A worker as a studio could write one: leases items, tries them, reports; a program of its own.

Called with the desk's address file, a token, its name and a folder. Each item it tries leaves a
line in the folder's file `tried`; an item whose id is in the file `deadly` ends it at once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen


def main(folder: Path, token: str, name: str) -> None:
    """Work until somebody ends it; a desk that is away is waited for."""
    worker = {"id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), "name": name}
    while True:
        asked = ask(folder, token, "/api/v1/leases", {"worker": worker, "limit": 1, "seconds": 5})
        for lease in asked["leases"]:
            outcome = {"lease_id": lease["lease_id"], "outcome": attempt(folder, name, lease)}
            ask(folder, token, "/api/v1/outcomes", outcome)
        time.sleep(min(0.05, asked["poll_seconds"]))


def attempt(folder: Path, name: str, lease: dict[str, Any]) -> str:
    """Try it."""
    entity = lease["item"]["entity_id"]
    with (folder / "tried").open("a") as file:
        file.write(f"{name} {entity} {lease['attempt']}\n")
    if entity in (folder / "deadly").read_text().split():
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return "came_over"


def ask(folder: Path, token: str, path: str, body: Any) -> Any:
    """What the desk answers, when it is there; the same is sent until it does."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    while True:
        url = (folder / "url").read_text() + path
        try:
            with urlopen(Request(url, json.dumps(body).encode(), headers), timeout=10) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            if error.code < 500:
                raise
            error.close()
        except (URLError, OSError):
            pass
        time.sleep(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
