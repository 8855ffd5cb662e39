"""Run one test, written in sync style, with the sync client and with async clients on each event loop."""

from __future__ import annotations

import inspect
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from zlib import crc32

import httpx
from anyio.from_thread import start_blocking_portal

from replicatekit import AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.from_thread import BlockingPortal

ENGINES = ("asyncio", "trio")
WAYS = ("sync", *ENGINES)
# The same with the caller's own HTTP client.
WAYS_BY_EACH_SENDER = (*WAYS, *(f"{way} by httpx" for way in WAYS))
_OPTIONS_OF_HTTPX = ("verify", "proxy", "trust_env", "limits", "event_hooks", "mounts", "transport")

_PLAIN = (str, bytes, int, float, bool, type(None), dict, list, tuple, set)


def ways_for(test: str, *, each_engine: bool, each_sender: bool) -> tuple[str, ...]:
    """Return the ways in which a test runs: sync, and on one or both event loops.

    Both loops run the same code above `anyio`, so a test runs on only one of them, chosen by its name, unless it is
    about their differences. With `each_sender`, httpx runs on the other loop.
    """
    first = crc32(test.encode()) % 2
    own, by_httpx = (ENGINES, ENGINES) if each_engine else (ENGINES[first : first + 1], ENGINES[1 - first : 2 - first])
    senders = tuple(f"{way} by httpx" for way in ("sync", *by_httpx)) if each_sender else ()
    return ("sync", *own, *senders)


class Way:
    """A way to call: `sync`, or an event loop in a separate thread."""

    def __init__(self, name: str, portal: BlockingPortal | None, sender: str | None) -> None:
        self.name = name
        self.portal = portal
        self.sender = sender
        self._open = ExitStack()

    def client(self, sandbox: Any = None, **options: Any) -> Any:
        """Create a client, which is closed at the end of the test."""
        if sandbox is not None:
            options = {"token": sandbox.token, "base_url": sandbox.base_url, **options}
        if self.sender is not None and "http_client" not in options:
            options["http_client"] = self._http_client(options)
        if self.portal is None:
            return self._open.enter_context(Client(**options))
        client = self.wrap(self.portal.call(partial(AsyncClient, **options)))
        self._open.callback(client.close)
        return client

    def _http_client(self, options: dict[str, Any]) -> Any:
        httpx_options = {name: options.pop(name) for name in _OPTIONS_OF_HTTPX if name in options}
        if str(options.get("base_url")).startswith("http:"):
            httpx_options.setdefault("verify", False)  # loading certificates takes time, and TLS is not used
        if self.portal is None:
            return self._open.enter_context(httpx.Client(**httpx_options))
        http = self.portal.call(partial(httpx.AsyncClient, **httpx_options))
        self._open.callback(self.portal.call, http.aclose)
        return http

    def call(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """Call a function, and await its result if necessary."""
        if self.portal is None:
            return function(*arguments, **options)
        return self.wrap(self.portal.call(_await, partial(function, *arguments, **options)))

    def wrap(self, thing: Any) -> Any:
        """Wrap an async object so that it can be used like its sync counterpart."""
        if self.portal is None or isinstance(thing, _PLAIN) or not type(thing).__module__.startswith("replicatekit"):
            if hasattr(thing, "__anext__"):
                return self._items(thing)
            return thing
        return BlockingProxy(self, thing) if _is_async(thing) else thing

    def _items(self, generator: Any) -> Iterator[Any]:
        assert self.portal is not None
        try:
            while True:
                try:
                    item = self.portal.call(generator.__anext__)
                except StopAsyncIteration:
                    return
                yield self.wrap(item)
        finally:
            if hasattr(generator, "aclose"):
                self.portal.call(generator.aclose)

    def close(self) -> None:
        self._open.close()


async def _await(function: Any) -> Any:
    result = function()
    return await result if inspect.isawaitable(result) else result


def _is_async(thing: Any) -> bool:
    return type(thing).__name__.startswith("Async") or hasattr(thing, "__aiter__")


class BlockingProxy:
    """A proxy for an async object: methods block, and `for` iterates over items."""

    def __init__(self, way: Way, thing: Any) -> None:
        self.__dict__.update(way=way, thing=thing)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.thing, name)
        if callable(value) and not isinstance(value, type):
            return partial(self.way.call, value)
        return self.way.wrap(value)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.thing, name, value)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self.way.call(self.thing, *arguments, **options)

    def __iter__(self) -> Iterator[Any]:
        if hasattr(self.thing, "__aiter__"):
            return self.way._items(self.thing.__aiter__())
        return iter(self.thing)

    def __len__(self) -> int:
        return len(self.thing)

    def __getitem__(self, key: Any) -> Any:
        return self.thing[key]

    def __str__(self) -> str:
        return str(self.thing)

    def __repr__(self) -> str:
        return repr(self.thing)

    def __eq__(self, other: object) -> bool:
        return self.thing == (other.thing if isinstance(other, BlockingProxy) else other)

    __hash__ = None

    def __enter__(self) -> Any:
        return self.way.call(self.thing.__aenter__)

    def __exit__(self, *failure: object) -> Any:
        return self.way.call(self.thing.__aexit__, *failure)


@contextmanager
def opened(name: str) -> Iterator[Way]:
    """Open a way to call, for the duration of a test."""
    with ExitStack() as stack:
        name, _, sender = name.partition(" by ")
        portal = None if name == "sync" else stack.enter_context(start_blocking_portal(name))
        way = Way(name, portal, sender or None)
        stack.callback(way.close)
        yield way
