"""Every text of the pages, by language: one TOML file each, and what takes a text out of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


class Texts:
    """The texts of one language, by key: `cause.try_again`.

    A text may have forms by number, `one` and `other`, of which `n` chooses.
    """

    def __init__(self, texts: Mapping[str, Any]) -> None:
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """The text of this key with these values in it; whole numbers get their separators.

        Raises KeyError for a key that is not there.
        """
        found: Any = self._texts
        for name in key.split("."):
            found = found[name]
        if not isinstance(found, str):
            found = found["one" if values.get("n") == 1 else "other"]
        shown = {name: _shown(value) for name, value in values.items()}
        return str(found.format_map(shown))

    def below(self, key: str) -> Mapping[str, str]:
        """The texts of one table, by their names in it."""
        found: Mapping[str, str] = self._texts[key]
        return found

    def keys(self) -> set[str]:
        """All keys that there are."""
        return set(_keys(self._texts, ""))


@cache
def texts_in(language: str = "en") -> Texts:
    """The texts of this language."""
    return Texts(tomllib.loads((files(__name__) / f"{language}.toml").read_text("utf-8")))


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _keys(texts: Mapping[str, Any], before: str) -> list[str]:
    found: list[str] = []
    for name, value in texts.items():
        if isinstance(value, str) or set(value) == {"one", "other"}:
            found.append(f"{before}{name}")
        else:
            found += _keys(value, f"{before}{name}.")
    return found
