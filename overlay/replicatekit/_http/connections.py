"""The transports of a client: one for sync code, one for each event loop, new ones after a fork.

httpcore2 sends, unless the caller gave a client or a transport, or methods of httpx, httpx2 or httpcore were replaced
by a test, a recorder of traffic or a tracer. A request that a test was to answer must not be sent, and billed: so
whatever was replaced is used.
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
# What connections of httpcore2 do as httpx's client would; with any other option, a client of httpx sends.
_PLAIN_OPTIONS = {"verify", "trust_env", "limits", "proxy"}

_LIBRARIES = (
    ("httpx", ("Client", "HTTPTransport"), ("AsyncClient", "AsyncHTTPTransport")),
    ("httpx2", ("Client", "HTTPTransport"), ("AsyncClient", "AsyncHTTPTransport")),
    ("httpcore", ("ConnectionPool", "HTTPConnection"), ("AsyncConnectionPool", "AsyncHTTPConnection")),
)
_verdicts: dict[type, tuple[list[Any], bool]] = {}
"""For each class, its attributes when it was looked at, and whether they were the library's own."""


class Connections:
    """Opened when they are first needed; shared by all copies of a client.

    Args:
        options: httpx's own, of those that were given.
        user_client: An HTTP client of the caller's, which sends everything and is not closed.
    """

    def __init__(self, options: Mapping[str, Any], user_client: Any = None) -> None:
        self._options = options
        self.user_client = user_client
        is_plain = user_client is None and _PLAIN_OPTIONS.issuperset(options)
        self._library = None if is_plain else _library_of(options.get("transport"))
        self._lock = fork_safe_lock()
        # After a fork the parent's connections are not the child's to use, nor to close.
        self._by_process: dict[int, WeakKeyDictionary[Any, dict[str, Transport]]] = {}

    def transport(self, *, is_async: bool) -> Transport:
        """The transport for sync code, or for the event loop that runs.

        Raises:
            InvalidArgument: It cannot be made with these options, or the caller's client is closed.
        """
        if self.user_client is not None:
            ensure_open(self.user_client)
        name = self._library or _sending_library(is_async=is_async)
        loop = current_loop() if is_async else _Sync
        here = self._by_process.get(os.getpid())
        open_here = here.get(loop) if here else None
        transport = open_here.get(name) if open_here else None
        if transport is None:
            with self._lock, _clear_settings():
                here = self._by_process.setdefault(os.getpid(), WeakKeyDictionary())
                _forget_ended(here)
                open_here = here.setdefault(loop, {})
                transport = open_here.get(name)
                if transport is None:
                    transport = open_here[name] = self._new(name, is_async=is_async)
        return transport

    def take(self, *, is_async: bool) -> list[Transport]:
        """The transports that are open here, to be closed; the next request opens new ones."""
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
            made = new_client(self._options, is_async=is_async)
        else:
            library = sys.modules["httpx2"]
            made = (library.AsyncClient if is_async else library.Client)(transport=self._options.get("transport"))
        return HttpxTransport(made, is_ours=True, is_async=is_async)


def _library_of(transport: Any) -> str:
    """The library that a transport of the caller's belongs to."""
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
            known = _verdicts.get(kind)
            attributes = list(vars(kind).values()) if isinstance(kind, type) else None
            if attributes is not None and (known is None or known[0] != attributes):
                known = _verdicts[kind] = attributes, _has_own_methods(kind, module)
            if known is None or not known[1]:
                replaced.append(library)
    if not replaced:
        return "httpcore2"
    return "httpx2" if "httpx2" in replaced and "httpx" not in replaced else "httpx"


def _has_own_methods(kind: type, module: Any) -> bool:
    """Whether the code of every method stands in the library's own files."""
    homes = ((module.__file__ or "").removesuffix("__init__.py"), contextlib.__file__)  # `Client.stream` is decorated
    methods: MappingProxyType[str, Any] = vars(kind)
    for value in methods.values():
        if callable(value) and not isinstance(value, type):
            code = getattr(value, "__code__", None)
            # Wrappers that pretend to be what they wrap are no functions, or their code stands elsewhere.
            if code is None or type(value) is not FunctionType or not code.co_filename.startswith(homes):
                return False
    return True


def _forget_ended(here: WeakKeyDictionary[Any, Any]) -> None:
    """Drop what belongs to loops that have ended: nothing can close it any longer."""
    for loop in list(here):
        is_closed = getattr(loop, "is_closed", None)  # a run of trio has none, and goes with its end
        if is_closed is not None and is_closed():
            del here[loop]


class _Sync:
    """Stands for the loop in sync code."""


@contextlib.contextmanager
def _clear_settings() -> Generator[None]:
    """Raise what is wrong with the caller's options as an error of this package."""
    try:
        yield
    except InvalidArgument:
        raise
    except (TypeError, ValueError, AttributeError, ImportError, OSError) as error:
        reason = _PASSWORD.sub("//[hidden]@", f"{type(error).__name__}: {error}")
        raise InvalidArgument(f"cannot create an HTTP client with these options: {reason}") from None


def ensure_open(http: Any) -> Any:
    """An HTTP client of the caller's that can send.

    Raises:
        InvalidArgument: It is closed.
    """
    if http.is_closed:
        raise InvalidArgument("http_client is closed: pass an open client")
    return http
