"""Prepare a document for the generator: what it does not understand, said so that it does.

By itself it silently drops operations with other methods (QUERY), operations of a path that is a reference, and
parameters that are described by a media type; it does not keep the style, the default and the server of anything; and
it fails, without naming the place, on enums whose members would have the same name.
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

__all__ = ["CARRIED", "Adapted", "adapted", "media_types"]

CARRIED = "\x1f"
"""No path of an API contains it: what stands behind it is the method of an operation that is carried as a POST."""

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
    """A document that the generator understands, and what it would not keep."""

    document: Node
    notes: dict[tuple[str, str, str], Node]
    """By the operation, the location and the name of a parameter: its style and default. The server of an operation."""
    base_url: str
    """Where the API is served."""
    left_out: tuple[str, ...]
    """The operations that were left out, and why."""


def adapted(document: Node) -> Adapted:
    """Make a copy of the document that the generator understands. What would be generated wrongly is left out."""
    result = copy.deepcopy(document)
    schemas.normalise(result)
    base_url = servers.base_url(result)
    notes: dict[tuple[str, str, str], Node] = {}
    left_out: list[str] = []
    for path, method, operation in list(rules.operations(result)):
        try:
            notes.update(_operation_notes(result, path, method, operation, base_url))
            _carry_method(result["paths"], path, method, operation)
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
    document: Node, path: str, method: str, operation: Node, api: str
) -> Iterator[tuple[tuple[str, str, str], Node]]:
    place = f"{method.upper()} {path}"
    own = servers.own_url(document["paths"][path], operation, api)
    if own:
        yield (place, "", "server"), {"url": own}
    for parameter in _parameters(document, path, operation):
        yield (place, str(parameter.get("in")), str(parameter.get("name"))), _note(document, place, parameter)
    for holder in _content_holders(operation):
        holder["content"] = json_first(holder["content"])
        for media in holder["content"].values():
            media.setdefault("schema", {})


def _drop(item: Node, method: str) -> None:
    (item if method in item else cast("Node", item.get("additionalOperations", {}))).pop(method)


def media_types(document: Node) -> set[str]:
    """Return all media types that the document's operations send or answer."""
    components = cast("Node", document.get("components", {}))
    shared = [*components.get("responses", {}).values(), *components.get("requestBodies", {}).values()]
    holders = [each for _, _, operation in rules.operations(document) for each in _content_holders(operation)]
    return {media_type for holder in (*holders, *shared) for media_type in holder.get("content", {})}


def _content_holders(operation: Node) -> Iterator[Node]:
    """Yield the request and the answers of an operation; an answer without a description gets an empty one."""
    for response in cast("dict[str, Node]", operation.get("responses", {})).values():
        if "$ref" not in response:
            response.setdefault("description", "")
            if "content" in response:
                yield response
    if "content" in operation.get("requestBody", {}):
        yield operation["requestBody"]


def _parameters(document: Node, path: str, operation: Node) -> Iterator[Node]:
    """Yield the parameters of an operation, those of its path included, each where it is described."""
    for parameter in [*operation.get("parameters", []), *document["paths"][path].get("parameters", [])]:
        yield rules.resolved(document, parameter)


def _note(document: Node, place: str, parameter: Node) -> Node:
    """Return what the generator does not keep of a parameter; take from it what the generator does not understand."""
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
            raise GenerationFailed(f"{place}: the {location} parameter {name!r} cannot have the style {style!r}")
    schema = cast("Node", parameter["schema"])
    default = schema.get(DEFAULT)
    words = str(parameter.get("description") or schema.get("description") or "").strip()
    if default is not None:
        words = f"{words} By default, the API uses `{default}`.".strip()
    if words and "$ref" not in schema:
        schema["description"] = parameter["description"] = words
    meant = rules.resolved(document, schema)
    is_scalar = not {"allOf", "anyOf", "oneOf", "properties"} & meant.keys() and meant.get("type") != "object"
    usual = is_scalar and style == default_style and explode == (style == "form")
    note: Node = {} if usual else {"style": repr((style, explode))}
    return note if default is None else {**note, "default": default}


def _carry_method(paths: Node, path: str, method: str, operation: Node) -> None:
    item = cast("Node", paths[path])
    if method in rules.METHODS:
        return
    if not _METHOD.fullmatch(method):
        raise GenerationFailed(f"{path}: {method!r} cannot be a method")
    _drop(item, method)
    carrier = f"{path}{CARRIED}{method}"
    paths[carrier] = {"post": operation, "parameters": item.get("parameters", [])}


def _drop_aliases(document: Node) -> None:
    """Refer to a schema itself where another name for it is referred to: the generator would make a class of each."""
    components = cast("Node", document.get("components", {}).get("schemas", {}))
    lead = schemas.COMPONENTS
    meant = {f"{lead}{name}": schema["$ref"] for name, schema in components.items() if "$ref" in schema}
    for node in list(rules.nodes(document)):
        while isinstance(node.get("$ref"), str) and node["$ref"] in meant:
            node["$ref"] = meant[node["$ref"]]
    for name in [reference.removeprefix(lead) for reference in meant]:
        del components[name]


def _name_members(document: Node) -> None:
    """Give the members of each enum of texts different names; make enums of texts and of integers only."""
    for holder, key in list(schemas.of_document(document)):
        schema: Any = holder[key]
        if not isinstance(schema, dict) or not isinstance(cast("Node", schema).get("enum"), list):
            continue
        known = cast("Node", schema)
        words: list[Any] = list(dict.fromkeys(known["enum"])) if _hashable(known["enum"]) else known["enum"]
        kinds: set[object] = set(map(type, words))
        if kinds == {str}:
            given = known.get("x-enum-varnames", [])
            known["enum"] = words
            known["x-enum-varnames"] = _member_names(given if len(given) == len(words) else words)
        elif kinds == {int}:
            known["enum"] = words
        elif kinds:
            del known["enum"]  # no Python enum has such members: it is read by its type, or as it comes


def _hashable(words: list[Any]) -> bool:
    return not any(isinstance(word, (dict, list)) for word in words)


def _member_names(words: list[str]) -> list[str]:
    names: list[str] = []
    for place, word in enumerate(words):
        name = "_".join(re.findall(r"[^\W_]+", word)).upper()
        if not name.isidentifier():
            name = f"VALUE_{place}"
        while name in names:
            name = f"{name}_{place}"
        names.append(name)
    return names
