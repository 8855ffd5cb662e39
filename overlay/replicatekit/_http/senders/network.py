"""The network beneath httpcore2's pools: every wait ends at the deadline, and no response is taken for another."""

from __future__ import annotations

import select
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

import httpcore2

from replicatekit._base.deadline import NEVER
from replicatekit._http.senders.framing import ResponseFraming

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from replicatekit._base.deadline import Deadline

__all__ = ["AsyncNetwork", "Attempt", "Network", "current_attempt"]

_LARGEST_READ = 256 * 1024  # bytes; httpcore2 reads 64 KB, and each read has its cost


class Attempt:
    """One request on its way.

    Args:
        deadline: Ends every wait for the network.
    """

    __slots__ = ("deadline", "is_sent")

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.is_sent = False
        """Whether any byte of the request was given to the network."""

    def limit(self, timeout: float | None, late: type[Exception]) -> float | None:
        """A timeout that does not reach beyond the deadline."""
        left = self.deadline.left
        if left is None:
            return timeout
        if left <= 0:
            raise late("the deadline has passed")
        return left if timeout is None else min(timeout, left)


current_attempt: ContextVar[Attempt] = ContextVar("current_attempt", default=Attempt(NEVER))  # noqa: B039 (never changed)
"""What the running code sends: the pool decides which connection takes it."""


class _Followed:
    """What the streams for sync and async code have in common."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._socket: Any = None
        self._framing = ResponseFraming()
        self._attempt = current_attempt.get()

    def _written(self, buffer: bytes) -> None:
        if self._framing.is_reusable:
            self._attempt = current_attempt.get()
        # A request to a proxy for a tunnel, or a handshake with one, is not yet the caller's request.
        if buffer[:1].isalpha() and not buffer.startswith(b"CONNECT "):
            self._attempt.is_sent = True
        self._framing.request_written(buffer)

    def _size_of_read(self, wanted: int) -> int:
        return max(wanted, min(self._framing.expected, _LARGEST_READ))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            # The pool asks every idle connection before every request, and closes those that are readable.
            return not self._framing.is_reusable or self._is_readable()
        return self._stream.get_extra_info(info)

    def _is_readable(self) -> bool:
        # The stream's own answer looks its socket up each time, which takes ten times as long as to ask it.
        if self._socket is None:
            self._socket = self._stream.get_extra_info("socket")
        if self._socket is None or not hasattr(select, "poll"):
            return bool(self._stream.get_extra_info("is_readable"))
        number: int = self._socket.fileno()
        if number < 0:  # closed
            return True
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))


class _Stream(_Followed, httpcore2.NetworkStream):
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            data = self._stream.read(self._size_of_read(max_bytes), self._attempt.limit(timeout, httpcore2.ReadTimeout))
            given = self._framing.feed(data)
            if given or not data:
                return given

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._written(buffer)
        self._stream.write(buffer, self._attempt.limit(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        limit = self._attempt.limit(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, limit))


class Network(httpcore2.NetworkBackend):
    """The network for sync code."""

    def __init__(self) -> None:
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """See httpcore2."""
        limit = current_attempt.get().limit(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._backend.connect_tcp(host, port, limit, local_address, socket_options))


class _AsyncStream(_Followed, httpcore2.AsyncNetworkStream):
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 (httpcore2's own)
        while True:
            data = await self._stream.read(
                self._size_of_read(max_bytes), self._attempt.limit(timeout, httpcore2.ReadTimeout)
            )
            given = self._framing.feed(data)
            if given or not data:
                return given

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 (the same)
        self._written(buffer)
        await self._stream.write(buffer, self._attempt.limit(timeout, httpcore2.WriteTimeout))

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (the same)
    ) -> httpcore2.AsyncNetworkStream:
        limit = self._attempt.limit(timeout, httpcore2.ConnectTimeout)
        return _AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, limit))


class AsyncNetwork(httpcore2.AsyncNetworkBackend):
    """The network for async code, on asyncio and trio."""

    def __init__(self) -> None:
        self._backend = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore2's own)
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """See httpcore2."""
        limit = current_attempt.get().limit(timeout, httpcore2.ConnectTimeout)
        return _AsyncStream(await self._backend.connect_tcp(host, port, limit, local_address, socket_options))
