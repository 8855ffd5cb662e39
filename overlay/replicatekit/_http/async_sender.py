"""The sender for async code: the async driver, which also sends requests."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from replicatekit._http.response import is_raw
from replicatekit._runtime import AsyncDriver, without_loop_hooks
from replicatekit.errors import InvalidArgument
from replicatekit_api.errors import InvalidArgument as GeneratedInvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Mapping

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._http.context import RequestContext
    from replicatekit._http.contract import Endpoint

P = ParamSpec("P")
T = TypeVar("T")


class AsyncSender(AsyncDriver):
    """Sends requests, and suspends until the responses arrive."""

    async def call(self, endpoint: Endpoint[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Sender`."""
        try:
            return (await endpoint.asyncio_detailed(*args, **kwargs)).parsed
        except GeneratedInvalidArgument as error:
            raise InvalidArgument(str(error)) from None

    async def open(
        self, context: RequestContext, arguments: Mapping[str, Any], *, is_bare: bool = False
    ) -> httpx.Response:
        """See `Sender`."""
        from replicatekit._http.exchange import open_response

        return await open_response(self, context, arguments, is_bare=is_bare)

    def iter_bytes(self, response: httpx.Response, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `Sender`."""
        chunks = response.aiter_bytes(size) if size or not is_raw(response) else _raw(response)
        return cast("AsyncGenerator[bytes, None]", _Chunks(response, chunks, without_loop_hooks))

    def iter_event_bytes(
        self, response: httpx.Response, deadline: Deadline, token: CancelToken | None = None
    ) -> AsyncGenerator[bytes, None]:
        """See `Sender`."""
        import anyio
        import httpx

        async def read(work: Coroutine[Any, Any, bytes | None]) -> bytes | None:
            with anyio.move_on_after(deadline.left):
                return await self.cancellable(token, without_loop_hooks(work))
            raise httpx.ReadTimeout("the deadline has passed")

        chunks = _raw(response) if is_raw(response) else response.aiter_bytes()
        return cast("AsyncGenerator[bytes, None]", _Chunks(response, chunks, read))

    async def close(self, response: httpx.Response) -> None:
        """See `Sender`."""
        import anyio

        with anyio.CancelScope(shield=True):
            await response.aclose()

    def body(self, pieces: Callable[[], Iterator[bytes]], on_sent: Callable[[bytes], object], *, waits: bool) -> Any:
        """See `Sender`."""
        from replicatekit._http.bodies import AsyncBody

        return AsyncBody(pieces, on_sent, waits=waits)


class _Chunks:
    """The chunks of a body. It is not a generator, as trio warns of those that are not exhausted.

    Args:
        response: Closed at the end.
        chunks: The HTTP library's chunks.
        read: Awaits the next chunk.
    """

    def __init__(
        self,
        response: httpx.Response,
        chunks: AsyncIterator[bytes],
        read: Callable[[Coroutine[Any, Any, bytes | None]], Coroutine[Any, Any, bytes | None]],
    ) -> None:
        self._response = response
        self._chunks = chunks
        self._read = read
        self._is_closed = False

    def __aiter__(self) -> _Chunks:
        return self

    async def __anext__(self) -> bytes:
        chunk = None
        try:
            if not self._is_closed:
                chunk = await self._read(_next_chunk(self._chunks))
        finally:
            if chunk is None:
                await self.aclose()
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            await close_early(self._response, self._chunks)


def _raw(response: httpx.Response) -> AsyncIterator[bytes]:
    return aiter(cast("Any", response.stream))


async def _next_chunk(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)


async def close_early(response: Any, chunks: AsyncIterator[bytes]) -> None:
    """Close a response, and exhaust its iterator: trio warns of generators that are left suspended."""
    import anyio

    with anyio.CancelScope(shield=True), suppress(Exception):
        await response.aclose()
        while await anext(chunks, None) is not None:
            pass


ASYNC = AsyncSender()
