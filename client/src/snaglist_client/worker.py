"""`snaglist-worker studio_import:retry`: tries again what people order, with a studio's function.

The function is called with one item (`entity_type`, `entity_id`, `part`, `name`, `project`, …), in
a process of its own: one that hangs or crashes costs its item's try, and nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO, Any

from snaglist_client.desk import Desk
from snaglist_client.leases import RetryItem
from snaglist_client.plain import clipped
from snaglist_client.retries import Retries

_LOAD_SECONDS = 300.0
_WIDTH = 30
_LOOK, _LAST_WORD = 0.5, 1.0
"""Seconds between looks whether a process goes on, and how long its last word may take."""


class Unloadable(Exception):
    """The studio's function cannot be loaded."""


class Child:
    """A process that holds the function. Used by one thread."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[bytes] = queue.Queue()

    def start(self) -> None:
        """Have it there and loaded. Raises Unloadable."""
        if self._process is not None and not _has_ended(self._process):
            return
        self.end()
        self._answers = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "snaglist_client.handling", self._function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C ends the worker after the item in hand
        )
        assert self._process.stdout is not None
        reading = (self._process.stdout, self._answers)
        threading.Thread(target=_read, args=reading, daemon=True).start()
        answer = self._wait(time.monotonic() + _LOAD_SECONDS) or {}
        if not answer.get("ready"):
            self.end()
            raise Unloadable(answer.get("fault") or "its process ended while it was loaded")

    def handle(self, item: RetryItem, seconds: float) -> dict[str, Any]:
        """What became of this item. Never takes longer than so many seconds."""
        given = json.dumps({"item": item.about, "details": item.details()}).encode() + b"\n"
        process = self._process
        assert process is not None
        assert process.stdin is not None
        until = time.monotonic() + seconds
        try:
            process.stdin.write(given)
            process.stdin.flush()
            answer = self._wait(until)
        except OSError:
            answer = None
        if answer is not None:
            return answer
        if not _has_ended(process):
            self.end()
            late = f"The handler did not end within {seconds:.0f} s"
            closed = "The handler's process closed its line to the worker"
            return {"ok": False, "why": late if time.monotonic() >= until else closed}
        self.end()
        code = process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return {"ok": False, "why": f"The handler's process crashed: {how}"}

    def end(self) -> None:
        """End the process, and all that it began: it must not go on with another's item."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            _kill_group(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue

    def _wait(self, until: float) -> dict[str, Any] | None:
        """The next answer; None if the process ends without, or the time does."""
        process = self._process
        while (left := until - time.monotonic()) > 0:
            has_ended = process is None or _has_ended(process)
            try:
                # What it forked may hold the pipe open when it is gone itself.
                line = self._answers.get(timeout=min(left, _LAST_WORD if has_ended else _LOOK))
            except queue.Empty:
                if has_ended:
                    return None
                continue
            if not line:
                self._wait_for_end(process)
                return None
            answer: dict[str, Any] = json.loads(line)
            return answer
        return None

    def _wait_for_end(self, process: subprocess.Popen[bytes] | None) -> None:
        """The pipe is closed: a process that crashes takes a moment more to have ended."""
        until = time.monotonic() + _LAST_WORD
        while process is not None and not _has_ended(process) and time.monotonic() < until:
            time.sleep(_LAST_WORD / 20)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has; it is not reaped, so that its number stays that of its group."""
    if hasattr(os, "waitid"):
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, process.pid, flags) is not None
    return process.poll() is not None


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """kill -9 a process that is not reaped yet, with those that it began in its session's group."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):  # it has ended, and left none behind
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _read(pipe: IO[bytes], answers: queue.Queue[bytes]) -> None:
    try:
        for line in pipe:
            answers.put(line)
    except (OSError, ValueError):
        pass
    answers.put(b"")


class Job:
    """One of the worker's threads: asks for an item, has its child handle it, reports."""

    def __init__(self, retries: Retries, child: Child, seconds: float) -> None:
        self.retries = retries
        self._child = child
        self._seconds = seconds

    def run(self, show: Show) -> None:
        """Work until it is stopped, or there is nothing more to do."""
        try:
            for item in self.retries:
                began = time.monotonic()
                try:
                    self._child.start()
                except Unloadable as error:
                    item.give_back()
                    show.fault(str(error))
                    return
                answer = self._child.handle(item, self._seconds)
                if answer["ok"]:
                    item.target_url = answer.get("target_url")
                    item.alone = answer.get("alone", False)
                    item.came_over()
                elif "event_data" in answer:
                    item.fail_with(answer["event_data"].encode())
                else:
                    item.fail(answer["why"], handler=True)
                show.item(item, answer, time.monotonic() - began)
        finally:
            self._child.end()


class Show:
    """What the worker says: a line that moves in a terminal, JSON lines elsewhere."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._lock = threading.Lock()
        self.came_over = 0
        self.failed = 0
        self.faults: list[str] = []

    def item(self, item: RetryItem, answer: dict[str, Any], seconds: float) -> None:
        """An item is done."""
        with self._lock:
            self.came_over += answer["ok"]
            self.failed += not answer["ok"]
            if self._is_terminal:
                self._bar(f"{item.entity_type} {item.entity_id}", item.waiting)
                return
            said: dict[str, Any] = {
                "entity_type": item.entity_type,
                "entity_id": item.entity_id,
                "part": item.part,
                "name": item.name,
                "outcome": "came_over" if answer["ok"] else "failed",
                "seconds": round(seconds, 3),
            }
            if not answer["ok"]:
                said["error"] = answer.get("why") or _error_in(answer["event_data"])
            self._line(json.dumps(said))

    def fault(self, text: str) -> None:
        """The worker cannot go on."""
        with self._lock:
            self.faults.append(text)

    def end(self) -> None:
        """The last line."""
        with self._lock:
            done = {"came_over": self.came_over, "failed": self.failed}
            if self._is_terminal:
                self._bar("done", 0)
                self._line("")
            else:
                self._line(json.dumps({"done": done}))

    def _bar(self, text: str, waiting: int | None) -> None:
        """How far it is: what is done, and of it what came over, beside what waits still."""
        done = self.came_over + self.failed
        total = done + (waiting or 0)
        came_over = _WIDTH * self.came_over // total if total else 0
        full = _WIDTH * done // total if total else 0
        bar = "#" * came_over + "x" * (full - came_over) + "-" * (_WIDTH - full)
        shown = "".join(one if one.isprintable() else "?" for one in text)[:40]
        told = f"[{bar}] {self.came_over} came over, {self.failed} failed"
        if waiting:
            told += f", {waiting} waiting"
        columns = shutil.get_terminal_size().columns
        self._out.write(f"\r{f'{told}  {shown}'[: columns - 1]}\x1b[K")
        self._out.flush()

    def _line(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Work until SIGTERM or Ctrl-C, which end it after the items in hand; the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if not given.seconds > 0:
        parser.error("--seconds is a number above 0")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name must not end the worker
    desk = Desk(given.url, target=given.target, source=given.source)
    first = Child(given.function)
    try:
        first.start()
    except Unloadable as error:
        sys.stderr.write(f"{given.function} cannot be loaded: {clipped(str(error), 500)}\n")
        return 2
    show = Show(sys.stdout)
    jobs = []
    for number in range(max(1, given.jobs)):
        worker = desk.worker(given.name, entity_types=given.types, seconds=given.lease)
        retries = Retries(
            worker, wait=not given.once, retry=given.retry, item_seconds=given.seconds + 60
        )
        jobs.append(Job(retries, Child(given.function) if number else first, given.seconds))
    _work(jobs, show)
    desk.close(30.0)
    show.end()
    for fault in show.faults:
        sys.stderr.write(f"{given.function} cannot be loaded: {clipped(fault, 500)}\n")
    troubles = [job.retries.shut_out or job.retries.trouble for job in jobs]
    trouble = next(filter(None, troubles), "") or desk.status().trouble
    if trouble:
        sys.stderr.write(f"{clipped(trouble, 500)}\n")
    return 0 if not show.faults and not trouble else 1


def _work(jobs: list[Job], show: Show) -> None:
    """Run all jobs to their end."""

    def stop(*_: object) -> None:
        for job in jobs:
            job.retries.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    threads = [threading.Thread(target=job.run, args=(show,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.2)


def _error_in(event_data: str) -> str:
    return str(json.loads(event_data).get("error", ""))[:500]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="snaglist-worker",
        description="Tries again what people order, with your function: module:function, called "
        "with one item. The desk is SNAGLIST_URL; SNAGLIST_TOKEN has the scopes work and report.",
    )
    parser.add_argument("function", help="such as studio_import:retry")
    parser.add_argument("--jobs", type=int, default=1, help="items at a time (1)")
    parser.add_argument("--seconds", type=float, default=600.0, help="for an item, at most (600)")
    parser.add_argument("--types", type=_names, default=(), help="of these alone: Shot,Asset")
    parser.add_argument("--retry", help="of this order alone")
    parser.add_argument("--once", action="store_true", help="end when there is nothing to do")
    parser.add_argument("--name", default=f"worker-{os.getpid()}", help="how people see it")
    parser.add_argument("--lease", type=int, default=60, help="seconds of a lease (60), renewed")
    parser.add_argument("--url", help="the desk; else SNAGLIST_URL")
    parser.add_argument("--source", default="shotgun", help="items that are read there (shotgun)")
    parser.add_argument("--target", help="items that are written there; any if not given")
    return parser


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


if __name__ == "__main__":
    sys.exit(main())
