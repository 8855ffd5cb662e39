"""The ways to call, under one face: a test is written once, as if all were sync, and runs in each."""

from __future__ import annotations

import inspect
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from anyio.from_thread import start_blocking_portal

from replicatekit import AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.from_thread import BlockingPortal

HAS_REQWEST = find_spec("pyreqwest") is not None
WAYS = ("sync", "asyncio", "trio")
# With what carries requests where a caller asks for it; trio has httpx anyway.
WAYS_BY_EACH_ENGINE = (*WAYS, "sync by reqwest", "asyncio by reqwest")

_PLAIN = (str, bytes, int, float, bool, type(None), dict, list, tuple, set)


class Way:
    """One way to call: `sync`, or an event loop that runs in a thread of its own."""

    def __init__(self, name: str, portal: BlockingPortal | None, engine: str | None) -> None:
        self.name = name
        self.portal = portal
        self.engine = engine
        self._open = ExitStack()

    def client(self, sandbox: Any = None, **options: Any) -> Any:
        """A client of this way, closed at the end of the test."""
        if sandbox is not None:
            options = {"token": sandbox.token, "base_url": sandbox.base_url, **options}
        options = {"engine": self.engine, **options}
        if self.portal is None:
            return self._open.enter_context(Client(**options))
        client = self.face(self.portal.call(partial(AsyncClient, **options)))
        self._open.callback(client.close)
        return client

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
        name, _, engine = name.partition(" by ")
        portal = None if name == "sync" else stack.enter_context(start_blocking_portal(name))
        way = Way(name, portal, engine or None)
        stack.callback(way.close)
        yield way
