"""What the TOML files hold, read: causes, the texts that tell of them, and what wraps a text."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

HALVES = ("first", "second")
PARTS = (*HALVES, "third", "fourth", "fifth")
KINDS = ("similar", "reworded", "strangers")
_Entry = dict[str, Any]
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Text:
    """One way in which a cause is told: the error and the members of `details` that go with it.

    `form` says what may be wrapped around it: "exception" (its last line is `Type: message`),
    "message" (any sentence) or "whole" (nothing, and never in an event when it has details).
    """

    cause: str
    kind: str
    error: str | None
    details: dict[str, object] = field(default_factory=dict)
    form: str = "message"
    on: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True)
class Cause:
    """A cause: which repairs it splits into, whom it hits, and how it comes.

    Either `fixes` lists the repairs, or `split` names the pool of a world to draw `many` from.
    """

    name: str
    fixes: tuple[dict[str, object], ...] = ()
    split: str | None = None
    many: int = 1
    on: tuple[str, ...] = ("Shot", "Asset", "Task", "Version")
    transient: bool = False
    outage: bool = False


@dataclass(frozen=True)
class Half:
    """All that one half of the set is made of."""

    name: str
    causes: dict[str, Cause]
    texts: tuple[Text, ...]
    wrappings: tuple[Text, ...]


def read_half(name: str) -> Half:
    """The causes, texts and wrappings of a half; a text on an unknown cause is a KeyError."""
    files = {path.stem: _table(path) for path in sorted((_HERE / name).glob("*.toml"))}
    tables = files.values()
    shared = _table(_HERE / "causes.toml")["cause"]
    described = [*shared, *(entry for table in tables for entry in table.get("cause", []))]
    causes = {entry["name"]: _cause(entry) for entry in described}
    if len(causes) != len(described):
        raise ValueError(f"a cause is described twice in {name}")
    texts: list[Text] = []
    for stem, table in files.items():
        kind = stem.split("_")[0]
        texts += [_text(entry, entry["cause"], kind) for entry in table.get("text", [])]
        for entry in table.get("cause", []):
            texts += [_text(text, entry["name"], kind) for text in entry.get("text", [])]
    texts = [replace(text, number=number) for number, text in enumerate(texts)]
    told = {text.cause: causes[text.cause] for text in texts}
    wraps = [
        _text(entry, "", "wrapping") for table in tables for entry in table.get("wrapping", [])
    ]
    return Half(name, told, tuple(texts), tuple(wraps))


def _table(path: Path) -> dict[str, list[_Entry]]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _cause(entry: _Entry) -> Cause:
    known = {key: value for key, value in entry.items() if key != "text"}
    fixes = [fix if isinstance(fix, dict) else {"fix": fix} for fix in known.pop("fixes", [])]
    if "on" in known:
        known["on"] = tuple(known["on"])
    return Cause(fixes=tuple(fixes), **known)


def _text(entry: _Entry, cause: str, kind: str) -> Text:
    return Text(
        cause=cause,
        kind=kind,
        error=_trimmed(entry.get("error")),
        details=entry.get("details", {}),
        form=entry.get("form", "message"),
        on=tuple(entry.get("on", ())),
        fixes=tuple(entry.get("fixes", ())),
    )


def _trimmed(error: str | None) -> str | None:
    # A closing ''' on its own line is for the reader of the file, not part of the text.
    return None if error is None else error.removesuffix("\n")
