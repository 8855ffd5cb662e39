"""The HTTP clients beneath: what they are made of, what is sent past them, and when they may be closed."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from replicatekit._base.locks import fork_safe_lock
from replicatekit._transports._intercepted import client_is_itself
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import httpx

    from replicatekit._transports import Engine

    H = TypeVar("H", bound=httpx.Client | httpx.AsyncClient)

__all__ = ["Line", "line_of", "made", "made_async", "still_open"]

_PASSWORD = re.compile(r"//[^/?#\s]*@")


class Line:
    """What is known of one HTTP client.

    Args:
        transport: Of ours, where the client adds nothing to a request that we would not: then requests go past it,
            for building and sending them takes it longer than the network does on a good day.
        headers: What the client sends by itself, with names in lower case.
    """

    def __init__(self, transport: Any = None, headers: Mapping[str, str] | None = None) -> None:
        self.transport = transport
        self.headers = dict(headers or {})
        self.closes_with_loop = False
        self._lock = fork_safe_lock()
        self._requests = 0
        self._is_to_close = False

    def goes_past(self, http: httpx.Client | httpx.AsyncClient, *, suspends: bool) -> bool:
        """Whether a request may go past the client: it is open, and nobody has put something in its place."""
        return self.transport is not None and not http.is_closed and client_is_itself(suspends=suspends)

    # A connection that is closed under a thread that waits for its answer leaves it waiting; so the last one closes it.

    def enter(self) -> None:
        """A request goes through it from now on."""
        with self._lock:
            self._requests += 1

    def leave(self) -> bool:
        """A request has ended; whether it was the last one of a client that is to be closed."""
        with self._lock:
            self._requests -= 1
            is_last = self._is_to_close and self._requests == 0
            self._is_to_close = self._is_to_close and not is_last
            return is_last

    def is_idle(self) -> bool:
        """Whether it may be closed at once; else it is to be closed by its last request."""
        with self._lock:
            self._is_to_close = self._requests > 0
            return not self._is_to_close


_lines: WeakKeyDictionary[Any, Line] = WeakKeyDictionary()


def line_of(http: httpx.Client | httpx.AsyncClient) -> Line:
    """What is known of an HTTP client, ours or the caller's."""
    return _lines.get(http) or _lines.setdefault(http, Line())


def made(arguments: Mapping[str, Any], engine: Engine) -> httpx.Client:
    """An HTTP client for sync code.

    Raises:
        InvalidArgument: It cannot be made.
    """
    import httpx

    from replicatekit._transports import transport_for

    with _these_settings():
        transport = transport_for(arguments, engine, suspends=False)
        return _known(httpx.Client(**_without_transport(arguments, transport)), transport)


def made_async(arguments: Mapping[str, Any], engine: Engine) -> httpx.AsyncClient:
    """An HTTP client for the event loop that runs.

    Raises:
        InvalidArgument: It cannot be made.
    """
    import httpx

    from replicatekit._transports import transport_for

    with _these_settings():
        transport = transport_for(arguments, engine, suspends=True)
        return _known(httpx.AsyncClient(**_without_transport(arguments, transport)), transport)


def _without_transport(arguments: Mapping[str, Any], transport: Any) -> dict[str, Any]:
    """What is left for httpx to do: with a transport of ours it needs no certificates of its own."""
    if transport is None:
        return dict(arguments)
    return {**arguments, "transport": transport, "verify": False}


def _known(http: H, transport: Any) -> H:
    _lines[http] = Line(transport, http.headers)
    return http


@contextmanager
def _these_settings() -> Generator[None]:
    """While an HTTP client is made: what it cannot be made of is the caller's to know."""
    import httpx

    try:
        yield
    except (TypeError, ValueError, AttributeError, ImportError, OSError, httpx.InvalidURL) as error:
        said = _PASSWORD.sub("//[hidden]@", f"{type(error).__name__}: {error}")
        raise InvalidArgument(
            f"no HTTP client can be made with these settings (and the proxies that the environment names): {said}"
        ) from None


def still_open(http: H) -> H:
    """An HTTP client that can send.

    Raises:
        InvalidArgument: It is closed.
    """
    if http.is_closed:
        raise InvalidArgument("the http_client that was given is closed; give one that is open, or none")
    return http
