"""What the generator does not understand, said so that it does; what nobody can say to it, refused.

By itself it drops without a word: operations with other methods (QUERY), operations of a path that is a reference, and
parameters that are described by a media type; and it fails, without naming the place, on enums whose members would
have the same name.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, cast

from pipeline import rules
from pipeline.errors import GenerationFailed
from pipeline.media_types import json_first

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CARRIED", "carried", "media_types"]

CARRIED = "#"
"""No path of an API holds it: what stands behind it is the method of an operation that is carried as a POST."""

_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}

Node = dict[str, Any]


def carried(document: Node) -> Node:
    """A copy of the document that the generator understands.

    Raises:
        GenerationFailed: It says something that would be generated wrongly.
    """
    result = copy.deepcopy(document)
    for path, method, operation in list(rules.operations(result)):
        place = f"{method.upper()} {path}"
        _refuse_servers(place, result["paths"][path], operation)
        for parameter in _parameters(result, path, operation):
            _refuse_styles(place, parameter)
            _describe(parameter)
        for holder in _content_holders(operation):
            holder["content"] = json_first(holder["content"])
        _carry_method(result["paths"], path, method, operation)
    for response in result.get("components", {}).get("responses", {}).values():
        response.setdefault("description", "")
    _drop_aliases(result)
    _name_members(result)
    _hoist_enums(result)
    return result


def media_types(document: Node) -> set[str]:
    """All media types that the document's operations send or answer."""
    components = cast("Node", document.get("components", {}))
    shared = [*components.get("responses", {}).values(), *components.get("requestBodies", {}).values()]
    holders = [each for _, _, operation in rules.operations(document) for each in _content_holders(operation)]
    return {media_type for holder in (*holders, *shared) for media_type in holder.get("content", {})}


def _content_holders(operation: Node) -> Iterator[Node]:
    """The request and the answers of an operation; a description, which no answer may lack, is put where none is."""
    for response in cast("dict[str, Node]", operation.get("responses", {})).values():
        if "$ref" not in response:
            response.setdefault("description", "")
            if "content" in response:
                yield response
    if "content" in operation.get("requestBody", {}):
        yield operation["requestBody"]


def _refuse_servers(place: str, item: Node, operation: Node) -> None:
    if "servers" in item or "servers" in operation:
        raise GenerationFailed(f"{place}: it has servers of its own; a client has one base URL")


def _parameters(document: Node, path: str, operation: Node) -> Iterator[Node]:
    """An operation's parameters, those of its path included, each where it is described."""
    for parameter in [*operation.get("parameters", []), *document["paths"][path].get("parameters", [])]:
        yield rules.resolved(document, parameter)


def _refuse_styles(place: str, parameter: Node) -> None:
    name, location = parameter.get("name"), str(parameter.get("in"))
    said = f"{place}: the {location} parameter {name!r}"
    if "schema" not in parameter:
        raise GenerationFailed(f"{said} is described by a media type, not by a schema")
    style = parameter.get("style", _DEFAULT_STYLES.get(location))
    explode = parameter.get("explode", style == "form")
    usual = explode == (style == "form") or parameter["schema"].get("type") not in {"array", "object"}
    if style != _DEFAULT_STYLES.get(location, style) or not usual:
        raise GenerationFailed(f"{said} has the style {style!r}, explode {explode}: only the default is known")


def _describe(parameter: Node) -> None:
    """The generator keeps a parameter's schema only, so the description moves there, and the default into it."""
    schema = cast("Node", parameter["schema"])
    if "$ref" in schema:
        return
    words = str(parameter.get("description") or schema.get("description") or "").strip()
    # A default of the document's is the server's to apply: what is not given is not sent.
    default = schema.pop("default", None)
    if default is not None:
        words = f"{words} Where it is not given, the API takes `{default}`.".strip()
    if words:
        schema["description"] = parameter["description"] = words


def _carry_method(paths: Node, path: str, method: str, operation: Node) -> None:
    item = cast("Node", paths[path])
    if method in rules.METHODS:
        return
    if not _METHOD.fullmatch(method):
        raise GenerationFailed(f"{path}: {method!r} cannot be a method")
    others = cast("Node", item.get("additionalOperations", {}))
    (item if method in item else others).pop(method)
    carrier = f"{path}{CARRIED}{method}"
    paths[carrier] = {"post": operation, "parameters": item.get("parameters", [])}


def _drop_aliases(document: Node) -> None:
    """Refer to a schema itself where another name for it is referred to: the generator would make a class of each."""
    schemas = cast("Node", document.get("components", {}).get("schemas", {}))
    lead = "#/components/schemas/"
    meant = {f"{lead}{name}": schema["$ref"] for name, schema in schemas.items() if "$ref" in schema}
    for node in list(rules.nodes(document)):
        while isinstance(node.get("$ref"), str) and node["$ref"] in meant:
            node["$ref"] = meant[node["$ref"]]
    for name in [reference.removeprefix(lead) for reference in meant]:
        del schemas[name]


def _enums(document: Node) -> Iterator[tuple[Any, Any, Node]]:
    """Each enum with what holds it, and where."""
    holders: list[Any] = [document["paths"], document.get("components", {})]
    while holders:
        holder: Any = holders.pop()
        for key in list(cast("Node", holder)) if isinstance(holder, dict) else range(len(holder)):
            value = cast("Any", holder[key])
            if isinstance(value, dict) and isinstance(cast("Node", value).get("enum"), list):
                yield holder, key, cast("Node", value)
            if isinstance(value, (dict, list)):
                holders.append(cast("Any", value))


def _name_members(document: Node) -> None:
    """Give the members of each enum of texts names of which no two are the same; leave only texts and numbers enums."""
    for _, _, schema in list(_enums(document)):
        words: list[Any] = [word for word in schema["enum"] if word is not None]
        kinds: set[object] = set(map(type, words))
        if kinds == {str}:
            schema["enum"] = list(dict.fromkeys(schema["enum"]))
            words = list(dict.fromkeys(words))
            given = schema.get("x-enum-varnames", [])
            schema["x-enum-varnames"] = _member_names(given if len(given) == len(words) else words)
        elif kinds and kinds != {int}:
            del schema["enum"]  # no Python enum has such members: it is read by its type, or as it comes


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


def _hoist_enums(document: Node) -> None:
    """Make a component of each enum with a title: only there does the generator take the title for its name."""
    components = cast("Node", document.setdefault("components", {}).setdefault("schemas", {}))
    for holder, key, schema in list(_enums(document)):
        title = schema.get("title")
        if not isinstance(title, str) or holder is components:
            continue
        known = components.setdefault(title, schema)
        if known.get("enum") != schema["enum"]:
            raise GenerationFailed(f"two schemas called {title}: {known.get('enum')} and {schema['enum']}")
        holder[key] = {"$ref": f"#/components/schemas/{title}"}
