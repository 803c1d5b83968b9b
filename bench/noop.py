"""The bare ASGI application that the desk is compared with: reads JSON, checks a token, 201."""

from __future__ import annotations

import os
import socket
from typing import Any

import msgspec
import uvicorn

_decode = msgspec.json.Decoder().decode
_EXPECTED = b"Bearer " + os.environ.get("BENCH_TOKEN", "").encode()
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"2")]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer 201 and store nothing; 401 for another token, 400 for what is not JSON."""
    status = 201
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if dict(scope["headers"]).get(b"authorization") != _EXPECTED:
        status = 401
    else:
        try:
            _decode(body)
        except msgspec.MsgspecError:
            status = 400
    await send({"type": "http.response.start", "status": status, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b"{}"})


def main() -> None:
    """Serve on a free port of 127.0.0.1 and print its URL."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        application,
        interface="asgi3",
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        backlog=2048,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
