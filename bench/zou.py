"""Zou as its documents run it, beside the desk: installed from PyPI into a folder of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from bench.bodies import Bodies
from bench.loads import Load, LoadFailed, median_p50, median_p99, median_rate, wrk
from bench.report import Table
from bench.stand import ENGINES, Stand, free_port
from support.waiting import wait_until

ZOU = "zou==1.0.97"
WORKERS = 2
CLIENTS = (1, 8, 64)
LEAST_TIMES = 20
_DATABASE = "zoudb"
_ADMIN = {"email": "admin@example.com", "password": "only-for-this-bench"}


class Zou:
    """Zou under gunicorn with gevent workers, on PostgreSQL and Redis; an admin is signed in."""

    def __init__(self, stand: Stand, url: str, token: str) -> None:
        self._stand = stand
        self._url = url
        self._token = token

    def load(self, bodies: Bodies, clients: int, seconds: int) -> Load:
        """Post to it. Raises LoadFailed if fewer rows were added than were acknowledged."""
        before = self._rows()
        load = wrk(self._url, self._token, bodies, clients, seconds)
        if self._rows() - before < load.acknowledged:
            raise LoadFailed("Zou stored fewer records than it acknowledged")
        return load

    def _rows(self) -> int:
        count = "SELECT count(*) FROM data_import_error"
        return int(self._stand.postgres.execute(count, _DATABASE)[0][0])


def measure_zou(stand: Stand) -> Table:
    """The desk's rate of POSTs as a multiple of Zou's; the target counts at 64 clients."""
    table = Table(
        f"zou: POST /import/shotgun/errors beside {ZOU}",
        f"Zou: gunicorn, {WORKERS} gevent workers, PostgreSQL, Redis. "
        f"Medians of {stand.scale.rounds} rounds in turns, on the seed's body.",
    )
    rounds: dict[tuple[str, int], list[Load]] = {}
    with contextlib.ExitStack() as stack:
        targets: dict[str, Callable[[Bodies, int, int], Load]] = {
            "zou": stack.enter_context(_running_zou(stand)).load
        }
        for engine in ENGINES:
            targets[engine] = stack.enter_context(stand.desk(engine)).load
        for load in targets.values():
            load(stand.seed, 8, stand.scale.warm_up)
        for _ in range(stand.scale.rounds):
            for clients in CLIENTS:
                for name, load in targets.items():
                    seen = load(stand.seed, clients, stand.scale.seconds)
                    rounds.setdefault((name, clients), []).append(seen)
    for clients in CLIENTS:
        _add_rows(table, rounds, clients)
    return table


def _add_rows(table: Table, rounds: dict[tuple[str, int], list[Load]], clients: int) -> None:
    zou = rounds["zou", clients]
    for name in ("zou", *ENGINES):
        loads = rounds[name, clients]
        times = statistics.median(
            ours.rate / theirs.rate for ours, theirs in zip(loads, zou, strict=True)
        )
        counts = clients == 64 and name != "zou"
        latency = f"p50 {median_p50(loads):.2f}  p99 {median_p99(loads):.2f} ms"
        table.add(
            f"{clients} clients, {name}",
            f"{median_rate(loads):>7,.0f}/s  {latency}  = {times:.1f} x Zou",
            f">= {LEAST_TIMES} x" if counts else "",
            times >= LEAST_TIMES if counts else None,
        )


@contextlib.contextmanager
def _running_zou(stand: Stand) -> Iterator[Zou]:
    folder = stand.new_folder()
    redis = shutil.which("redis-server")
    if redis is None:
        raise LoadFailed("Zou needs Redis, which is missing: apt install redis-server")
    programs = _installed_zou(folder)
    stand.postgres.execute(f"CREATE DATABASE {_DATABASE}")
    redis_port, port = free_port(), free_port()
    environment = _environment(stand, folder, redis_port)
    with contextlib.ExitStack() as stack:
        at = ["--bind", "127.0.0.1", "--port", str(redis_port), "--dir", str(folder)]
        stack.enter_context(_process([redis, *at, "--save", "", "--appendonly", "no"], folder))
        _run(programs / "zou", "init-db", folder=folder, environment=environment)
        _run(
            *(programs / "zou", "create-admin", _ADMIN["email"], "--password", _ADMIN["password"]),
            folder=folder,
            environment=environment,
        )
        served = ["--workers", str(WORKERS), "--worker-class", "gevent"]
        address = ["--bind", f"127.0.0.1:{port}", "zou.app:app"]
        stack.enter_context(
            _process([str(programs / "gunicorn"), *served, *address], folder, environment)
        )
        url = f"http://127.0.0.1:{port}"
        token = wait_until(lambda: _signed_in(url), 60, "Zou's log-in")
        yield Zou(stand, url, token)


def _installed_zou(folder: Path) -> Path:
    """Install Zou in a venv and return where its programs are."""
    _run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    programs = folder / "venv" / "bin"
    pip = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install")
    _run(programs / "python", *pip, ZOU, folder=folder)
    return programs


def _environment(stand: Stand, folder: Path, redis_port: int) -> dict[str, str]:
    """Zou's settings; the empty DB_HOST leaves it to libpq's PGHOST, a folder of sockets."""
    where = httpx.QueryParams(stand.postgres.url().partition("?")[2])
    return os.environ | {
        "DB_HOST": "",
        "DB_DATABASE": _DATABASE,
        "PGHOST": where["host"],
        "KV_HOST": "127.0.0.1",
        "KV_PORT": str(redis_port),
        "SECRET_KEY": "only for this bench, and longer than 32 bytes",
        "PREVIEW_FOLDER": str(folder / "previews"),
        "TMP_DIR": str(folder / "tmp"),
    }


def _run(*command: str | Path, folder: Path, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode != 0:
        words = " ".join(Path(part).name for part in command)
        raise LoadFailed(f"`{words}` failed: {(done.stderr or done.stdout).strip()[-800:]}")


@contextlib.contextmanager
def _process(
    command: list[str], folder: Path, environment: dict[str, str] | None = None
) -> Iterator[None]:
    """A process for one block, with its output in a file of the folder."""
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _signed_in(url: str) -> str:
    """An admin's token; "" while Zou does not serve."""
    try:
        answer = httpx.post(f"{url}/auth/login", json=_ADMIN, timeout=30, trust_env=False)
    except httpx.TransportError:
        return ""
    return str(answer.json()["access_token"]) if answer.status_code == 200 else ""
