"""The ways to call, under one face: a test is written once, as if all were sync, and runs in each."""

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
# The same through an HTTP client of the caller's.
WAYS_BY_EACH_SENDER = (*WAYS, *(f"{way} by httpx" for way in WAYS))
_OPTIONS_OF_HTTPX = ("verify", "proxy", "trust_env", "limits", "event_hooks", "mounts", "transport")

_PLAIN = (str, bytes, int, float, bool, type(None), dict, list, tuple, set)


def ways_for(test: str, *, each_engine: bool, each_sender: bool) -> tuple[str, ...]:
    """The ways in which a test runs: sync, and on one event loop or on each.

    Both loops run the same code above `anyio`: tests take one of them by turns, unless they are about what differs.
    With each sender, the other loop is the one for httpx.
    """
    first = crc32(test.encode()) % 2
    own, by_httpx = (ENGINES, ENGINES) if each_engine else (ENGINES[first : first + 1], ENGINES[1 - first : 2 - first])
    senders = tuple(f"{way} by httpx" for way in ("sync", *by_httpx)) if each_sender else ()
    return ("sync", *own, *senders)


class Way:
    """One way to call: `sync`, or an event loop that runs in a thread of its own."""

    def __init__(self, name: str, portal: BlockingPortal | None, sender: str | None) -> None:
        self.name = name
        self.portal = portal
        self.sender = sender
        self._open = ExitStack()

    def client(self, sandbox: Any = None, **options: Any) -> Any:
        """A client of this way, closed at the end of the test."""
        if sandbox is not None:
            options = {"token": sandbox.token, "base_url": sandbox.base_url, **options}
        if self.sender is not None and "http_client" not in options:
            options["http_client"] = self._http_client(options)
        if self.portal is None:
            return self._open.enter_context(Client(**options))
        client = self.face(self.portal.call(partial(AsyncClient, **options)))
        self._open.callback(client.close)
        return client

    def _http_client(self, options: dict[str, Any]) -> Any:
        given = {name: options.pop(name) for name in _OPTIONS_OF_HTTPX if name in options}
        if str(options.get("base_url")).startswith("http:"):
            given.setdefault("verify", False)  # certificates take their time to load, and nothing is encrypted
        if self.portal is None:
            return self._open.enter_context(httpx.Client(**given))
        http = self.portal.call(partial(httpx.AsyncClient, **given))
        self._open.callback(self.portal.call, http.aclose)
        return http

    def call(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """Call something that may have to be awaited."""
        if self.portal is None:
            return function(*arguments, **options)
        return self.face(self.portal.call(_awaited, partial(function, *arguments, **options)))

    def face(self, thing: Any) -> Any:
        """A thing of the async half, as if it were of the sync half."""
        if self.portal is None or isinstance(thing, _PLAIN) or not type(thing).__module__.startswith("replicatekit"):
            if hasattr(thing, "__anext__"):
                return self._items(thing)
            return thing
        return Face(self, thing) if _is_async(thing) else thing

    def _items(self, generator: Any) -> Iterator[Any]:
        assert self.portal is not None
        try:
            while True:
                try:
                    item = self.portal.call(generator.__anext__)
                except StopAsyncIteration:
                    return
                yield self.face(item)
        finally:
            if hasattr(generator, "aclose"):
                self.portal.call(generator.aclose)

    def close(self) -> None:
        self._open.close()


async def _awaited(function: Any) -> Any:
    result = function()
    return await result if inspect.isawaitable(result) else result


def _is_async(thing: Any) -> bool:
    return type(thing).__name__.startswith("Async") or hasattr(thing, "__aiter__")


class Face:
    """An async thing whose methods block and whose items come by `for`."""

    def __init__(self, way: Way, thing: Any) -> None:
        self.__dict__.update(way=way, thing=thing)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.thing, name)
        if callable(value) and not isinstance(value, type):
            return partial(self.way.call, value)
        return self.way.face(value)

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
        return self.thing == (other.thing if isinstance(other, Face) else other)

    __hash__ = None

    def __enter__(self) -> Any:
        return self.way.call(self.thing.__aenter__)

    def __exit__(self, *failure: object) -> Any:
        return self.way.call(self.thing.__aexit__, *failure)


@contextmanager
def opened(name: str) -> Iterator[Way]:
    """A way to call, for as long as a test takes."""
    with ExitStack() as stack:
        name, _, sender = name.partition(" by ")
        portal = None if name == "sync" else stack.enter_context(start_blocking_portal(name))
        way = Way(name, portal, sender or None)
        stack.callback(way.close)
        yield way
