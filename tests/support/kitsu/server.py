"""The process: Zou's import over HTTP, as far as an importer meets it, and how it is told to fail.

python -m support.kitsu.server FOLDER [PORT]
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support.kitsu.held import LOG, Held
from support.kitsu.importing import KINDS, Dropped, check_id, save

_LARGEST_UPLOAD = 4_096
_SAYS_NOTHING = {"error": True, "message": "Internal server error."}
_HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


class Gate:
    """Lets so many more entries through and holds the next ones, until it is opened."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._left: int | None = None
        self.waiting = 0

    def let_through(self, entries: int | None) -> None:
        """Let so many more through; None opens it."""
        with self._moved:
            self._left = entries
            self._moved.notify_all()

    def go_through(self) -> None:
        """Wait until there is room for one entry."""
        with self._moved:
            self.waiting += 1
            self._moved.wait_for(lambda: self._left is None or self._left > 0)
            self.waiting -= 1
            if self._left is not None:
                self._left -= 1


class Server(ThreadingHTTPServer):
    """One target in a folder; requests are worked on one after another."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.held = Held(folder / "kitsu.db")
        self.log = folder / LOG
        self.turn = threading.Lock()
        self.gate = Gate()

    def write_log(self, kind: str, text: str) -> None:
        """Add what the target says of an entry, in one write, before it answers."""
        with self.log.open("a") as file:
            file.write(f"{kind}: {text}\n")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Server

    def do_POST(self) -> None:
        """Import, upload, or be told something."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        first, *rest = urlsplit(self.path).path.strip("/").split("/")
        if first == "gate":
            self.server.gate.let_through(json.loads(body)["entries"])
            return self._answer(200, {})
        if rest[:1] == ["import"]:
            self.server.gate.go_through()
        with self.server.turn:
            if first == "told":
                self.server.held.tell(rest[0], json.loads(body))
                return self._answer(200, {})
            if rest[:2] == ["import", "shotgun"] and rest[2] in KINDS:
                return self._import(rest[2], json.loads(body))
            if rest[:2] == ["pictures", "preview-files"]:
                return self._upload(rest[2], len(body))
        return self._answer(404, {"message": "no such route"})

    def do_GET(self) -> None:
        """A movie or picture in the studio's storage, or what is held."""
        first, *rest = urlsplit(self.path).path.strip("/").split("/")
        if first == "media":
            return self._send(200, "video/mp4", b"\0" * _bytes_of(rest[-1]))
        if first == "gate":
            return self._answer(200, {"waiting": self.server.gate.waiting})
        with self.server.turn:
            return self._answer(200, self.server.held.counts())

    def log_message(self, *_: object) -> None:
        """Nothing: what happens is in the log of the target."""

    def _import(self, kind: str, entries: Any) -> None:
        saved = []
        for entry in entries:
            try:
                if self._is_away(kind, entry):
                    return self._send(502, "text/html", _HTML.format("502 Bad Gateway").encode())
                check_id(entry)
                saved.append(save(self.server.held, kind, entry))
            except Dropped as error:
                self._note(kind, str(error))
            except Exception as error:
                self._note(kind, _named(error))
                return self._answer(500, _SAYS_NOTHING)
        return self._answer(200, saved)

    def _is_away(self, kind: str, entry: Any) -> bool:
        away = self.server.held.told("away")
        return bool(away.get("all")) or entry.get("id") in away.get(kind, ())

    def _upload(self, preview: str, size: int) -> None:
        if size > self.server.held.told("uploads").get("bytes", _LARGEST_UPLOAD):
            return self._send(413, "text/html", _HTML.format("413 Too Large").encode())
        version = self.server.held.where("preview_file", id=preview)
        if version is None:
            return self._answer(404, {"message": "no such preview"})
        self.server.held.save("movie", version["shotgun_id"], {"bytes": size})
        return self._answer(200, {})

    def _note(self, kind: str, text: str) -> None:
        if text:
            self.server.write_log(kind, text)

    def _answer(self, status: int, body: Any) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _named(error: Exception) -> str:
    text = str(error)
    return text if text.startswith("psycopg") else f"{type(error).__name__}: {text}"


def _bytes_of(name: str) -> int:
    """`large-v1.mov` has 8,192 bytes, `empty-v2.mov` none, any other file some."""
    return {"large": 8_192, "empty": 0}.get(name.partition(".")[0].partition("-")[0], 512)


def main() -> None:
    """Serve until killed; the first line on standard output is the address."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with Server(folder, port) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
