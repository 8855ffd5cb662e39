"""Schemas of a document: finding them all, and writing them in the one form that the generator understands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from pipeline import rules
from pipeline.models import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["COMPONENTS", "booleans_as_objects", "discriminators", "normalise", "of_document", "parts"]

COMPONENTS = "#/components/schemas/"

_ONE = (
    *("additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")
_PROSE = {DEFAULT, "deprecated", "description", "format", "nullable", "readOnly", "title", "writeOnly"}
_FLAGS = {"additionalProperties", "unevaluatedItems", "unevaluatedProperties"}
_TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}

Node = dict[str, Any]
Place = tuple[Any, Any]
"""What holds a schema, and the key or the index at which it stands."""


def of_document(document: Node) -> Iterator[Place]:
    """Yield the place of each schema of a document, an outer schema before those in it."""
    components = _node(document.get("components"))
    for name in list(_node(components.get("schemas"))):
        yield from _below(components["schemas"], name)
    holders = [_node(item) for item in _node(document.get("paths")).values()]
    holders += [_node(components.get(kind)) for kind in ("parameters", "requestBodies", "responses", "headers")]
    for holder in holders:
        yield from _in_messages(holder)


def _in_messages(node: Any) -> Iterator[Place]:
    """The schemas of parameters, bodies, answers and headers, wherever they stand."""
    waiting: list[Any] = [node]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, dict):
            known = cast("Node", each)
            for key in [key for key in ("schema", "itemSchema") if isinstance(known.get(key), (dict, bool))]:
                yield from _below(known, key)
            rest = [value for key, value in known.items() if key not in {"schema", "itemSchema", "example", "examples"}]
            waiting.extend(rest)
        elif isinstance(each, list):
            waiting.extend(cast("list[Any]", each))


def _below(holder: Any, key: Any) -> Iterator[Place]:
    yield holder, key
    for place in parts(holder[key]):
        yield from _below(*place)


def parts(schema: Any) -> Iterator[Place]:
    """Yield the places of the schemas that stand directly in a schema."""
    known = _node(schema)
    for key in _ONE:
        if isinstance(known.get(key), (dict, bool)):
            yield known, key
    for key in _LISTS:
        each = known.get(key)
        if isinstance(each, list):
            items = cast("list[Any]", each)
            yield from ((items, index) for index in range(len(items)))
    for key in _MAPS:
        inner = _node(known.get(key))
        yield from ((inner, name) for name in list(inner))


def booleans_as_objects(document: Node) -> None:
    """Write each boolean that stands for a schema as an object, in place: any value, or none."""
    for holder, key in list(of_document(document)):
        if isinstance(holder[key], bool) and key not in _FLAGS:
            holder[key] = {} if holder[key] else {"not": {}}


def normalise(document: Node) -> None:
    """Write what has several spellings in one of them, in place.

    An enum with null becomes an enum or null, a reference to a schema that stands elsewhere in the document one to a
    component, and a reference to a base class with a discriminator the union of its subclasses. Keywords that nothing
    is generated from are removed: the generator does not expect all that they can hold.
    """
    booleans_as_objects(document)
    for holder, key in of_document(document):  # an outer schema first: what it loses is not looked at
        if isinstance(holder[key], dict):
            _normalise_one(cast("Node", holder[key]))
    for holder, key in list(of_document(document)):
        if _node(holder[key]).get("allOf"):
            _merge_scalars(document, holder[key])
    _hoist_references(document)
    _name_subclasses(document)


def _merge_scalars(document: Node, schema: Node) -> None:
    """Write an `allOf` of what is no object as the one schema that it is: the generator knows those of objects only."""
    parts = cast("list[Node]", schema["allOf"])
    telling = [part for part in parts if set(part) - _PROSE]
    if any(_is_object(rules.resolved(document, part)) for part in telling):
        schema["allOf"] = telling
        return
    del schema["allOf"]
    for part in parts:
        for key, value in part.items():
            if key in _PROSE or key not in schema:
                schema.setdefault(key, value)
    references = [part["$ref"] for part in telling if "$ref" in part]
    if references:
        schema["$ref"] = references[0]


def _is_object(schema: Node) -> bool:
    kinds = {"additionalProperties", "allOf", "anyOf", "oneOf", "properties"}
    return bool(kinds & schema.keys()) or schema.get("type") == "object" or "object" in (schema.get("type") or ())


_IGNORED = (
    *("contains", "contentSchema", "dependentSchemas", "else", "example", "examples", "externalDocs", "if", "not"),
    *("patternProperties", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties", "xml"),
)
_LIMITS = (
    *("exclusiveMaximum", "exclusiveMinimum", "maxItems", "maxLength", "maxProperties", "maximum", "minItems"),
    *("minLength", "minProperties", "minimum", "multipleOf", "pattern", "uniqueItems"),
)


def _normalise_one(schema: Node) -> None:
    if isinstance(schema.get("$ref"), str):
        return
    for key in (*_IGNORED, *_LIMITS):  # nothing is validated, so nothing is made of them
        schema.pop(key, None)
    if "default" in schema:
        schema[DEFAULT] = schema.pop("default")
    if schema.get("required") in (True, False):  # of draft 3; in OpenAPI it is a list, beside the properties
        del schema["required"]
    if schema.get("enum") == []:
        del schema["enum"]
    _known_types(schema)
    if schema.get("type") == "array" and "items" not in schema:
        members = schema.pop("prefixItems", [])
        items: Node = {"anyOf": members} if members else {}
        schema["items"] = items
    if [*map(list, schema.get("allOf", []))] == [["$ref"]] and schema.get("properties"):
        # The generator would take the reference for all of it.
        own: Node = {key: schema.pop(key) for key in ("properties", "required") if key in schema}
        schema["allOf"].append({"type": "object", **own})
    _nullable(schema)


def _known_types(schema: Node) -> None:
    given: Any = schema.get("type")
    types = cast("list[Any]", given) if isinstance(given, list) else [given]
    known = [each for each in types if each in _TYPES]
    if "type" in schema and len(known) < len(types):
        del schema["type"]
        if known:
            schema["type"] = known
    if isinstance(schema.get("type"), list) and len(schema["type"]) == 1:
        schema["type"] = schema["type"][0]


def _nullable(schema: Node) -> None:
    """Say once that an enum, an object or a list may be null: as a branch beside a schema that knows nothing of it."""
    types = cast("list[str]", schema["type"]) if isinstance(schema.get("type"), list) else []
    words = cast("list[Any]", schema.get("enum") or [])
    prose = {key: schema[key] for key in (DEFAULT, "description") if key in schema}
    if not words and {"array", "object"} & set(types):
        branches: list[Node] = [{**schema, "type": each} if each != "null" else {"type": "null"} for each in types]
        schema.clear()
        schema.update(prose, anyOf=branches)
        return
    if not words or ("null" not in types and None not in words):
        return
    plain = [each for each in types if each != "null"]
    inner = {key: value for key, value in schema.items() if key not in {DEFAULT, "description", "nullable"}}
    inner["enum"] = [word for word in words if word is not None]
    if plain:
        inner["type"] = plain[0] if len(plain) == 1 else plain
    if not inner["enum"]:
        inner = {"type": "null"}
    if "description" in schema:
        inner["description"] = schema["description"]
    schema.clear()
    schema.update(prose, anyOf=[inner, {"type": "null"}])


def _hoist_references(document: Node) -> None:
    """Make a component of each schema that is referred to where it stands: in a path, in a schema, in its `$defs`."""
    components = cast("Node", document.setdefault("components", {}).setdefault("schemas", {}))
    known = {f"{COMPONENTS}{name}": f"{COMPONENTS}{name}" for name in components}
    for holder, key in list(of_document(document)):
        reference = _node(holder[key]).get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#") or reference in known:
            continue
        target = rules.at(document, reference) or _local(components, reference)
        seen = {reference}
        while target and isinstance(target.get("$ref"), str) and target["$ref"] not in {*known, *seen}:
            seen.add(target["$ref"])
            target = rules.at(document, target["$ref"])
        if not target:
            continue
        if "$ref" in target:
            known[reference] = known.get(str(target["$ref"]), str(target["$ref"]))
            continue
        name = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", reference.split("/", 2)[-1]))
        last = re.sub(r"\W+", "_", reference.rsplit("/", 1)[-1]) or "Part"
        name = last if "/$defs/" in reference or "/definitions/" in reference else name.removeprefix("Schemas")
        while name in components:
            name = f"{name}_"
        components[name] = dict(target)
        known[reference] = f"{COMPONENTS}{name}"
    for holder, key in list(of_document(document)):
        reference = _node(holder[key]).get("$ref")
        if isinstance(reference, str) and reference in known:
            holder[key]["$ref"] = known[reference]


def _name_subclasses(document: Node) -> None:
    """Refer to the union of its subclasses wherever a base class with a discriminator is referred to."""
    components = cast("Node", document["components"]["schemas"])
    for name, schema in components.items():
        if "discriminator" not in schema or "oneOf" in schema or "anyOf" in schema:
            continue
        base = {"$ref": f"{COMPONENTS}{name}"}
        children = [
            child
            for child, each in components.items()
            if any(part.get("$ref") == base["$ref"] for part in cast("list[Node]", each.get("allOf", [])))
        ]
        if not children:
            continue
        union = {
            "oneOf": [{"$ref": f"{COMPONENTS}{child}"} for child in children],
            "discriminator": schema.pop("discriminator"),
        }
        for holder, key in list(of_document(document)):
            # In a list of `allOf` it is the base itself that is meant.
            if holder[key] == base and not _is_base(components, holder):
                holder[key] = union


def _is_base(components: Node, holder: Any) -> bool:
    return any(each.get("allOf") is holder for each in components.values())


def discriminators(document: Node) -> Iterator[tuple[str, dict[str | int, str], str]]:
    """Yield for each union with a discriminator: its key, the component for each of its values, and for any other."""
    for holder, key in of_document(document):
        schema = _node(holder[key])
        discriminator = _node(schema.get("discriminator"))
        branches = cast("list[Node]", schema.get("oneOf") or schema.get("anyOf") or [])
        names = [str(each.get("$ref", "")).removeprefix(COMPONENTS) for each in branches if each.get("type") != "null"]
        tag = discriminator.get("propertyName")
        if isinstance(tag, str) and names and all(names):
            mapping = {
                value: str(target).removeprefix(COMPONENTS)
                for value, target in _node(discriminator.get("mapping")).items()
            }
            known: dict[str | int, str] = {value: name for value, name in mapping.items() if name in names}
            for name in names:
                if name not in known.values():
                    known.update(dict.fromkeys(_constants(document, name, tag) or [name], name))
            yield tag, known, str(discriminator.get("defaultMapping", "")).removeprefix(COMPONENTS)


def _constants(document: Node, name: str, tag: str) -> list[str | int]:
    schema = rules.resolved(document, {"$ref": f"{COMPONENTS}{name}"})
    field = rules.resolved(document, _node(_node(schema.get("properties")).get(tag)))
    return [field["const"]] if "const" in field else cast("list[str | int]", field.get("enum", []))


def _local(components: Node, reference: str) -> Node | None:
    """What a reference means that was written for a schema by itself: `#/$defs/X`, `#/definitions/X`."""
    if reference.startswith(("#/$defs/", "#/definitions/")):
        for schema in list(components.values()):
            found = rules.resolved(_node(schema), {"$ref": reference})
            if found:
                return found
    return None


def _node(value: Any) -> Node:
    return cast("Node", value) if isinstance(value, dict) else {}
