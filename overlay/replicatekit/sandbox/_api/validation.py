"""The API's document: its operations, and the validation of requests against it."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs

from replicatekit.sandbox._api.responses import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema.protocols import Validator

JSON = dict[str, Any]
_INTEGER = re.compile("-?[0-9]{1,18}")
_NOT_OPERATIONS = {"$ref", "summary", "description", "servers", "parameters", "additionalOperations"}


@cache
def document() -> JSON:
    """Return the document: from the wheel, or from the repository in an editable install."""
    packed = files("replicatekit.sandbox").joinpath("openapi.json")
    source = packed if packed.is_file() else Path(__file__).parents[4] / "spec" / "openapi.json"
    result: JSON = json.loads(source.read_text(encoding="utf-8"))
    return result


@attrs.frozen
class Operation:
    """One operation of the document: its route, query parameters and body."""

    id: str
    method: str
    path: str
    media_type: str | None
    body: JSON | None
    query: tuple[JSON, ...]
    is_public: bool


def operations() -> Iterator[Operation]:
    """Yield all operations of the document."""
    for path, referring in document()["paths"].items():
        item = _resolve(referring)
        for method, about in {**item, **item.get("additionalOperations", {})}.items():
            if method not in _NOT_OPERATIONS and not method.startswith("x-"):
                yield _operation(method.upper(), path, about, item.get("parameters", []))


def _operation(method: str, path: str, about: JSON, shared: list[JSON]) -> Operation:
    content: JSON = _resolve(about.get("requestBody", {})).get("content", {})
    media_type = next(iter(content), None)
    parameters = tuple(_resolve(one) for one in (*shared, *about.get("parameters", [])))
    return Operation(
        id=about.get("operationId", f"{method} {path}"),
        method=method,
        path=path,
        media_type=media_type,
        body=content[media_type].get("schema", {}) if media_type else None,
        query=tuple(one for one in parameters if one["in"] == "query"),
        is_public=about.get("security") == [],
    )


def _resolve(value: JSON) -> JSON:
    reference = value.get("$ref")
    if reference is None:
        return value
    node: Any = document()
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    result: JSON = node
    return result


def check_body(operation: Operation, body: Any) -> None:
    """Refuse a body that the document does not allow.

    The document closes some request objects and leaves others open; the API refuses unknown fields in all.
    """
    validator = _validator(operation.id, lambda: {**_resolve(operation.body or {}), "additionalProperties": False})
    _refuse(validator.iter_errors(body), prefix="")


def check_query(operation: Operation, query: Mapping[str, str]) -> None:
    """Refuse query parameters that the document does not allow."""
    validator = _validator(f"{operation.id}?", lambda: _query_schema(operation))
    values: JSON = {}
    for one in operation.query:
        name = one["name"]
        if name in query:
            values[name] = _number(query[name]) if one.get("schema", {}).get("type") == "integer" else query[name]
    _refuse(validator.iter_errors(values), prefix="")


def _query_schema(operation: Operation) -> JSON:
    return {
        "type": "object",
        "properties": {one["name"]: one.get("schema", {}) for one in operation.query},
        "required": [one["name"] for one in operation.query if one.get("required")],
    }


def _number(text: str) -> int | str:
    return int(text) if _INTEGER.fullmatch(text) else text


def check_input(schema_of_version: JSON, key: str, value: Any) -> None:
    """Refuse an input that a version's schema does not allow."""
    validator = _validator(f"input of {key}", lambda: _input_schema(schema_of_version))
    _refuse(validator.iter_errors(value), prefix="input")


def _input_schema(schema_of_version: JSON) -> JSON:
    result: JSON = _modern({"$ref": "#/components/schemas/Input", "components": schema_of_version["components"]})
    return result


def _modern(value: Any) -> Any:
    """Rewrite OpenAPI 3.0's `nullable` as JSON Schema."""
    if isinstance(value, list):
        return [_modern(one) for one in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    # Cog 0.16 writes an empty `anyOf`, which no value matches, next to the type of an optional list's items.
    schema = {key: _modern(one) for key, one in cast("JSON", value).items() if (key, one) != ("anyOf", [])}
    if schema.pop("nullable", None) is True:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema


_KEPT_VALIDATORS = 1000
_validators: dict[str, Validator] = {}


def _validator(key: str, make_schema: Callable[[], JSON]) -> Validator:
    import jsonschema

    if key not in _validators:
        if len(_validators) >= _KEPT_VALIDATORS:
            _validators.clear()
        schema = make_schema()
        root = {**schema, "components": schema.get("components", document()["components"])}
        # Without a format checker: its formats depend on other packages.
        _validators[key] = jsonschema.Draft202012Validator(root)
    return _validators[key]


def _refuse(errors: Any, *, prefix: str) -> None:
    fields = [field for error in errors for field in _fields(error, prefix)]
    if fields:
        raise invalid(fields)


def _fields(error: Any, prefix: str) -> list[tuple[str, str, str]]:
    path = [*([prefix] if prefix else []), *(str(step) for step in error.absolute_path)]
    if error.validator == "additionalProperties":
        extra = [name for name in error.instance if name not in error.schema.get("properties", {})]
        return [("additionalProperties", ".".join([*path, name]), "is not a field of this request") for name in extra]
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return [("required", ".".join([*path, name]), f"{name} is required") for name in missing]
    return [(str(error.validator), ".".join(path) or "body", str(error.message)[:500])]
