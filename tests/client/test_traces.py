"""The traceback of a failure is Python's own, the first time and ever after."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from snaglist_client import traces
from snaglist_client.traces import line_of, traceback_text


def plain() -> None:
    raise ValueError("no frame range")


def silent() -> None:
    raise RuntimeError


def lines() -> None:
    raise KeyError("first\nsecond")


def caused() -> None:
    try:
        plain()
    except ValueError as error:
        raise RuntimeError("import failed") from error


def in_a_handler() -> None:
    try:
        plain()
    except ValueError:
        {}["sg_cut_in"]  # type: ignore[index]


def from_none() -> None:
    try:
        plain()
    except ValueError:
        raise RuntimeError("import failed") from None


def noted() -> None:
    error = ValueError("no frame range")
    error.add_note("of SH010")
    raise error


def grouped() -> None:
    raise ExceptionGroup("two", [ValueError("one"), KeyError("other")])


def misspelt() -> None:
    _ = plain.__nam__  # type: ignore[attr-defined]


def unreadable() -> None:
    compile("a b", "studio.py", "exec")


def deep(levels: int = 200) -> None:
    deep(levels - 1) if levels else plain()


def raised(function: Callable[[], None]) -> BaseException:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    "function",
    [plain, silent, lines, caused, in_a_handler, from_none, noted, grouped, misspelt, unreadable],
)
def test_it_is_what_python_prints(function: Callable[[], None]) -> None:
    for _ in range(3):
        error = raised(function)

        shown = traceback_text(error, line_of(error))

        assert shown == "".join(traceback.format_exception(error))


def test_of_a_deep_one_the_innermost_frames_are_told() -> None:
    for _ in range(2):
        error = raised(deep)
        shown = traceback_text(error, line_of(error))

        assert shown.endswith(
            'in plain\n    raise ValueError("no frame range")\nValueError: no frame range\n'
        )
        assert len(shown) < 5_000


def test_two_failures_at_one_place_tell_each_its_own() -> None:
    def fail(text: str) -> None:
        raise ValueError(text)

    shown = [
        traceback_text(error, line_of(error))
        for error in (raised(lambda text=text: fail(text)) for text in ("SH010", "SH020"))
    ]

    assert [text.splitlines()[-1] for text in shown] == ["ValueError: SH010", "ValueError: SH020"]


def test_code_that_comes_and_goes_is_not_remembered_without_end() -> None:
    for number in range(traces._MOST_REMEMBERED * 2):
        code = compile(f"def fail(): raise ValueError({number})", f"studio_{number}.py", "exec")
        names: dict[str, Callable[[], None]] = {}
        exec(code, names)
        error = raised(names["fail"])

        shown = traceback_text(error, line_of(error))

        assert f'File "studio_{number}.py", line 1, in fail' in shown

    assert len(traces._remembered) <= traces._MOST_REMEMBERED
