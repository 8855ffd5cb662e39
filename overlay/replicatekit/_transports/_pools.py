"""httpx's own transports, many small ones in place of a large one.

A pool of httpcore looks at all its connections for each request, and closes busy ones as surplus where it has many
idle ones: 500 runs, 200 at a time, open 500 connections in it and take ten times as long as in pools of ten. Their
certificates are read once for all, and not before something is asked for by https.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import httpcore
import httpx

from replicatekit._base.locks import fork_safe_lock
from replicatekit._transports._ask import Body, Unpacking, unpacked
from replicatekit._transports._certificates import certificates
from replicatekit._transports._intercepted import transport_is_itself
from replicatekit._transports._merging import AsyncMerging, Merging
from replicatekit._transports._places import Places

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping

    from replicatekit._http.response import BufferedResponse
    from replicatekit._transports._ask import Ask

__all__ = ["AsyncPools", "Pools"]

T = TypeVar("T", httpx.HTTPTransport, httpx.AsyncHTTPTransport)
C = TypeVar("C")

_WITH_BODY = {"POST", "PUT", "PATCH"}
_THEIRS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)
_POOL_SIZE = 10
_MOST = 1000
"""Connections to one host. What is more waits for a place: a process may have 1,024 files open on many systems."""
_IDLE = 30.0  # seconds after which a pool's connections are closed that were needed for a rush

Origin = tuple[str, str, int | None]


class _Host(Generic[T]):
    """The pools of one host."""

    def __init__(self, make: Callable[[], T], *, pool_size: int, most: int) -> None:
        self._make = make
        self._lock = fork_safe_lock()
        self._pools: dict[int, T] = {}
        self._used_at: dict[int, float] = {}
        self._swept_at = time.monotonic()
        self.places = Places(pool_size, most)

    def take(self) -> tuple[int, T]:
        """The pool for a request that begins, and its number."""
        place = self.places.take()
        with self._lock:
            self._used_at[place] = time.monotonic()
            pool = self._pools.get(place)
            if pool is None:
                pool = self._pools[place] = self._make()
            return place, pool

    def unused(self) -> list[T]:
        """The pools that nobody has needed for a while: they are to be closed, and are made anew when they are."""
        now = time.monotonic()
        if now < self._swept_at + _IDLE:
            return []
        with self._lock:
            self._swept_at = now
            idle = [place for place, used in self._used_at.items() if used + _IDLE < now and self.places.unused(place)]
            return [self._pools.pop(place) for place in idle if place in self._pools]

    def all(self) -> list[T]:
        """All of them."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
            return pools


class _Hosts(Generic[T]):
    """The hosts that were asked."""

    def __init__(self, kind: Callable[..., T], options: Mapping[str, Any]) -> None:
        limits: httpx.Limits | None = options.get("limits")
        # A caller's limits are kept to the letter: one pool, as httpx has it.
        self._pool_size = _POOL_SIZE if limits is None else limits.max_connections or _MOST
        self._most = _MOST if limits is None else self._pool_size
        keeping = {} if limits is None else {"keepalive_expiry": limits.keepalive_expiry}
        own = httpx.Limits(max_connections=_POOL_SIZE, max_keepalive_connections=_POOL_SIZE, **keeping)
        self._kind = kind
        self._trust_env: bool = options.get("trust_env", True)
        self._options = {"limits": limits or own, "trust_env": self._trust_env}
        self._verify = options.get("verify", True)
        self._lock = fork_safe_lock()
        self._hosts: dict[Origin, _Host[T]] = {}

    def of(self, url: httpx.URL) -> _Host[T]:
        """The pools for a URL."""
        origin = (url.scheme, url.host, url.port)
        found = self._hosts.get(origin)
        if found is None:
            with self._lock:
                found = self._hosts.setdefault(origin, self._host(url.scheme))
        return found

    def all(self) -> list[T]:
        """All pools of all hosts."""
        with self._lock:
            hosts = list(self._hosts.values())
            self._hosts.clear()
        return [pool for host in hosts for pool in host.all()]

    def _host(self, scheme: str) -> _Host[T]:
        def make() -> T:
            # The pools of http are never asked for https: they need no certificates.
            verify = certificates(self._verify, trust_env=self._trust_env) if scheme == "https" else False
            return _with_merging(self._kind(verify=verify, **self._options))

        return _Host(make, pool_size=self._pool_size, most=self._most)


@lru_cache(maxsize=256)
def _parts_of(url: str) -> tuple[httpx.URL, httpcore.URL, bytes]:
    """A URL as httpx and as httpcore have it, and its `Host`: taken apart once for all polls of one prediction."""
    read = httpx.URL(url)
    raw = httpcore.URL(scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path)
    return read, raw, read.netloc


def _asked(ask: Ask) -> httpcore.Request:
    _, url, host = _parts_of(ask.url)
    headers = [(b"Host", host), *((name.encode("ascii"), value.encode("ascii")) for name, value in ask.headers)]
    if ask.content or ask.method in _WITH_BODY:
        headers.append((b"Content-Length", b"%d" % len(ask.content or b"")))
    timeouts = {"timeout": ask.bounded}
    return httpcore.Request(ask.method, url, headers=headers, content=Body(ask.content), extensions=timeouts)


def _session(pool: Any, kind: type[C]) -> C | None:
    """What httpx's transport passes its requests on to, if it is what it was when this was written."""
    session: object = getattr(pool, "_pool", None)
    return session if isinstance(session, kind) else None


def _with_merging(pool: T) -> T:
    """A pool whose event streams are read many chunks at a time; as it is, where httpx has become another one."""
    session: Any = getattr(pool, "_pool", None)
    backend: object = getattr(session, "_network_backend", None)
    if isinstance(backend, httpcore.NetworkBackend):
        session._network_backend = Merging(backend)  # noqa: SLF001 (httpx has no argument for it)
    elif isinstance(backend, httpcore.AsyncNetworkBackend):
        session._network_backend = AsyncMerging(backend)  # noqa: SLF001 (the same)
    return pool


def _as_httpx(error: Exception) -> Exception:
    """The error of httpx for one of httpcore's, which has the same name."""
    kind = getattr(httpx, type(error).__name__, httpx.TransportError)
    return kind(str(error))


class Pools(httpx.BaseTransport):
    """For sync code; safe across threads.

    Args:
        options: httpx's own: verify, limits, trust_env.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._hosts = _Hosts(httpx.HTTPTransport, options)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        host = self._hosts.of(request.url)
        for unused in host.unused():
            unused.close()
        place, pool = host.take()
        try:
            response = pool.handle_request(request)
        except BaseException:
            host.places.give_back(place)
            raise
        response.stream = _Stream(response.stream, host.places, place)
        return response

    def exchange(self, ask: Ask, received: BufferedResponse, take: Callable[[bytes], object]) -> bool:
        """Send a request and read its answer, without what httpx puts around them; whether that could be done."""
        if not transport_is_itself(suspends=False):
            return False
        host = self._hosts.of(_parts_of(ask.url)[0])
        for unused in host.unused():
            unused.close()
        place, pool = host.take()
        try:
            session = _session(pool, httpcore.ConnectionPool)
            if session is None:
                return False
            answer = session.handle_request(_asked(ask))
            try:
                received.begin(answer.status, httpx.Headers(answer.headers))
                for piece in unpacked(received, cast("Iterable[bytes]", answer.stream)):
                    take(piece)
            finally:
                answer.close()
        except _THEIRS as error:
            raise _as_httpx(error) from error
        finally:
            host.places.give_back(place)
        return True

    def close(self) -> None:
        """See httpx."""
        for pool in self._hosts.all():
            pool.close()


class AsyncPools(httpx.AsyncBaseTransport):
    """The same for async code, in one event loop."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._hosts = _Hosts(httpx.AsyncHTTPTransport, options)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        host = self._hosts.of(request.url)
        for unused in host.unused():
            await unused.aclose()
        place, pool = host.take()
        try:
            response = await pool.handle_async_request(request)
        except BaseException:
            host.places.give_back(place)
            raise
        response.stream = _AsyncStream(response.stream, host.places, place)
        return response

    async def exchange(self, ask: Ask, received: BufferedResponse, take: Callable[[bytes], object]) -> bool:
        """See `Pools`."""
        if not transport_is_itself(suspends=True):
            return False
        from replicatekit._runtime import left_early

        host = self._hosts.of(_parts_of(ask.url)[0])
        for unused in host.unused():
            await unused.aclose()
        place, pool = host.take()
        try:
            session = _session(pool, httpcore.AsyncConnectionPool)
            if session is None:
                return False
            answer = await session.handle_async_request(_asked(ask))
            received.begin(answer.status, httpx.Headers(answer.headers))
            body, pieces = Unpacking(received, take), aiter(cast("AsyncIterable[bytes]", answer.stream))
            try:
                async for piece in pieces:
                    body.take(piece)
            except BaseException:
                with suppress(httpx.DecodingError):
                    body.finish()
                await left_early(answer, pieces)
                raise
            await answer.aclose()
            body.finish()
        except _THEIRS as error:
            raise _as_httpx(error) from error
        finally:
            host.places.give_back(place)
        return True

    async def aclose(self) -> None:
        """See httpx."""
        for pool in self._hosts.all():
            await pool.aclose()


class _Taken:
    """A place that is given back once."""

    def __init__(self, stream: Any, places: Places, place: int) -> None:
        self._stream = stream
        self._places: Places | None = places
        self._place = place

    def _give_back(self) -> None:
        places, self._places = self._places, None
        if places is not None:
            places.give_back(self._place)


class _Stream(_Taken, httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        try:
            self._stream.close()
        finally:
            self._give_back()


class _AsyncStream(_Taken, httpx.AsyncByteStream):
    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._give_back()
