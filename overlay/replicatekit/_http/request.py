"""What httpx is given to send: requests with nothing of a client's own, and headers that no traceback shows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from replicatekit._http.api_client import OnSent

__all__ = ["SLOW", "RedactedHeaders", "bare_request", "full_request", "sent_trace"]

SLOW = 0.005
"""Seconds: a disk that takes longer over one piece gets a thread. Most take none at all, and a thread does."""

_OURS = {"method", "url", "headers", "timeout", "extensions"}
_PUBLIC = frozenset(
    ("accept", "accept-encoding", "cancel-after", "content-length", "content-type", "prefer", "range", "user-agent")
)


def full_request(arguments: Mapping[str, Any], defaults: Mapping[str, str]) -> httpx.Request:
    """A request as an HTTP client of httpx builds it that has no settings of its own.

    Args:
        arguments: httpx's own.
        defaults: The client's headers, with names in lower case.
    """
    given: Mapping[str, str] = arguments["headers"]
    names = {name.lower() for name in given}
    return _request(arguments, RedactedHeaders({**{n: v for n, v in defaults.items() if n not in names}, **given}))


def bare_request(arguments: Mapping[str, Any]) -> httpx.Request:
    """A request with the headers that are given, and without what a client's `build_request` would add."""
    return _request(arguments, arguments["headers"])


def _request(arguments: Mapping[str, Any], headers: Mapping[str, str]) -> httpx.Request:
    import httpx

    given = arguments["timeout"]
    timeout = given if isinstance(given, httpx.Timeout) else httpx.Timeout(given)
    rest = {name: value for name, value in arguments.items() if name not in _OURS}
    extensions = {"timeout": timeout.as_dict(), **arguments.get("extensions", {})}
    return httpx.Request(arguments["method"], _url(arguments["url"]), headers=headers, extensions=extensions, **rest)


@lru_cache(maxsize=256)
def _url(url: str) -> httpx.URL:
    """Taken apart once for all polls of one prediction, and for all creates of one model."""
    import httpx

    return httpx.URL(url)


def sent_trace(on_sent: OnSent, *, suspends: bool) -> Callable[[str, object], object]:
    """The `trace` extension of httpcore that tells when a request has been sent completely."""

    def trace(event: str, _: object) -> None:
        if event.endswith(".send_request_body.complete"):
            on_sent(complete=True)

    async def async_trace(event: str, _: object) -> None:
        trace(event, _)

    return async_trace if suspends else trace


class RedactedHeaders(dict[str, Any]):
    """Headers of a request, of which neither a log nor a traceback shows what may be a secret."""

    def __repr__(self) -> str:
        shown = (f"{name}: {value if name.lower() in _PUBLIC else '[hidden]'}" for name, value in self.items())
        return f"{{{', '.join(shown)}}}"
