"""The transports of a client: one for sync code, one for each event loop, new ones after a fork.

Requests go through httpcore2, unless the caller passed a client or a transport, or a test, a traffic recorder or a
tracer replaced methods of httpx, httpx2 or httpcore. The replaced library is used then, because a request that a test
should answer must not be sent and billed.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from types import FunctionType, MappingProxyType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from replicatekit._base.locks import fork_safe_lock
from replicatekit._runtime import current_loop
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from replicatekit._http.contract import Transport

_PASSWORD = re.compile(r"//[^/?#\s]*@")
# The options that connections of httpcore2 support as httpx does; any other one needs a client of httpx.
_PLAIN_OPTIONS = {"verify", "trust_env", "limits", "proxy"}

_LIBRARIES = (
    ("httpx", ("Client", "HTTPTransport"), ("AsyncClient", "AsyncHTTPTransport")),
    ("httpx2", ("Client", "HTTPTransport"), ("AsyncClient", "AsyncHTTPTransport")),
    ("httpcore", ("ConnectionPool", "HTTPConnection"), ("AsyncConnectionPool", "AsyncHTTPConnection")),
)
_inspected: dict[type, tuple[list[Any], bool]] = {}
"""For each class, its attributes when it was inspected, and whether they were the library's own."""


class Connections:
    """The transports of a client and its copies, opened when they are first needed.

    Args:
        options: The options of httpx that were passed.
        user_client: The caller's HTTP client, which sends everything and is not closed.
    """

    def __init__(self, options: Mapping[str, Any], user_client: Any = None) -> None:
        self._options = options
        self.user_client = user_client
        is_plain = user_client is None and _PLAIN_OPTIONS.issuperset(options)
        self._library = None if is_plain else _library_of(options.get("transport"))
        self._lock = fork_safe_lock()
        # After a fork, the child must neither use nor close the parent's connections.
        self._by_process: dict[int, WeakKeyDictionary[Any, dict[str, Transport]]] = {}

    def transport(self, *, is_async: bool) -> Transport:
        """The transport for sync code, or for the running event loop.

        Raises:
            InvalidArgument: The options are invalid, or the caller's client is closed.
        """
        if self.user_client is not None:
            ensure_open(self.user_client)
        name = self._library or _sending_library(is_async=is_async)
        loop = current_loop() if is_async else _Sync
        here = self._by_process.get(os.getpid())
        open_here = here.get(loop) if here else None
        transport = open_here.get(name) if open_here else None
        if transport is None:
            with self._lock, _option_errors():
                here = self._by_process.setdefault(os.getpid(), WeakKeyDictionary())
                _forget_ended(here)
                open_here = here.setdefault(loop, {})
                transport = open_here.get(name)
                if transport is None:
                    transport = open_here[name] = self._new(name, is_async=is_async)
        return transport

    def take(self, *, is_async: bool) -> list[Transport]:
        """Remove and return the transports that are open here; the next request opens new ones."""
        loop = current_loop() if is_async else _Sync
        with self._lock:
            here = self._by_process.get(os.getpid())
            return list(here.pop(loop, {}).values()) if here else []

    def _new(self, name: str, *, is_async: bool) -> Transport:
        if name == "httpcore2":
            from replicatekit._http.senders.httpcore_transport import HttpcoreTransport

            return HttpcoreTransport(self._options, is_async=is_async)
        from replicatekit._http.senders.httpx_transport import HttpxTransport, new_client

        if self.user_client is not None:
            return HttpxTransport(self.user_client, is_ours=False, is_async=is_async)
        if name == "httpx":
            http = new_client(self._options, is_async=is_async)
        else:
            library = sys.modules["httpx2"]
            http = (library.AsyncClient if is_async else library.Client)(transport=self._options.get("transport"))
        return HttpxTransport(http, is_ours=True, is_async=is_async)


def _library_of(transport: Any) -> str:
    """The library that the caller's transport belongs to."""
    httpx2 = sys.modules.get("httpx2")
    is_httpx2 = httpx2 is not None and isinstance(transport, (httpx2.BaseTransport, httpx2.AsyncBaseTransport))
    return "httpx2" if is_httpx2 else "httpx"


def _sending_library(*, is_async: bool) -> str:
    """httpcore2 while no method was replaced; else httpx, or httpx2 if methods of that library alone were."""
    replaced: list[str] = []
    for library, *classes in _LIBRARIES:
        module = sys.modules.get(library)
        for name in classes[is_async] if module is not None else ():
            kind: Any = getattr(module, name, None)
            verdict = _inspected.get(kind)
            attributes = list(vars(kind).values()) if isinstance(kind, type) else None
            if attributes is not None and (verdict is None or verdict[0] != attributes):
                verdict = _inspected[kind] = attributes, _has_own_methods(kind, module)
            if verdict is None or not verdict[1]:
                replaced.append(library)
    if not replaced:
        return "httpcore2"
    return "httpx2" if "httpx2" in replaced and "httpx" not in replaced else "httpx"


def _has_own_methods(kind: type, module: Any) -> bool:
    """Whether the code of every method is in the library's own files."""
    homes = ((module.__file__ or "").removesuffix("__init__.py"), contextlib.__file__)  # `Client.stream` is decorated
    methods: MappingProxyType[str, Any] = vars(kind)
    for value in methods.values():
        if callable(value) and not isinstance(value, type):
            code = getattr(value, "__code__", None)
            # Wrappers that imitate a method are not functions, or their code is elsewhere.
            if code is None or type(value) is not FunctionType or not code.co_filename.startswith(homes):
                return False
    return True


def _forget_ended(here: WeakKeyDictionary[Any, Any]) -> None:
    """Drop the transports of loops that have ended: nothing can close them any more."""
    for loop in list(here):
        is_closed = getattr(loop, "is_closed", None)  # trio's token has none, and is garbage-collected
        if is_closed is not None and is_closed():
            del here[loop]


class _Sync:
    """Placeholder for the loop in sync code."""


@contextlib.contextmanager
def _option_errors() -> Generator[None]:
    """Raise errors about the caller's options as `InvalidArgument`."""
    try:
        yield
    except InvalidArgument:
        raise
    except (TypeError, ValueError, AttributeError, ImportError, OSError) as error:
        reason = _PASSWORD.sub("//[hidden]@", f"{type(error).__name__}: {error}")
        raise InvalidArgument(f"cannot create an HTTP client with these options: {reason}") from None


def ensure_open(http: Any) -> Any:
    """Return the caller's HTTP client if it is open.

    Raises:
        InvalidArgument: It is closed.
    """
    if http.is_closed:
        raise InvalidArgument("http_client is closed: pass an open client")
    return http
