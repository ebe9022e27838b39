"""The OpenAPI document of the JSON interface, made from the route table and the payload models."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from fieldservice.core.permissions import PUBLIC, permission_of

View = TypeVar("View", bound=Callable[..., Any])

_REF = "#/components/schemas/{model}"
_IGNORED_METHODS = {"OPTIONS"}

ERROR_SCHEMA = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code"],
            "properties": {"code": {"type": "string", "description": "names what happened; further keys are facts"}},
        }
    },
}


@dataclass(frozen=True)
class Described:
    """What an API view takes and gives; neither `answer` nor `gives`: `status` without a body."""

    body: type[BaseModel] | None
    answer: type[BaseModel] | None
    errors: dict[int, str]
    query: dict[str, str]
    headers: dict[str, str]
    takes: str
    gives: str
    status: int


def describes(
    *,
    body: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    errors: dict[int, str] | None = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    takes: str = "",
    gives: str = "",
    status: int | None = None,
) -> Callable[[View], View]:
    """Says what an API view takes and gives. `errors`: status → codes; `query` and `headers`: parameter → meaning;
    `takes` and `gives`: media types of bytes; `status` of the answer when it is not 200, or 204 without a body.
    """
    found = Described(
        body, answer, errors or {}, query or {}, headers or {}, takes, gives, status or (200 if answer or gives else 204)
    )

    def mark(view: View) -> View:
        view._described = found  # type: ignore[attr-defined]
        return view

    return mark


def description_of(view: Any) -> Described | None:
    """The description of a view; None: it has none."""
    found: Described | None = getattr(view, "_described", None)
    return found


def document(app: Flask) -> dict[str, Any]:
    """OpenAPI 3.1 of every described route."""
    routes = [(rule, app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()]
    described = [(rule, view, found) for rule, view in routes if (found := description_of(view))]
    models = {model for _rule, _view, found in described for model in (found.body, found.answer) if model}
    ordered = sorted(models, key=lambda model: model.__name__)
    names, schemas = models_json_schema([(model, _mode(model, described)) for model in ordered], ref_template=_REF)
    references = {model: reference for (model, _mode), reference in names.items()}
    paths: dict[str, dict[str, Any]] = {}
    for rule, view, found in sorted(described, key=lambda entry: (entry[0].rule, sorted(entry[0].methods))):
        path = paths.setdefault(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), {})
        for method in _methods(rule):
            path[method.lower()] = _operation(rule, view, found, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Field service", "version": app.extensions["assets"].build},
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Error": ERROR_SCHEMA},
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "__Host-session"}},
        },
    }


def _methods(rule: Any) -> list[str]:
    """HEAD stands by itself only where there is no GET it comes with."""
    found = rule.methods - _IGNORED_METHODS
    return sorted(found - {"HEAD"} if "GET" in found else found)


def _mode(model: type[BaseModel], described: list[Any]) -> JsonSchemaMode:
    is_body = any(found.body is model for _rule, _view, found in described)
    return "validation" if is_body else "serialization"


def _operation(rule: Any, view: Any, found: Described, references: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": (view.__doc__ or "").strip().splitlines()[0],
        "security": [] if permission_of(view) == PUBLIC else [{"session": []}],
        "responses": {**_answer(found, references), **_errors(found)},
    }
    parameters = [_parameter("path", name, "") for name in sorted(rule.arguments)]
    parameters += [_parameter("query", name, meaning) for name, meaning in found.query.items()]
    parameters += [_parameter("header", name, meaning) for name, meaning in found.headers.items()]
    if parameters:
        operation["parameters"] = parameters
    if found.body:
        operation["requestBody"] = {"required": True, "content": _json(references[found.body])}
    if found.takes:
        operation["requestBody"] = {"required": False, "content": {found.takes: {}}}
    return operation


def _parameter(where: str, name: str, meaning: str) -> dict[str, Any]:
    found = {"name": name, "in": where, "required": where == "path", "schema": {"type": "string"}}
    return {**found, "description": meaning} if meaning else found


def _answer(found: Described, references: dict[Any, Any]) -> dict[str, Any]:
    content = _json(references[found.answer]) if found.answer else {found.gives: {}} if found.gives else None
    return {str(found.status): {"description": "done", **({"content": content} if content else {})}}


def _errors(found: Described) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model="Error")}
    return {str(status): {"description": codes, "content": _json(schema)} for status, codes in found.errors.items()}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
