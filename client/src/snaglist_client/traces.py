"""Where an exception was raised, as Python prints it; remembered, for failures come again."""

from __future__ import annotations

import traceback
from types import CodeType, TracebackType

from snaglist_client.plain import clean_text, clipped, said
from snaglist_client.quietly import passes

_LONGEST = 60_000
_MOST_READ = 1_000_000
_MOST_FRAMES = 60
_MOST_REMEMBERED = 256
_MORE_TO_SAY = (SyntaxError, NameError, AttributeError, ImportError)
"""Of these Python prints more than their text."""

_remembered: dict[tuple[int, ...], tuple[list[CodeType], str]] = {}
"""By the places of a trace its frames as text, and their code, which keeps the places what they
are."""


def traceback_text(error: BaseException, text: str) -> str:
    """The traceback as Python prints it, its outermost frames left out where there are many.

    `text` is the exception's own line. An exception like others before it, from the same places,
    costs no look at the source files.
    """
    try:
        trace = error.__traceback__
        if trace is not None and _is_plain(error):
            return clipped(f"{_frames_text(trace)}{text}\n", _LONGEST // 3, 2 * _LONGEST // 3)
        lines = traceback.format_exception(type(error), error, trace, limit=-_MOST_FRAMES)
        whole = "".join(lines)
    except BaseException as fault:  # of hostile exceptions
        if passes(fault):
            raise
        whole = text
    return clipped(clean_text(whole[:_MOST_READ]), _LONGEST // 3, 2 * _LONGEST // 3)


def _is_plain(error: BaseException) -> bool:
    """Whether there is nothing to say of it but its frames and its text."""
    has_cause = error.__cause__ is not None
    has_context = error.__context__ is not None and not error.__suppress_context__
    has_more = isinstance(error, _MORE_TO_SAY) or hasattr(error, "exceptions")
    return not (has_cause or has_context or has_more or getattr(error, "__notes__", None))


def _frames_text(trace: TracebackType) -> str:
    places: list[int] = []
    codes: list[CodeType] = []
    at: TracebackType | None = trace
    while at is not None:
        code = at.tb_frame.f_code
        codes.append(code)
        places += (id(code), at.tb_lasti)
        at = at.tb_next
    key = tuple(places)
    known = _remembered.get(key)
    if known is not None:
        return known[1]
    frames = "".join(traceback.format_tb(trace, limit=-_MOST_FRAMES))
    text = clean_text(f"Traceback (most recent call last):\n{frames}")
    if len(codes) <= _MOST_FRAMES:
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = codes, text
    return text


def line_of(error: BaseException) -> str:
    """`ValueError: no frame range`, without secrets: what a traceback ends with."""
    what = said(error)[:_MOST_READ]
    return clean_text(f"{type_name(error)}: {what}" if what else type_name(error))


def type_name(error: BaseException) -> str:
    """The exception's type as a traceback names it: `shotgun_api3.shotgun.Fault`."""
    try:
        kind = type(error)
        name, module = str(kind.__qualname__), str(kind.__module__)
    except BaseException as fault:  # of a hostile metaclass
        if passes(fault):
            raise
        return "Exception"
    return name if module in ("builtins", "__main__") else f"{module}.{name}"
