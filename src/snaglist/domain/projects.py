"""Which projects are one: importers name the same one now by its id, now by its name alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def as_one(projects: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """For each of these projects, what to count it under: itself, or the id whose name it is.

    `names` are those of the projects by id. A name that several of them have stays by itself.
    """
    asked = set(projects)
    ids: dict[str, set[str]] = {}
    for project in asked:
        name = names.get(project, "")
        if name and name != project:
            ids.setdefault(name, set()).add(project)
    return {
        project: min(ids[project]) if len(ids.get(project, ())) == 1 else project
        for project in asked
    }
