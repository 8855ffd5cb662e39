"""Navigate a model's `openapi_schema`, valid or not.

Model authors publish these schemas: references may be circular or point nowhere, and any value may have another type
than it should. Nothing here raises; what cannot be read is treated as absent.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

Node: TypeAlias = "dict[str, Any]"

IMPLIED = {"properties": "object", "items": "array"}
"""Keywords that imply the type of a schema that names none."""


class SchemaDocument:
    """An OpenAPI document; only `components.schemas` and the references inside it are used."""

    def __init__(self, root: object) -> None:
        self.root = root

    def component(self, name: str) -> Node | None:
        """The schema of that name, or None."""
        return _node(_entry(_entry(_entry(self.root, "components"), "schemas"), name))

    def branches(self, nodes: Iterable[object], *, certain: bool = False) -> list[Node]:
        """Every schema that describes one value: the given nodes, their references, and their alternatives.

        Args:
            nodes: The schemas to begin with.
            certain: Leave out alternatives, unless there is only one.
        """
        found: dict[int, Node] = {}
        waiting = list(nodes)
        for item in waiting:
            node = _node(item)
            if node is not None and id(node) not in found:
                found[id(node)] = node
                waiting.append(self.target(node.get("$ref")))
                waiting.extend(list_of(node.get("allOf")))
                for key in ("anyOf", "oneOf"):
                    alternatives = [each for each in list_of(node.get(key)) if _entry(each, "type") != "null"]
                    waiting.extend(alternatives if not certain or len(alternatives) == 1 else [])
        return list(found.values())

    def items(self, branches: Iterable[Node], index: int) -> list[object]:
        """The schemas of an array's item: the one for its position if there is one, else the one for all items."""
        found: list[object] = []
        for node in branches:
            # JSON Schema 2020 has positions in `prefixItems`, earlier drafts in `items`.
            positions = list_of(node.get("prefixItems")) or list_of(node.get("items"))
            others = node.get("additionalItems") if isinstance(node.get("items"), list) else node.get("items")
            found.append(positions[index] if index < len(positions) else others)
        return found

    def properties(self, branches: Iterable[Node], name: str) -> list[object]:
        """The schemas of an object's property."""
        return [
            _entry(node.get("properties"), name) or node.get("additionalProperties")
            for node in branches
            if "properties" in node or "additionalProperties" in node
        ]

    def reachable(self, nodes: Iterable[object]) -> list[Node]:
        """Every schema that describes a value or a part of it."""
        found: dict[int, Node] = {}
        waiting = list(nodes)
        for item in waiting:
            for node in self.branches([item]):
                if id(node) not in found:
                    found[id(node)] = node
                    waiting.extend(_parts(node))
        return list(found.values())

    def target(self, reference: object) -> object:
        """The node that a `$ref` inside the document points to, or None."""
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return None
        target = self.root
        for step in unquote(reference[2:]).split("/"):
            target = _entry(target, step.replace("~1", "/").replace("~0", "~"))
        return target


def _parts(node: Node) -> list[object]:
    """The schemas of a value's parts: items and properties."""
    items = node.get("items")
    properties = _node(node.get("properties")) or {}
    several = [*list_of(items), *list_of(node.get("prefixItems")), *properties.values()]
    return [*several, items, node.get("additionalItems"), node.get("additionalProperties")]


def is_uri(node: Node) -> bool:
    """Whether a schema declares a file: a string with `format: uri`."""
    return node.get("format") == "uri" and "string" in (types_of(node) or ["string"])


def is_secret(node: Node) -> bool:
    """Whether a schema says that its value must not be shown, such as a token."""
    return node.get("format") == "password" or node.get("x-cog-secret") is True


def is_text(node: Node) -> bool:
    """Whether a schema declares a string that is not a file."""
    says_string = "string" in types_of(node) or any(key in node for key in ("enum", "const"))
    return says_string and node.get("format") != "uri"


def allows_null(node: Node) -> bool:
    """Whether a schema says by itself that its value may be null."""
    return node.get("nullable") is True or "null" in named_types_of(node)


def types_of(node: Node) -> list[str]:
    """The JSON types that a schema names, without `null`."""
    return [name for name in named_types_of(node) if name != "null"]


def named_types_of(node: Node) -> list[str]:
    """The JSON types that a schema names."""
    names = node.get("type")
    return [names] if isinstance(names, str) else [name for name in list_of(names) if isinstance(name, str)]


def _node(value: object) -> Node | None:
    return cast("Node", value) if isinstance(value, dict) else None


def list_of(value: object) -> list[object]:
    """The value if it is a list, else an empty list."""
    return cast("list[object]", value) if isinstance(value, list) else []


def dict_of(value: object) -> dict[str, object]:
    """The value if it is an object, else an empty object."""
    items = cast("dict[object, object]", value) if isinstance(value, dict) else {}
    return {key: item for key, item in items.items() if isinstance(key, str)}


def number_of(value: object) -> float | None:
    """The value if it is a finite number, else None."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _entry(value: object, key: str) -> object:
    node = _node(value)
    return None if node is None else node.get(key)
