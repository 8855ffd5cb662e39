"""Classes with fields of any kind: their fields, and their values as dicts."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any, cast

import attrs


def fields_of(kind: Any) -> dict[str, Any] | None:
    """Return the fields of a TypedDict, dataclass, attrs class, NamedTuple or pydantic model, or None."""
    if not isinstance(kind, type):
        return None
    kind = cast("type[Any]", kind)
    if (
        dataclasses.is_dataclass(kind)
        or attrs.has(kind)
        or typing.is_typeddict(kind)
        or hasattr(kind, "_fields")
        or hasattr(kind, "model_fields")
    ):
        return {
            name: annotation for name, annotation in typing.get_type_hints(kind).items() if not name.startswith("_")
        }
    return None


def as_dict(value: Any) -> dict[str, Any] | None:
    """Return the fields of an object with their values; None if it has no fields."""
    if isinstance(value, dict):
        return {str(key): field for key, field in cast("dict[Any, Any]", value).items()}
    fields = fields_of(type(value))
    return None if fields is None else {name: getattr(value, name) for name in fields}
