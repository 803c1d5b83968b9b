"""Where everything is wired: settings to a running server."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import resource
import secrets
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import Receive, Scope, Send

from snaglist import __version__
from snaglist.api.desk import Desk
from snaglist.api.protocol import SECURITY_HEADERS, DeskProtocol, cut_the_slow
from snaglist.api.table import table
from snaglist.config import Settings
from snaglist.domain.errors import CannotStart, SnaglistError, StoreUnavailable
from snaglist.domain.redaction import Redactor
from snaglist.service.catalogue import StudioCauses
from snaglist.service.clock import Clock
from snaglist.service.gatekeeper import Gatekeeper
from snaglist.service.news import News
from snaglist.service.recording import Limits, Recorder
from snaglist.service.regrouping import Regrouping
from snaglist.service.retrying import Retrying
from snaglist.service.run_chores import Watch
from snaglist.service.schema import bring_up_to_date
from snaglist.service.sessions import new_code
from snaglist.service.tokens import create_first_token, list_tokens
from snaglist.storage.connection import Engine
from snaglist.storage.database import Database
from snaglist.storage.writer import Write, Writer, settle
from snaglist.web.application import Dispatcher, application
from snaglist.web.live import Live
from snaglist.web.pages import Pages
from snaglist.wiring import (
    engine_of,
    new_id,
    redactor_of,
    retry_order_of,
    studio_of,
    targets_of,
)

log = logging.getLogger("snaglist.app")

BACKLOG = 2048
THREADS = 8
REFRESH_SECONDS = 1.0
BREATH_SECONDS = 0.02
FLUSH_SECONDS = 60.0
WATCH_SECONDS = 0.5
REGROUP_PAUSE = 0.5
"""How long a regroup rests after a slice, as a share of the time that the slice took."""

LONGEST_STOP_SECONDS = 3
_SWITCH_SECONDS = 0.002
"""Python's default of 5 ms would let the writer wait that long behind the event loop."""


class Server(uvicorn.Server):
    """uvicorn's server; a signal ends it in order, with exit code 0, and calls `stopping`."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], object]) -> None:
        super().__init__(config)
        self._stopping = stopping

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle SIGTERM and SIGINT as a wish to stop, and do not raise them again."""
        handled = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self._wish_to_stop) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _wish_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.handle_exit(number, frame)
        self._stopping()


def serve(settings: Settings, announce: Callable[[str], object]) -> None:
    """Run the desk until it is told to stop; `announce` gets what a person wants to read.

    Raises CannotStart or StoreUnavailable.
    """
    redactor = redactor_of(settings)
    engine = engine_of(settings)
    engine.check()
    os.umask(0o077)
    with engine.only_server(), _listening(settings) as listener:
        bring_up_to_date(engine, time.time())
        _allow_many_connections()
        sys.setswitchinterval(_SWITCH_SECONDS)
        gc.freeze()
        _Running(settings, engine, redactor).run(listener, announce)


class _Running:
    """One desk from start to stop."""

    def __init__(self, settings: Settings, engine: Engine, redactor: Redactor) -> None:
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="snaglist-work")
        self._writer = Writer(engine, deliver=self._deliver)
        self._causes = causes = StudioCauses(Path(settings.causes) if settings.causes else None)
        self._database = Database(engine, self._writer)
        self._gatekeeper = Gatekeeper(self._database, time.time)
        self._news = News(self._database, self._executor)
        limits = Limits(
            record_bytes=settings.max_record_bytes,
            batch_bytes=settings.max_batch_bytes,
            batch_records=settings.max_batch_records,
            depth=settings.max_depth,
        )
        recorder = Recorder(
            self._writer,
            redactor,
            time.time,
            new_id,
            limits,
            causes.first(),
            targets_of(settings),
        )
        routes = table()
        self._desk = Desk(
            routes,
            database=self._database,
            recorder=recorder,
            regrouping=Regrouping(self._database, recorder, time.time, new_id),
            retrying=Retrying(
                self._database, recorder.filing, retry_order_of(settings), time.time, new_id
            ),
            gatekeeper=self._gatekeeper,
            news=self._news,
            executor=self._executor,
            most_in_flight=settings.max_bytes_in_flight,
            clock=time.time,
            new_id=new_id,
        )
        self._clock = Clock(
            self._database,
            time.time,
            new_id,
            lambda event: self._desk.recorder.grouper.pieces(event),
            Watch(self._database, settings.run_seconds),
        )
        pages = Pages(
            self._database,
            lambda: self._desk.recorder.grouper,
            self._executor,
            clock=time.time,
            new_id=new_id,
            random=secrets.token_bytes,
            retry_order=retry_order_of(settings),
            studio=studio_of(settings),
        )
        of_the_api = {route.path.split("/")[1] for route in routes.routes} - {""}
        self._answer = Dispatcher(application(pages, Live(self._news)), self._desk, of_the_api)
        self._server = Server(
            uvicorn.Config(
                self._application,
                interface="asgi3",
                http=DeskProtocol,
                loop="uvloop",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                proxy_headers=False,
                server_header=False,
                headers=SECURITY_HEADERS,
                backlog=BACKLOG,
                timeout_graceful_shutdown=LONGEST_STOP_SECONDS,
            ),
            self._end_lines,
        )

    def run(self, listener: socket.socket, announce: Callable[[str], object]) -> None:
        """Serve until a signal comes, then commit all that was accepted."""
        self._writer.start()
        welcome(self._database, announce, address_of(listener))
        self._gatekeeper.refresh()
        announce(
            f"Snaglist {__version__} at {address_of(listener)}, "
            f"records in {self._database.engine.where()}"
        )
        self._server.run(sockets=[listener])
        self._executor.shutdown(wait=False, cancel_futures=True)
        if not self._database.close():
            raise CannotStart(
                "The store did not take the last writes in time; none of them was acknowledged.",
                "`snaglist doctor` says what is wrong with the store.",
            )

    def _application(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            return self._answer(scope, receive, send)
        return self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        chores = [
            asyncio.create_task(chore())
            for chore in (
                self._watch_the_slow,
                self._keep_tokens_fresh,
                self._note_token_use,
                self._keep_causes_fresh,
                self._do_what_is_due,
                self._regroup,
                self._news.watch,
            )
        ]
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for chore in chores:
            chore.cancel()
        with contextlib.suppress(SnaglistError):
            await self._desk.run(self._gatekeeper.flush)
        self._loop = None
        await send({"type": "lifespan.shutdown.complete"})

    def _deliver(self, batch: Sequence[Write]) -> None:
        """From the writer's thread to the one that awaits: one wake for the whole batch."""
        if self._loop is None:
            settle(batch)
        else:
            self._loop.call_soon_threadsafe(settle, batch)

    def _end_lines(self) -> None:
        """From a signal: whoever listens for changes need not wait for any."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._news.end)

    async def _watch_the_slow(self) -> None:
        """Cut off clients that take too long, and writes that the store takes too long over."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = time.monotonic()
            cut_the_slow(self._server.server_state.connections, now)
            settle(self._writer.give_up(now - self._settings.write_seconds))

    async def _keep_tokens_fresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            # While the store is away, whoever was let in before is let in still.
            with contextlib.suppress(StoreUnavailable):
                await self._desk.run(self._gatekeeper.refresh)

    async def _keep_causes_fresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self._desk.run(lambda: self._causes.refresh(self._desk.recorder))

    async def _do_what_is_due(self) -> None:
        more = False
        while True:
            await asyncio.sleep(BREATH_SECONDS if more else REFRESH_SECONDS)
            try:
                more = await self._desk.run(self._clock.tick)
            except SnaglistError:
                more = False

    async def _regroup(self) -> None:
        """Do what is ordered, with a pause after each slice so that recording goes on beside it."""
        while True:
            began = time.monotonic()
            try:
                went_on = await self._desk.run(self._desk.regrouping.step)
            except StoreUnavailable:
                went_on = False
            except Exception as error:
                log.exception("a regroup failed")
                reason = f"{type(error).__name__}: {error}"[:200]
                with contextlib.suppress(SnaglistError):
                    await self._desk.run(partial(self._desk.regrouping.fail, reason))
                went_on = False
            pause = (time.monotonic() - began) * REGROUP_PAUSE if went_on else REFRESH_SECONDS
            await asyncio.sleep(pause)

    async def _note_token_use(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            with contextlib.suppress(StoreUnavailable):
                await self._desk.run(self._gatekeeper.flush)


def welcome(database: Database, announce: Callable[[str], object], url: str) -> None:
    """On the first start, make an admin token and show it once.

    On a terminal it is announced, with a link that signs its owner in to the pages at `url`; else
    it is written to a file that only its owner can read. Raises CannotStart if that file cannot
    be made; then there is no token either.
    """
    if list_tokens(database):
        return
    place = None if sys.stdout.isatty() else _private_file(database.engine.folder())
    made = create_first_token(
        database, token_id=new_id(), random_bits=secrets.token_bytes(32), at=time.time()
    )
    if place is None:
        if made is not None:
            announce(f"Admin token, shown only now: {made.secret}")
            code = new_code(
                database, made.token.id, random_bits=secrets.token_bytes(32), at=time.time()
            )
            announce(f"Sign in, once and within ten minutes: {url}/signin?code={code}")
        return
    with place.open("w", encoding="utf-8") as file:
        file.write(f"{made.secret}\n" if made is not None else "")
    if made is None:
        place.unlink()
    else:
        announce(f"Admin token, for its owner to read and then delete: {place}")


def address_of(listener: socket.socket) -> str:
    """The URL at which this socket answers."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _private_file(folder: Path) -> Path:
    path = folder / "snaglist-admin-token"
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise CannotStart(
            f"{path} is there already, from another desk perhaps.", "Move it away, then start."
        ) from None
    except OSError as error:
        raise CannotStart(
            f"The admin token cannot be written to {path}: {error.strerror}.",
            "Let the desk's user write there, or make a token with `snaglist token create`.",
        ) from None
    return path


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server(
            (settings.host, settings.port), family=family, backlog=BACKLOG
        )
    except OSError as error:
        raise CannotStart(
            f"The desk cannot listen on {settings.host}:{settings.port}: {error.strerror}.",
            "Stop what listens there, or choose another --host or --port.",
        ) from None
    with listener:
        yield listener


def _allow_many_connections() -> None:
    """Lift the soft limit of open files to the hard one: each connection is a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
