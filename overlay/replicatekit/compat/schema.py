"""Schemas of versions built with Cog before 0.3.9, which does not mark iterators."""

from __future__ import annotations

import re
from typing import Any, cast

from replicatekit.compat._impl.types import VersionLike

__all__ = ["is_iterator", "make_schema_backwards_compatible", "version_has_no_array_type"]

_NUMBERS = re.compile(
    r"\s*v?(\d{1,6}(?:\.\d{1,6}){0,9})((?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)[-_.]?\d*)?)\S*\s*"
)
_MARKS = (0, 3, 9)


def version_has_no_array_type(cog_version: str) -> bool | None:
    """Return whether a version of Cog does not mark iterators; None if the text is not a version."""
    match = _NUMBERS.fullmatch(cog_version) if isinstance(cog_version, str) else None  # pyright: ignore[reportUnnecessaryIsInstance] (answers leave it out)
    if match is None:
        return None
    numbers = tuple(int(number) for number in match[1].split("."))
    padded = numbers + (0,) * (len(_MARKS) - len(numbers))
    return padded < _MARKS or (padded == _MARKS and bool(match[2]))


def make_schema_backwards_compatible(schema: dict[str, Any], cog_version: str) -> dict[str, Any]:
    """Mark array outputs of schemas from Cog before 0.3.9 as iterators, and return the schema."""
    output = _output(schema)
    if version_has_no_array_type(cog_version) and output.get("type") == "array":
        output["x-cog-array-type"] = "iterator"
    return schema


def is_iterator(version: VersionLike | None) -> bool:
    """Return whether a version's output is an iterator."""
    if version is None:
        return False
    output = _output(make_schema_backwards_compatible(version.openapi_schema or {}, version.cog_version))
    return output.get("type") == "array" and output.get("x-cog-array-type") == "iterator"


def _output(schema: dict[str, Any]) -> dict[str, Any]:
    node: Any = schema
    for key in ("components", "schemas", "Output"):
        node = cast("dict[str, Any]", node).get(key) if isinstance(node, dict) else None
    return cast("dict[str, Any]", node) if isinstance(node, dict) else {}
