"""Commands that begin at once: forked from a process that has imported what they import.

Most of a desk's start is Python's imports, and the tests start a thousand. What is forked is a
process of its own that runs the whole command, as `python -m snaglist` does; only the imports are
done. Run as a program, this is the process that forks.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

_SRC = Path(__file__).parents[2] / "src"
_LONGEST_LINE = 1 << 20


class Forked:
    """A command that runs in a process of its own; used as a `subprocess.Popen` is."""

    def __init__(self, nursery: Nursery, pid: int, arguments: Sequence[str]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery
        self._arguments = arguments

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            self.returncode = self._nursery.ended(self.pid, 0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when there is one. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self.returncode = self._nursery.ended(self.pid, timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(list(self._arguments), timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that forks, from the side of the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(_SRC)},
        )
        self._ended: dict[int, int] = {}
        self._began: int | None = None
        self._half = b""

    def begin(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        out: Path,
        err: Path,
    ) -> Forked:
        """Run `snaglist` with these arguments in this folder; its output goes to these files."""
        out.write_bytes(b"")
        order = [list(arguments), str(folder), dict(environment), str(out), str(err)]
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        while self._began is None:
            self._hear(None)
        pid, self._began = self._began, None
        return Forked(self, pid, arguments)

    def ended(self, pid: int, seconds: float | None) -> int | None:
        """The exit code of this process; None if it still runs after so many seconds."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while pid not in self._ended:
            left = None if deadline is None else deadline - time.monotonic()
            if not self._hear(left) and left is not None and left <= 0:
                return None
        return self._ended.pop(pid)

    def _hear(self, seconds: float | None) -> bool:
        """Take in what the process says, if it says something in so many seconds."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(None if seconds is None else max(0, seconds)):
                return False
        heard = os.read(self._process.stdout.fileno(), _LONGEST_LINE)
        if not heard:
            raise RuntimeError("the process that forks desks has ended")
        *lines, self._half = (self._half + heard).split(b"\n")
        for line in lines:
            word, *numbers = line.split()
            if word == b"began":
                self._began = int(numbers[0])
            else:
                self._ended[int(numbers[0])] = int(numbers[1])
        return True


@cache
def nursery() -> Nursery:
    """The one of this process; it ends with it."""
    return Nursery()


def _fork_what_is_asked_for() -> list[str] | None:
    """Fork for each line that comes; in what is forked, the arguments. None at the end.

    What still runs at the end is ended.
    """
    running: set[int] = set()
    awake, wake = os.pipe()
    for end in (awake, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        selector.register(awake, selectors.EVENT_READ)
        half = b""
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if awake in ready:
                os.read(awake, _LONGEST_LINE)
                _tell_who_ended(running)
            if sys.stdin.fileno() not in ready:
                continue
            heard = os.read(sys.stdin.fileno(), _LONGEST_LINE)
            if not heard:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                return None
            *lines, half = (half + heard).split(b"\n")
            for line in lines:
                pid = os.fork()
                if not pid:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    os.close(awake)
                    os.close(wake)
                    return _dressed(*json.loads(line))
                running.add(pid)
                _say(f"began {pid}")


def _tell_who_ended(running: set[int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        running.discard(pid)
        _say(f"ended {pid} {os.waitstatus_to_exitcode(status)}")


def _say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def _dressed(
    arguments: list[str], folder: str, environment: dict[str, str], out: str, err: str
) -> list[str]:
    """Make this process one that a shell would have started so; its arguments."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDONLY)
    told = os.open(out, os.O_WRONLY)
    logged = os.open(err, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for number, file in enumerate((nothing, told, logged)):
        os.dup2(file, number)
        os.close(file)
    return arguments


if __name__ == "__main__":
    from snaglist.cli.main import main

    asked = _fork_what_is_asked_for()
    if asked is not None:
        sys.argv[1:] = asked
        main()
