"""The rules of `spec/corrections.yaml` (`x-rules`): corrections of all operations or all responses.

A rule is a function that changes a document, and returns messages about what matched nothing. The reason and the
parameters of each rule are in the corrections, so that no name of a schema or a field is here.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from pipeline.errors import GenerationFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["METHODS", "RULES", "apply", "inline_path_items", "lookup", "loosen", "nodes", "operations", "resolve"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The methods of OpenAPI 3.1. Other keys of a path that hold an operation are methods too (QUERY)."""

_NOT_METHODS = {"$ref", "summary", "description", "servers", "parameters", "additionalOperations"}

Node = dict[str, Any]

NOTHING = ["it matches nothing"]


def apply(document: Node, rules: list[Node]) -> list[str]:
    """Apply the rules in place, in their order; return messages about what matched nothing."""
    unapplied: list[str] = []
    for rule in rules:
        name = rule.get("rule")
        if name not in RULES:
            raise GenerationFailed(f"x-rules: there is no rule {name!r}, only {', '.join(RULES)}")
        unapplied += [f"rule {name}: {message}" for message in RULES[name](document, rule)]
    return unapplied


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield the path, the method and the node of each operation, also of `additionalOperations` (OpenAPI 3.2)."""
    for path, item in cast("dict[str, Node]", document.get("paths", {})).items():
        for method, operation in {**item, **item.get("additionalOperations", {})}.items():
            if method not in _NOT_METHODS and not method.startswith("x-") and isinstance(operation, dict):
                yield path, method, cast("Node", operation)


def inline_path_items(document: Node) -> None:
    """Replace references in `paths` by the path items that they refer to.

    Raises:
        GenerationFailed: A path item is not in the document.
    """
    for path, item in cast("dict[str, Node]", document.get("paths", {})).items():
        if "$ref" in item:
            target = resolve(document, item)
            if not target or "$ref" in target:
                raise GenerationFailed(f"{path}: there is no {item['$ref']} in the document")
            own = {key: value for key, value in item.items() if key != "$ref"}
            item.clear()
            item.update({**target, **own})


def loosen(document: Node, original: Node) -> list[str]:
    """Replace references of the corrections to components that the document lacks by any value; return messages."""
    published = {node["$ref"] for node in nodes(original) if isinstance(node.get("$ref"), str)}
    dangling = [
        node
        for node in nodes(document)
        if isinstance(node.get("$ref"), str) and node["$ref"] not in published and not resolve(document, node)
    ]
    missing = sorted({node["$ref"] for node in dangling})
    for node in dangling:
        node.clear()
    return [f"there is no {reference} to refer to" for reference in missing]


def name_by_noun_and_verb(document: Node, _: Node) -> list[str]:
    """Split `models.versions.list` into the noun `models_versions` and the verb `list`; a single word is both."""
    changed = False
    for _path, _method, operation in operations(document):
        *nouns, verb = str(operation.get("operationId", "")).split(".")
        if nouns or (verb and not operation.get("tags")):
            operation["tags"] = ["_".join(nouns) or verb]
            operation["operationId"] = verb
            changed = True
    return [] if changed else NOTHING


def null_is_a_type(document: Node, _: Node) -> list[str]:
    """Rewrite `nullable: true` of OpenAPI 3.0 as 3.1 does."""
    nullable = [node for node in nodes(document) if node.get("nullable") is True]
    for schema in nullable:
        del schema["nullable"]
        if isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]
            if None not in schema.get("enum", [None]):
                schema["enum"] = [*schema["enum"], None]
        elif {"$ref", "allOf", "anyOf", "oneOf"} & set(schema):
            inner = dict(schema)
            prose = {"description": inner.pop("description")} if "description" in inner else {}
            schema.clear()
            schema.update(prose, oneOf=[inner, {"type": "null"}])
    return [] if nullable else NOTHING


def responses_are_open(document: Node, rule: Node) -> list[str]:
    """In responses, require only the fields listed under `certain`, and allow unknown values of enums."""
    certain: dict[str, list[str]] = rule["certain"]
    unseen = {title: set(names) for title, names in certain.items()}
    for schema in _response_schemas(document):
        title = str(schema.get("title"))
        names = {*certain.get("*", []), *certain.get(title, [])}
        properties = cast("dict[str, Node]", schema.get("properties", {}))
        schema.pop("required", None)
        required = [name for name in properties if name in names]
        if required:
            schema["required"] = required
        for holder in {"*", title} & unseen.keys():
            unseen[holder] -= set(required)
        for name, value in properties.items():
            properties[name] = _open_enum(value)
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
    return [f"{title}: no response has {', '.join(sorted(names))}" for title, names in unseen.items() if names]


def _open_enum(schema: Node) -> Node:
    values = [value for value in schema.get("enum", []) if value is not None]
    if not values or not all(isinstance(value, str) for value in values):
        return schema
    prose = {"description": schema["description"]} if "description" in schema else {}
    return {**prose, "anyOf": [schema, {"type": "string"}]}


def lists_take_a_cursor(document: Node, rule: Node) -> list[str]:
    """Add the parameter to each operation whose response has `next` and `results`."""
    changed = False
    for path, method, operation in operations(document):
        parameters = [*operation.get("parameters", []), *document["paths"][path].get("parameters", [])]
        names = {resolve(document, parameter).get("name") for parameter in parameters}
        if method == "get" and rule["parameter"]["name"] not in names and _is_paginated(document, operation):
            operation.setdefault("parameters", []).append(copy.deepcopy(rule["parameter"]))
            changed = True
    return [] if changed else NOTHING


def _is_paginated(document: Node, operation: Node) -> bool:
    schemas = _content_schemas(document, _successes(operation))
    return any({"next", "results"} <= set(schema.get("properties", {})) for schema in schemas)


def errors_are_problems(document: Node, rule: Node) -> list[str]:
    """Describe error responses as problems: the default response, and those that describe a part of a problem."""
    (content,) = rule["response"]["content"].values()
    fields = set(resolve(document, content["schema"]).get("properties", {}))
    if not fields:
        return [f"there is no {content['schema']['$ref']} in the document"]
    for _path, _method, operation in operations(document):
        responses = cast("dict[str, Node]", operation.get("responses", {}))
        for status, response in responses.items():
            if status[0] not in "12d" and _described_fields(response) <= fields:
                response["content"] = copy.deepcopy(rule["response"]["content"])
        responses.setdefault("default", copy.deepcopy(rule["response"]))
    return []


def _described_fields(response: Node) -> set[str]:
    """Return the fields that a response describes; a pseudo field if it is described in another way."""
    if "$ref" in response:
        return {"$ref"}
    schemas = [media.get("schema", {}) for media in cast("dict[str, Node]", response.get("content", {})).values()]
    return {name for schema in schemas for name in _fields(schema)}


def _fields(schema: Node) -> set[str]:
    bare = set(schema) <= {"type", "title", "description"} and schema.get("type", "object") == "object"
    return set(schema.get("properties", set() if bare else {"its own"}))


def bodies_are_required(document: Node, _: Node) -> list[str]:
    """Mark each described body as required."""
    bodies = [operation.get("requestBody", {}) for _path, _method, operation in operations(document)]
    unmarked = [body for body in bodies if body and "required" not in body and "$ref" not in body]
    for body in unmarked:
        body["required"] = True
    return [] if unmarked else NOTHING


RULES: dict[str, Callable[[Node, Node], list[str]]] = {
    "name-by-noun-and-verb": name_by_noun_and_verb,
    "null-is-a-type": null_is_a_type,
    "responses-are-open": responses_are_open,
    "lists-take-a-cursor": lists_take_a_cursor,
    "errors-are-problems": errors_are_problems,
    "bodies-are-required": bodies_are_required,
}
"""The rules by their names in the corrections."""


def _successes(operation: Node) -> Iterator[Node]:
    for status, response in cast("dict[str, Node]", operation.get("responses", {})).items():
        if status.startswith("2"):
            yield response


def _content_schemas(document: Node, responses: Iterator[Node]) -> Iterator[Node]:
    for response in responses:
        for media in cast("dict[str, Node]", resolve(document, response).get("content", {})).values():
            if "schema" in media:
                yield resolve(document, media["schema"])


def _response_schemas(document: Node) -> Iterator[Node]:
    """Yield each schema that a response can contain, at any depth, once."""
    responses = [
        response
        for _path, _method, operation in operations(document)
        for response in cast("dict[str, Node]", operation.get("responses", {})).values()
    ]
    roots = list(_content_schemas(document, iter(responses)))
    seen: set[int] = set()
    while roots:
        schema = roots.pop()
        if id(schema) not in seen:
            seen.add(id(schema))
            yield schema
            roots.extend(resolve(document, inner) for inner in _inner(schema))


def nodes(document: Node) -> Iterator[Node]:
    """Yield each object in the paths and the components, at any depth."""
    pending: list[Any] = [document.get("paths", {}), document.get("components", {})]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield cast("Node", node)
            pending.extend(cast("Node", node).values())
        elif isinstance(node, list):
            pending.extend(cast("list[Any]", node))


def _inner(schema: Node) -> Iterator[Node]:
    yield from cast("dict[str, Node]", schema.get("properties", {})).values()
    for key in ("allOf", "anyOf", "oneOf", "prefixItems"):
        yield from schema.get(key, [])
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield schema[key]


def resolve(document: Node, node: Node) -> Node:
    """Return the node that a node refers to, or the node itself; empty if the target does not exist."""
    seen: set[str] = set()
    while "$ref" in node and node["$ref"] not in seen:
        seen.add(node["$ref"])
        node = lookup(document, str(node["$ref"]))
    return node


def lookup(document: Node, reference: str) -> Node:
    """Return the object that a reference points to; empty if there is none."""
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(cast("list[Any]", found)):
            found = cast("list[Any]", found)[int(name)]
        else:
            found = cast("Node", found).get(name) if isinstance(found, dict) else None
    return cast("Node", found) if isinstance(found, dict) else {}
