"""What a model takes, from its schema: for help texts, and for turning words of a command line into values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import attrs

from replicatekit._schema_nodes import Node, SchemaDocument, is_uri, types_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["InputField", "input_fields"]


@attrs.frozen
class InputField:
    """One input of a model."""

    name: str
    type: str
    """`string`, `integer`, `number`, `boolean`, `array`, `object`; several as `integer | string`; else `any`."""
    item_type: str | None
    """The same for the items of an array; None for all else."""
    required: bool
    has_default: bool
    default: Any
    """None where there is none, and where it is null: see `has_default`."""
    enum: tuple[Any, ...]
    """The only values it may have; empty where there is no such list."""
    minimum: float | None
    maximum: float | None
    description: str
    is_file: bool
    """Whether it, or each of its items, is a file."""
    is_secret: bool
    """Whether it is not to be shown, such as a token."""
    nullable: bool


def input_fields(schema: object, name: str = "Input") -> tuple[InputField, ...]:
    """The inputs of a model in the order of their `x-order`; nothing in a schema can make this fail.

    Args:
        schema: The version's `openapi_schema`.
        name: The component that describes them; `TrainingInput` for those of trainings.
    """
    document = SchemaDocument(schema)
    branches = document.branches([document.component(name)])
    properties: dict[str, object] = {}
    required: set[object] = set()
    for node in branches:
        given = node.get("properties")
        if isinstance(given, dict):
            for key, value in cast("dict[object, object]", given).items():
                if isinstance(key, str):
                    properties.setdefault(key, value)
        if isinstance(node.get("required"), list):
            required.update(key for key in node["required"] if isinstance(key, str))
    fields = [
        (_order(document.branches([node])), _field(document, key, node, required=key in required))
        for key, node in properties.items()
    ]
    return tuple(field for _, field in sorted(fields, key=lambda pair: pair[0]))


def _field(document: SchemaDocument, name: str, node: object, *, required: bool) -> InputField:
    certain = document.branches([node], certain=True)
    possible = document.branches([node])
    items = document.branches(document.items(possible, 0))
    enum: list[Any] = _first(certain, "enum", lambda value: isinstance(value, list)) or []
    types = _types(possible, enum)
    described = next((one for one in certain if "default" in one), None)
    return InputField(
        name=name,
        type=_joined(types),
        item_type=_joined(_types(items, [])) if "array" in types else None,
        required=required,
        has_default=described is not None,
        default=described["default"] if described else None,
        enum=tuple(enum),
        minimum=_first(certain, "minimum", _is_number),
        maximum=_first(certain, "maximum", _is_number),
        description=_first(certain, "description", lambda value: isinstance(value, str)) or "",
        is_file=any(map(is_uri, possible)) or any(map(is_uri, items)),
        is_secret=any(one.get("format") == "password" or one.get("x-cog-secret") is True for one in possible),
        nullable="null" in types or _allows_null(certain),
    )


def _types(branches: Iterable[Node], enum: list[Any]) -> list[str]:
    found: dict[str, None] = {}
    for node in branches:
        found.update(dict.fromkeys(types_of(node)))
        if not types_of(node):
            found.update({kind: None for key, kind in _IMPLIED.items() if key in node})
    return list(found) or list(dict.fromkeys(_type_of(value) for value in enum))


_IMPLIED = {"properties": "object", "items": "array"}


def _type_of(value: object) -> str:
    names: dict[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    return names.get(type(value), "any")


def _joined(types: list[str]) -> str:
    return " | ".join(one for one in types if one != "null") or "any"


def _allows_null(branches: Iterable[Node]) -> bool:
    null = {"type": "null"}
    return any(isinstance(node.get(key), list) and null in node[key] for node in branches for key in ("anyOf", "oneOf"))


def _order(branches: Iterable[Node]) -> float:
    order = _first(branches, "x-order", _is_number)
    return math.inf if order is None else order


def _first(branches: Iterable[Node], key: str, fits: Callable[[Any], bool]) -> Any:
    return next((node[key] for node in branches if key in node and fits(node[key])), None)


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)
