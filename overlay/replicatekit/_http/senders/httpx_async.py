"""Requests of async code through a client of httpx or httpx2: the caller's, or one with the caller's transport."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from replicatekit._http.async_sender import close_early
from replicatekit._http.bodies import AsyncBody
from replicatekit._http.response import is_raw
from replicatekit._http.senders.httpx_base import BaseHttpxTransport, client_arguments, httpx_proxy
from replicatekit._http.urls import split

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping

    from replicatekit._http.request import Request
    from replicatekit._http.response import BufferedResponse
    from replicatekit._http.senders.proxies import Proxies, ProxyAddress

__all__ = ["AsyncHttpxTransport", "new_async_client"]


class AsyncHttpxTransport(BaseHttpxTransport):
    """See `AsyncTransport`."""

    async def exchange(self, request: Request, received: BufferedResponse) -> None:
        """See `AsyncTransport`."""
        response = await self._send(request)
        received.begin(response.status_code, response.headers)
        parts = aiter(response.stream) if is_raw(response) else response.aiter_bytes()
        try:
            async for part in parts:
                received.take(part)
        except BaseException as error:
            await close_early(response, parts)
            if not isinstance(error, Exception):
                raise
            raise self.failure(error) from error.__cause__
        await response.aclose()

    async def open(self, request: Request) -> httpx.Response:
        """See `AsyncTransport`."""
        response = await self._send(request)
        if self.is_httpx:
            result: httpx.Response = response
            return result
        return self.as_httpx_response(response, _Stream(partial(self._raw_parts, response), response.aclose))

    async def _raw_parts(self, response: Any) -> AsyncGenerator[bytes, None]:
        try:
            async for part in response.aiter_raw():
                yield part
        except Exception as error:  # noqa: BLE001 (it is mapped)
            raise self.failure(error) from error.__cause__

    async def aclose(self) -> None:
        """See `AsyncTransport`."""
        self.is_closed = True
        if self.is_ours:
            await self.http.aclose()

    async def _send(self, request: Request) -> Any:
        try:
            built = _without_generator(self.build(request), request.body.get("content"))
            return await self.http.send(built, **self.send_arguments(request))
        except Exception as error:  # noqa: BLE001 (it is mapped)
            answer = self.answer_of(error)
            if answer is None:
                raise self.failure(error) from error.__cause__
            return answer


class _Stream(httpx.AsyncByteStream):
    """A body of chunks from any iterator."""

    def __init__(
        self, begin: Callable[[], AsyncIterator[bytes]], close: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._begin = begin
        self._close = close

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._begin()

    async def aclose(self) -> None:
        if self._close is not None:
            await self._close()


class _Whole:
    """The one chunk of a body, from an iterator that is no generator."""

    def __init__(self, content: bytes) -> None:
        self._left = [content] if content else []

    def __aiter__(self) -> _Whole:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


def _without_generator(request: Any, content: object) -> Any:
    """A request whose body is no generator of httpx's: trio warns of those that are left suspended."""
    if isinstance(content, AsyncBody):
        request.stream = _Stream(content.__aiter__)
    elif isinstance(request, httpx.Request) and isinstance(request.stream, httpx.ByteStream):
        request.stream = _Stream(partial(_Whole, request.content))
    return request


class _Routing(httpx.AsyncBaseTransport):
    """Sends through the environment's proxies, with the exceptions that httpx does not know."""

    def __init__(self, proxies: Proxies, connections: Mapping[str, Any]) -> None:
        self._proxies = proxies
        self._connections = connections
        self._transports: dict[ProxyAddress | None, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = self._proxies.for_url(split(str(request.url)))
        if proxy not in self._transports:
            self._transports[proxy] = httpx.AsyncHTTPTransport(proxy=httpx_proxy(proxy), **self._connections)
        return await self._transports[proxy].handle_async_request(request)

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()


def new_async_client(options: Mapping[str, Any]) -> httpx.AsyncClient:
    """An async HTTP client with these options of httpx."""
    return httpx.AsyncClient(**client_arguments(options, _Routing))
