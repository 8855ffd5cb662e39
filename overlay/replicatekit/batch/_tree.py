"""Rebuild a tree of dicts and lists with some of its values replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from collections.abc import Callable


def rebuild(tree: Any, convert: Callable[[Any], Any]) -> Any:
    """Copy a tree with `convert` applied to each value. It descends into dicts, lists and tuples left unchanged."""
    converted = convert(tree)
    if converted is not tree:
        return converted
    if isinstance(tree, dict):
        return {key: rebuild(item, convert) for key, item in cast("dict[Any, Any]", tree).items()}
    if isinstance(tree, (list, tuple)):
        return [rebuild(item, convert) for item in cast("list[Any]", tree)]
    return tree


resolvable(__name__)
