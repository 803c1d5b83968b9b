"""How well and how fast records are grouped by cause, beside what others would make of them."""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.scoring import Score, Truth, score
from snaglist.causes.catalogue import Catalogue
from snaglist.causes.grouping import Grouper

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
PARTS = 3
ROUNDS = 5

Record = dict[str, Any]


def main() -> int:
    """Print the table of a folder with dev.records.jsonl and dev.labels.jsonl."""
    folder = _folder()
    records = [json.loads(line) for line in _lines(folder / "dev.records.jsonl")]
    labels = [json.loads(line) for line in _lines(folder / "dev.labels.jsonl")]
    truths = [Truth(label["cause"], label["fix"]) for label in labels]
    whole = Catalogue.shipped()
    print(f"{len(records)} records, {len(set(truths))} fixes, {len(whole.causes)} known causes\n")
    print(f"{'':38} records groups purity fix_purity    ga   fga spread")
    _show("all rules", truths, _groups(whole, records))
    for kind in sorted({label.get("kind", "") for label in labels} - {""}):
        places = [place for place, label in enumerate(labels) if label["kind"] == kind]
        some = [records[place] for place in places]
        _show(f"  of these, {kind}", [truths[place] for place in places], _groups(whole, some))
    for name, catalogue, gone in _left_out(whole, records):
        made = _groups(catalogue, records)
        _show(f"without {name}", truths, made)
        places = [place for place, out in enumerate(gone) if out]
        _show(
            "  of these, the left out", [truths[at] for at in places], [made[at] for at in places]
        )
    _show("empty catalogue", truths, _groups(whole.without(whole.causes), records))
    for name, others in OTHERS.items():
        made = others(records)
        if made is None:
            print(f"{name:38} not installed")
        else:
            _show(name, truths, made)
    print(f"\n{_speed(whole, records):,.0f} records/s on one core, best of {ROUNDS}")
    return 0


def _groups(catalogue: Catalogue, records: Sequence[Record]) -> list[str]:
    grouper = Grouper(catalogue)
    return [grouper.group_strictly(record).fingerprint for record in records]


def _left_out(
    whole: Catalogue, records: Sequence[Record]
) -> Iterator[tuple[str, Catalogue, list[bool]]]:
    """The catalogue without every third cause, three times, and which records lose theirs.

    The causes are dealt by how many records they have, so that each part is of like weight.
    """
    grouper = Grouper(whole)
    known = [grouper.group(record).known for record in records]
    ranked = [cause for cause, _ in Counter(one for one in known if one).most_common()]
    ranked += sorted(set(whole.causes) - set(ranked))
    for part in range(PARTS):
        ids = set(ranked[part::PARTS])
        name = f"a third of the causes ({part + 1} of {PARTS})"
        yield name, whole.without(ids), [one in ids for one in known]


def _show(name: str, truths: Sequence[Truth], groups: Sequence[str]) -> None:
    if not truths:
        print(f"{name:38} no records")
        return
    print(f"{name:38} {len(truths):7} {_row(score(truths, groups))}")


def _row(found: Score) -> str:
    return (
        f"{found.groups:6} {found.purity:6.3f} {found.fix_purity:10.3f} "
        f"{found.ga:5.3f} {found.fga:5.3f} {found.spread:6.2f}"
    )


def _speed(catalogue: Catalogue, records: Sequence[Record]) -> float:
    """Records a second through `group`, parsed before, in the best of several rounds."""
    grouper = Grouper(catalogue)
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for record in records:
            grouper.group(record)
        best = min(best, time.perf_counter() - start)
    return len(records) / best


def raw_texts(records: Sequence[Record]) -> list[str]:
    """The error's text as it is."""
    return [str(record.get("error")) for record in records]


def masked_lines(records: Sequence[Record]) -> list[str]:
    """The last line with numbers, ids and quoted values masked, as a shell script would."""
    made = []
    for text in raw_texts(records):
        line = (text.strip().splitlines() or [""])[-1]
        line = re.sub(r"'[^']*'|\"[^\"]*\"", "<quoted>", line)
        made.append(re.sub(r"\b[0-9a-f-]{8,}\b|\d+", "<number>", line))
    return made


def drain3(records: Sequence[Record]) -> list[str] | None:
    """Drain3 with its own settings; None where it is not installed."""
    try:
        from drain3 import TemplateMiner
        from drain3.template_miner_config import TemplateMinerConfig
    except ImportError:
        return None
    logging.disable(logging.INFO)
    miner = TemplateMiner(config=TemplateMinerConfig())
    return [
        str(miner.add_log_message(" ".join(text.split()))["cluster_id"])
        for text in raw_texts(records)
    ]


OTHERS: dict[str, Callable[[Sequence[Record]], list[str] | None]] = {
    "the text as it is": raw_texts,
    "last line, plainly masked": masked_lines,
    "Drain3, defaults": drain3,
}


def confused(truths: Sequence[Truth], groups: Sequence[str]) -> dict[str, Counter[Truth]]:
    """The groups that mix causes, with what is in them; for looking closer."""
    found: dict[str, Counter[Truth]] = defaultdict(Counter)
    for truth, group in zip(truths, groups, strict=True):
        found[group][truth] += 1
    return {group: of for group, of in found.items() if len({truth.cause for truth in of}) > 1}


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def _folder() -> Path:
    parser = argparse.ArgumentParser(prog="python -m bench.causes", description=__doc__)
    parser.add_argument(
        "--corpus", type=Path, help="a folder with dev.records.jsonl and its labels"
    )
    given: Path | None = parser.parse_args().corpus
    if given is None:
        named = os.environ.get("SNAGLIST_CORPUS")
        given = Path(named) if named else CORPUS
    folder = given.parent if given.is_file() else given
    if not (folder / "dev.labels.jsonl").exists():
        parser.error(f"there are no dev.labels.jsonl in {folder}")
    return folder


if __name__ == "__main__":
    sys.exit(main())
