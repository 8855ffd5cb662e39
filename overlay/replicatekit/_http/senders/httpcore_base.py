"""What httpcore2's pools have in common for sync and async code: their settings, and how requests are built."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import httpcore2

from replicatekit._base.locks import fork_safe_lock
from replicatekit._http.decompression import ACCEPTED
from replicatekit._http.request import RedactedHeaders
from replicatekit._http.senders.certificates import ssl_context
from replicatekit._http.senders.proxies import Proxies
from replicatekit._http.urls import split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replicatekit._http.request import Request
    from replicatekit._http.senders.proxies import ProxyAddress
    from replicatekit._http.urls import UrlParts

__all__ = ["FAILURES", "Pools", "core_request", "extensions_of"]

T = TypeVar("T")

FAILURES = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
)
"""What httpcore2 raises for a request that failed."""

_MAX_CONNECTIONS = 1000
"""Further requests wait: a process may have 1,024 files open on many systems."""
_KEEPALIVE_EXPIRY = 5.0  # seconds, as in httpx: servers close idle connections
_WITH_BODY = {"POST", "PUT", "PATCH"}


class Pools(Generic[T]):
    """The pools of one client: one for https and one for http, and the same for each proxy.

    Args:
        options: httpx's own: verify, limits, trust_env, proxy.
        make: Makes a pool from httpcore2's arguments.
    """

    def __init__(self, options: Mapping[str, Any], make: Callable[..., T]) -> None:
        limits, self._trust_env = options.get("limits"), bool(options.get("trust_env", True))
        self._limits: dict[str, Any] = {
            "max_connections": _MAX_CONNECTIONS if limits is None else limits.max_connections,
            "max_keepalive_connections": None if limits is None else limits.max_keepalive_connections,
            "keepalive_expiry": _KEEPALIVE_EXPIRY if limits is None else limits.keepalive_expiry,
        }
        self._verify = options.get("verify", True)
        self._proxies = Proxies(options.get("proxy"), trust_env=self._trust_env)
        self._make = make
        self._lock = fork_safe_lock()
        self._pools: dict[tuple[str, ProxyAddress | None], T] = {}

    def for_url(self, url: UrlParts) -> tuple[T, str | None]:
        """The pool for a URL, and the proxy that it goes through."""
        proxy = self._proxies.for_url(url)
        pool = self._pools.get((url.scheme, proxy))
        if pool is None:
            with self._lock:
                pool = self._pools.get((url.scheme, proxy)) or self._new_pool(url.scheme, proxy)
                self._pools[url.scheme, proxy] = pool
        return pool, proxy and proxy.url

    def take_all(self) -> list[T]:
        """All pools, to be closed."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
        return pools

    def _new_pool(self, scheme: str, proxy: ProxyAddress | None) -> T:
        # A client for this machine reads no certificates.
        context = ssl_context(self._verify, trust_env=self._trust_env) if scheme == "https" else None
        through = proxy and httpcore2.Proxy(
            proxy.url,
            auth=proxy.auth,
            headers=proxy.headers,
            ssl_context=proxy.ssl_context
            or (ssl_context(self._verify, trust_env=self._trust_env) if proxy.url.startswith("https:") else None),
        )
        return self._make(ssl_context=context, proxy=through, **self._limits)


@lru_cache(maxsize=512)
def _url_of(url: UrlParts) -> httpcore2.URL:
    return httpcore2.URL(scheme=url.scheme, host=url.host.strip("[]"), port=url.port, target=url.target)


def core_request(request: Request) -> httpcore2.Request:
    """A request as httpcore2 takes it.

    Raises:
        httpx.InvalidURL, UnicodeError: It cannot be sent.
    """
    url = split(request.url)
    given, content = RedactedHeaders(request.headers), request.body.get("content")
    if request.body and content is None:
        content = _encoded(request, given)
    names = {name.lower() for name in given}
    if not request.is_bare:
        given.update({k: v for k, v in (("Accept", "*/*"), ("Accept-Encoding", ACCEPTED)) if k.lower() not in names})
    if isinstance(content, str):
        content = content.encode()
    if not names & {"content-length", "transfer-encoding"}:
        if content is None or isinstance(content, bytes):
            if content or request.method in _WITH_BODY:
                given["Content-Length"] = str(len(content or b""))
        elif "content-length" not in given:
            given["Transfer-Encoding"] = "chunked"
    headers = [(b"Host", url.netloc.encode("ascii"))]
    headers += [(k.encode("ascii"), v if isinstance(v, bytes) else v.encode("ascii")) for k, v in given.items()]
    timeout: dict[str, Any] = request.timeouts._asdict()
    left = request.deadline.left
    if left is not None:  # the network keeps the deadline; the wait for a connection is the pool's own
        timeout["pool"] = left if timeout["pool"] is None else min(left, timeout["pool"])
    return httpcore2.Request(
        request.method,
        _url_of(url),
        headers=headers,
        content=content,
        extensions={"timeout": timeout, **request.extensions},
    )


def extensions_of(answer: httpcore2.Response) -> dict[str, Any]:
    """The extensions of a response, such as its `network_stream`."""
    return dict(cast("Mapping[str, Any]", answer.extensions))  # pyright: ignore[reportUnknownMemberType]


def _encoded(request: Request, headers: dict[str, Any]) -> Any:
    """A body that httpx encodes (a form, files, JSON), and the headers that describe it."""
    import httpx

    built = httpx.Request(request.method, request.url, headers=headers, **request.body)
    headers.update({k: v for k, v in built.headers.items() if k in ("content-type", "content-length")})
    return built.stream
