"""The transports of a client: one for sync code, one for each event loop, new ones after a fork."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from replicatekit._base.locks import fork_safe_lock
from replicatekit._runtime import current_loop
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from replicatekit._http.contract import AsyncTransport, Transport

__all__ = ["Connections", "ensure_open"]

_PASSWORD = re.compile(r"//[^/?#\s]*@")
# What httpcore2's pools do as httpx's client would; with any other option, a client of httpx sends.
_PLAIN_OPTIONS = {"verify", "trust_env", "limits", "proxy"}


class Connections:
    """Opened when they are first needed; shared by all copies of a client.

    Args:
        options: httpx's own, of those that were given.
        user_client: An HTTP client of the caller's, which sends everything and is not closed.
    """

    def __init__(self, options: Mapping[str, Any], user_client: Any = None) -> None:
        self._options = options
        self.user_client = user_client
        self._lock = fork_safe_lock()
        # After a fork the parent's connections are not the child's to use, nor to close.
        self._by_process: dict[int, WeakKeyDictionary[Any, dict[str, Any]]] = {}

    def sync(self) -> Transport:
        """The transport for sync code.

        Raises:
            InvalidArgument: It cannot be made with these options, or the caller's client is closed.
        """
        result: Transport = self._transport(_Sync, is_async=False)
        return result

    def asynchronous(self) -> AsyncTransport:
        """The transport for the event loop that runs.

        Raises:
            InvalidArgument: As `sync`.
        """
        result: AsyncTransport = self._transport(current_loop(), is_async=True)
        return result

    def take(self, *, is_async: bool) -> list[Any]:
        """The transports that are open here, to be closed; the next request opens new ones."""
        loop = current_loop() if is_async else _Sync
        with self._lock:
            return list(self._here().pop(loop, {}).values())

    def _transport(self, loop: Any, *, is_async: bool) -> Any:
        if self.user_client is not None:
            ensure_open(self.user_client)
        from replicatekit._http.senders.unpatched import is_unpatched, patched_library

        if self.user_client is not None or not _PLAIN_OPTIONS.issuperset(self._options):
            name = _library_of(self._options.get("transport"))
        elif is_unpatched(is_async=is_async):
            name = "httpcore2"
        else:
            name = patched_library(is_async=is_async).__name__
        open_here = self._here().get(loop)
        transport = open_here.get(name) if open_here else None
        if transport is None:
            with self._lock:
                self._forget_ended()
                open_here = self._here().setdefault(loop, {})
                transport = open_here.get(name)
                if transport is None:
                    with _clear_settings():
                        transport = (
                            self._new_httpcore(is_async=is_async)
                            if name == "httpcore2"
                            else self._new_httpx(name, is_async=is_async)
                        )
                        open_here[name] = transport
        return transport

    def _here(self) -> WeakKeyDictionary[Any, dict[str, Any]]:
        process = os.getpid()
        return self._by_process.get(process) or self._by_process.setdefault(process, WeakKeyDictionary())

    def _forget_ended(self) -> None:
        """Drop what belongs to loops that have ended: nothing can close it any longer."""
        for loop in list(self._here()):
            is_closed = getattr(loop, "is_closed", None)  # a run of trio has none, and goes with its end
            if is_closed is not None and is_closed():
                del self._here()[loop]

    def _new_httpcore(self, *, is_async: bool) -> Any:
        if is_async:
            from replicatekit._http.senders.httpcore_async import AsyncHttpcoreTransport

            return AsyncHttpcoreTransport(self._options)
        from replicatekit._http.senders.httpcore_sync import HttpcoreTransport

        return HttpcoreTransport(self._options)

    def _new_httpx(self, name: str, *, is_async: bool) -> Any:
        wrap: Callable[..., Any]
        new_client: Callable[..., Any]
        if is_async:
            from replicatekit._http.senders import httpx_async

            wrap, new_client = httpx_async.AsyncHttpxTransport, httpx_async.new_async_client
        else:
            from replicatekit._http.senders import httpx_sync

            wrap, new_client = httpx_sync.HttpxTransport, httpx_sync.new_client
        if self.user_client is not None:
            return wrap(self.user_client, is_ours=False)
        if name == "httpx":
            return wrap(new_client(self._options), is_ours=True)
        library, transport = sys.modules["httpx2"], self._options.get("transport")
        return wrap((library.AsyncClient if is_async else library.Client)(transport=transport), is_ours=True)


def _library_of(transport: Any) -> str:
    """The library that a transport of the caller's belongs to."""
    httpx2 = sys.modules.get("httpx2")
    is_httpx2 = httpx2 is not None and isinstance(transport, (httpx2.BaseTransport, httpx2.AsyncBaseTransport))
    return "httpx2" if is_httpx2 else "httpx"


class _Sync:
    """Stands for the loop in sync code."""


@contextmanager
def _clear_settings() -> Generator[None]:
    """Raise what is wrong with the caller's options as an error of this package."""
    try:
        yield
    except InvalidArgument:
        raise
    except (TypeError, ValueError, AttributeError, ImportError, OSError) as error:
        said = _PASSWORD.sub("//[hidden]@", f"{type(error).__name__}: {error}")
        raise InvalidArgument(f"no HTTP client can be made with these settings: {said}") from None


def ensure_open(http: Any) -> Any:
    """An HTTP client of the caller's that can send.

    Raises:
        InvalidArgument: It is closed.
    """
    if http.is_closed:
        raise InvalidArgument("the http_client that was given is closed: pass one that is open, or none")
    return http
