"""Where a document says that the API, a path or an operation is served."""

from __future__ import annotations

import re
from typing import Any, cast

__all__ = ["base_url", "own_url"]

_VARIABLE = re.compile(r"\{([^{}]*)\}")

Node = dict[str, Any]


def base_url(document: Node) -> str:
    """Return where the API is served: the document's first server, or the one that all of its operations have."""
    own = _first(document)
    if own:
        return own
    found = {_first(item) for item in cast("dict[str, Node]", document.get("paths", {})).values()}
    return found.pop() if len(found) == 1 else ""


def own_url(item: Node, operation: Node, api: str) -> str:
    """Return where an operation is served, if it is served elsewhere than the API; else an empty text."""
    own = _first(operation) or _first(item)
    return "" if own.rstrip("/") == api.rstrip("/") else own


def _first(node: Node) -> str:
    """The first server of a node, its variables replaced by their defaults."""
    servers = cast("list[Any]", node.get("servers")) if isinstance(node.get("servers"), list) else []
    known = [cast("Node", server) for server in servers if isinstance(server, dict)]
    if not known:
        return ""
    variables = cast("dict[str, Node]", known[0].get("variables") or {})
    url = str(known[0].get("url", ""))
    return _VARIABLE.sub(lambda found: str(variables.get(found[1], {}).get("default", found[0])), url)
