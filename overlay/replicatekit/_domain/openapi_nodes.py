"""Finding one's way in a model's `openapi_schema`, whatever is in it.

A schema is what somebody published: references may go round in circles or lead nowhere, and anything may be of
another type than it should be. Nothing here raises; what cannot be read is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Node", "SchemaDocument", "is_secret", "is_uri", "types_of"]

Node: TypeAlias = "dict[str, Any]"


class SchemaDocument:
    """An OpenAPI document, of which only `components.schemas` and the references in it matter."""

    def __init__(self, root: object) -> None:
        self.root = root

    def component(self, name: str) -> Node | None:
        """The schema of that name, or None."""
        return _node(_entry(_entry(_entry(self.root, "components"), "schemas"), name))

    def branches(self, nodes: Iterable[object], *, certain: bool = False) -> list[Node]:
        """All that is said of one value: the nodes themselves, what they refer to, and what they are made of.

        Args:
            nodes: The schemas of the value.
            certain: Without alternatives: `anyOf` and `oneOf` count where only one of them is not null.
        """
        return _closure(nodes, lambda node: self._same(node, certain=certain))

    def items(self, branches: Iterable[Node], index: int) -> list[object]:
        """The schemas of an array's item: by its place where places are told apart, else the one for all."""
        found: list[object] = []
        for node in branches:
            # Those of the first few places, under the name of JSON Schema 2020 or the one before.
            places = _list(node.get("prefixItems")) or _list(node.get("items"))
            others = node.get("additionalItems") if isinstance(node.get("items"), list) else node.get("items")
            found.append(places[index] if index < len(places) else others)
        return found

    def properties(self, branches: Iterable[Node], name: str) -> list[object]:
        """The schemas of an object's property."""
        return [
            _entry(node.get("properties"), name) or node.get("additionalProperties")
            for node in branches
            if "properties" in node or "additionalProperties" in node
        ]

    def reaches_file(self, branches: Iterable[Node]) -> bool:
        """Whether a value of these schemas can have a file anywhere in it."""
        return any(map(is_uri, self.reachable(branches)))

    def reachable(self, branches: Iterable[object]) -> list[Node]:
        """Everything that is said of a value, and of what is in it."""
        return _closure(branches, lambda node: [*self._same(node), *_below(node)])

    def _same(self, node: Node, *, certain: bool = False) -> list[object]:
        """What else is said of a node's own value."""
        found = [self.target(node.get("$ref")), *_list(node.get("allOf"))]
        for key in ("anyOf", "oneOf"):
            some = [one for one in _list(node.get(key)) if _entry(one, "type") != "null"]
            found += some if not certain or len(some) == 1 else []
        return found

    def target(self, reference: object) -> object:
        """What a `$ref` within the document leads to, or None."""
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return None
        target = self.root
        for step in unquote(reference[2:]).split("/"):
            target = _entry(target, step.replace("~1", "/").replace("~0", "~"))
        return target


def is_uri(node: Node) -> bool:
    """Whether a schema says that its value is a file: text with `format: uri`."""
    return node.get("format") == "uri" and "string" in (types_of(node) or ["string"])


def is_secret(node: Node) -> bool:
    """Whether a schema says that its value must not be shown, such as a token."""
    return node.get("format") == "password" or node.get("x-cog-secret") is True


def types_of(node: Node) -> list[str]:
    """The JSON types that a schema names; `nullable` counts as one more."""
    given = node.get("type")
    named = [given] if isinstance(given, str) else [one for one in _list(given) if isinstance(one, str)]
    return [*named, "null"] if node.get("nullable") is True else named


def _closure(nodes: Iterable[object], next_: Callable[[Node], Iterable[object]]) -> list[Node]:
    """Everything that can be come to from these nodes, each once, nearest first."""
    found: dict[int, Node] = {}
    waiting = list(nodes)
    for given in waiting:
        node = _node(given)
        if node is not None and id(node) not in found:
            found[id(node)] = node
            waiting.extend(next_(node))
    return list(found.values())


def _below(node: Node) -> Iterator[object]:
    properties = _node(node.get("properties")) or {}
    yield from properties.values()
    yield node.get("additionalProperties")
    yield node.get("additionalItems")
    yield node.get("items")
    yield from _list(node.get("items"))
    yield from _list(node.get("prefixItems"))


def _node(value: object) -> Node | None:
    return cast("Node", value) if isinstance(value, dict) else None


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _entry(value: object, key: str) -> object:
    node = _node(value)
    return None if node is None else node.get(key)
