"""The general rules of `spec/corrections.yaml` (`x-rules`): what is true of all operations or all answers.

A rule is a function from a document to what it changes in it. Each has its reason in the corrections, and its
parameters: no name of a schema or a field stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["METHODS", "RULES", "apply", "operations"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The methods of OpenAPI 3.1. A path's further keys that hold an operation are methods too (QUERY)."""

_NOT_METHODS = {"$ref", "summary", "description", "servers", "parameters"}

Node = dict[str, Any]


def apply(document: Node, rules: list[Node]) -> None:
    """Apply each rule, in place, in the order in which they are listed."""
    for rule in rules:
        RULES[rule["rule"]](document, rule)


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Each operation with its path and its method."""
    for path, item in cast("dict[str, Node]", document.get("paths", {})).items():
        for method, operation in item.items():
            if method not in _NOT_METHODS and not method.startswith("x-") and isinstance(operation, dict):
                yield path, method, cast("Node", operation)


def name_by_noun_and_verb(document: Node, _: Node) -> None:
    """`models.versions.list` is the verb `list` of the noun `models_versions`; a lone word is both."""
    for _path, _method, operation in operations(document):
        words = str(operation.get("operationId", "")).split(".")
        if words != [""]:
            operation["tags"] = ["_".join(words[:-1]) or words[0]]
            operation["operationId"] = words[-1]


def null_is_a_type(document: Node, _: Node) -> None:
    """`nullable: true`, of OpenAPI 3.0, said as 3.1 says it."""
    for schema in _schemas(document):
        if schema.pop("nullable", False) and isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]


def answers_are_open(document: Node, rule: Node) -> None:
    """In answers, only the fields listed under `certain` are required, and an enum may hold another word."""
    certain: dict[str, list[str]] = rule["certain"]
    for schema in _answer_schemas(document):
        names = {*certain.get("*", []), *certain.get(str(schema.get("title")), [])}
        properties = cast("dict[str, Node]", schema.get("properties", {}))
        schema.pop("required", None)
        required = [name for name in properties if name in names]
        if required:
            schema["required"] = required
        for name, value in properties.items():
            properties[name] = _opened(value)
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]


def _opened(schema: Node) -> Node:
    if "enum" not in schema:
        return schema
    prose = {"description": schema["description"]} if "description" in schema else {}
    return {**prose, "anyOf": [schema, {"type": "string"}]}


def lists_take_a_cursor(document: Node, rule: Node) -> None:
    """Where an answer has `next` and `results`, the operation takes the parameter."""
    for _path, method, operation in operations(document):
        if method == "get" and any(
            {"next", "results"} <= set(schema.get("properties", {}))
            for schema in _content_schemas(document, _successes(operation))
        ):
            operation.setdefault("parameters", []).append(dict(rule["parameter"]))


def refusals_are_problems(document: Node, rule: Node) -> None:
    """Every operation may answer with a problem; a status that it says is refused brings one too."""
    for _path, _method, operation in operations(document):
        responses = cast("dict[str, Node]", operation["responses"])
        for status, response in responses.items():
            if status[0] not in "12d":
                response["content"] = rule["response"]["content"]
        responses.setdefault("default", dict(rule["response"]))


def bodies_are_required(document: Node, _: Node) -> None:
    """A body that is described has to be sent."""
    for _path, _method, operation in operations(document):
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True


RULES: dict[str, Callable[[Node, Node], None]] = {
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
        for media in cast("dict[str, Node]", response.get("content", {})).values():
            if "schema" in media:
                yield _resolved(document, media["schema"])


def _answer_schemas(document: Node) -> Iterator[Node]:
    """Each schema that an answer can hold, at any depth, once."""
    answers = [
        response
        for _path, _method, operation in operations(document)
        for response in cast("dict[str, Node]", operation["responses"]).values()
    ]
    roots = list(_content_schemas(document, iter(answers)))
    seen: set[int] = set()
    while roots:
        schema = roots.pop()
        if id(schema) not in seen:
            seen.add(id(schema))
            yield schema
            roots.extend(_resolved(document, inner) for inner in _inner(schema))


def _schemas(document: Node) -> Iterator[Node]:
    """Each schema that stands in the document, wherever it does."""
    components = cast("Node", document.get("components", {}))
    roots: list[Any] = [*components.get("schemas", {}).values(), *components.get("parameters", {}).values()]
    roots.append(document.get("paths", {}))
    while roots:
        node = roots.pop()
        if isinstance(node, dict):
            found = cast("Node", node)
            if "type" in found or "nullable" in found:
                yield found
            roots.extend(found.values())
        elif isinstance(node, list):
            roots.extend(cast("list[Any]", node))


def _inner(schema: Node) -> Iterator[Node]:
    yield from cast("dict[str, Node]", schema.get("properties", {})).values()
    for key in ("allOf", "anyOf", "oneOf"):
        yield from schema.get(key, [])
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield schema[key]


def _resolved(document: Node, schema: Node) -> Node:
    seen: set[str] = set()
    while "$ref" in schema and schema["$ref"] not in seen:
        seen.add(schema["$ref"])
        found = document
        for step in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = cast("Node", found.get(step.replace("~1", "/").replace("~0", "~"), {}))
        schema = found
    return schema
