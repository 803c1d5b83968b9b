"""What settings make: the redactor, the targets, what pages show, a command's database."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import uuid_utils

from snaglist.config import Settings
from snaglist.domain.dependence import Order, read_order
from snaglist.domain.errors import CannotStart, SnaglistError
from snaglist.domain.record import is_source
from snaglist.domain.redaction import Redactor
from snaglist.service.schema import require_schema
from snaglist.service.sightings import Targets
from snaglist.storage.connection import Engine
from snaglist.storage.database import Database, engine_for
from snaglist.storage.writer import Writer
from snaglist.web.studio import Links, Studio


def new_id() -> str:
    """A fresh UUIDv7, as text."""
    return str(uuid_utils.uuid7())


def redactor_of(settings: Settings) -> Redactor:
    """The redactor that these settings ask for. Raises CannotStart for a faulty pattern."""
    try:
        return Redactor(settings.redact_words, settings.redact_patterns, enabled=settings.redact)
    except re.error as error:
        raise CannotStart(
            f"redact_patterns holds no regular expression: {error}.", "Correct the pattern."
        ) from None


def targets_of(settings: Settings) -> Targets:
    """Where each source's import writes, by these settings. Raises CannotStart for no slug."""
    by_source: dict[str, str] = {}
    for pair in settings.source_targets:
        source, _, target = pair.partition("=")
        by_source[source.strip()] = target.strip()
    for slug in (settings.default_target, *by_source, *by_source.values()):
        if not is_source(slug):
            raise CannotStart(
                f"{slug[:50]!r} cannot name a source or target.",
                "Write default_target as kitsu, source_targets as csv=jira,shotgun-tokyo=ftrack.",
            )
    return Targets(settings.default_target, by_source)


def retry_order_of(settings: Settings) -> Order:
    """Which types are retried before which. Raises CannotStart for an order that is none."""
    try:
        return read_order(settings.retry_order)
    except SnaglistError as error:
        raise CannotStart(f"retry_order cannot be read: {error}", error.remedy) from None


def studio_of(settings: Settings) -> Studio:
    """What these settings say of the pages. Raises CannotStart for no web address."""
    site = settings.shotgrid_url
    if site and not site.startswith(("https://", "http://")):
        raise CannotStart(
            f"shotgrid_url is no web address: {site[:80]!r}.", "Write it as https://studio.…"
        )
    return Studio(
        Links(site, settings.link_hosts),
        settings.overdue_hours,
        settings.redact,
        settings.redact_words,
        settings.redact_patterns,
        settings.default_target if not settings.source_targets else "",
    )


def engine_of(settings: Settings) -> Engine:
    """The database's engine. Raises CannotStart for an address that is none."""
    return engine_for(settings.database, allow_unsafe=settings.allow_unsafe_postgresql)


@contextlib.contextmanager
def opened(engine: Engine) -> Iterator[Database]:
    """The database for a command, for one block.

    Raises CannotStart when it is not there or has another version's schema.
    """
    engine.check()
    require_schema(engine)
    database = Database(engine, Writer(engine))
    database.writer.start()
    try:
        yield database
    finally:
        database.close()
