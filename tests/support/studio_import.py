"""The example as the studio of the flow tests runs it: with its own ShotGrid.

python -m support.studio_import [--type TYPE]
snaglist-worker support.studio_import:retry

With DAYS_AGO in the environment it runs so many days ago, by the clock of its machine.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))

import kitsu_import

from support.shotgrid import ShotGrid

AGO = 86_400 * 10**9 * int(os.environ.get("DAYS_AGO", "0"))
clock = time.time_ns
time.time_ns = lambda: clock() - AGO
time.time = lambda: time.time_ns() / 1e9

kitsu_import.connect = ShotGrid(Path(os.environ["STUDIO"])).connect
retry = kitsu_import.retry

if __name__ == "__main__":
    kitsu_import.main()
