"""The documents are complete: every route, setting, command, error and figure is in them."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from snaglist.api.about import DeskCollector
from snaglist.api.problems import STATUSES
from snaglist.api.table import routes
from snaglist.cli.main import snaglist
from snaglist.config import PREFIX, Settings
from snaglist.domain.access import Scope
from snaglist.domain.errors import every_error

ROOT = Path(__file__).parents[1]
HTTP_API = (ROOT / "docs" / "http-api.md").read_text("utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("requirements/*.md")]


@pytest.mark.parametrize("route", routes(), ids=[f"{one.method} {one.path}" for one in routes()])
def test_every_route_is_documented_with_its_scope(route: object) -> None:
    method, path, scope = route.method, route.path, route.scope  # type: ignore[attr-defined]
    line = next((one for one in HTTP_API.splitlines() if f"`{method} {path}`" in one), "")

    assert line, f"{method} {path} is not in docs/http-api.md"
    assert (f"`{scope.value}`" if scope else "none") in line


@pytest.mark.parametrize("error", every_error(), ids=lambda one: one.code)
def test_every_error_code_is_documented_with_its_statuses(error: object) -> None:
    code = error.code  # type: ignore[attr-defined]
    general, under_import = STATUSES[code]

    assert re.search(rf"\| `{code}` \| {general} \| {under_import} \|", HTTP_API)


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    assert f"`{PREFIX}{name.upper()}`" in OPERATING


@pytest.mark.parametrize("scope", list(Scope))
def test_every_scope_is_documented(scope: Scope) -> None:
    assert f"| `{scope.value}` |" in HTTP_API


def test_every_command_and_option_is_documented() -> None:
    def walk(command: click.Command, words: tuple[str, ...]) -> None:
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                walk(inner, (*words, name))
            return
        assert f"`{' '.join(words)}" in OPERATING, " ".join(words)
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) else ():
                assert option in OPERATING, f"{' '.join(words)} {option}"

    walk(snaglist, ("snaglist",))


def test_every_figure_of_metrics_is_documented() -> None:
    source = Path(str(DeskCollector.collect.__code__.co_filename)).read_text("utf-8")

    for name in set(re.findall(r'"(snaglist_\w+)"', source)):
        assert f"`{name}" in OPERATING, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: str(one.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8")):
        assert (document.parent / target).exists(), f"{document.name} -> {target}"
