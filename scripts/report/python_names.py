"""Find the name in the generated package for a part of the document; the report shows both in one row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from openapi_python_client.strings import ClassName, PythonIdentifier

from pipeline.document import as_items, as_node
from pipeline.rules import operations, resolve

if TYPE_CHECKING:
    from pipeline.document import Node
    from report.change import Change

__all__ = ["PythonNames", "python_place"]

_COMPONENT = "#/components/schemas/"
_RESPONSE = re.compile(r"response (\w+)")


class PythonNames:
    """The Python names of the parts of a corrected document."""

    def __init__(self, corrected: Node) -> None:
        self._root = corrected
        self._operations = {f"{method.upper()} {path}": operation for path, method, operation in operations(corrected)}

    def of(self, change: Change) -> str:
        """Return the Python name of what changed, or an empty string."""
        kind, subject = change.subject.kind, change.subject
        if kind == "operations":
            return self._operation(change.path)
        if kind == "operation":
            return self._in_operation(change)
        if kind == "schema":
            return self._field(as_node(self._schemas.get(subject.name)), change.path, _class_name(subject.name))
        if kind == "components" and change.path in self._schemas:
            return self._title(as_node(self._schemas[change.path]), _class_name(change.path))
        return ""

    @property
    def _schemas(self) -> Node:
        return as_node(as_node(self._root.get("components")).get("schemas"))

    def _operation(self, title: str) -> str:
        found = self._operations.get(title)
        if found is None:
            return ""
        tags = as_items(found.get("tags"))
        return ".".join([*map(str, tags[:1]), str(found.get("operationId", ""))])

    def _in_operation(self, change: Change) -> str:
        title = change.subject.detail.strip("`")
        name, found = self._operation(title), self._operations.get(title)
        if found is None or not name:
            return ""
        if change.part.endswith(" parameter"):
            return f"{name}({identifier(change.path)})"
        content = as_node(resolve(self._root, as_node(found.get("requestBody"))).get("content"))
        if match := _RESPONSE.match(change.part):
            response = as_node(as_node(found.get("responses")).get(match[1]))
            content = as_node(resolve(self._root, response).get("content"))
        for media in content.values():
            if change.path and not change.path.isdigit():
                schema = as_node(as_node(media).get("schema"))
                return self._field(schema, change.path, self._title(schema, "")) or name
        return f"{name}(body)" if change.part.startswith("request body") else name

    def _title(self, schema: Node, default: str) -> str:
        reference = str(schema.get("$ref", ""))
        title = resolve(self._root, schema).get("title")
        return ClassName(str(title), "") if title else _class_name(reference.removeprefix(_COMPONENT)) or default

    def _field(self, schema: Node, path: str, default: str) -> str:
        """Follow a path to its last field, and return the field with its class."""
        node = resolve(self._root, schema)
        holder = self._title(schema, default)
        steps = [step for step in path.replace("[]", ".[]").split(".") if step]
        for number, step in enumerate(steps):
            found = self._inner(node, step)
            if step == "[]":
                node = resolve(self._root, found)
                holder = self._title(found, holder)
                continue
            if all(later == "[]" for later in steps[number + 1 :]):
                return f"{holder}.{identifier(step)}" if holder else ""
            node = resolve(self._root, found)
            holder = self._title(found, "")
        return holder

    def _inner(self, node: Node, step: str) -> Node:
        parts = [node, *(resolve(self._root, one) for key in ("allOf", "oneOf", "anyOf") for one in node.get(key, []))]
        for part in cast("list[Any]", parts):
            found = as_node(part).get("items") if step == "[]" else as_node(as_node(part).get("properties")).get(step)
            if isinstance(found, dict):
                return cast("Node", found)
        return {}


def identifier(name: str) -> str:
    """Return the name of an argument or attribute for a name on the wire."""
    return str(PythonIdentifier(name, "field_"))


def _class_name(name: str) -> str:
    return str(ClassName(name, "")) if name else ""


def python_place(change: Change) -> str:
    """Return the name of what changed in the package, in the form of `PythonNames.of`."""
    module, path = change.subject.name, change.path
    if change.subject.kind == "package":
        return path.partition(".api.")[2]
    parameter = re.match(r"(?:new optional )?parameter `(\w+)`", change.message)
    if ".api." in module:
        name = module.partition(".api.")[2]
        return f"{name}({parameter[1]})" if parameter else name
    holder, _, member = path.rpartition(".")
    if member == "__init__":
        return f"{holder}.{parameter[1]}" if parameter else holder
    return path
