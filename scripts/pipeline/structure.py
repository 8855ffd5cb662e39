"""Whether a document has the shape of OpenAPI, as far as anything is generated from it."""

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

_SHOWN = 5


def check(document: object) -> dict[str, Any]:
    """The document, if it is one.

    Raises:
        GenerationFailed: It is not; the message names the first few places and what is wrong there.
    """
    if not isinstance(document, dict) or not {"openapi", "info", "paths"} <= set(cast("dict[str, Any]", document)):
        raise GenerationFailed("no OpenAPI document: it needs `openapi`, `info` and `paths`")
    known = copy.deepcopy(cast("dict[str, Any]", document))
    _modernise(known)
    complaints = list(dict.fromkeys(_complaints(known)))
    if complaints:
        more = f"\n  and {len(complaints) - _SHOWN} more" if len(complaints) > _SHOWN else ""
        raise GenerationFailed("no OpenAPI document:\n  " + "\n  ".join(complaints[:_SHOWN]) + more)
    return known


def _modernise(document: dict[str, Any]) -> None:
    """Write what only some versions of OpenAPI know so that the generator's reader, which knows 3.0 and 3.1, can."""
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


def _complaints(document: dict[str, Any]) -> Iterator[str]:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        yield f"somewhere in it is half a character: {error.object[max(0, error.start - 20) : error.end]!r}"
        return
    complaints = list(_read(oai.OpenAPI, document, ()))
    yield from complaints
    if not complaints:  # what follows relies on the shape
        yield from _rings(document)
        for path, item in cast("dict[str, dict[str, Any]]", document["paths"]).items():
            yield from _unknown_methods(path, item)


def _unknown_methods(path: str, item: dict[str, Any]) -> Iterator[str]:
    if not isinstance(item.get("additionalOperations", {}), dict):
        yield f"paths > {path} > additionalOperations: Input should be an object"
        return
    for _, method, operation in rules.operations({"paths": {path: item}}):
        if method not in rules.METHODS:
            yield from _read(oai.Operation, operation, ("paths", path, method))


def _rings(document: dict[str, Any]) -> Iterator[str]:
    """Schemas that are references to each other, and so nothing."""
    components = cast("dict[str, dict[str, Any]]", document.get("components") or {})
    for name, schema in components.get("schemas", {}).items():
        if "$ref" in schema and "$ref" in rules.resolved(document, schema):
            yield f"components > schemas > {name}: it refers to itself"


def _read(model: Any, value: Any, place: tuple[str, ...]) -> Iterator[str]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            # Where a reference may stand, the reader tries both: "ref" and "other" are its own words.
            steps = [str(step) for step in (*place, *each["loc"]) if step not in {"other", "ref"}]
            # An answer's description is prose, which the standard demands and nothing is made of.
            if not (each["type"] == "missing" and steps[-1] == "description" and "responses" in steps):
                yield f"{' > '.join(steps)}: {each['msg']}"
