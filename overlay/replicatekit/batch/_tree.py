"""Rebuild a tree of dicts and lists with some of its values replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from collections.abc import Callable


def rebuild(tree: Any, convert: Callable[[Any], Any]) -> Any:
    """A copy of a tree; what `convert` returns unchanged is copied, or gone into if it is a dict, list or tuple."""
    converted = convert(tree)
    if converted is not tree:
        return converted
    if isinstance(tree, dict):
        return {key: rebuild(item, convert) for key, item in cast("dict[Any, Any]", tree).items()}
    if isinstance(tree, (list, tuple)):
        return [rebuild(item, convert) for item in cast("list[Any]", tree)]
    return tree


resolvable(__name__)
