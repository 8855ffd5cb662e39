"""Whether somebody stands between httpx and the network: a test, a recorder of traffic, a tracer.

They put functions of their own in the place of httpx's or httpcore's methods. What would go past those methods then
does not: a request that was to be answered by a test must not be run, and billed.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType

__all__ = ["client_is_itself", "transport_is_itself"]

_CLIENT = ("send", "_send_single_request", "_transport_for_url", "build_request")

Methods = tuple[list[type], list[str], list[str]]


def client_is_itself(*, suspends: bool) -> bool:
    """Whether httpx's client would do what it came with."""
    return all(map(_is_own, *_of_client(suspends)))


def transport_is_itself(*, suspends: bool) -> bool:
    """Whether httpx's transport, and httpcore beneath it, would do what they came with."""
    # What is not loaded nobody stands before.
    return all(map(_is_own, *_of_transport(suspends, "httpcore" in sys.modules)))


def _is_own(kind: type, name: str, home: str) -> bool:
    method = getattr(kind, name, None)
    # Wrappers that pretend to be what they wrap are no functions, or their code stands elsewhere.
    return type(method) is FunctionType and method.__code__.co_filename.startswith(home)


@cache
def _of_client(suspends: bool) -> Methods:  # noqa: FBT001 (a key of the cache)
    import httpx

    kind = httpx.AsyncClient if suspends else httpx.Client
    return _methods(*((kind, name) for name in _CLIENT))


@cache
def _of_transport(suspends: bool, with_core: bool) -> Methods:  # noqa: FBT001 (keys of the cache)
    import httpx

    kinds: list[type] = [httpx.AsyncHTTPTransport if suspends else httpx.HTTPTransport]
    if with_core:
        import httpcore

        kinds += (
            [httpcore.AsyncConnectionPool, httpcore.AsyncHTTPConnection]
            if suspends
            else [httpcore.ConnectionPool, httpcore.HTTPConnection]
        )
    name = "handle_async_request" if suspends else "handle_request"
    return _methods(*((kind, name) for kind in kinds))


def _methods(*named: tuple[type, str]) -> Methods:
    """The methods that there are in this version, and where their code stands."""
    known = [(kind, name) for kind, name in named if hasattr(kind, name)]
    homes = [str(Path(_package(kind).__file__ or "").parent) for kind, _ in known]
    return [kind for kind, _ in known], [name for _, name in known], homes


def _package(kind: type) -> ModuleType:
    return sys.modules[kind.__module__.partition(".")[0]]
