"""`snaglist demo`: a throwaway desk with a week of failures, and an import that runs beside it."""

from __future__ import annotations

import logging
import secrets
import tempfile
import threading
import time
from pathlib import Path

import click

from snaglist import app
from snaglist.cli.local.demo_story import Storyteller
from snaglist.cli.local.demo_worker import DemoWorker
from snaglist.cli.remote.desk import Failed, RemoteDesk
from snaglist.cli.terminal import plain
from snaglist.config import load_settings
from snaglist.domain.access import Scope
from snaglist.service.schema import upgrade
from snaglist.service.sessions import new_code
from snaglist.service.tokens import AT_THE_MACHINE, create_token
from snaglist.wiring import engine_of, new_id, opened

_WAIT_SECONDS = 0.2
_TOKENS = (("ana", Scope.ADMIN), ("nightly", Scope.REPORT), ("farm", Scope.WORK))


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8478, show_default=True)
def demo(port: int) -> None:
    """Run a throwaway desk that is full of life, to look around in; Ctrl-C ends it.

    Its database is in a temporary folder, and gone afterwards.
    """
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="snaglist-demo-") as folder:
        settings = load_settings(
            {}, database=f"sqlite:///{Path(folder) / 'demo.db'}", host="127.0.0.1", port=port
        )
        engine = engine_of(settings)
        upgrade(engine, time.time())
        with opened(engine) as store:
            ana, nightly, farm = (
                create_token(
                    store,
                    token_id=new_id(),
                    name=name,
                    scopes=(scope,),
                    random_bits=secrets.token_bytes(32),
                    who=AT_THE_MACHINE,
                    at=time.time(),
                )
                for name, scope in _TOKENS
            )
            code = new_code(store, "ana", random_bits=secrets.token_bytes(32), at=time.time())
        url = f"http://127.0.0.1:{port}"
        begun = RemoteDesk(url, nightly.secret), RemoteDesk(url, ana.secret)
        threading.Thread(target=_tell, args=begun, daemon=True).start()
        threading.Thread(
            target=_try_again, args=(RemoteDesk(url, farm.secret),), daemon=True
        ).start()
        click.echo(f"Look around, signed in as ana: {url}/signin?code={code}")
        app.serve(settings, lambda line: click.echo(plain(line)))


def _tell(desk: RemoteDesk, ana: RemoteDesk) -> None:
    """Post the story once the desk is there, then let its last import go on."""
    _wait_for(desk)
    story = Storyteller(desk, ana, time.time())
    story.tell_the_week()
    while True:
        try:
            while story.go_on():
                time.sleep(_WAIT_SECONDS)
            story.begin_again()
        except Failed:
            return


def _try_again(desk: RemoteDesk) -> None:
    """Try again what is ordered to be tried."""
    _wait_for(desk)
    worker = DemoWorker(desk)
    try:
        while True:
            time.sleep(worker.work())
    except Failed:
        return


def _wait_for(desk: RemoteDesk) -> None:
    while True:
        try:
            desk.get("/readyz")
        except Failed:
            time.sleep(_WAIT_SECONDS)
        else:
            return
