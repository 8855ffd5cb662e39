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

__all__ = ["OverlayError", "Unmatched", "apply", "locations"]

_VERBS = ("remove", "update", "copy")

Location = tuple[str | int, ...]


class OverlayError(Exception):
    """An overlay that is none, or an action that cannot be carried out; the message names the action."""


@frozen
class Unmatched:
    """An action whose target, or source, is not in the document."""

    place: int
    """Its place in the list of actions, from 1."""
    target: str
    reason: str

    def __str__(self) -> str:
        return f"action {self.place} ({self.reason}): nothing at {self.target}"


def apply(document: dict[str, Any], overlay: Any) -> tuple[dict[str, Any], list[Unmatched]]:
    """A corrected copy of the document, and the actions that matched nothing in it.

    Raises:
        OverlayError: An action makes no sense, or would make none of the document.
    """
    known = cast("dict[str, Any]", overlay) if isinstance(overlay, dict) else {}
    if not str(known.get("overlay", "")).startswith("1.") or not isinstance(known.get("actions"), list):
        raise OverlayError("no OpenAPI Overlay of version 1: it needs `overlay` and `actions`")
    corrected = copy.deepcopy(document)
    unmatched: list[Unmatched] = []
    for place, action in enumerate(cast("list[dict[str, Any]]", known["actions"]), start=1):
        reason = str(action.get("description", "no reason given")).strip()
        try:
            missing = _act(corrected, action)
        except OverlayError as error:
            raise OverlayError(f"action {place} ({reason}): {error}") from None
        if missing:
            unmatched.append(Unmatched(place, missing, reason))
    return corrected, unmatched


def _act(document: dict[str, Any], action: dict[str, Any]) -> str | None:
    """Carry out one action; the path that matched nothing, if one did not."""
    verbs = [verb for verb in _VERBS if verb in action]
    if "target" not in action or len(verbs) != 1:
        raise OverlayError(f"it needs a target, and one of {', '.join(_VERBS)}")
    targets = locations(document, action["target"])
    if not targets:
        return str(action["target"])
    if verbs == ["remove"]:
        if action["remove"]:
            _remove(document, targets)
        return None
    if verbs == ["copy"]:
        sources = locations(document, action["copy"])
        if not sources:
            return str(action["copy"])
        if len(sources) > 1:
            raise OverlayError(f"it copies one thing, and there are {len(sources)} at {action['copy']}")
        update = copy.deepcopy(_at(document, sources[0]))
    else:
        update = action["update"]
    for location in targets:
        _set(document, location, merged(_at(document, location), update))
    return None


def _remove(document: dict[str, Any], targets: list[Location]) -> None:
    # From the end, so that the places of a list's items before it stay what they were, and a part goes before the
    # whole that it is in.
    for location in sorted(targets, reverse=True):
        if not location:
            raise OverlayError("the whole document cannot be removed")
        del _at(document, location[:-1])[location[-1]]


def merged(target: Any, update: Any) -> Any:
    """The standard's merge at a target: an entry is appended to a list, all else is merged as the parts are."""
    if isinstance(target, list) and not isinstance(update, list):
        return [*cast("list[Any]", target), copy.deepcopy(update)]
    return _merged(target, update, "the target")


def _merged(value: Any, update: Any, place: str) -> Any:
    """Objects field by field, lists joined, and what is neither replaced."""
    if isinstance(value, dict) and isinstance(update, dict):
        result = dict(cast("dict[str, Any]", value))
        for key, item in cast("dict[str, Any]", update).items():
            result[key] = _merged(result[key], item, f"{place}.{key}") if key in result else copy.deepcopy(item)
        return result
    if isinstance(value, list) and isinstance(update, list):
        return [*cast("list[Any]", value), *copy.deepcopy(cast("list[Any]", update))]
    if isinstance(value, (dict, list)) or isinstance(update, (dict, list)):
        raise OverlayError(f"{place} is {_name(value)}, and cannot become {_name(update)}: remove it first")
    return update


def _name(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)


def locations(document: dict[str, Any], path: str) -> list[Location]:
    """The places that a path leads to, each once."""
    try:
        return list(dict.fromkeys(_found(document, path)))
    except jsonpath_rfc9535.JSONPathError as error:
        raise OverlayError(f"{path} is no JSONPath: {error}") from None


def _found(document: dict[str, Any], path: str) -> Iterator[Location]:
    for node in jsonpath_rfc9535.find(path, document):
        yield tuple(node.location)


def _at(document: Any, location: Location) -> Any:
    for step in location:
        document = document[step]
    return document


def _set(document: dict[str, Any], location: Location, value: Any) -> None:
    if location:
        _at(document, location[:-1])[location[-1]] = value
    elif isinstance(value, dict):
        document.clear()
        document.update(cast("dict[str, Any]", value))
    else:
        raise OverlayError("the whole document can only be merged with an object")
