"""The facts of a document: all values except prose, by their paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NAMED", "PROSE", "Pointer", "facts_of", "format_pointer", "value_at"]

PROSE = frozenset({"description", "summary", "title", "example", "examples", "externalDocs", "$comment", "xml", "tags"})

NAMED = frozenset({"properties", "paths", "schemas", "parameters", "patternProperties", "$defs"})

Pointer = tuple[str, ...]


def facts_of(node: Any, place: Pointer = (), *, named: bool = False) -> dict[Pointer, object]:
    """Return all values of a document except prose. Named items of a list (parameters) have their name as index."""
    return dict(_facts(node, place, named=named))


def _facts(node: Any, place: Pointer, *, named: bool) -> Iterator[tuple[Pointer, object]]:
    if isinstance(node, dict):
        known = cast("dict[str, Any]", node)
        if not known:
            yield place, {}
        for key, value in known.items():
            if named or (key not in PROSE and not key.startswith("x-")):
                yield from _facts(value, (*place, key), named=not named and key in NAMED and isinstance(value, dict))
    elif isinstance(node, list):
        for step, value in _steps(cast("list[Any]", node)):
            yield from _facts(value, (*place, step), named=False)
    else:
        yield place, node


def _steps(items: list[Any]) -> Iterator[tuple[str, Any]]:
    for index, item in enumerate(items):
        if isinstance(item, dict):
            known = cast("dict[str, Any]", item)
            yield str(known.get("name") or known.get("$ref") or index), known
        else:
            # The order of an enum's values, and of `required`, does not matter.
            yield str(index) if isinstance(item, list) else f"={item}", item


_MISSING = object()


def value_at(root: Any, place: Pointer) -> object:
    """Return the value at a path, with references resolved on the way; None if there is none."""
    node: Any = root
    for step in place:
        node = _child(_resolve(root, node), step)
    return None if node is _MISSING else node


def _child(node: Any, step: str) -> Any:
    if isinstance(node, dict):
        return cast("dict[str, Any]", node).get(step, _MISSING)
    if isinstance(node, list):
        return dict(_steps(cast("list[Any]", node))).get(step, _MISSING)
    return _MISSING


def _resolve(root: Any, node: Any) -> Any:
    for _ in range(20):
        reference = _child(node, "$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return node
        found = root
        for step in reference[2:].split("/"):
            found = _child(found, step.replace("~1", "/").replace("~0", "~"))
        node = found
    return node


def format_pointer(place: Pointer) -> str:
    """Return a path as text for messages."""
    return " > ".join(place)
