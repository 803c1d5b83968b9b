"""Requests that schemathesis makes of `/openapi.json`: no 5xx, and every answer as described."""

from __future__ import annotations

import contextlib

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    use_after_free,
)

from support.desks import DeskProcess
from support.listener import STREAM

# Left out: `negative_data_rejection` (an error keeps members of any name and type, and a body
# under /import/ is read whatever its Content-Type says), `positive_data_acceptance` (a cursor is
# any string to the schema, but only the desk's own to the desk), and what walks the scopes:
# tests/api/test_access.py does so for every route. An answer that never ends is left out, too.
CHECKS: list[schemathesis.CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    use_after_free,
]


def limits(examples: int, steps: int = 1) -> settings:
    """The same examples in every run, and so many at most."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )


def test_every_operation_answers_as_its_document_says(victim: DeskProcess) -> None:
    headers = {"Authorization": f"Bearer {victim.token}"}
    schema = schemathesis.openapi.from_url(f"{victim.url}/openapi.json").exclude(path=STREAM)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 10

    for operation in operations:
        for mode in schemathesis.GenerationMode:

            @limits(12)
            @given(case=operation.as_strategy(mode))
            def try_it(case: schemathesis.Case) -> None:
                case.call_and_validate(headers=headers, checks=CHECKS)

            # Nothing can be made against a schema that takes anything.
            against = mode is schemathesis.GenerationMode.NEGATIVE
            with contextlib.suppress(*[Unsatisfiable] if against else []):
                try_it()


def test_what_one_answer_names_can_be_used_in_the_next_request(victim: DeskProcess) -> None:
    # What a job or a run answers depends on how far it is (a second announcement is a 200), and the
    # machine wants the same answers again.
    schema = schemathesis.openapi.from_url(f"{victim.url}/openapi.json").exclude(
        path_regex="^/api/v1/(regroups|edits|runs|stream)"
    )

    class Machine(schema.as_state_machine()):  # type: ignore[misc]
        """Follows ids from answers to requests, signed in as the admin."""

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, object]:  # noqa: ARG002
            return {"headers": {"Authorization": f"Bearer {victim.token}"}}

        def validate_response(
            self, response: schemathesis.Response, case: schemathesis.Case, **_: object
        ) -> None:
            case.validate_response(response, checks=CHECKS)

    Machine.run(settings=limits(20, 8))
