"""Rewrite a document so that the generator understands all of it.

openapi-python-client silently drops operations with other methods (QUERY), operations of a path that is a reference,
and parameters that are described by a media type. It ignores styles, defaults and servers. It fails, without naming the
place, on enums whose members would have the same name.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from pipeline import naming, rules, schemas, servers
from pipeline.errors import GenerationFailed
from pipeline.media_types import json_first
from pipeline.models import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["METHOD_SEPARATOR", "Adapted", "adapt", "media_types"]

METHOD_SEPARATOR = "\x1f"
"""Separates a path from the real method of an operation that the generator sees as a POST. No path contains it."""

_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_STYLES = {
    "path": {"simple", "label", "matrix"},
    "query": {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
    "header": {"simple"},
    "cookie": {"form"},
}

Node = dict[str, Any]


@frozen
class Adapted:
    """A document that the generator understands, and the data that it would ignore."""

    document: Node
    notes: dict[tuple[str, str, str], Node]
    """By operation, location and name: the style and default of a parameter, or the server of an operation."""
    base_url: str
    """The URL of the API."""
    left_out: tuple[str, ...]
    """Messages about the operations that were left out."""


def adapt(document: Node) -> Adapted:
    """Return a copy of the document that the generator understands, without what it would generate wrongly."""
    result = copy.deepcopy(document)
    schemas.normalize(result)
    base_url = servers.base_url(result)
    notes: dict[tuple[str, str, str], Node] = {}
    left_out: list[str] = []
    for path, method, operation in list(rules.operations(result)):
        try:
            notes.update(_operation_notes(result, path, method, operation, base_url))
            _encode_method(result["paths"], path, method, operation)
        except GenerationFailed as error:
            left_out.append(str(error))
            _drop(result["paths"][path], method)
    for response in result.get("components", {}).get("responses", {}).values():
        response.setdefault("description", "")
    _drop_aliases(result)
    _name_members(result)
    naming.name_schemas(result)
    return Adapted(result, notes, base_url, tuple(left_out))


def _operation_notes(
    document: Node, path: str, method: str, operation: Node, api_url: str
) -> Iterator[tuple[tuple[str, str, str], Node]]:
    place = f"{method.upper()} {path}"
    own = servers.own_url(document["paths"][path], operation, api_url)
    if own:
        yield (place, "", "server"), {"url": own}
    for parameter in _parameters(document, path, operation):
        yield (place, str(parameter.get("in")), str(parameter.get("name"))), _parameter_note(document, place, parameter)
    for holder in _content_holders(operation):
        holder["content"] = json_first(holder["content"])
        for media in holder["content"].values():
            media.setdefault("schema", {})


def _drop(item: Node, method: str) -> None:
    (item if method in item else cast("Node", item.get("additionalOperations", {}))).pop(method)


def media_types(document: Node) -> set[str]:
    """Return all media types of the document's requests and responses."""
    components = cast("Node", document.get("components", {}))
    shared = [*components.get("responses", {}).values(), *components.get("requestBodies", {}).values()]
    holders = [each for _, _, operation in rules.operations(document) for each in _content_holders(operation)]
    return {media_type for holder in (*holders, *shared) for media_type in holder.get("content", {})}


def _content_holders(operation: Node) -> Iterator[Node]:
    """Yield the request and the responses of an operation; add missing descriptions of responses."""
    for response in cast("dict[str, Node]", operation.get("responses", {})).values():
        if "$ref" not in response:
            response.setdefault("description", "")
            if "content" in response:
                yield response
    if "content" in operation.get("requestBody", {}):
        yield operation["requestBody"]


def _parameters(document: Node, path: str, operation: Node) -> Iterator[Node]:
    """Yield the resolved parameters of an operation, including those of its path."""
    for parameter in [*operation.get("parameters", []), *document["paths"][path].get("parameters", [])]:
        yield rules.resolve(document, parameter)


def _parameter_note(document: Node, place: str, parameter: Node) -> Node:
    """Return what the generator ignores of a parameter; remove what it does not understand."""
    name, location = parameter.get("name"), str(parameter.get("in"))
    default_style = _DEFAULT_STYLES.get(location, "")
    if "content" in parameter:
        parameter["schema"] = [*(media.get("schema", {}) for media in parameter.pop("content").values()), {}][0]
        style, explode = "content", False
    elif "schema" not in parameter:
        raise GenerationFailed(f"{place}: the {location} parameter {name!r} has neither a schema nor a media type")
    else:
        style = str(parameter.pop("style", default_style))
        explode = bool(parameter.pop("explode", style == "form"))
        if style == "deepObject":
            explode = True
        if style not in _STYLES.get(location, {style}) and style != "content":
            raise GenerationFailed(f"{place}: the {location} parameter {name!r} does not support the style {style!r}")
    schema = cast("Node", parameter["schema"])
    default = schema.get(DEFAULT)
    description = str(parameter.get("description") or schema.get("description") or "").strip()
    if default is not None:
        description = f"{description} By default, the API uses `{default}`.".strip()
    if description and "$ref" not in schema:
        schema["description"] = parameter["description"] = description
    resolved = rules.resolve(document, schema)
    is_scalar = not {"allOf", "anyOf", "oneOf", "properties"} & resolved.keys() and resolved.get("type") != "object"
    is_default = is_scalar and style == default_style and explode == (style == "form")
    note: Node = {} if is_default else {"style": repr((style, explode))}
    return note if default is None else {**note, "default": default}


def _encode_method(paths: Node, path: str, method: str, operation: Node) -> None:
    item = cast("Node", paths[path])
    if method in rules.METHODS:
        return
    if not _METHOD.fullmatch(method):
        raise GenerationFailed(f"{path}: {method!r} is not a valid method")
    _drop(item, method)
    encoded = f"{path}{METHOD_SEPARATOR}{method}"
    paths[encoded] = {"post": operation, "parameters": item.get("parameters", [])}


def _drop_aliases(document: Node) -> None:
    """Replace references to aliases by references to their targets: the generator would make a class of each alias."""
    components = cast("Node", document.get("components", {}).get("schemas", {}))
    prefix = schemas.COMPONENTS
    targets = {f"{prefix}{name}": schema["$ref"] for name, schema in components.items() if "$ref" in schema}
    for node in list(rules.nodes(document)):
        while isinstance(node.get("$ref"), str) and node["$ref"] in targets:
            node["$ref"] = targets[node["$ref"]]
    for name in [reference.removeprefix(prefix) for reference in targets]:
        del components[name]


def _name_members(document: Node) -> None:
    """Give the members of each string enum different names; keep only enums of strings and of integers."""
    for holder, key in list(schemas.of_document(document)):
        schema: Any = holder[key]
        if not isinstance(schema, dict) or not isinstance(cast("Node", schema).get("enum"), list):
            continue
        known = cast("Node", schema)
        values: list[Any] = list(dict.fromkeys(known["enum"])) if _hashable(known["enum"]) else known["enum"]
        types: set[object] = set(map(type, values))
        if types == {str}:
            names = known.get("x-enum-varnames", [])
            known["enum"] = values
            known["x-enum-varnames"] = _member_names(names if len(names) == len(values) else values)
        elif types == {int}:
            known["enum"] = values
        elif types:
            del known["enum"]  # read by its type, or as any value


def _hashable(values: list[Any]) -> bool:
    return not any(isinstance(value, (dict, list)) for value in values)


def _member_names(values: list[str]) -> list[str]:
    names: list[str] = []
    for index, value in enumerate(values):
        name = "_".join(re.findall(r"[^\W_]+", value)).upper()
        if not name.isidentifier():
            name = f"VALUE_{index}"
        while name in names:
            name = f"{name}_{index}"
        names.append(name)
    return names
