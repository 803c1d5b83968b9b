"""The command: which sections to measure, on what bodies, and how long."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from bench import (  # noqa: E402
    batches,
    footprint,
    leases,
    listing,
    pages,
    post,
    reads,
    regroup,
    zou,
)
from bench.loads import LoadFailed, require_wrk  # noqa: E402
from bench.report import Report, Table  # noqa: E402
from bench.stand import FULL, QUICK, Stand  # noqa: E402

CORPUS = ROOT.parent / "shared" / "corpus" / "dev.records.jsonl"
SECTIONS: dict[str, Callable[[Stand], Table]] = {
    "post": post.measure_post,
    "one": post.measure_one_client,
    "batch": batches.measure_batch,
    "million": batches.measure_million,
    "list": listing.measure_list,
    "memory": footprint.measure_memory,
    "start": footprint.measure_start,
    "reads": reads.measure_reads,
    "pages": pages.measure_pages,
    "regroup": regroup.measure_regroup,
    "leases": leases.measure_leases,
    "zou": zou.measure_zou,
}
_LONG = ("reads", "pages", "regroup", "leases", "zou")


def main() -> int:
    """Measure the sections asked for; 1 if a load failed or a record was lost."""
    given = _arguments()
    require_wrk()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    report = Report(ROOT / "bench" / "results", quick=given.quick)
    try:
        with Stand(QUICK if given.quick else FULL, given.corpus, given.folder) as stand:
            report.say(f"bodies: {stand.corpus.name}; folder: {stand.disk}")
            for name in given.sections:
                try:
                    report.add(name, SECTIONS[name](stand))
                except LoadFailed as error:
                    report.fail(name, str(error))
    finally:
        report.save()
    return 1 if report.failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "sections", nargs="*", help=f"of {', '.join(SECTIONS)}; all but {', '.join(_LONG)}"
    )
    parser.add_argument("--quick", action="store_true", help="a few seconds each, to try it out")
    parser.add_argument("--corpus", type=Path, help="JSONL of request bodies")
    parser.add_argument("--folder", type=Path, help="where the databases are put, for the while")
    given = parser.parse_args()
    for name in given.sections:
        if name not in SECTIONS:
            parser.error(f"there is no section {name}; there are {', '.join(SECTIONS)}")
    given.sections = given.sections or [name for name in SECTIONS if name not in _LONG]
    if given.corpus is None:
        named = os.environ.get("SNAGLIST_CORPUS")
        given.corpus = Path(named) if named else (CORPUS if CORPUS.exists() else None)
    if given.corpus is not None and not given.corpus.exists():
        parser.error(f"there is no file {given.corpus}")
    return given


if __name__ == "__main__":
    sys.exit(main())
