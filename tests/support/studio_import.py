"""The example as the studio of the flow tests runs it: with its own ShotGrid.

python -m support.studio_import [--type TYPE]
snaglist-worker support.studio_import:retry
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))

import kitsu_import

from support.shotgrid import ShotGrid

kitsu_import.connect = ShotGrid(Path(os.environ["STUDIO"])).connect
retry = kitsu_import.retry

if __name__ == "__main__":
    kitsu_import.main()
