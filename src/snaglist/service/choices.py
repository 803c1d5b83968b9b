"""What a filter can be chosen from: the projects, types and people that there are."""

from __future__ import annotations

import msgspec

from snaglist.service.tokens import is_open, list_tokens
from snaglist.storage.connection import Connection
from snaglist.storage.database import Database
from snaglist.storage.overview import assignees, concerned, project_names

_MOST_PEOPLE = 200


class Choices(msgspec.Struct, frozen=True):
    """Projects by name where they have one, types, and people, each in order.

    Some things name no project or type. People are those who look after a cause, and whom the
    desk lets in.
    """

    projects: list[str]
    types: list[str]
    people: list[str]
    without_project: bool
    without_type: bool


def choices(database: Database, at: float) -> Choices:
    """What there is to choose from now; `at` is Unix time in seconds."""

    def query(connection: Connection) -> tuple[set[str], set[str], list[str]]:
        projects, types = concerned(connection)
        names = project_names(connection, projects)
        shown = {names.get(project, project) for project in projects}
        return shown, set(types), assignees(connection, _MOST_PEOPLE)

    projects, types, people = database.read(query)
    let_in = {token.name for token in list_tokens(database) if is_open(token, at)}
    return Choices(
        sorted(projects - {""}),
        sorted(types - {""}),
        sorted({*people, *let_in}),
        without_project="" in projects,
        without_type="" in types,
    )
