"""Find all schemas of a document, and normalize them to the form that the generator understands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from pipeline import rules
from pipeline.models import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["COMPONENTS", "booleans_as_objects", "discriminators", "normalize", "of_document", "parts"]

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
"""The container of a schema, and its key or index there."""


def of_document(document: Node) -> Iterator[Place]:
    """Yield the place of each schema of a document, outer schemas before inner ones."""
    components = _node(document.get("components"))
    for name in list(_node(components.get("schemas"))):
        yield from _below(components["schemas"], name)
    holders = [_node(item) for item in _node(document.get("paths")).values()]
    holders += [_node(components.get(kind)) for kind in ("parameters", "requestBodies", "responses", "headers")]
    for holder in holders:
        yield from _in_messages(holder)


def _in_messages(node: Any) -> Iterator[Place]:
    """Yield the schemas of parameters, bodies, responses and headers, at any depth."""
    pending: list[Any] = [node]
    while pending:
        each = pending.pop(0)
        if isinstance(each, dict):
            known = cast("Node", each)
            for key in [key for key in ("schema", "itemSchema") if isinstance(known.get(key), (dict, bool))]:
                yield from _below(known, key)
            rest = [value for key, value in known.items() if key not in {"schema", "itemSchema", "example", "examples"}]
            pending.extend(rest)
        elif isinstance(each, list):
            pending.extend(cast("list[Any]", each))


def _below(holder: Any, key: Any) -> Iterator[Place]:
    yield holder, key
    for place in parts(holder[key]):
        yield from _below(*place)


def parts(schema: Any) -> Iterator[Place]:
    """Yield the places of the direct subschemas of a schema."""
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
    """Replace each boolean schema by an object, in place."""
    for holder, key in list(of_document(document)):
        if isinstance(holder[key], bool) and key not in _FLAGS:
            holder[key] = {} if holder[key] else {"not": {}}


def normalize(document: Node) -> None:
    """Normalize all schemas in place.

    An enum with null becomes an enum or null. A reference to any schema in the document becomes a reference to a
    component. A reference to a base class with a discriminator becomes the union of its subclasses. Keywords that are
    not used are removed, because the generator does not support all of their values.
    """
    booleans_as_objects(document)
    for holder, key in of_document(document):  # outer schemas first: what they lose is not visited
        if isinstance(holder[key], dict):
            _normalize_one(cast("Node", holder[key]))
    for holder, key in list(of_document(document)):
        if _node(holder[key]).get("allOf"):
            _merge_scalars(document, holder[key])
    _hoist_references(document)
    _expand_base_classes(document)


def _merge_scalars(document: Node, schema: Node) -> None:
    """Merge an `allOf` of scalars into one schema: the generator supports `allOf` of objects only."""
    parts = cast("list[Node]", schema["allOf"])
    significant = [part for part in parts if set(part) - _PROSE]
    if any(_is_object(rules.resolve(document, part)) for part in significant):
        schema["allOf"] = significant
        return
    del schema["allOf"]
    for part in parts:
        for key, value in part.items():
            if key in _PROSE or key not in schema:
                schema.setdefault(key, value)
    references = [part["$ref"] for part in significant if "$ref" in part]
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


def _normalize_one(schema: Node) -> None:
    if isinstance(schema.get("$ref"), str):
        return
    for key in (*_IGNORED, *_LIMITS):  # the generated package does not validate
        schema.pop(key, None)
    if "default" in schema:
        schema[DEFAULT] = schema.pop("default")
    if schema.get("required") in (True, False):  # JSON Schema draft 3; in OpenAPI `required` is a list
        del schema["required"]
    if schema.get("enum") == []:
        del schema["enum"]
    _known_types(schema)
    if schema.get("type") == "array" and "items" not in schema:
        members = schema.pop("prefixItems", [])
        items: Node = {"anyOf": members} if members else {}
        schema["items"] = items
    if [*map(list, schema.get("allOf", []))] == [["$ref"]] and schema.get("properties"):
        # The generator would ignore the properties next to the reference.
        own: Node = {key: schema.pop(key) for key in ("properties", "required") if key in schema}
        schema["allOf"].append({"type": "object", **own})
    _nullable(schema)


def _known_types(schema: Node) -> None:
    declared: Any = schema.get("type")
    types = cast("list[Any]", declared) if isinstance(declared, list) else [declared]
    known = [each for each in types if each in _TYPES]
    if "type" in schema and len(known) < len(types):
        del schema["type"]
        if known:
            schema["type"] = known
    if isinstance(schema.get("type"), list) and len(schema["type"]) == 1:
        schema["type"] = schema["type"][0]


def _nullable(schema: Node) -> None:
    """Move the null of an enum, an object or a list into a branch of `anyOf`."""
    types = cast("list[str]", schema["type"]) if isinstance(schema.get("type"), list) else []
    values = cast("list[Any]", schema.get("enum") or [])
    prose = {key: schema[key] for key in (DEFAULT, "description") if key in schema}
    if not values and {"array", "object"} & set(types):
        branches: list[Node] = [{**schema, "type": each} if each != "null" else {"type": "null"} for each in types]
        schema.clear()
        schema.update(prose, anyOf=branches)
        return
    if not values or ("null" not in types and None not in values):
        return
    plain = [each for each in types if each != "null"]
    inner = {key: value for key, value in schema.items() if key not in {DEFAULT, "description", "nullable"}}
    inner["enum"] = [value for value in values if value is not None]
    if plain:
        inner["type"] = plain[0] if len(plain) == 1 else plain
    if not inner["enum"]:
        inner = {"type": "null"}
    if "description" in schema:
        inner["description"] = schema["description"]
    schema.clear()
    schema.update(prose, anyOf=[inner, {"type": "null"}])


def _hoist_references(document: Node) -> None:
    """Make a component of each schema that is referenced elsewhere: in a path, in a schema, in `$defs`."""
    components = cast("Node", document.setdefault("components", {}).setdefault("schemas", {}))
    known = {f"{COMPONENTS}{name}": f"{COMPONENTS}{name}" for name in components}
    for holder, key in list(of_document(document)):
        reference = _node(holder[key]).get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#") or reference in known:
            continue
        target = rules.lookup(document, reference) or _local(components, reference)
        seen = {reference}
        while target and isinstance(target.get("$ref"), str) and target["$ref"] not in {*known, *seen}:
            seen.add(target["$ref"])
            target = rules.lookup(document, target["$ref"])
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


def _expand_base_classes(document: Node) -> None:
    """Replace references to a base class with a discriminator by the union of its subclasses."""
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
            # In `allOf`, the reference means the base class itself.
            if holder[key] == base and not _is_base(components, holder):
                holder[key] = union


def _is_base(components: Node, holder: Any) -> bool:
    return any(each.get("allOf") is holder for each in components.values())


def discriminators(document: Node) -> Iterator[tuple[str, dict[str | int, str], str]]:
    """Yield the key of each discriminator, the component for each of its values, and the default component."""
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
    schema = rules.resolve(document, {"$ref": f"{COMPONENTS}{name}"})
    field = rules.resolve(document, _node(_node(schema.get("properties")).get(tag)))
    return [field["const"]] if "const" in field else cast("list[str | int]", field.get("enum", []))


def _local(components: Node, reference: str) -> Node | None:
    """Resolve a reference relative to a schema: `#/$defs/X`, `#/definitions/X`."""
    if reference.startswith(("#/$defs/", "#/definitions/")):
        for schema in list(components.values()):
            found = rules.resolve(_node(schema), {"$ref": reference})
            if found:
                return found
    return None


def _node(value: Any) -> Node:
    return cast("Node", value) if isinstance(value, dict) else {}
