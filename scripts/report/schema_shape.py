"""Normalize a schema for comparison: resolve references, merge `allOf`, unify the ways to allow null."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import attrs

from pipeline.document import DocumentError, Node, as_items, as_node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.document import Document

PROSE = frozenset({"description", "summary", "title", "example", "examples", "externalDocs", "$comment", "xml"})

# The limits of a value: a greater one allows more (+1), less (-1), or is not comparable (0).
BOUNDS = {
    "maximum": 1,
    "exclusiveMaximum": 1,
    "maxLength": 1,
    "maxItems": 1,
    "maxProperties": 1,
    "minimum": -1,
    "exclusiveMinimum": -1,
    "minLength": -1,
    "minItems": -1,
    "minProperties": -1,
    "multipleOf": 0,
    "uniqueItems": 0,
    "pattern": 0,
}

_KNOWN_KEYWORDS = frozenset(BOUNDS) | {
    "$ref", "additionalProperties", "allOf", "anyOf", "const", "default", "deprecated", "enum", "format", "items",
    "nullable", "oneOf", "properties", "readOnly", "required", "type", "writeOnly", "$defs", "$id", "$anchor",
}  # fmt: skip
_NAMES = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas", "dependentRequired"})
_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_MAX_NAMES = 4
_OR_NULL = ", or null"
COMPONENT = "#/components/schemas/"
_TYPE_OF_VALUE = {
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "str": "string",
    "list": "array",
    "dict": "object",
}


@attrs.frozen
class Shape:
    """A schema's facts.

    `types` is None if no type is given; `alternatives` are those of oneOf or anyOf; `default` is a tuple of one value,
    or empty; `extra` is the schema of other fields, or whether they are allowed.
    """

    document: Document
    node: Node
    types: frozenset[str] | None
    nullable: bool
    values: tuple[object, ...] | None
    format: str | None
    bounds: Mapping[str, Any]
    default: tuple[object, ...]
    deprecated: bool
    properties: Mapping[str, Node]
    required: frozenset[str]
    items: Node
    extra: Node | bool
    alternatives: tuple[Node, ...]
    rest: Node
    """The keywords that no rule covers."""

    @property
    def is_open(self) -> bool:
        """Whether the schema allows any value at all."""
        return self.types is None and self.values is None and not self.alternatives


def component_name(node: Node) -> str | None:
    """Return the component's name if a node is only a reference to one."""
    reference = node.get("$ref")
    if not isinstance(reference, str) or not reference.startswith(COMPONENT):
        return None
    return reference.removeprefix(COMPONENT) if not meaning(node, without="$ref") else None


def meaning(node: Node, without: str = "") -> Node:
    """Return a schema without prose, and without the keyword `without`."""
    return {key: value for key, value in node.items() if key != without and not _is_prose(key, value)}


def _is_prose(key: str, value: object) -> bool:
    # Older revisions repeat the type as the format ("format": "string").
    return key in PROSE or key.startswith("x-") or (key == "format" and str(value) in _TYPES)


def shape_of(document: Document, node: Node) -> Shape:
    """Read a schema's facts.

    Raises:
        DocumentError: A reference cannot be resolved, or `allOf` refers to itself.
    """
    merged = _merge(document, node, ())
    alternatives, none_allowed = _alternatives(document, merged)
    if len(alternatives) == 1:
        merged = _combine([{**merged, "oneOf": [], "anyOf": []}, _merge(document, alternatives[0], ())])
        alternatives = ()
    types = _types(merged)
    values = _values(merged)
    nullable = none_allowed or merged.get("nullable") is True or "null" in (types or ())
    if values is not None and None in values:
        nullable, values = True, tuple(value for value in values if value is not None)
    if types is None and alternatives and (plain := _plain_types(alternatives)) is not None:
        types, alternatives, nullable = plain, (), nullable or "null" in plain
    return Shape(
        document=document,
        node=node,
        types=None if types is None else types - {"null"},
        nullable=nullable or (types is None and values is None and not alternatives),
        values=values,
        format=_text(merged.get("format")),
        bounds=_bounds(merged),
        default=(merged["default"],) if "default" in merged else (),
        deprecated=merged.get("deprecated") is True,
        properties={name: as_node(one) for name, one in as_node(merged.get("properties")).items()},
        required=frozenset(map(str, as_items(merged.get("required")))),
        items=as_node(merged.get("items")),
        extra=_extra(merged.get("additionalProperties", True)),
        alternatives=alternatives,
        rest={key: value for key, value in merged.items() if key not in _KNOWN_KEYWORDS},
    )


def signature(document: Document, node: object, trail: tuple[str, ...] = ()) -> str:
    """Serialize a schema with references resolved, so that equal strings mean equal schemas."""
    return json.dumps(_expand(document, node, trail), sort_keys=True, default=str)


def _expand(document: Document, node: object, trail: tuple[str, ...]) -> object:
    if isinstance(node, list):
        return [_expand(document, item, trail) for item in cast(list[Any], node)]
    if not isinstance(node, dict):
        return node
    mapping = cast(Node, node)
    reference = mapping.get("$ref")
    if isinstance(reference, str):
        if reference in trail:
            return {"again": len(trail) - trail.index(reference)}
        return _expand(document, document.follow(mapping), (*trail, reference))
    return {
        key: {name: _expand(document, one, trail) for name, one in cast(Node, value).items()}
        if key in _NAMES and isinstance(value, dict)
        else _expand(document, value, trail)
        for key, value in meaning(mapping).items()
    }


def _merge(document: Document, node: Node, trail: tuple[str, ...]) -> Node:
    reference = node.get("$ref")
    parts: list[Node] = []
    if isinstance(reference, str):
        if reference in trail:
            raise DocumentError(f"allOf refers to itself at {reference!r}")
        trail = (*trail, reference)
        parts.append(_merge(document, document.follow({"$ref": reference}), trail))
    parts += [_merge(document, as_node(part), trail) for part in as_items(node.get("allOf"))]
    return _combine([*parts, {key: value for key, value in meaning(node).items() if key not in {"$ref", "allOf"}}])


def _combine(parts: list[Node]) -> Node:
    result: Node = {}
    for part in parts:
        properties = {**as_node(result.get("properties")), **as_node(part.get("properties"))}
        required = [*as_items(result.get("required")), *as_items(part.get("required"))]
        result |= part
        result |= {"properties": properties} if properties else {}
        result |= {"required": required} if required else {}
    return result


def _alternatives(document: Document, merged: Node) -> tuple[tuple[Node, ...], bool]:
    listed = [as_node(one) for one in (*as_items(merged.get("oneOf")), *as_items(merged.get("anyOf")))]
    alternatives = tuple(one for one in listed if meaning(document.follow(one)) != {"type": "null"})
    return alternatives, len(alternatives) < len(listed)


def _plain_types(alternatives: tuple[Node, ...]) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for one in alternatives:
        types = _types(one)
        if types is None or not meaning(one).keys() <= {"type", "nullable"}:
            return None
        found |= types | ({"null"} if one.get("nullable") is True else set[str]())
    return found


def _types(merged: Node) -> frozenset[str] | None:
    declared = merged.get("type")
    if isinstance(declared, str):
        return frozenset({declared})
    if isinstance(declared, list):
        return frozenset(map(str, cast(list[Any], declared)))
    if "properties" in merged:
        return frozenset({"object"})
    if "items" in merged:
        return frozenset({"array"})
    if (values := _values(merged)) is not None:
        return frozenset(_TYPE_OF_VALUE.get(type(value).__name__, "null") for value in values)
    return None


def _values(merged: Node) -> tuple[object, ...] | None:
    if "const" in merged:
        return (merged["const"],)
    return tuple(as_items(merged["enum"])) if "enum" in merged else None


def _bounds(merged: Node) -> Node:
    found = {key: merged[key] for key in BOUNDS if key in merged}
    for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        # In OpenAPI 3.0 it is a boolean, in 3.1 the limit itself.
        if found.get(exclusive) is True and plain in found:
            found[exclusive] = found.pop(plain)
        elif found.get(exclusive) is False:
            del found[exclusive]
    return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _extra(value: object) -> Node | bool:
    if isinstance(value, bool):
        return value
    return meaning(as_node(value)) or True


def describe(shape: Shape) -> str:
    """Describe the values of a shape in a few words."""
    if shape.is_open:
        return "any value"
    if shape.alternatives and shape.types is None:
        names = [named(shape.document, one).removesuffix(_OR_NULL) for one in shape.alternatives]
        text = f"one of: {', '.join(names)}"
    else:
        text = " or ".join(sorted(shape.types or ())) or "null"
    if shape.items and shape.types == frozenset({"array"}):
        text = f"array of {named(shape.document, shape.items)}"
    if shape.properties:
        names = [f"`{name}`" for name in shape.properties]
        text += f" with {', '.join(names[:_MAX_NAMES])}{', …' if len(names) > _MAX_NAMES else ''}"
    if shape.format:
        text += f" ({shape.format})"
    if shape.values is not None:
        text += f" ({', '.join(map(as_code, shape.values))})"
    return text + _OR_NULL if shape.nullable and text != "null" else text


def named(document: Document, node: Node) -> str:
    """Return the name of the component that a schema refers to, or describe the schema."""
    name = component_name(node)
    return f"`{name}`" if name else describe(shape_of(document, node))


def as_code(value: object) -> str:
    """Return a JSON value as code in Markdown: a string unquoted, other values as JSON."""
    return f"`{value}`" if isinstance(value, str) and value else f"`{json.dumps(value, ensure_ascii=False)}`"
