"""Requests through connections of httpcore2, for sync and async code.

httpcore2's pool makes each connection: direct, through a proxy, through SOCKS. This module assigns connections to
requests, because the pool looks at all of its connections whenever a request begins or ends. With 200 of them that is
most of a client's time, and with one it takes a quarter of the processor time of a GET.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import aclosing
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import httpcore2

from replicatekit._base.deadline import Deadline
from replicatekit._http.decompression import ACCEPTED
from replicatekit._http.request import RedactedHeaders
from replicatekit._http.senders.certificates import ssl_context
from replicatekit._http.senders.errors import as_httpx, not_sent
from replicatekit._http.senders.network import AsyncNetwork, Attempt, Network, current_attempt
from replicatekit._http.senders.proxies import Proxies
from replicatekit._http.urls import split
from replicatekit._runtime import AsyncDriver, SyncDriver

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from replicatekit._http.request import Request
    from replicatekit._http.response import BufferedResponse
    from replicatekit._http.urls import UrlParts
    from replicatekit._runtime.channel import Channel

_FAILURES = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
)
_MAX_CONNECTIONS = 1000
"""Further requests wait: a process may have 1,024 files open on many systems."""
_KEEPALIVE_EXPIRY = 5.0  # seconds, as in httpx: servers close idle connections
_JOINED = 65_536  # bytes of a body that is written together with its head
_WITH_BODY = {"POST", "PUT", "PATCH"}


class _NoBody(tuple[bytes, ...]):
    """An empty body without parts: an empty part would cost an event of its own."""

    __slots__ = ()

    def __aiter__(self) -> _NoBody:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


_NO_BODY = _NoBody()


class _Origin:
    """Where requests go, and the idle connections to it."""

    __slots__ = ("address", "host", "idle", "pool", "proxy")

    def __init__(self, pool: Any, proxy: str | None, url: UrlParts) -> None:
        self.pool = pool
        """The pool that makes connections."""
        self.proxy = proxy
        self.address = httpcore2.URL(scheme=url.scheme, host=url.host.strip("[]"), port=url.port).origin
        self.host = url.netloc.encode("ascii")
        self.idle: list[tuple[Any, float]] = []
        """Connections and when they expire; the one used last is at the end."""


class HttpcoreTransport:
    """See `Transport`. Safe to share between threads.

    Args:
        options: httpx's options: verify, limits, trust_env, proxy.
        is_async: Whether it serves an event loop.
    """

    def __init__(self, options: Mapping[str, Any], *, is_async: bool) -> None:
        self.is_closed = self.closes_with_loop = False
        self._io = AsyncDriver() if is_async else SyncDriver()
        self._trust_env = bool(options.get("trust_env", True))
        limits, most, idle, expiry = options.get("limits"), _MAX_CONNECTIONS, None, _KEEPALIVE_EXPIRY
        if limits is not None:
            most, idle, expiry = limits.max_connections, limits.max_keepalive_connections, limits.keepalive_expiry
        self._most, self._most_idle, self._expiry = (inf if limit is None else limit for limit in (most, idle, expiry))
        self._verify = options.get("verify", True)
        self._proxies = Proxies(options.get("proxy"), trust_env=self._trust_env)
        self._lock = threading.Lock()
        self._origins: dict[tuple[Any, ...], _Origin] = {}
        self._busy = 0
        self._waiting: deque[Channel[None]] = deque()
        self._bodies: WeakSet[Any] = WeakSet()

    async def exchange(self, request: Request, received: BufferedResponse) -> None:
        """See `Transport`."""
        origin, connection, answer = await self._send(request)
        try:
            received.begin(answer.status, answer.headers)
            if self._io.is_async:
                async with aclosing(aiter(answer.stream)) as parts:
                    async for part in parts:
                        received.take(part)
            else:
                for part in answer.stream:
                    received.take(part)
            received.finish()
        except _FAILURES as error:
            raise as_httpx(error, proxy=origin.proxy) from error
        finally:
            await self._leave(origin, connection, answer)

    async def open(self, request: Request) -> httpx.Response:
        """See `Transport`."""
        import httpx

        from replicatekit._http.senders.long_body import parts_of
        from replicatekit._http.senders.response_stream import ResponseStream

        origin, connection, answer = await self._send(request)
        parts = parts_of(answer, request.timeouts.read, is_async=self._io.is_async)
        stream = ResponseStream(parts, partial(self._leave, origin, connection, answer), _failure)
        with self._lock:
            self._bodies.add(stream.body)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=stream,
            extensions=dict(answer.extensions),
            request=httpx.Request(request.method, request.url, headers=request.headers),
        )

    async def aclose(self) -> None:
        """See `Transport`. A body that is still being read ends here: httpcore2 cannot close it after its loop."""
        with self._lock:
            self.is_closed = True
            idle = [connection for origin in self._origins.values() for connection, _ in origin.idle]
            self._origins.clear()
            bodies = list(self._bodies)
        for body in bodies:
            await body.aclose() if self._io.is_async else body.close()
        await self._io.run_shielded(self._close(idle))

    async def _send(self, request: Request) -> tuple[_Origin, Any, Any]:
        """Send a request. Call `_leave` after the response, to release its connection."""
        if self.is_closed:
            raise not_sent("the client is closed")
        url = split(request.url)
        origin = self._origins.get(url[:3]) or self._new_origin(url)
        built = _core_request(request, origin, url)
        await self._acquire_slot(request)
        content = request.body.get("content")
        joins = isinstance(content, bytes) and 0 < len(content) <= _JOINED
        connection = None
        try:
            connection = await self._connection(origin)
            attempt = Attempt(request.deadline, request.tracker, joins=joins)
            token = current_attempt.set(attempt)
            try:
                if self._io.is_async:
                    return origin, connection, await connection.handle_async_request(built)
                return origin, connection, connection.handle_request(built)
            except _FAILURES as error:
                raise as_httpx(error, is_sent=attempt.is_sent, proxy=origin.proxy) from error
            finally:
                current_attempt.reset(token)
        except BaseException:
            await self._leave(origin, connection)
            raise

    async def _acquire_slot(self, request: Request) -> None:
        """Wait for one of the limited slots, in order of arrival.

        Raises:
            httpx.PoolTimeout: None became free in time.
        """
        with self._lock:
            if self._busy < self._most:
                self._busy += 1
                return
            from replicatekit._runtime.channel import new_channel

            slot = new_channel(self._io)
            self._waiting.append(slot)
        timeout = request.timeouts.within(request.deadline).pool
        try:
            await slot.get(Deadline(None if timeout is None else time.monotonic() + timeout))
        except BaseException as error:
            with self._lock:
                has_slot = slot not in self._waiting
                if not has_slot:
                    self._waiting.remove(slot)
            if not isinstance(error, TimeoutError):
                if has_slot:
                    self._release_slot()
                raise
            if not has_slot:
                raise as_httpx(httpcore2.PoolTimeout(), is_sent=False) from None

    def _release_slot(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().put(None)
            else:
                self._busy -= 1

    async def _connection(self, origin: _Origin) -> Any:
        """An idle connection that the server has not closed, or a new one."""
        connection, now = None, time.monotonic()
        closing: list[Any] = []
        with self._lock:
            for each in self._origins.values():
                while each.idle and each.idle[0][1] < now:
                    closing.append(each.idle.pop(0)[0])
            while connection is None and origin.idle:
                connection = origin.idle.pop()[0]
                if connection.has_expired():
                    closing.append(connection)
                    connection = None
            if connection is None and self._busy + self._count_idle() > self._most:
                closing.append(next(each for each in self._origins.values() if each.idle).idle.pop(0)[0])
        if closing:
            await self._io.run_shielded(self._close(closing))
        return connection or origin.pool.create_connection(origin.address)

    async def _leave(self, origin: _Origin, connection: Any, answer: httpcore2.Response | None = None) -> None:
        """End a request, and keep its connection for another one if it can be used again."""
        try:
            if answer is not None:
                await answer.aclose() if self._io.is_async else answer.close()
        finally:
            if connection is not None and connection.is_available():
                with self._lock:
                    if not self.is_closed and (self._most_idle == inf or self._count_idle() < self._most_idle):
                        origin.idle.append((connection, time.monotonic() + self._expiry))
                        connection = None
            self._release_slot()
            if connection is not None:
                await self._io.run_shielded(self._close([connection]))

    def _count_idle(self) -> int:
        return sum([len(each.idle) for each in self._origins.values()])

    async def _close(self, connections: list[Any]) -> None:
        for connection in connections:
            await connection.aclose() if self._io.is_async else connection.close()

    def _new_origin(self, url: UrlParts) -> _Origin:
        proxy = self._proxies.for_url(url)

        def context(url: str) -> Any:  # a client for this machine reads no certificates
            return ssl_context(self._verify, trust_env=self._trust_env) if url.startswith("https") else None

        proxy_setting = proxy and httpcore2.Proxy(
            proxy.url, auth=proxy.auth, headers=proxy.headers, ssl_context=proxy.ssl_context or context(proxy.url)
        )
        kind: Any = httpcore2.AsyncConnectionPool if self._io.is_async else httpcore2.ConnectionPool
        with self._lock:
            if url[:3] not in self._origins:
                backend = AsyncNetwork() if self._io.is_async else Network()
                pool = kind(ssl_context=context(url.scheme), proxy=proxy_setting, network_backend=backend)
                self._origins[url[:3]] = _Origin(pool, proxy and proxy.url, url)
            return self._origins[url[:3]]


def _failure(error: Exception) -> Exception:
    return as_httpx(error) if isinstance(error, _FAILURES) else error


def _core_request(request: Request, origin: _Origin, url: UrlParts) -> httpcore2.Request:
    """Convert a request to one of httpcore2.

    Raises:
        UnicodeError: It cannot be sent.
    """
    fields, content = request.headers, request.body.get("content")
    if request.body and content is None:
        fields = RedactedHeaders(fields)
        content = _encoded(request, fields)
    headers = [(b"Host", origin.host)]
    names: set[str] = set()
    for name, value in fields.items():
        headers.append((name.encode("ascii"), value if isinstance(value, bytes) else value.encode("ascii")))
        names.add(name.lower())
    if not request.is_bare and "accept" not in names:
        headers.append((b"Accept", b"*/*"))
    if not request.is_bare and "accept-encoding" not in names:
        headers.append((b"Accept-Encoding", ACCEPTED.encode()))
    if isinstance(content, str):
        content = content.encode()
    if "content-length" not in names and "transfer-encoding" not in names:
        if content is not None and not isinstance(content, bytes):
            headers.append((b"Transfer-Encoding", b"chunked"))
        elif content or request.method in _WITH_BODY:
            headers.append((b"Content-Length", b"%d" % len(content or b"")))
    connect, read, write, _ = request.timeouts
    built = httpcore2.Request(
        request.method,
        httpcore2.URL(scheme=origin.address.scheme, host=origin.address.host, port=url.port, target=url.target),
        content=content or _NO_BODY,
        extensions={"timeout": {"connect": connect, "read": read, "write": write}},
    )
    built.headers = headers  # already as bytes
    return built


def _encoded(request: Request, headers: dict[str, Any]) -> Any:
    """A body that httpx encodes (a form, files, JSON), and the headers that describe it."""
    import httpx

    built = httpx.Request(request.method, request.url, headers=headers, **request.body)
    headers.update({k: v for k, v in built.headers.items() if k in ("content-type", "content-length")})
    return built.stream
