"""How the HTTP clients beneath are made, what is said where they cannot be, and when they may be closed."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from replicatekit._locks import fork_safe_lock
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Generator
    from ssl import SSLContext

    import httpx

    H = TypeVar("H", bound=httpx.Client | httpx.AsyncClient)

__all__ = [
    "enter",
    "is_idle",
    "leave",
    "made_with_these_settings",
    "still_open",
    "with_shared_certificates",
]

_PASSWORD = re.compile(r"//[^/?#\s]*@")


@contextmanager
def made_with_these_settings() -> Generator[None]:
    """While an HTTP client is made: what it cannot be made of is the caller's to know.

    Raises:
        InvalidArgument: It cannot be made.
    """
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


def with_shared_certificates(arguments: dict[str, Any]) -> dict[str, Any]:
    """What an HTTP client is made of, with certificates read once: that takes longer than a request."""
    own = arguments.get("cert") or arguments.get("transport") or arguments.get("http2")
    if arguments.get("verify") is not True or own:
        return arguments
    trust_env = bool(arguments.get("trust_env", True))
    named = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")) if trust_env else (None, None)
    return {**arguments, "verify": _certificates(trust_env, *named)}


@lru_cache(maxsize=4)
def _certificates(trust_env: bool, *named: str | None) -> SSLContext:  # noqa: FBT001 (a key of the cache)
    import httpx

    del named
    return httpx.create_ssl_context(trust_env=trust_env)


# A connection that is closed under a thread that waits for its answer leaves it waiting; so the last one closes it.
_lock = fork_safe_lock()
_requests: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
_to_close: WeakSet[Any] = WeakSet()


def enter(http: httpx.Client | httpx.AsyncClient) -> None:
    """A request goes through it from now on."""
    with _lock:
        _requests[http] = _requests.get(http, 0) + 1


def leave(http: httpx.Client | httpx.AsyncClient) -> bool:
    """A request has ended; whether it was the last one of a client that is to be closed."""
    with _lock:
        _requests[http] -= 1
        is_last = _requests[http] == 0 and http in _to_close
        if is_last:
            _to_close.discard(http)
        return is_last


def is_idle(http: httpx.Client | httpx.AsyncClient) -> bool:
    """Whether it may be closed at once; else it is to be closed by its last request."""
    with _lock:
        if not _requests.get(http):
            return True
        _to_close.add(http)
        return False
