"""For people: `python -m snaglist_client status`, `flush` and `send FILE.jsonl`.

Exit code 0: all is well; 1: something waits, was refused or did not arrive; 2: the call was wrong.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from datetime import datetime, timezone

from snaglist_client.desk import Desk
from snaglist_client.line import Line, Unsent
from snaglist_client.moments import utc_text
from snaglist_client.sending import send_lines

_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_MOST_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.do(given)
    except BrokenPipeError:
        return 1
    except OSError as error:
        _say(f"{error.filename or 'The spool'}: {error.strerror or error}.")
        return 2
    return code


def status(given: argparse.Namespace) -> int:
    """Show what waits, what was refused and what was dropped."""
    standing = _desk(given).status()
    if standing.folder is None:
        _say(f"There is no spool: {standing.trouble}.")
        return 2
    _say(f"Desk     {standing.url}, {_answers(standing.url)}")
    _say(f"Spool    {standing.folder}, {standing.bytes:,} bytes")
    waiting = "nothing"
    if standing.waiting:
        waiting = f"{standing.waiting:,} messages, {standing.failures:,} of them failures"
        if standing.oldest is not None:
            waiting += f", since {_moment(standing.oldest)}; `flush` sends them"
    _say(f"Waiting  {waiting}")
    refused = "nothing"
    if standing.refused:
        refused = f"{standing.refused:,} messages, kept in {standing.folder / 'rejected'}; the last"
        refused += f" because: {standing.refused_because}"
    _say(f"Refused  {refused}")
    dropped = standing.dropped
    lost = "nothing"
    if dropped.messages:
        lost = f"{dropped.messages:,} messages since {dropped.since}: {dropped.reason}"
    _say(f"Dropped  {lost}")
    return 0 if standing.is_clear else 1


def flush(given: argparse.Namespace) -> int:
    """Send all that waits."""
    desk = _desk(given)
    before = desk.status()
    if before.folder is None:
        _say(f"There is no spool: {before.trouble}.")
        return 2
    arrived = desk.flush(given.seconds)
    after = desk.status()
    _say(f"{before.waiting - after.waiting:,} messages arrived, {after.waiting:,} wait.")
    if after.trouble and not arrived:
        _say(after.trouble)
    if after.refused > before.refused:
        _say(f"{after.refused - before.refused:,} were refused: {after.refused_because}")
    return 0 if arrived and not after.waiting and after.refused == before.refused else 1


def send(given: argparse.Namespace) -> int:
    """Send the records of a file."""
    desk = _desk(given)
    token = os.environ.get("SNAGLIST_TOKEN", "")
    if given.file == "-" and sys.stdin is None:
        _say("There is no standard input to read.")
        return 2
    with sys.stdin.buffer if given.file == "-" else open(given.file, "rb") as lines:  # noqa: PTH123
        sent = send_lines(
            Line(desk.url, token), lines, desk.source, desk.target, given.run, given.seconds
        )
    for number, reason in sent.refused[:_MOST_SHOWN]:
        _say(f"line {number}: {reason}")
    if len(sent.refused) > _MOST_SHOWN:
        _say(f"… and {len(sent.refused) - _MOST_SHOWN:,} more")
    _say(f"{sent.arrived:,} records are at the desk, {len(sent.refused):,} were refused.")
    if sent.trouble:
        _say(f"Not all was sent: {sent.trouble} Send the file again; nothing is there twice.")
    return 1 if sent.trouble or sent.refused else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m snaglist_client",
        description="What an import's client keeps until the desk takes it. "
        "The desk is SNAGLIST_URL, its token SNAGLIST_TOKEN.",
    )
    parser.add_argument("--url", help="the desk; else SNAGLIST_URL")
    parser.add_argument("--spool", help="the folder of spools; else SNAGLIST_SPOOL")
    commands = parser.add_subparsers(required=True, metavar="status|flush|send")
    one = commands.add_parser("status", help="show what waits, was refused or was dropped")
    one.set_defaults(do=status, source=None, target=None)
    one = commands.add_parser("flush", help="send all that waits")
    one.add_argument("--seconds", type=float, default=30.0, help="for so long at most (30)")
    one.set_defaults(do=flush, source=None, target=None)
    one = commands.add_parser("send", help="send a file of records, one a line; twice is harmless")
    one.add_argument("file", metavar="FILE.jsonl", help="bodies or envelopes; - for standard input")
    one.add_argument("--source", help="where these were to come from (shotgun)")
    one.add_argument("--target", help="where these were to go")
    one.add_argument("--run", default="", help="the label of the run that they are of")
    one.add_argument("--seconds", type=float, default=60.0, help="for so long without a desk (60)")
    one.set_defaults(do=send)
    return parser


def _desk(given: argparse.Namespace) -> Desk:
    return Desk(given.url, spool=given.spool, source=given.source or "shotgun", target=given.target)


def _answers(url: str) -> str:
    line = Line(url, "")
    try:
        ready = line.get("/readyz", 3.0).status == 200
    except Unsent as error:
        return str(error)
    finally:
        line.close()
    return "which is ready" if ready else "where no desk is; check SNAGLIST_URL"


def _moment(seconds: float) -> str:
    return utc_text(datetime.fromtimestamp(int(seconds), timezone.utc))[:19] + "Z"


def _say(text: str) -> None:
    """Print it, harmless for a terminal."""
    shown = _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], text)
    encoding = sys.stdout.encoding or "utf-8"
    print(shown.encode(encoding, "replace").decode(encoding))


if __name__ == "__main__":
    sys.exit(main())
