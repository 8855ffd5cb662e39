"""The sender for async code: the async driver, which also sends requests."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from replicatekit._http.response import is_raw
from replicatekit._runtime import AsyncDriver, unregistered
from replicatekit.errors import InvalidArgument
from replicatekit_api.errors import InvalidArgument as GeneratedInvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._http.context import RequestContext
    from replicatekit._http.contract import Endpoint

__all__ = ["ASYNC", "AsyncSender", "close_early"]

P = ParamSpec("P")
T = TypeVar("T")


class AsyncSender(AsyncDriver):
    """Sends requests, and suspends until they are answered."""

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

    async def iter_bytes(self, response: httpx.Response, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `Sender`."""
        chunks = response.aiter_bytes(size) if size or not is_raw(response) else _raw(response)
        try:
            while (chunk := await unregistered(_next_chunk(chunks))) is not None:
                yield chunk
        finally:
            await close_early(response, chunks)

    async def iter_event_bytes(
        self, response: httpx.Response, deadline: Deadline, token: CancelToken | None = None
    ) -> AsyncGenerator[bytes, None]:
        """See `Sender`."""
        import anyio
        import httpx

        chunks = _raw(response) if is_raw(response) else response.aiter_bytes()
        try:
            while True:
                chunk = None
                with anyio.move_on_after(deadline.left) as scope:
                    chunk = await self.cancellable(token, unregistered(_next_chunk(chunks)))
                if scope.cancelled_caught:
                    raise httpx.ReadTimeout("the deadline has passed")
                if chunk is None:
                    return
                yield chunk
        finally:
            await close_early(response, chunks)

    async def close(self, response: httpx.Response) -> None:
        """See `Sender`."""
        import anyio

        with anyio.CancelScope(shield=True):
            await response.aclose()

    def body(self, pieces: Callable[[], Iterator[bytes]], sent: Callable[[bytes], object], *, waits: bool) -> Any:
        """See `Sender`."""
        from replicatekit._http.bodies import AsyncBody

        return AsyncBody(pieces, sent, waits=waits)


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
