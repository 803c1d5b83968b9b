"""The command: write a part of the set, or both halves, in the corpus' two files."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from bench.strangers.assemble import labelled, lines_of
from bench.strangers.catalogue import HALVES, PARTS


def main() -> None:
    """Write OUT_DIR/dev.records.jsonl and OUT_DIR/dev.labels.jsonl."""
    given = _arguments()
    halves = HALVES if given.part == "all" else (given.part,)
    lines = [line for half in halves for line in lines_of(half, given.seed, given.records)]
    lines = labelled(lines) if len(halves) > 1 else lines
    given.out.mkdir(parents=True, exist_ok=True)
    _write(given.out / "dev.records.jsonl", (line.record for line in lines))
    _write(given.out / "dev.labels.jsonl", (line.label for line in lines))
    pairs = {(line.label["cause"], line.label["fix"]) for line in lines}
    print(f"{len(lines)} records, {len({cause for cause, _ in pairs})} causes, {len(pairs)} fixes")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.strangers", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT_DIR")
    parser.add_argument("--part", choices=(*PARTS, "all"), default="first")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, default=3_000, help="of each part, about")
    return parser.parse_args()


def _write(path: Path, rows: Iterable[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
