"""The OpenAPI 3.1 document, made from the table of routes and the types that are encoded."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from snaglist import __version__
from snaglist.api.problems import MEDIA_TYPE, Problem, status_of
from snaglist.api.routes import Answer, Parameter, Route
from snaglist.domain.errors import NotAllowed, NotSignedIn, SnaglistError, StoreUnavailable

_REF = "#/components/schemas/{name}"
_PATH_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "source": (
        "Where the import reads: `shotgun`, or another slug.",
        {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$", "examples": ["shotgun"]},
    ),
    "id": ("The id, a UUID.", {"type": "string", "format": "uuid"}),
    "file": ("The file's name.", {"type": "string", "examples": ["docs.js"]}),
}


def document_of(routes: list[Route]) -> dict[str, Any]:
    """The document that describes these routes."""
    bodies = [
        body
        for route in routes
        for body in (*route.takes.values(), route.answer.body, *(one.body for one in route.further))
    ]
    types = [body for body in [*bodies, Problem] if body is not None and not _is_plain(body)]
    _, schemas = msgspec.json.schema_components(types, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Snaglist",
            "version": __version__,
            "summary": "The list of everything an import left behind.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token that `snaglist token create` made.",
                }
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    lines = (route.endpoint.__doc__ or "").strip().split("\n\n", 1)
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": " ".join(lines[0].split()),
        "description": re.sub(r"\s+", " ", lines[1]) if len(lines) > 1 else "",
        "tags": [route.about],
        "responses": _responses(route),
    }
    parameters = [_path_parameter(name) for name in re.findall(r"\{(\w+)\}", route.path)]
    parameters += [_parameter(parameter) for parameter in route.parameters]
    if parameters:
        operation["parameters"] = parameters
    if route.scope is not None:
        operation["security"] = [{"token": []}]
        operation["x-scope"] = route.scope.value
    if route.takes:
        operation["requestBody"] = {
            "required": True,
            "content": {name: {"schema": _schema(body)} for name, body in route.takes.items()},
        }
    return operation


def _responses(route: Route) -> dict[str, Any]:
    responses = {str(one.status): _answer(one) for one in (route.answer, *route.further)}
    errors: list[type[SnaglistError]] = list(route.errors)
    if route.scope is not None:
        errors += [NotSignedIn, NotAllowed, StoreUnavailable]
    by_status: dict[int, list[type[SnaglistError]]] = {}
    for error in errors:
        by_status.setdefault(status_of(error.code, route.under_import), []).append(error)
    for status, these in sorted(by_status.items()):
        responses[str(status)] = {
            "description": " Or: ".join(f"{error.title} (`{error.code}`)." for error in these),
            "content": {MEDIA_TYPE.decode(): {"schema": _schema(Problem)}},
        }
    return responses


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.about}
    if answer.body is not None:
        described["content"] = {answer.media_type: {"schema": _schema(answer.body)}}
    if answer.headers:
        described["headers"] = {
            name: {"description": about, "schema": {"type": "string"}}
            for name, about in answer.headers.items()
        }
    return described


def _schema(body: Any) -> dict[str, Any]:
    schemas, _ = msgspec.json.schema_components([body], ref_template=_REF)
    (schema,) = schemas
    return dict(schema)


def _is_plain(body: Any) -> bool:
    return body in (str, bytes)


def _path_parameter(name: str) -> dict[str, Any]:
    about, schema = _PATH_PARAMETERS[name]
    return {"name": name, "in": "path", "required": True, "description": about, "schema": schema}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.about,
        "schema": parameter.schema,
    }
