"""The child of a worker: a process that holds the studio's function and calls it for each item.

Items come in on one pipe, what became of them goes out on another, both as JSON lines; what the
function prints goes to standard error, and it finds nothing to read on standard input.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import queue
import sys
import threading
from typing import IO, Any, Callable

from snaglist_client import in_hand
from snaglist_client.couriers import see_to_forks
from snaglist_client.failures import event_of
from snaglist_client.in_hand import FAILED_ELSEWHERE, InHand, entity_of
from snaglist_client.plain import clean_text, said

Handler = Callable[[Any], Any]


class HandledItem:
    """What the studio's function is given: the item's members as attributes.

    Set `target_url` to have it with the success, and `alone` where only the whole itself was
    tried and none of its parts; raise to say that it failed again.
    """

    def __init__(self, members: dict[str, Any]) -> None:
        self.__dict__.update(members)
        self.target_url: str | None = None
        self.alone = False

    def __repr__(self) -> str:
        members = self.__dict__
        return f"<{members.get('entity_type')} {members.get('entity_id')} {members.get('name')!r}>"


def load(name: str) -> Handler:
    """The function that `module:function` names. Raises ImportError, AttributeError, TypeError."""
    module, _, function = name.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # the folder in which the worker was started
    found: Any = importlib.import_module(module)
    for part in (function or "retry").split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{name} is no function")
    if inspect.isgeneratorfunction(found) or inspect.isasyncgenfunction(found):
        raise TypeError(f"{name} yields; it is called for one item, and would do nothing")
    handler: Handler = found
    return handler


def handled(handler: Handler, members: dict[str, Any], details: dict[str, Any]) -> dict[str, Any]:
    """Call the function for one item, to its end if it is a coroutine's; what became of it."""
    item, call = HandledItem(members), _Call(members, details)
    in_hand.take(call)
    try:
        _finish(handler(item))
        url, alone = item.target_url, bool(item.alone) or call.is_failed_in_part
    except BaseException as error:
        return {"ok": False, "event_data": event_of(error, details).decode()}
    finally:
        in_hand.put_back(call)
    if call.failure is not None:
        return {"ok": False, "event_data": call.failure.event_data.decode()}
    if call.is_failed_elsewhere:
        return {"ok": False, "why": FAILED_ELSEWHERE}
    if call.is_open:
        return {"ok": False, "why": "The function began it, and broke off."}
    told = None if url is None else clean_text(said(url))
    return {"ok": True, "target_url": told, "alone": alone}


class _Call(InHand):
    """The call for one item: what the function tells of the item itself is heard."""

    def __init__(self, members: dict[str, Any], details: dict[str, Any]) -> None:
        super().__init__()
        self._members = members
        self._details = details

    def whose(self) -> tuple[str, str | None, int, str]:
        """As `InHand` says."""
        source, target, kind, entity_id, part = (
            self._members[name] for name in ("source", "target", "entity_type", "entity_id", "part")
        )
        return source, target or None, entity_of(kind, entity_id), part

    def details(self) -> dict[str, Any]:
        """What a record's details say of the item."""
        return dict(self._details)


def _finish(result: Any) -> None:
    """Run what a function only prepared. Raises TypeError for what cannot be run here."""
    if inspect.iscoroutine(result):
        asyncio.run(result)
    elif inspect.isawaitable(result) or inspect.isgenerator(result) or inspect.isasyncgen(result):
        raise TypeError(f"the function returned a {type(result).__name__}, and did nothing yet")


def main() -> int:
    """Serve items until there are no more; says first whether the function could be loaded."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    given_in = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        handler = load(sys.argv[1])
    except Exception as error:
        _answer(answers, {"fault": clean_text(f"{type(error).__name__}: {said(error)}")})
        return 1
    see_to_forks()
    _answer(answers, {"ready": True})
    items: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_receive, args=(given_in, items), daemon=True).start()
    own = os.getpid()
    while True:
        given = json.loads(items.get())
        answer = handled(handler, given["item"], given["details"])
        if os.getpid() != own:
            os._exit(1)  # a fork that the function made and did not end: it speaks for no item
        _answer(answers, answer)


def _receive(given_in: IO[bytes], items: queue.Queue[bytes]) -> None:
    """Take items in. When the worker is gone its item goes to another, so this process ends."""
    for line in given_in:
        items.put(line)
    os._exit(0)


def _answer(answers: Any, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
