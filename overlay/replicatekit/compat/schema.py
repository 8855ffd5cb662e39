"""Schemas of versions that were built with a Cog from before 0.3.9: those do not mark iterators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from replicatekit.compat.version import Version

__all__ = ["gives_an_iterator", "make_schema_backwards_compatible", "version_has_no_array_type"]

_NUMBERS = re.compile(
    r"\s*v?(\d{1,6}(?:\.\d{1,6}){0,9})((?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)[-_.]?\d*)?)\S*\s*"
)
_MARKS = (0, 3, 9)


def version_has_no_array_type(cog_version: str) -> bool | None:
    """Whether a version of Cog is one that does not mark iterators; None where it is no version."""
    found = _NUMBERS.fullmatch(cog_version) if isinstance(cog_version, str) else None  # pyright: ignore[reportUnnecessaryIsInstance] (answers leave it out)
    if found is None:
        return None
    numbers = tuple(int(number) for number in found[1].split("."))
    padded = numbers + (0,) * (len(_MARKS) - len(numbers))
    return padded < _MARKS or (padded == _MARKS and bool(found[2]))


def make_schema_backwards_compatible(schema: dict[str, Any], cog_version: str) -> dict[str, Any]:
    """The schema, in which an array that an old Cog gives is marked as an iterator."""
    output = _output(schema)
    if version_has_no_array_type(cog_version) and output.get("type") == "array":
        output["x-cog-array-type"] = "iterator"
    return schema


def gives_an_iterator(version: Version | None) -> bool:
    """Whether what a version gives comes item by item."""
    if version is None:
        return False
    output = _output(make_schema_backwards_compatible(version.openapi_schema or {}, version.cog_version))
    return output.get("type") == "array" and output.get("x-cog-array-type") == "iterator"


def _output(schema: dict[str, Any]) -> dict[str, Any]:
    node: Any = schema
    for key in ("components", "schemas", "Output"):
        node = cast("dict[str, Any]", node).get(key) if isinstance(node, dict) else None
    return cast("dict[str, Any]", node) if isinstance(node, dict) else {}
