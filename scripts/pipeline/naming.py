"""Name classes: make each object and enum of a document a component with a unique name.

A schema's title is the name of its class. A schema without a title, or with that of a different schema, is named by its
place: the noun and verb of the operation and `Request` or `Response`, or the class and field that contain it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from openapi_python_client.strings import ClassName, PythonIdentifier

from pipeline import rules
from pipeline.media_types import essence, is_json
from pipeline.schemas import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["class_of", "name_schemas"]

Node = dict[str, Any]

_KINDS = {"application/x-www-form-urlencoded": "Form", "multipart/form-data": "Multipart"}


def class_of(name: str, schema: Node) -> str:
    """Return the class name of a component."""
    return str(ClassName(str(schema.get("title") or name), "field_"))


def name_schemas(document: Node) -> None:
    """Make a component of each inline object and enum, and give each component a unique title."""
    names = _Names(document)
    for name, schema in list(names.components.items()):
        names.inside(schema, class_of(name, schema))
    for _path, _method, operation in rules.operations(document):
        for place, schema_holder, key in _messages(operation):
            names.visit(schema_holder, key, place)
    shared = cast("Node", document.get("components", {}))
    for kind, word in (("requestBodies", "Request"), ("responses", "Response")):
        for name, message in shared.get(kind, {}).items():
            for media_type, media in message.get("content", {}).items():
                if "schema" in media:
                    names.visit(media, "schema", f"{_pascal(name)}{word}{_media_word(media_type)}")
    for name, parameter in shared.get("parameters", {}).items():
        if "schema" in parameter:
            names.visit(parameter, "schema", _pascal(name))


class _Names:
    def __init__(self, document: Node) -> None:
        self.components: Node = document.setdefault("components", {}).setdefault("schemas", {})
        self.taken: dict[str, str] = {}
        """Maps the module name of each class to its component."""
        for name, schema in self.components.items():
            if "$ref" not in schema:
                self._claim(name, schema)

    def _claim(self, name: str, schema: Node) -> None:
        wanted = class_of(name, schema)
        if _module(wanted) in self.taken:
            wanted = self._free(class_of(name, {}))
        if "title" in schema or wanted != class_of(name, {}):
            schema["title"] = wanted
        self.taken[_module(wanted)] = name

    def _free(self, name: str) -> str:
        number, free = 1, name
        while _module(free) in self.taken or free in self.components:
            number += 1
            free = f"{name}{number}"
        return free

    def visit(self, holder: Any, key: Any, place: str) -> None:
        """Name a schema, and the schemas in it, by its place."""
        schema = cast("Node", holder[key])
        if "$ref" in schema:
            return
        if not _is_class(schema):
            schema.pop("title", None)
            if schema.get("type") == "object":  # a dict; the generator also makes a class of it, which is not used
                name = schema["title"] = self._free(place)
                self.components[name], self.taken[_module(name)] = schema, name
                holder[key] = {"$ref": f"{COMPONENTS}{name}"}
            self.inside(schema, place)
            return
        title = class_of(str(schema.get("title") or place), {})
        known = self.components.get(self.taken.get(_module(title), ""))
        if known is not None and _same(known, schema):
            name = self.taken[_module(title)]
        else:
            # A title may contain characters that a component's name may not.
            name = self._free(title if known is None and _module(title) not in self.taken else place)
            schema["title"] = name
            self.components[name] = schema
            self.taken[_module(name)] = name
            self.inside(schema, name)
        holder[key] = {"$ref": f"{COMPONENTS}{name}"}

    def inside(self, schema: Node, name: str) -> None:
        """Name the schemas in a schema."""
        for key, inner in schema.get("properties", {}).items():
            if isinstance(inner, dict):
                self.visit(schema["properties"], key, f"{name}{_pascal(key)}")
        for part in schema.get("allOf", []):
            if "$ref" not in part:
                self.inside(part, name)
        for key in ("anyOf", "oneOf"):
            branches = cast("list[Node]", schema.get(key, []))
            several = sum(not _is_plain(each) for each in branches) > 1
            for index, each in enumerate(branches):
                self.visit(branches, index, f"{name}Option{index + 1}" if several and not each.get("title") else name)
        for key, word in (("items", "Item"), ("additionalProperties", "Value")):
            if isinstance(schema.get(key), dict):
                self.visit(schema, key, f"{name}{word}")


def _messages(operation: Node) -> Iterator[tuple[str, Node, str]]:
    """Yield the default name, the holder and the key of each schema of an operation."""
    noun = "" if not operation.get("tags") else str(operation["tags"][0])
    verb = str(operation.get("operationId", ""))
    base = _pascal(verb if noun == verb else f"{noun}_{verb}") or "Unnamed"
    for parameter in operation.get("parameters", []):
        if "schema" in parameter:
            yield f"{base}{_pascal(str(parameter.get('name')))}", parameter, "schema"
    body = cast("Node", operation.get("requestBody", {})).get("content", {})
    for media_type, media in body.items():
        if "schema" in media:
            yield f"{base}{_media_word(media_type) if len(body) > 1 else ''}Request", media, "schema"
    responses = cast("dict[str, Node]", operation.get("responses", {}))
    successes = [status for status in responses if status.startswith("2")]
    for status, response in responses.items():
        for media in response.get("content", {}).values():
            if "schema" in media:
                alone = status.startswith("2") and len(successes) == 1
                yield f"{base}Response{'' if alone else _pascal(status)}", media, "schema"


def _media_word(media_type: str) -> str:
    if is_json(media_type):
        return ""
    return _KINDS.get(essence(media_type)) or _pascal(essence(media_type).partition("/")[2])


def _is_class(schema: Node) -> bool:
    """Whether a class is generated for a schema: an object with fields, or an enum of strings or integers."""
    if schema.get("properties") or len(schema.get("allOf", [])) > 1:
        return True
    parts = cast("list[Node]", schema.get("allOf", []))
    return bool(schema.get("enum")) or any("$ref" not in part for part in parts)


def _is_plain(schema: Node) -> bool:
    """Whether no class is generated for a schema or a part of it."""
    types = schema.get("type")
    scalars = {"boolean", "integer", "null", "number", "string"}
    return (
        types is not None and scalars.issuperset([types] if isinstance(types, str) else types) and "enum" not in schema
    )


def _same(one: Node, other: Node) -> bool:
    """Whether two schemas share a class; descriptions of enums are ignored."""
    if one.get("enum") or other.get("enum"):
        return one.get("enum") == other.get("enum")
    return {**one, "title": ""} == {**other, "title": ""}


def _module(name: str) -> str:
    return str(PythonIdentifier(name, "field_"))


def _pascal(text: str) -> str:
    words = re.findall(r"[^\W_]+", text)
    return "".join(word[:1].upper() + word[1:] for word in words)
