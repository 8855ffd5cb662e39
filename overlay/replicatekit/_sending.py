"""What httpx is given to send: requests with nothing of a client's own, and headers that no traceback shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

__all__ = ["SLOW", "Concealed", "plain_request"]

SLOW = 0.005
"""Seconds: a disk that takes longer over one piece gets a thread. Most take none at all, and a thread does."""

_PUBLIC = frozenset(
    ("accept", "accept-encoding", "cancel-after", "content-length", "content-type", "prefer", "range", "user-agent")
)


def plain_request(arguments: Mapping[str, Any]) -> httpx.Request:
    """A request with the headers that are given, and without what a client's `build_request` would add."""
    import httpx

    given = arguments["timeout"]
    timeout = given if isinstance(given, httpx.Timeout) else httpx.Timeout(given)
    return httpx.Request(
        arguments["method"],
        arguments["url"],
        params=arguments.get("params"),
        headers=arguments["headers"],
        content=arguments.get("content"),
        extensions={"timeout": timeout.as_dict()},
    )


class Concealed(dict[str, Any]):
    """Headers of a request, of which neither a log nor a traceback shows what may be a secret."""

    def __repr__(self) -> str:
        shown = (f"{name}: {value if name.lower() in _PUBLIC else '[hidden]'}" for name, value in self.items())
        return f"{{{', '.join(shown)}}}"
