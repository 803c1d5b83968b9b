"""Reading a request's body as one type, and saying where it has another shape."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from snaglist.domain.errors import NotJson, WrongShape
from snaglist.domain.payload import read_json

T = TypeVar("T")


def read_as(decoder: msgspec.json.Decoder[T], body: bytes, depth: int, remedy: str) -> T:
    """What the body holds. Raises NotJson, TooDeep, or WrongShape that names the member."""
    read_json(body, depth)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise shape_fault(error, remedy) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NotJson() from None


def shape_fault(error: msgspec.ValidationError, remedy: str) -> WrongShape:
    """What a decoder found wrong, with a JSON pointer to it."""
    what, _, where = str(error).partition(" - at `$")
    return WrongShape(
        f"{what.replace('`', chr(34))}.",
        remedy,
        where=where.rstrip("`").replace(".", "/").replace("[", "/").replace("]", ""),
    )
