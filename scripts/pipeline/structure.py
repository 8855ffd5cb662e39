"""Check the structure of an OpenAPI document, as far as the generator depends on it."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, cast

from openapi_python_client import schema as oai
from pydantic import ValidationError

from pipeline import rules, schemas
from pipeline.errors import GenerationFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check"]

_MAX_LISTED = 5


def check(document: object) -> dict[str, Any]:
    """Return a copy of a valid document.

    Raises:
        GenerationFailed: The document is not valid; the message lists the first problems.
    """
    if not isinstance(document, dict) or not {"openapi", "info", "paths"} <= set(cast("dict[str, Any]", document)):
        raise GenerationFailed("not an OpenAPI document: it needs `openapi`, `info` and `paths`")
    known = copy.deepcopy(cast("dict[str, Any]", document))
    _convert_version(known)
    problems = list(dict.fromkeys(_problems(known)))
    if problems:
        more = f"\n  and {len(problems) - _MAX_LISTED} more" if len(problems) > _MAX_LISTED else ""
        raise GenerationFailed("not a valid OpenAPI document:\n  " + "\n  ".join(problems[:_MAX_LISTED]) + more)
    return known


def _convert_version(document: dict[str, Any]) -> None:
    """Convert what is specific to OpenAPI 3.2: the generator supports 3.0 and 3.1."""
    if str(document["openapi"]).startswith("3.2"):
        document["openapi"] = "3.1.0"
    schemas.booleans_as_objects(document)
    if isinstance(document["paths"], dict):
        for _path, _method, operation in rules.operations(
            {"paths": _objects(cast("dict[str, Any]", document["paths"]))}
        ):
            operation.setdefault("responses", {})


def _objects(items: dict[str, Any]) -> dict[str, Any]:
    return {
        path: item
        for path, item in items.items()
        if isinstance(item, dict) and isinstance(cast("dict[str, Any]", item).get("additionalOperations", {}), dict)
    }


def _problems(document: dict[str, Any]) -> Iterator[str]:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        yield f"it contains a lone surrogate: {error.object[max(0, error.start - 20) : error.end]!r}"
        return
    problems = list(_read(oai.OpenAPI, document, ()))
    yield from problems
    if not problems:  # these checks need a valid structure
        yield from _circular_references(document)
        for path, item in cast("dict[str, dict[str, Any]]", document["paths"]).items():
            yield from _unknown_methods(path, item)


def _unknown_methods(path: str, item: dict[str, Any]) -> Iterator[str]:
    if not isinstance(item.get("additionalOperations", {}), dict):
        yield f"paths > {path} > additionalOperations: Input should be an object"
        return
    for _, method, operation in rules.operations({"paths": {path: item}}):
        if method not in rules.METHODS:
            yield from _read(oai.Operation, operation, ("paths", path, method))


def _circular_references(document: dict[str, Any]) -> Iterator[str]:
    """Yield schemas that consist of circular references."""
    components = cast("dict[str, dict[str, Any]]", document.get("components") or {})
    for name, schema in components.get("schemas", {}).items():
        if "$ref" in schema and "$ref" in rules.resolve(document, schema):
            yield f"components > schemas > {name}: it refers to itself"


def _read(model: Any, value: Any, place: tuple[str, ...]) -> Iterator[str]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            # The parser adds "ref" and "other" where a reference is allowed.
            steps = [str(step) for step in (*place, *each["loc"]) if step not in {"other", "ref"}]
            # The standard requires a response's description, but it is not used.
            if not (each["type"] == "missing" and steps[-1] == "description" and "responses" in steps):
                yield f"{' > '.join(steps)}: {each['msg']}"
