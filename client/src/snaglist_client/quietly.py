"""That nothing of the client's own ever reaches its host as an exception."""

from __future__ import annotations

import contextlib
import functools
import logging
from typing import Any, Callable, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])
log = logging.getLogger("snaglist_client")


def passes(error: BaseException) -> bool:
    """Whether this is the host's own way to end something: KeyboardInterrupt and its kind.

    The panic of an extension that is written in Rust is a failure, though no Exception (PyO3,
    `PanicException`).
    """
    return not isinstance(error, Exception) and type(error).__module__ != "pyo3_runtime"


def quietly(otherwise: Any) -> Callable[[F], F]:
    """Whatever goes wrong inside is logged, and `otherwise` is the answer.

    KeyboardInterrupt, SystemExit and their kind are the host's, and pass.
    """

    def wrap(function: F) -> F:
        @functools.wraps(function)
        def wrapped(*given: Any, **named: Any) -> Any:
            try:
                return function(*given, **named)
            except BaseException as error:  # that is the promise
                if passes(error):
                    raise
                complain(function.__name__, error)
                return otherwise

        return cast("F", wrapped)

    return wrap


def complain(what: str, error: BaseException) -> None:
    """Log a fault of the client's own. Never raises."""
    tell(logging.ERROR, "Snaglist's %s failed: %s: %.500s", what, type(error).__name__, error)


def tell(level: int, what: str, *arguments: object) -> None:
    """Log this. Never raises, whatever handlers the host has."""
    with contextlib.suppress(Exception):
        log.log(level, what, *arguments)
