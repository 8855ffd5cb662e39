"""Apply an OpenAPI Overlay (1.1) to a document.

By the standard: https://spec.openapis.org/overlay/v1.1.0. Our own lines, on the JSONPath library of RFC 9535,
since the overlay tools in the registry pass over a target that matches nothing, and here that is what matters
most: a correction that no longer applies has to be seen.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, cast

import jsonpath_rfc9535
from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Unmatched", "apply"]


@frozen
class Unmatched:
    """An action whose target, or source, is not in the document."""

    place: int
    """Its place in the list of actions, from 1."""
    target: str
    reason: str

    def __str__(self) -> str:
        return f"action {self.place} ({self.reason}): nothing at {self.target}"


def apply(document: dict[str, Any], overlay: dict[str, Any]) -> tuple[dict[str, Any], list[Unmatched]]:
    """A corrected copy of the document, and the actions that matched nothing in it."""
    corrected = copy.deepcopy(document)
    unmatched: list[Unmatched] = []
    for place, action in enumerate(cast("list[dict[str, Any]]", overlay["actions"]), start=1):
        missing = _act(corrected, action)
        if missing:
            reason = str(action.get("description", "no reason given")).strip()
            unmatched.append(Unmatched(place, missing, reason))
    return corrected, unmatched


def _act(document: dict[str, Any], action: dict[str, Any]) -> str | None:
    """Carry out one action; the path that matched nothing, if one did not."""
    targets = list(_locations(document, action["target"]))
    if not targets:
        return str(action["target"])
    if action.get("remove"):
        # From the end, so that the places of a list's items before it stay what they were.
        for location in sorted(targets, key=str, reverse=True):
            del _at(document, location[:-1])[location[-1]]
        return None
    if "copy" in action:
        sources = list(_locations(document, action["copy"]))
        if len(sources) != 1:
            return str(action["copy"])
        update = copy.deepcopy(_at(document, sources[0]))
    else:
        update = action.get("update")
    for location in targets:
        _set(document, location, merged(_at(document, location), update))
    return None


def merged(value: Any, update: Any) -> Any:
    """The standard's merge: objects field by field, lists joined, all else replaced."""
    if isinstance(value, dict) and isinstance(update, dict):
        result = dict(cast("dict[str, Any]", value))
        for key, item in cast("dict[str, Any]", update).items():
            result[key] = merged(result[key], item) if key in result else copy.deepcopy(item)
        return result
    if isinstance(value, list):
        added = cast("list[Any]", update) if isinstance(update, list) else [update]
        return [*cast("list[Any]", value), *copy.deepcopy(added)]
    return copy.deepcopy(update)


def _locations(document: dict[str, Any], path: str) -> Iterator[tuple[str | int, ...]]:
    for node in jsonpath_rfc9535.find(path, document):
        yield tuple(node.location)


def _at(document: Any, location: tuple[str | int, ...]) -> Any:
    for step in location:
        document = document[step]
    return document


def _set(document: dict[str, Any], location: tuple[str | int, ...], value: Any) -> None:
    if not location:
        document.clear()
        document.update(value)
    else:
        _at(document, location[:-1])[location[-1]] = value
