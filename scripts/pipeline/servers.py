"""The server URLs of the API, a path or an operation."""

from __future__ import annotations

import re
from typing import Any, cast

__all__ = ["base_url", "own_url"]

_VARIABLE = re.compile(r"\{([^{}]*)\}")

Node = dict[str, Any]


def base_url(document: Node) -> str:
    """Return the URL of the API: the document's first server, or the one that all paths share."""
    own = _first(document)
    if own:
        return own
    found = {_first(item) for item in cast("dict[str, Node]", document.get("paths", {})).values()}
    return found.pop() if len(found) == 1 else ""


def own_url(item: Node, operation: Node, api_url: str) -> str:
    """Return the URL of an operation if it differs from that of the API, else an empty string."""
    own = _first(operation) or _first(item)
    return "" if own.rstrip("/") == api_url.rstrip("/") else own


def _first(node: Node) -> str:
    """Return the first server of a node, with variables replaced by their defaults."""
    servers = cast("list[Any]", node.get("servers")) if isinstance(node.get("servers"), list) else []
    known = [cast("Node", server) for server in servers if isinstance(server, dict)]
    if not known:
        return ""
    variables = cast("dict[str, Node]", known[0].get("variables") or {})
    url = str(known[0].get("url", ""))
    return _VARIABLE.sub(lambda found: str(variables.get(found[1], {}).get("default", found[0])), url)
