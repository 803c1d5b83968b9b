"""The client on every Python it promises, with that Python's own standard library alone."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import httpx
import pytest

from support.desks import DeskProcess
from support.importers import CLIENT, errors, run_importer
from support.pythons import pythons


@pytest.mark.parametrize("python", pythons())
def test_an_import_runs_to_its_end(
    python: str, desk: DeskProcess, client: httpx.Client, tmp_path: Path
) -> None:
    printed = run_importer(
        """
        import logging, subprocess
        with desk.run("nightly", total=3) as run:
            for number in range(3):
                with run.item("Shot", number, payload={"id": number}) as item:
                    if number == 1:
                        try:
                            {}["sg_cut_in"]
                        except KeyError as error:
                            raise RuntimeError("Import failed") from error
            with run.item("Shot", 2, part="movie"):
                pass
            done = run.complete()
        with desk.mirror("events") as mirror, mirror.event({"id": 1, "entity": None}):
            raise ValueError("event")
        logging.getLogger().addHandler(snaglist_client.Handler(desk))
        logging.error("logged")
        desk.check_returned([{"type": "Shot", "id": 7}], [])
        child = os.fork()
        desk.record("child" if not child else "parent")
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
        assert desk.flush(20), desk.status()
        say(f"{bool(done)} {done.reason} {desk.status().is_clear}")
        code = [sys.executable, "-m", "snaglist_client", "status"]
        say(subprocess.run(code, stdout=subprocess.PIPE, check=True).stdout.decode())
        """,
        desk.url,
        desk.token,
        tmp_path / "spool",
        python=python,
    )

    assert printed.startswith("True  True\n")
    assert "Waiting  nothing" in printed
    assert len(errors(client)) == 6


def test_it_needs_nothing_but_the_standard_library() -> None:
    needed = set()
    for path in CLIENT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                needed |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                needed.add((node.module or "").partition(".")[0])

    assert needed - {"snaglist_client"} <= sys.stdlib_module_names
