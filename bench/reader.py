"""A client that reads the whole list and keeps nothing: in a process of its own, until ended."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from urllib.parse import urlsplit

from bench.bodies import SINGLE_PATH

_EACH = b'"type":"DataImportError"'
_CHUNK = 1 << 20


def read_list(url: str, token: str) -> dict[str, float]:
    """Read the list once: its bytes, its records and the seconds it took.

    Raises http.client.IncompleteRead when the list was cut.
    """
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
    began = time.perf_counter()
    connection.request("GET", SINGLE_PATH, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    size = records = 0
    tail = b""
    while chunk := answer.read(_CHUNK):
        size += len(chunk)
        joined = tail + chunk
        records += joined.count(_EACH)
        tail = joined[-len(_EACH) + 1 :]
    connection.close()
    if not tail.endswith(b"]"):
        raise http.client.IncompleteRead(tail)
    return {"bytes": size, "records": records, "seconds": time.perf_counter() - began}


def main() -> None:
    """Read the list at the URL of the first argument, so many times as the second says."""
    for _ in range(int(sys.argv[2])):
        print(json.dumps(read_list(sys.argv[1], os.environ["BENCH_TOKEN"])), flush=True)


if __name__ == "__main__":
    main()
