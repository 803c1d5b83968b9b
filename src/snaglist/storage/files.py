"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from snaglist.domain.errors import CannotStart


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """A path to write to; at the end of the block, synced, it becomes `target`.

    Only its owner can read it. If the block raises, nothing stays. Raises CannotStart when
    `target` is there already or its folder is not.
    """
    part = target.with_name(f"{target.name}.part-{os.getpid()}")
    try:
        if target.exists():
            raise FileExistsError
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield part
        _sync(part)
        os.link(part, target)
        _sync(target.parent)
    except FileExistsError:
        raise CannotStart(
            f"{target} is there already.", "Name a file that does not exist yet."
        ) from None
    except OSError as error:
        raise CannotStart(
            f"{target} cannot be written: {error.strerror}.",
            "Name a file in a folder that is there and writable, with room enough.",
        ) from None
    finally:
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
