"""Every setting: its name, its meaning, its default; from the environment or a TOML file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta

from snaglist.domain.errors import CannotStart

PREFIX = "SNAGLIST_"
_TRUE, _FALSE = {"1", "yes", "true", "on"}, {"0", "no", "false", "off"}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a desk. In the environment they are `SNAGLIST_` and the name in capitals."""

    database: Annotated[
        str,
        Meta(description="Where records are kept: `sqlite:///desk.db` or `postgresql://…`."),
    ] = "sqlite:///snaglist.db"
    host: Annotated[str, Meta(description="The address that `serve` listens on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="The port that `serve` listens on.", ge=0, le=65535)] = (
        8477
    )
    causes: Annotated[
        str, Meta(description='A folder of a studio\'s own known causes, TOML files; "" for none.')
    ] = ""
    default_target: Annotated[
        str, Meta(description="Where imports write when neither record nor source says: a slug.")
    ] = "kitsu"
    source_targets: Annotated[
        tuple[str, ...],
        Meta(description="Where a source's import writes, such as `csv=jira`, by commas."),
    ] = ()
    retry_order: Annotated[
        tuple[str, ...],
        Meta(
            description="Which types are retried before which, such as "
            "`jira=Project > Asset > Shot Scene`, by commas; without a target for all others."
        ),
    ] = ()
    max_record_bytes: Annotated[
        int, Meta(description="The most bytes of one record's body.", ge=1024, le=64 << 20)
    ] = 1 << 20
    max_batch_bytes: Annotated[
        int, Meta(description="The most bytes of one batch.", ge=1024, le=256 << 20)
    ] = 16 << 20
    max_batch_records: Annotated[
        int, Meta(description="The most records of one batch.", ge=1, le=100_000)
    ] = 10_000
    max_depth: Annotated[
        int, Meta(description="The deepest nesting of a record.", ge=1, le=900)
    ] = 200
    max_bytes_in_flight: Annotated[
        int,
        Meta(description="The most bytes of bodies worked on at one time.", ge=1 << 20),
    ] = 32 << 20
    write_seconds: Annotated[
        float,
        Meta(description="How long a write may wait for its commit before it is refused.", gt=0),
    ] = 5.0
    run_seconds: Annotated[
        float,
        Meta(description="Seconds that a run may be silent before it is abandoned.", ge=1),
    ] = 600.0
    redact: Annotated[
        bool, Meta(description="Take passwords, tokens and signatures out of what is recorded.")
    ] = True
    redact_words: Annotated[
        tuple[str, ...],
        Meta(description="Further words that make a member's name secret, separated by commas."),
    ] = ()
    redact_patterns: Annotated[
        tuple[str, ...],
        Meta(
            description="Further regular expressions of secrets inside strings; "
            "in the environment one a line."
        ),
    ] = ()
    shotgrid_url: Annotated[
        str, Meta(description='The ShotGrid site that pages link to, https://…; "" for none.')
    ] = ""
    link_hosts: Annotated[
        tuple[str, ...],
        Meta(description="Hosts of targets that pages link to, such as kitsu.studio, by commas."),
    ] = ()
    overdue_hours: Annotated[
        float,
        Meta(description="After so many hours a project's complete import is overdue.", gt=0),
    ] = 26.0
    allow_unsafe_postgresql: Annotated[
        bool,
        Meta(description="Serve on a PostgreSQL whose settings let it lose what it committed."),
    ] = False
    log_level: Annotated[
        str, Meta(description="How much the desk logs: `debug`, `info`, `warning` or `error`.")
    ] = "info"


def load_settings(
    environment: Mapping[str, str] = os.environ, **given: str | int | None
) -> Settings:
    """The settings: what is `given` (a command's options), else the environment, else the file.

    The file is TOML, named by `SNAGLIST_CONFIG`. Raises CannotStart for a setting that does not
    exist or has a value it cannot have.
    """
    values: dict[str, Any] = _from_file(environment.get(f"{PREFIX}CONFIG"))
    values |= _from_environment(environment)
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise CannotStart(
            f"A setting is wrong: {error}.", "docs/operating.md lists them all."
        ) from None
    if settings.log_level.lower() not in ("debug", "info", "warning", "error"):
        raise CannotStart(
            f"log_level cannot be {settings.log_level[:50]!r}.",
            "Use debug, info, warning or error.",
        )
    return settings


def _from_file(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        reason = f"{path} cannot be read: {error.strerror}."
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = f"{path} is not TOML: {error}."
    raise CannotStart(reason, f"Correct the file that {PREFIX}CONFIG names.")


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    types = get_type_hints(Settings)
    values: dict[str, Any] = {}
    for variable, text in environment.items():
        name = variable.removeprefix(PREFIX).lower()
        if variable.startswith(PREFIX) and name in types:
            values[name] = _parsed(variable, text, types[name])
    return values


def _parsed(variable: str, text: str, kind: Any) -> Any:
    if kind is bool:
        if text.strip().lower() in _TRUE | _FALSE:
            return text.strip().lower() in _TRUE
        raise CannotStart(f"{variable} cannot be {text[:50]!r}.", "Use yes or no.")
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise CannotStart(f"{variable} cannot be {text[:50]!r}.", "Give a number.") from None
    if kind is str:
        return text
    separator = "\n" if variable.endswith("PATTERNS") else ","
    return tuple(part.strip() for part in text.split(separator) if part.strip())
