"""The driver for async code: it suspends where a flow awaits, on asyncio or trio, whichever runs."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from replicatekit._http.bodies import AsyncBody, is_raw, without_generator
from replicatekit._http.connections import line_of
from replicatekit._http.error_mapping import clear_arguments
from replicatekit._http.request import bare_request, full_request
from replicatekit._runtime.contract import TokenSet
from replicatekit._runtime.event_loops import background, breaking, close_with_loop, left_early
from replicatekit._transports._ask import ask_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._http.api_client import ApiClient
    from replicatekit._http.connections import Line
    from replicatekit._http.response import BufferedResponse
    from replicatekit._runtime.contract import Endpoint, Pending

__all__ = ["ASYNC", "AsyncIO"]

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")

_CANCEL_SECONDS = 10.0  # for what has to be said to the API although the caller was told to stop
_MARGIN = 0.1  # seconds: the timeouts of the request itself say more about what has happened than ours


class AsyncIO:
    """Suspends where a flow awaits: on asyncio or trio, whichever runs."""

    is_async = True

    async def call(self, endpoint: Endpoint[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `IO`."""
        with clear_arguments():
            return (await endpoint.asyncio_detailed(*args, **kwargs)).parsed

    async def exchange(
        self,
        api: ApiClient,
        http: Any,
        arguments: Mapping[str, Any],
        received: BufferedResponse,
        take: Callable[[bytes], object],
        *,
        plain: bool,
    ) -> None:
        """See `IO`."""
        line = line_of(http)
        await self._keep(line, http, api)
        if line.goes_past(http, suspends=True):
            ask = ask_of(arguments, {} if plain else line.headers, api.timeout, api.last_moment)
            if ask is not None and await line.transport.exchange(ask, received, take):
                return
        response = await self.open(api, {**arguments, "timeout": api.bounded}, plain=plain, http=http)
        received.begin(response.status_code, response.headers)
        await self._read(response, take)

    async def open(
        self, api: ApiClient, arguments: Mapping[str, Any], *, plain: bool = False, http: Any = None
    ) -> httpx.Response:
        """See `IO`."""
        http = http or api.get_async_httpx_client()
        line = line_of(http)
        await self._keep(line, http, api)
        if line.goes_past(http, suspends=True):
            request = bare_request(arguments) if plain else full_request(arguments, line.headers)
            response = await line.transport.handle_async_request(without_generator(request, arguments.get("content")))
            response.request = request
            return response
        if plain:
            request = without_generator(bare_request(arguments), arguments.get("content"))
            return await http.send(request, stream=True, follow_redirects=False, auth=None)
        request = without_generator(http.build_request(**arguments), arguments.get("content"))
        return await http.send(request, stream=True, follow_redirects=False)

    async def _keep(self, line: Line, http: httpx.AsyncClient, api: ApiClient) -> None:
        if api.user_http_client is None and not line.closes_with_loop:
            line.closes_with_loop = True
            await close_with_loop(http)

    async def iter_bytes(self, response: httpx.Response, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `IO`."""
        chunks = response.aiter_raw() if not size and is_raw(response) else response.aiter_bytes(size)
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            await left_early(response, chunks)

    async def iter_event_bytes(
        self, response: httpx.Response, deadline: Deadline, token: CancelToken | None = None
    ) -> AsyncGenerator[bytes, None]:
        """See `IO`."""
        import anyio
        import httpx

        chunks = response.aiter_bytes()
        try:
            while True:
                chunk = None
                with anyio.move_on_after(deadline.left) as scope:
                    chunk = await self.cancellable(token, _next_chunk(chunks))
                if scope.cancelled_caught:
                    raise httpx.ReadTimeout("the deadline has passed")
                if chunk is None:
                    return
                yield chunk
        finally:
            await left_early(response, chunks)

    async def close(self, response: httpx.Response) -> None:
        """See `IO`."""
        import anyio

        with anyio.CancelScope(shield=True):
            await response.aclose()

    async def close_client(self, http: Any) -> None:
        """See `IO`."""
        import anyio

        with anyio.CancelScope(shield=True):
            await http.aclose()

    def body(self, pieces: Callable[[], Iterator[bytes]], sent: Callable[[bytes], object], *, waits: bool) -> Any:
        """See `IO`."""
        return AsyncBody(pieces, sent, waits=waits)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `IO`. A thread does it; cancelling waits for that."""
        import anyio.to_thread

        return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))

    async def sleep(self, seconds: float, token: CancelToken | None = None) -> None:
        """See `IO`."""
        import anyio

        await self.cancellable(token, anyio.sleep(seconds))

    async def cancellable(self, token: CancelToken | None, work: Coroutine[Any, Any, T]) -> T:
        """See `IO`."""
        if token is None:
            return await work
        import anyio

        with anyio.CancelScope() as scope, breaking(token.watched, scope):
            return await work
        raise TokenSet

    async def cancellable_after_grace(
        self, token: CancelToken | None, work: Coroutine[Any, Any, T], seconds: float
    ) -> T:
        """See `IO`."""
        import anyio

        pending = background(work)
        try:
            return await self.cancellable(token, pending.result())
        except BaseException:
            with anyio.move_on_after(seconds, shield=True):
                await pending.settled()
            pending.cancel()
            raise

    async def with_deadline(self, deadline: Deadline, work: Coroutine[Any, Any, T]) -> T:
        """See `IO`."""
        if deadline.at is None:
            return await work
        import anyio
        import httpx

        with anyio.move_on_after(deadline.later(_MARGIN).left):
            return await work
        raise httpx.ReadTimeout("the deadline has passed")

    async def notify(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """See `IO`."""
        result = function(*args, **kwargs)
        if inspect.isawaitable(result):
            await result

    async def run_shielded(self, work: Coroutine[Any, Any, T]) -> T | None:
        """See `IO`."""
        import anyio

        with anyio.move_on_after(_CANCEL_SECONDS, shield=True):
            return await work
        return None

    async def map(self, function: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A], limit: int) -> list[T]:
        """See `IO`."""
        import anyio

        results: dict[int, T] = {}
        places = anyio.Semaphore(limit)

        async def work(place: int, item: A) -> None:
            async with places:
                results[place] = await function(item)

        try:
            async with anyio.create_task_group() as group:
                for place, item in enumerate(items):
                    group.start_soon(work, place, item)
        except BaseExceptionGroup as errors:
            # Who gave one input wants one error: the first that was met.
            raise _first(errors) from None
        return [results[place] for place in range(len(items))]

    def start_background(self, work: Coroutine[Any, Any, T]) -> Pending[T]:
        """See `IO`."""
        return background(work)

    async def _read(self, response: httpx.Response, take: Callable[[bytes], object]) -> None:
        chunks = aiter(cast("Any", response.stream)) if is_raw(response) else response.aiter_bytes()
        try:
            async for chunk in chunks:
                take(chunk)
        except BaseException:
            await left_early(response, chunks)
            raise
        await response.aclose()


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(cast("BaseExceptionGroup[BaseException]", first)) if isinstance(first, BaseExceptionGroup) else first


async def _next_chunk(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)


ASYNC = AsyncIO()
