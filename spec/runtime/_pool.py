"""The HTTP clients of a client: one for sync code, one for each event loop, new ones after a fork.

Several threads that make their first request at once share one HTTP client.
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
    """Return what an async HTTP client is bound to: the running event loop, or the trio run."""
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
    """Stands for the event loop where none runs."""


class _Connections:
    """The HTTP clients of one process: one for sync, one for each event loop."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.sync: httpx.Client | None = None
        self.asynchronous: WeakKeyDictionary[Any, httpx.AsyncClient] = WeakKeyDictionary()

    def drop_closed(self) -> None:
        """Forget the clients of event loops that have ended: nobody can close them any more."""
        for loop in list(self.asynchronous):
            is_closed = getattr(loop, "is_closed", None)  # a trio token has no such method; it is weakly referenced
            if is_closed is not None and is_closed():
                del self.asynchronous[loop]


class Pool:
    """The HTTP clients, shared by all copies of a client."""

    def __init__(self) -> None:
        # A forked child must neither use nor close its parent's connections, so they are kept apart and alive.
        self._by_process: dict[int, _Connections] = {}

    @property
    def _here(self) -> _Connections:
        process = os.getpid()
        return self._by_process.get(process) or self._by_process.setdefault(process, _Connections())

    def sync(self, make: Callable[[], httpx.Client]) -> httpx.Client:
        """Return the sync client of this process; make it if there is none."""
        here = self._here
        if here.sync is None:
            with here.lock:
                if here.sync is None:
                    here.sync = make()
                return here.sync
        return here.sync

    def asynchronous(self, make: Callable[[], httpx.AsyncClient]) -> httpx.AsyncClient:
        """Return the async client of the running event loop; make it if there is none."""
        here, loop = self._here, _loop()
        with here.lock:
            client = here.asynchronous.get(loop)
            if client is None:
                here.drop_closed()
                client = here.asynchronous[loop] = make()
            return client

    def set_sync(self, client: httpx.Client) -> None:
        """Use this client from now on."""
        self._here.sync = client

    def set_asynchronous(self, client: httpx.AsyncClient) -> None:
        """Use this client from now on in the running event loop."""
        self._here.asynchronous[_loop()] = client

    def take_sync(self) -> httpx.Client | None:
        """Remove and return the sync client."""
        here = self._here
        with here.lock:
            client, here.sync = here.sync, None
        return client

    def take_asynchronous(self) -> httpx.AsyncClient | None:
        """Remove and return the async client of the running event loop."""
        here = self._here
        with here.lock:
            return here.asynchronous.pop(_loop(), None)
