"""The HTTP clients of a client: one for sync code, one for each event loop, new ones after a fork.

Threads that make their first requests at the same time share one HTTP client.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


def _loop() -> Any:
    """Return the object that an async HTTP client is bound to: the running event loop, or the trio run."""
    if "trio" in sys.modules:
        try:
            return sys.modules["trio"].lowlevel.current_trio_token()
        except RuntimeError:
            pass
    try:
        asyncio = sys.modules["asyncio"]
        return asyncio.get_running_loop()
    except (KeyError, RuntimeError):
        return _NoLoop


class _NoLoop:
    """Represents the event loop if none is running."""


class _Connections:
    """The HTTP clients of one process: one for sync, one for each event loop."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.sync: httpx.Client | None = None
        self.asynchronous: WeakKeyDictionary[Any, httpx.AsyncClient] = WeakKeyDictionary()

    def drop_closed(self) -> None:
        """Forget the clients of ended event loops: they can no longer be closed."""
        for loop in list(self.asynchronous):
            is_closed = getattr(loop, "is_closed", None)  # a trio token has no such method, but is weakly referenced
            if is_closed is not None and is_closed():
                del self.asynchronous[loop]


class Pool:
    """The HTTP clients, shared by all copies of a client."""

    def __init__(self) -> None:
        # A forked child must neither use nor close its parent's connections: they are kept separately, and alive.
        self._by_process: dict[int, _Connections] = {}

    @property
    def _here(self) -> _Connections:
        process = os.getpid()
        return self._by_process.get(process) or self._by_process.setdefault(process, _Connections())

    def sync(self, make: Callable[[], httpx.Client]) -> httpx.Client:
        """Return the sync client of this process, created on first use."""
        own = self._here
        if own.sync is None:
            with own.lock:
                if own.sync is None:
                    own.sync = make()
                return own.sync
        return own.sync

    def asynchronous(self, make: Callable[[], httpx.AsyncClient]) -> httpx.AsyncClient:
        """Return the async client of the running event loop, created on first use."""
        own, loop = self._here, _loop()
        with own.lock:
            client = own.asynchronous.get(loop)
            if client is None:
                own.drop_closed()
                client = own.asynchronous[loop] = make()
            return client

    def set_sync(self, client: httpx.Client) -> None:
        """Use this client from now on."""
        self._here.sync = client

    def set_asynchronous(self, client: httpx.AsyncClient) -> None:
        """Use this client from now on in the running event loop."""
        self._here.asynchronous[_loop()] = client

    def take_sync(self) -> httpx.Client | None:
        """Remove and return the sync client."""
        own = self._here
        with own.lock:
            client, own.sync = own.sync, None
        return client

    def take_asynchronous(self) -> httpx.AsyncClient | None:
        """Remove and return the async client of the running event loop."""
        own = self._here
        with own.lock:
            return own.asynchronous.pop(_loop(), None)
