"""How the spool stands: what waits, since when, what was refused, what was dropped."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from snaglist_client.courier import Courier
from snaglist_client.losses import Dropped, RejectedFile
from snaglist_client.plain import clean_text


class Standing(NamedTuple):
    """`waiting` counts messages that are not at the desk yet, of all processes here."""

    url: str
    folder: Path | None = None
    waiting: int = 0
    failures: int = 0
    oldest: float | None = None
    bytes: int = 0
    refused: int = 0
    refused_because: str = ""
    dropped: Dropped = Dropped()
    trouble: str = ""

    @property
    def is_clear(self) -> bool:
        """Whether nothing waits, was refused or was dropped."""
        return not (self.waiting or self.refused or self.dropped.messages)


def standing_of(courier: Courier) -> Standing:
    """How it stands now. Never raises: what cannot be read is said in `trouble`."""
    url = clean_text(courier.settings.url)
    try:
        spool = courier.keeping.room()
        waiting = failures = 0
        oldest: float | None = None
        for path in spool.waiting():
            try:
                lines = path.read_bytes().splitlines()
                made = path.stat().st_mtime if lines else None
            except FileNotFoundError:
                continue
            waiting += len(lines)
            failures += sum(line.startswith(b"record ") for line in lines)
            if made is not None and (oldest is None or made < oldest):
                oldest = made
        refused, because = RejectedFile(spool.rejected).count()
        return Standing(
            url,
            spool.folder,
            waiting,
            failures,
            oldest,
            spool.size(),
            refused,
            because,
            courier.dropped.look(),
            courier.trouble,
        )
    except (OSError, ValueError) as error:
        trouble = getattr(error, "strerror", None) or str(error)
        return Standing(url, dropped=courier.dropped.look(), trouble=trouble)
