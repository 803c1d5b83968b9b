"""A stable key for causes that the catalogue does not know. Versioned: see `VERSION`."""

from __future__ import annotations

import hashlib

from snaglist.causes.masks import gist
from snaglist.causes.reading import Reading

VERSION = "1"


def fingerprint_of(reading: Reading) -> str:
    """`1/<hex>`: the same for records that one fix repairs, as far as their evidence says."""
    digest = hashlib.blake2b("\x1f".join(gist(reading)).encode("utf-8", "replace"), digest_size=12)
    return f"{VERSION}/{digest.hexdigest()}"
