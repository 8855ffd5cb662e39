"""Requests of async code through httpcore2's connection pools, in one event loop."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakSet

import httpcore2

from replicatekit._http.response import ResponseHeaders
from replicatekit._http.senders.errors import as_httpx, not_sent
from replicatekit._http.senders.httpcore_base import FAILURES, Pools, core_request, extensions_of
from replicatekit._http.senders.network import AsyncNetwork, Attempt, current_attempt
from replicatekit._http.senders.usage import Usage
from replicatekit._http.urls import split

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping
    from types import AsyncGeneratorType

    import httpx

    from replicatekit._http.request import Request
    from replicatekit._http.response import BufferedResponse

__all__ = ["AsyncHttpcoreTransport"]


class AsyncHttpcoreTransport(Usage):
    """See `AsyncTransport`.

    Args:
        options: httpx's own: verify, limits, trust_env, proxy.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__()
        self._streams: WeakSet[httpx.AsyncByteStream] = WeakSet()
        self._pools = Pools(options, partial(httpcore2.AsyncConnectionPool, network_backend=AsyncNetwork()))

    async def exchange(self, request: Request, received: BufferedResponse) -> None:
        """See `AsyncTransport`."""
        answer, attempt, proxy = await self._send(request)
        headers = ResponseHeaders(answer.headers)
        received.begin(answer.status, headers, headers.get("content-encoding", ""))
        try:
            try:
                async with aclosing(_parts(answer)) as parts:
                    async for part in parts:
                        received.take(part)
            finally:
                await answer.aclose()
        except FAILURES as error:
            raise as_httpx(error, is_sent=attempt.is_sent, proxy=proxy) from error

    async def open(self, request: Request) -> httpx.Response:
        """See `AsyncTransport`."""
        import httpx

        answer, _, _ = await self._send(request)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=self._opened(answer),
            extensions=extensions_of(answer),
            request=httpx.Request(request.method, request.url, headers=request.headers),
        )

    def _opened(self, answer: httpcore2.Response) -> httpx.AsyncByteStream:
        stream = _stream(answer)
        self._streams.add(stream)
        return stream

    async def aclose(self) -> None:
        """See `AsyncTransport`."""
        self.is_closed = True
        # A body that was left early is closed while the event loop runs: httpcore2 cannot close it afterwards.
        for stream in list(self._streams):
            await stream.aclose()
        for pool in self._pools.take_all():
            await pool.aclose()

    async def _send(self, request: Request) -> tuple[httpcore2.Response, Attempt, str | None]:
        if self.is_closed:
            raise not_sent("the client is closed")
        pool, proxy = self._pools.for_url(split(request.url))
        attempt = Attempt(request.deadline)
        token = current_attempt.set(attempt)
        try:
            return await pool.handle_async_request(core_request(request)), attempt, proxy
        except FAILURES as error:
            raise as_httpx(error, is_sent=attempt.is_sent, proxy=proxy) from error
        finally:
            current_attempt.reset(token)


def _parts(answer: httpcore2.Response) -> AsyncGenerator[bytes, None]:
    return cast("AsyncGenerator[bytes, None]", aiter(cast("Any", answer.stream)))


def _stream(answer: httpcore2.Response) -> httpx.AsyncByteStream:
    """The body as httpx reads it, with errors of httpx."""
    import httpx

    class Stream(httpx.AsyncByteStream):
        def __init__(self) -> None:
            self._parts = _parts(answer)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                async with aclosing(self._parts):
                    async for part in self._parts:
                        yield part
            except FAILURES as error:
                raise as_httpx(error) from error

        async def aclose(self) -> None:
            if not cast("AsyncGeneratorType[bytes, None]", self._parts).ag_running:
                await self._parts.aclose()
            await answer.aclose()

    return Stream()
