"""The general rules of `spec/corrections.yaml` (`x-rules`): what is true of all operations or all answers.

A rule is a function that changes a document, and says what of it found nothing to apply to. Each has its reason in the
corrections, and its parameters: no name of a schema or a field stands here.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from pipeline.errors import GenerationFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["METHODS", "RULES", "apply", "at", "inline_path_items", "loosen", "nodes", "operations", "resolved"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The methods of OpenAPI 3.1. A path's further keys that hold an operation are methods too (QUERY)."""

_NOT_METHODS = {"$ref", "summary", "description", "servers", "parameters", "additionalOperations"}

Node = dict[str, Any]

NOTHING = ["there is nothing that it applies to"]


def apply(document: Node, rules: list[Node]) -> list[str]:
    """Apply each rule, in place, in the order in which they are listed; what did not apply is named."""
    unapplied: list[str] = []
    for rule in rules:
        name = rule.get("rule")
        if name not in RULES:
            raise GenerationFailed(f"x-rules: there is no rule {name!r}, only {', '.join(RULES)}")
        unapplied += [f"rule {name}: {said}" for said in RULES[name](document, rule)]
    return unapplied


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Each operation with its path and its method, `additionalOperations` (OpenAPI 3.2) included."""
    for path, item in cast("dict[str, Node]", document.get("paths", {})).items():
        for method, operation in {**item, **item.get("additionalOperations", {})}.items():
            if method not in _NOT_METHODS and not method.startswith("x-") and isinstance(operation, dict):
                yield path, method, cast("Node", operation)


def inline_path_items(document: Node) -> None:
    """Put a path that is described elsewhere in its place.

    Raises:
        GenerationFailed: It is not in the document.
    """
    for path, item in cast("dict[str, Node]", document.get("paths", {})).items():
        if "$ref" in item:
            found = resolved(document, item)
            if not found or "$ref" in found:
                raise GenerationFailed(f"{path}: there is no {item['$ref']} in the document")
            own = {key: value for key, value in item.items() if key != "$ref"}
            item.clear()
            item.update({**found, **own})


def loosen(document: Node, original: Node) -> list[str]:
    """Where the corrections refer to what another document does not have, any value is taken; each such is named."""
    theirs = {node["$ref"] for node in nodes(original) if isinstance(node.get("$ref"), str)}
    dangling = [
        node
        for node in nodes(document)
        if isinstance(node.get("$ref"), str) and node["$ref"] not in theirs and not resolved(document, node)
    ]
    missing = sorted({node["$ref"] for node in dangling})
    for node in dangling:
        node.clear()
    return [f"there is no {reference} to refer to" for reference in missing]


def name_by_noun_and_verb(document: Node, _: Node) -> list[str]:
    """`models.versions.list` is the verb `list` of the noun `models_versions`; a lone word is both."""
    named = False
    for _path, _method, operation in operations(document):
        *nouns, verb = str(operation.get("operationId", "")).split(".")
        if nouns or (verb and not operation.get("tags")):
            operation["tags"] = ["_".join(nouns) or verb]
            operation["operationId"] = verb
            named = True
    return [] if named else NOTHING


def null_is_a_type(document: Node, _: Node) -> list[str]:
    """`nullable: true`, of OpenAPI 3.0, said as 3.1 says it."""
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


def answers_are_open(document: Node, rule: Node) -> list[str]:
    """In answers, only the fields listed under `certain` are required, and an enum may hold another word."""
    certain: dict[str, list[str]] = rule["certain"]
    unseen = {title: set(names) for title, names in certain.items()}
    for schema in _answer_schemas(document):
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
            properties[name] = _opened(value)
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
    return [f"{title}: no answer has {', '.join(sorted(names))}" for title, names in unseen.items() if names]


def _opened(schema: Node) -> Node:
    words = [word for word in schema.get("enum", []) if word is not None]
    if not words or not all(isinstance(word, str) for word in words):
        return schema
    prose = {"description": schema["description"]} if "description" in schema else {}
    return {**prose, "anyOf": [schema, {"type": "string"}]}


def lists_take_a_cursor(document: Node, rule: Node) -> list[str]:
    """Where an answer has `next` and `results`, the operation takes the parameter."""
    found = False
    for path, method, operation in operations(document):
        given = [*operation.get("parameters", []), *document["paths"][path].get("parameters", [])]
        names = {resolved(document, parameter).get("name") for parameter in given}
        if method == "get" and rule["parameter"]["name"] not in names and _pages(document, operation):
            operation.setdefault("parameters", []).append(copy.deepcopy(rule["parameter"]))
            found = True
    return [] if found else NOTHING


def _pages(document: Node, operation: Node) -> bool:
    answers = _content_schemas(document, _successes(operation))
    return any({"next", "results"} <= set(schema.get("properties", {})) for schema in answers)


def refusals_are_problems(document: Node, rule: Node) -> list[str]:
    """Every operation may answer with a problem; a status that announces some of its fields has them all."""
    (content,) = rule["response"]["content"].values()
    fields = set(resolved(document, content["schema"]).get("properties", {}))
    if not fields:
        return [f"there is no {content['schema']['$ref']} in the document"]
    for _path, _method, operation in operations(document):
        responses = cast("dict[str, Node]", operation.get("responses", {}))
        for status, response in responses.items():
            if status[0] not in "12d" and _announced(response) <= fields:
                response["content"] = copy.deepcopy(rule["response"]["content"])
        responses.setdefault("default", copy.deepcopy(rule["response"]))
    return []


def _announced(response: Node) -> set[str]:
    """The fields that an answer is said to have; what is described otherwise has a description of its own."""
    if "$ref" in response:
        return {"$ref"}
    schemas = [media.get("schema", {}) for media in cast("dict[str, Node]", response.get("content", {})).values()]
    return {name for schema in schemas for name in _fields(schema)}


def _fields(schema: Node) -> set[str]:
    bare = set(schema) <= {"type", "title", "description"} and schema.get("type", "object") == "object"
    return set(schema.get("properties", set() if bare else {"its own"}))


def bodies_are_required(document: Node, _: Node) -> list[str]:
    """A body that is described has to be sent."""
    bodies = [operation.get("requestBody", {}) for _path, _method, operation in operations(document)]
    silent = [body for body in bodies if body and "required" not in body and "$ref" not in body]
    for body in silent:
        body["required"] = True
    return [] if silent else NOTHING


RULES: dict[str, Callable[[Node, Node], list[str]]] = {
    "name-by-noun-and-verb": name_by_noun_and_verb,
    "null-is-a-type": null_is_a_type,
    "answers-are-open": answers_are_open,
    "lists-take-a-cursor": lists_take_a_cursor,
    "refusals-are-problems": refusals_are_problems,
    "bodies-are-required": bodies_are_required,
}
"""The rules by the names that the corrections call them by."""


def _successes(operation: Node) -> Iterator[Node]:
    for status, response in cast("dict[str, Node]", operation.get("responses", {})).items():
        if status.startswith("2"):
            yield response


def _content_schemas(document: Node, responses: Iterator[Node]) -> Iterator[Node]:
    for response in responses:
        for media in cast("dict[str, Node]", resolved(document, response).get("content", {})).values():
            if "schema" in media:
                yield resolved(document, media["schema"])


def _answer_schemas(document: Node) -> Iterator[Node]:
    """Each schema that an answer can hold, at any depth, once."""
    answers = [
        response
        for _path, _method, operation in operations(document)
        for response in cast("dict[str, Node]", operation.get("responses", {})).values()
    ]
    roots = list(_content_schemas(document, iter(answers)))
    seen: set[int] = set()
    while roots:
        schema = roots.pop()
        if id(schema) not in seen:
            seen.add(id(schema))
            yield schema
            roots.extend(resolved(document, inner) for inner in _inner(schema))


def nodes(document: Node) -> Iterator[Node]:
    """Each object that stands in the paths and the components, at any depth."""
    waiting: list[Any] = [document.get("paths", {}), document.get("components", {})]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield cast("Node", node)
            waiting.extend(cast("Node", node).values())
        elif isinstance(node, list):
            waiting.extend(cast("list[Any]", node))


def _inner(schema: Node) -> Iterator[Node]:
    yield from cast("dict[str, Node]", schema.get("properties", {})).values()
    for key in ("allOf", "anyOf", "oneOf", "prefixItems"):
        yield from schema.get(key, [])
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield schema[key]


def resolved(document: Node, node: Node) -> Node:
    """What a node refers to within the document, or the node itself; empty where there is no such thing."""
    seen: set[str] = set()
    while "$ref" in node and node["$ref"] not in seen:
        seen.add(node["$ref"])
        node = at(document, str(node["$ref"]))
    return node


def at(document: Node, reference: str) -> Node:
    """The object at a reference within the document; empty where there is none."""
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(cast("list[Any]", found)):
            found = cast("list[Any]", found)[int(name)]
        else:
            found = cast("Node", found).get(name) if isinstance(found, dict) else None
    return cast("Node", found) if isinstance(found, dict) else {}
