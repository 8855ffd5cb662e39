"""Apply an OpenAPI Overlay (1.1) to a document.

The standard: https://spec.openapis.org/overlay/v1.1.0. It is implemented here, with an RFC 9535 JSONPath library: the
published overlay tools ignore a target that matches nothing, but here that must be reported, because the correction no
longer applies.
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
    """An overlay is not valid, or an action cannot be applied; the message names the action."""


@frozen
class Unmatched:
    """An action whose target or source matches nothing in the document."""

    number: int
    """Its position in the list of actions, from 1."""
    target: str
    reason: str

    def __str__(self) -> str:
        return f"action {self.number} ({self.reason}): nothing at {self.target}"


def apply(document: dict[str, Any], overlay: Any) -> tuple[dict[str, Any], list[Unmatched]]:
    """Return a corrected copy of the document, and the actions that match nothing in it.

    Raises:
        OverlayError: The overlay or an action is not valid.
    """
    known = cast("dict[str, Any]", overlay) if isinstance(overlay, dict) else {}
    if not str(known.get("overlay", "")).startswith("1.") or not isinstance(known.get("actions"), list):
        raise OverlayError("not an OpenAPI Overlay of version 1: it needs `overlay` and `actions`")
    corrected = copy.deepcopy(document)
    unmatched: list[Unmatched] = []
    for number, action in enumerate(cast("list[dict[str, Any]]", known["actions"]), start=1):
        reason = str(action.get("description", "no reason given")).strip()
        try:
            missing = _apply_action(corrected, action)
        except OverlayError as error:
            raise OverlayError(f"action {number} ({reason}): {error}") from None
        if missing:
            unmatched.append(Unmatched(number, missing, reason))
    return corrected, unmatched


def _apply_action(document: dict[str, Any], action: dict[str, Any]) -> str | None:
    """Apply an action; return the path that matched nothing, if any."""
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
            raise OverlayError(f"`copy` must match one value, but {len(sources)} match {action['copy']}")
        update = copy.deepcopy(_at(document, sources[0]))
    else:
        update = action["update"]
    for location in targets:
        _set(document, location, merge(_at(document, location), update))
    return None


def _remove(document: dict[str, Any], targets: list[Location]) -> None:
    # In reverse order, so that the indexes of earlier items stay valid, and a part is removed before its container.
    for location in sorted(targets, reverse=True):
        if not location:
            raise OverlayError("the whole document cannot be removed")
        del _at(document, location[:-1])[location[-1]]


def merge(target: Any, update: Any) -> Any:
    """Merge an update into a target as the standard says: a list gets a new item, an object is merged by field."""
    if isinstance(target, list) and not isinstance(update, list):
        return [*cast("list[Any]", target), copy.deepcopy(update)]
    return _merge(target, update, "the target")


def _merge(value: Any, update: Any, place: str) -> Any:
    """Merge objects by field, concatenate lists, and replace other values."""
    if isinstance(value, dict) and isinstance(update, dict):
        result = dict(cast("dict[str, Any]", value))
        for key, item in cast("dict[str, Any]", update).items():
            result[key] = _merge(result[key], item, f"{place}.{key}") if key in result else copy.deepcopy(item)
        return result
    if isinstance(value, list) and isinstance(update, list):
        return [*cast("list[Any]", value), *copy.deepcopy(cast("list[Any]", update))]
    if isinstance(value, (dict, list)) or isinstance(update, (dict, list)):
        raise OverlayError(f"{place} is {_name(value)}, and cannot become {_name(update)}: remove it first")
    return update


def _name(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)


def locations(document: dict[str, Any], path: str) -> list[Location]:
    """Return the distinct locations that a JSONPath matches."""
    try:
        return list(dict.fromkeys(_found(document, path)))
    except jsonpath_rfc9535.JSONPathError as error:
        raise OverlayError(f"{path} is not a valid JSONPath: {error}") from None


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
