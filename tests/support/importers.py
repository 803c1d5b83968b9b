"""Importers: programs with the client in them, as processes of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import httpx

from support.desks import environment

CLIENT = Path(__file__).parents[2] / "client" / "src"
BEGINNING = """
import os, sys, threading, time
import snaglist_client
desk = snaglist_client.Desk(target="kitsu")
def say(text):
    sys.stdout.write(text + chr(10)); sys.stdout.flush()
"""


def start_importer(
    code: str, url: str, token: str, spool: Path, python: str = sys.executable, **settings: Any
) -> subprocess.Popen[str]:
    """A program that has `desk` and `say`, and runs this code."""
    env = environment(SNAGLIST_URL=url, SNAGLIST_TOKEN=token, SNAGLIST_SPOOL=spool, **settings)
    env["PYTHONPATH"] = str(CLIENT)
    return subprocess.Popen(
        [python, "-c", BEGINNING + textwrap.dedent(code)],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], seconds: float = 60) -> str:
    """What it printed; AssertionError unless it ended well, in time."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"the importer did not end in {seconds} s") from None
    assert process.returncode == 0, err
    return out


def run_importer(code: str, url: str, token: str, spool: Path, **more: Any) -> str:
    """Run such a program to its end; what it printed."""
    return finish(start_importer(code, url, token, spool, **more))


def errors(client: httpx.Client) -> list[str]:
    """The error of every record at the desk, in order of arrival."""
    return [one["event_data"]["error"] for one in client.get("/import/shotgun/errors").json()]
