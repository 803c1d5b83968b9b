"""Pieces of what stands around an entity: a plan, a field of a table, a proxy, a machine."""

from __future__ import annotations

import re
from collections.abc import Mapping

from snaglist.causes import mentions
from snaglist.causes.lazily import once
from snaglist.causes.naming import named_in, telling_words
from snaglist.causes.piece import Piece, named_piece
from snaglist.causes.reading import Reading

_PROXY = re.compile(r"(?i:proxy)\W{0,3}(?:at |host=|server )?['\"]?([\w-]+(?:\.[\w-]+)*:\d{2,5})\b")
_MACHINE = re.compile(
    r"(?:^|[\s:\[])([a-z][a-z0-9]*-?\d{1,4})\]?:?[ ](?=[^\n]{0,80}"
    r"(?i:too many open|offene dateien|fichiers ouverts|archivos abiertos))"
    r"|\bon (?:node |host )?([a-z]+-?\d{1,4})\b",
    re.MULTILINE,
)
_NOT_INCLUDED = re.compile(
    r"^[^\w\n]{0,9}(?:(?:the|feature|your) )?([^\n:.]{3,40}?)[^\w\n]{0,2}"
    r" (?:is|are|isn't|aren't) (?:not )?(?:part of|included|available|in )",
    re.MULTILINE | re.IGNORECASE,
)
_LICENSED = re.compile(
    r"(?i:licen[cs]es?(?: checkout)?|checkout|feature) (?i:for|of) ['\"]?"
    r"(?!your|this|the|all|users?|seats?|plan)([A-Za-z][\w.+-]{2,40})"
    r"|\b([A-Za-z][\w.+-]{2,40}): (?:RLM|FLEX\w*|FNP|Sentinel) licen[cs]e"
)
_SCHEMA = re.compile(r"(?:no such (?:table|column)|unknown column):? ['\"`]?([\w.]{1,80})")


@once
def named(reading: Reading) -> Piece:
    """What the failure names that is not the entity's own: a role, a plan, a bucket."""
    _, _, text = telling_words(reading)
    found = named_in(reading, text)
    return named_piece(next(iter(found.values), ""))


def feature(reading: Reading) -> Piece:
    """What a plan does not include: "webhooks are not part of your plan"."""
    match = _NOT_INCLUDED.search(reading.speech)
    return named_piece(match[1]) if match else named(reading)


def licensed(reading: Reading) -> Piece:
    """What the licence is for, as a licence server names it: `nuke_r`."""
    return named_piece(mentions.first(_LICENSED.search(reading.speech)))


def named_field(reading: Reading) -> Piece:
    """The field or column, bare, wherever it stands: `start_date`."""
    found = reading.field.rpartition(".")[2] or reading.column
    if not found and (match := mentions.SQL_UPDATE.search(reading.everything)):
        found = match[2]
    payload = reading.member("payload", "data", "values", "body")
    if not found and isinstance(payload, Mapping):
        links = [name for name in payload if type(name) is str and name.endswith("_id")]
        found = links[0] if len(links) == 1 else ""
    return Piece(found, found)


def proxy(reading: Reading) -> Piece:
    """The proxy, as `squid:3128`."""
    return named_piece(mentions.first(_PROXY.search(reading.full)))


def machine(reading: Reading) -> Piece:
    """The machine that the line begins with."""
    return named_piece(mentions.first(_MACHINE.search(reading.full)))


def schema(reading: Reading) -> Piece:
    """The table or column that a database lacks."""
    found = reading.column or reading.relation or mentions.first(_SCHEMA.search(reading.speech))
    return Piece(found, found)
