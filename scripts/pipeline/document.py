"""An OpenAPI document: its references and operations, and their parameters, bodies and responses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Node = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class DocumentError(ValueError):
    """A document cannot be read as OpenAPI; the message says where and why."""


def as_node(value: object) -> Node:
    """Return a JSON object, or an empty one for any other value."""
    return cast(Node, value) if isinstance(value, dict) else {}


def as_items(value: object) -> list[Any]:
    """Return a JSON array, or an empty one for any other value."""
    return cast(list[Any], value) if isinstance(value, list) else []


def lookup(root: Node, reference: str) -> Any:
    """Return the value that a reference points to.

    Raises:
        DocumentError: The reference points outside of the document, or to nothing in it.
    """
    if not reference.startswith("#/"):
        raise DocumentError(
            f"the reference {reference!r} points outside of the document: everything must be in one file"
        )
    value: object = root
    for part in reference[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        node: object = cast(list[Any], value)[int(name)] if _indexes(value, name) else as_node(value).get(name)
        if node is None:
            raise DocumentError(f"the reference {reference!r} points to nothing in the document")
        value = node
    return value


def _indexes(value: object, name: str) -> bool:
    return isinstance(value, list) and name.isdecimal() and int(name) < len(cast(list[Any], value))


@attrs.frozen
class Body:
    """The content of a request or a response: the schema of each media type."""

    content: Mapping[str, Node]
    required: bool = False
    headers: Mapping[str, Node] = attrs.field(factory=dict[str, Node])


@attrs.frozen
class Operation:
    """An operation, with resolved references to parameters, bodies and responses."""

    method: str
    path: str
    node: Node
    parameters: Mapping[tuple[str, str], Node]
    body: Body | None
    responses: Mapping[str, Body]
    security: tuple[frozenset[str], ...]

    @property
    def key(self) -> tuple[str, str]:
        """The identity of the operation on the wire: the names of placeholders are ignored."""
        return self.method, _PLACEHOLDER.sub("{}", self.path)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the path's placeholders, from left to right."""
        return tuple(_PLACEHOLDER.findall(self.path))

    @property
    def title(self) -> str:
        """The method and the path."""
        return f"{self.method.upper()} {self.path}"

    @property
    def name(self) -> str:
        """The operation id, or the title if it has none."""
        return str(self.node.get("operationId") or self.title)


@attrs.frozen
class Document:
    """An OpenAPI document and where it came from."""

    root: Node
    label: str

    def follow(self, node: object) -> Node:
        """Resolve a chain of references."""
        seen: set[str] = set()
        value = as_node(node)
        while isinstance(reference := value.get("$ref"), str):
            if reference in seen:
                raise DocumentError(f"the reference {reference!r} refers to itself")
            seen.add(reference)
            value = as_node(lookup(self.root, reference))
        return value

    @property
    def schemas(self) -> Node:
        """The component schemas by name."""
        schemas = as_node(as_node(self.root.get("components")).get("schemas"))
        return {name: as_node(schema) for name, schema in schemas.items()}

    @property
    def servers(self) -> tuple[str, ...]:
        """The URLs of the API."""
        return tuple(str(as_node(server).get("url")) for server in as_items(self.root.get("servers")))

    def operations(self) -> Iterator[Operation]:
        """Yield each operation, in the document's order."""
        for path, item in as_node(self.root.get("paths")).items():
            resolved = self.follow(item)
            for method, node in resolved.items():
                if method in METHODS:
                    yield self._operation(method, path, as_node(node), as_items(resolved.get("parameters")))

    def _operation(self, method: str, path: str, node: Node, shared: list[Any]) -> Operation:
        parameters = [self.follow(parameter) for parameter in (*shared, *as_items(node.get("parameters")))]
        body = self.follow(node.get("requestBody"))
        responses = as_node(node.get("responses"))
        return Operation(
            method=method,
            path=path,
            node=node,
            parameters={(str(one.get("in")), str(one.get("name"))): one for one in parameters},
            body=self._body(body) if body else None,
            responses={status: self._body(self.follow(response)) for status, response in responses.items()},
            security=self._security(node),
        )

    def _body(self, node: Node) -> Body:
        return Body(
            content={
                kind: as_node(as_node(media).get("schema")) for kind, media in as_node(node.get("content")).items()
            },
            required=bool(node.get("required", False)),
            headers={name.lower(): self.follow(header) for name, header in as_node(node.get("headers")).items()},
        )

    def _security(self, node: Node) -> tuple[frozenset[str], ...]:
        declared = node["security"] if "security" in node else self.root.get("security")
        alternatives = tuple(frozenset(as_node(one)) for one in as_items(declared))
        return alternatives or (frozenset(),)
