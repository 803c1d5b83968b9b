"""The catalogue of known causes in use: the shipped ones, and a studio's own folder on top."""

from __future__ import annotations

import logging
from pathlib import Path

from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper
from snaglist.domain.errors import CannotStart, CatalogueFault
from snaglist.service.recording import Recorder

log = logging.getLogger("snaglist.causes")

_MOST_FILES = 200
_LARGEST_FILE = 1 << 20
State = tuple[tuple[str, int, int], ...]


class StudioCauses:
    """A studio's folder of TOML files; None is no folder, and only the shipped causes."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._seen: State = ()

    def first(self) -> Grouper:
        """The grouper to begin with. Raises CannotStart for a folder or file that is at fault."""
        try:
            self._seen = self._state()
            return Grouper(Catalogue.parse(self._read()))
        except OSError as error:
            raise CannotStart(
                f"The folder of causes cannot be read: {error}.",
                "Name a readable folder of TOML files with --causes.",
            ) from None
        except CatalogueFault as error:
            raise CannotStart(str(error), error.remedy) from None

    def refresh(self, recorder: Recorder) -> bool:
        """Take over what was changed in the folder, if it is without fault; whether it was.

        A faulty file is told in the log once, with its line, and the last good set stays.
        """
        try:
            state = self._state()
            if state == self._seen:
                return False
            self._seen = state
            recorder.grouper = Grouper(Catalogue.parse(self._read()))
        except (CatalogueFault, OSError) as error:
            log.warning("the causes are not taken over, the last good ones stay: %s", error)
            return False
        log.warning("the causes in %s were read anew", self._folder)
        return True

    def _paths(self) -> list[Path]:
        if self._folder is None:
            return []
        found = sorted(path for path in self._folder.iterdir() if path.suffix == ".toml")
        if len(found) > _MOST_FILES:
            raise CatalogueFault(str(self._folder), 1, f"there are over {_MOST_FILES} files")
        return found

    def _state(self) -> State:
        told = [(path.name, path.stat()) for path in self._paths()]
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in told)

    def _read(self) -> dict[str, str]:
        texts: dict[str, str] = {}
        for path in self._paths():
            if path.stat().st_size > _LARGEST_FILE:
                raise CatalogueFault(path.name, 1, f"it is over {_LARGEST_FILE} bytes")
            try:
                texts[path.name] = path.read_text("utf-8")
            except UnicodeDecodeError:
                raise CatalogueFault(path.name, 1, "it is not UTF-8") from None
        return texts
