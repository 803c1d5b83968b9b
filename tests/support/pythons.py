"""The Pythons that the client can be run with here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

MINORS = (9, 10, 11, 12, 13)


def pythons() -> list[str]:
    """The interpreters that can be run here: this one, and what pyenv or the PATH has."""
    found = {sys.version_info[1]: sys.executable}
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for minor in MINORS:
        for path in root.glob(f"versions/3.{minor}.*/bin/python"):
            found.setdefault(minor, str(path))
        named = shutil.which(f"python3.{minor}")
        if named and minor not in found and _runs(named):
            found[minor] = named
    return [found[minor] for minor in sorted(found)]


def _runs(python: str) -> bool:
    return not subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode
