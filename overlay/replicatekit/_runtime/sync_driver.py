"""The driver for sync code: it blocks where a flow awaits."""

from __future__ import annotations

import inspect
import time
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from replicatekit._http.bodies import Body, is_raw
from replicatekit._http.connections import line_of
from replicatekit._http.error_mapping import clear_arguments
from replicatekit._http.request import bare_request, full_request
from replicatekit._runtime.contract import TokenSet
from replicatekit._transports._ask import ask_of
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._http.api_client import ApiClient
    from replicatekit._http.response import BufferedResponse
    from replicatekit._runtime.contract import Endpoint, Pending

__all__ = ["BLOCKING", "BlockingIO", "iterate_sync", "run_sync"]

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")


def run_sync(work: Coroutine[Any, Any, T]) -> T:
    """Run a flow on `BlockingIO` to its end."""
    try:
        work.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        work.close()
    raise RuntimeError("a flow awaited something other than its IO")


def iterate_sync(items: AsyncGenerator[T, None]) -> Iterator[T]:
    """The items of a generating flow on `BlockingIO`, one by one."""
    try:
        while True:
            try:
                item = run_sync(_next(items))
            except StopAsyncIteration:
                return
            yield item
    finally:
        run_sync(items.aclose())


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await items.__anext__()


class BlockingIO:
    """Blocks where a flow awaits."""

    is_async = False

    async def call(self, endpoint: Endpoint[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `IO`."""
        with clear_arguments():
            return endpoint.sync_detailed(*args, **kwargs).parsed

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
        if line.goes_past(http, suspends=False):
            ask = ask_of(arguments, {} if plain else line.headers, api.timeout, api.last_moment)
            if ask is not None and line.transport.exchange(ask, received, take):
                return
        response = await self.open(api, {**arguments, "timeout": api.bounded}, plain=plain, http=http)
        received.begin(response.status_code, response.headers)
        await self._read(response, take)

    async def open(
        self, api: ApiClient, arguments: Mapping[str, Any], *, plain: bool = False, http: Any = None
    ) -> httpx.Response:
        """See `IO`."""
        http = http or api.get_httpx_client()
        line = line_of(http)
        if line.goes_past(http, suspends=False):
            request = bare_request(arguments) if plain else full_request(arguments, line.headers)
            response = line.transport.handle_request(request)
            response.request = request
            return response
        if plain:
            return http.send(bare_request(arguments), stream=True, follow_redirects=False, auth=None)
        return http.send(http.build_request(**arguments), stream=True, follow_redirects=False)

    async def iter_bytes(self, response: httpx.Response, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `IO`."""
        for chunk in response.iter_raw() if not size and is_raw(response) else response.iter_bytes(size):
            yield chunk

    async def iter_event_bytes(
        self, response: httpx.Response, deadline: Deadline, token: CancelToken | None = None
    ) -> AsyncGenerator[bytes, None]:
        """See `IO`."""
        import httpx

        from replicatekit._http.interrupt import hung_up

        def check() -> None:
            if token is not None and token.is_set:
                raise TokenSet
            if deadline.is_over:
                raise httpx.ReadTimeout("the deadline has passed")

        with hung_up(response, deadline, token):
            try:
                for chunk in response.iter_bytes():
                    check()
                    yield chunk
            except httpx.TransportError:
                check()
                raise
        check()

    async def close(self, response: httpx.Response) -> None:
        """See `IO`."""
        response.close()

    async def close_client(self, http: Any) -> None:
        """See `IO`."""
        http.close()

    def body(self, pieces: Callable[[], Iterator[bytes]], sent: Callable[[bytes], object], *, waits: bool) -> Any:
        """See `IO`."""
        del waits
        return Body(pieces, sent)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `IO`."""
        return function(*args, **kwargs)

    async def sleep(self, seconds: float, token: CancelToken | None = None) -> None:
        """See `IO`."""
        if token is None:
            time.sleep(seconds)  # noqa: ASYNC251 (blocking is what this one is for)
        elif token.wait(seconds):
            raise TokenSet

    async def cancellable(self, token: CancelToken | None, work: Coroutine[Any, Any, T]) -> T:
        """See `IO`. What blocks cannot be broken off: the token is looked at before, and what came is not lost."""
        if token is not None and token.is_set:
            work.close()
            raise TokenSet
        return await work

    async def cancellable_after_grace(
        self, token: CancelToken | None, work: Coroutine[Any, Any, T], seconds: float
    ) -> T:
        """See `IO`."""
        del seconds
        return await self.cancellable(token, work)

    async def with_deadline(self, deadline: Deadline, work: Coroutine[Any, Any, T]) -> T:
        """See `IO`. What blocks ends by its own timeouts."""
        del deadline
        return await work

    async def notify(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """See `IO`."""
        result = function(*args, **kwargs)
        if inspect.iscoroutine(result):
            result.close()
            raise InvalidArgument(f"{function!r} is a coroutine function: it goes with AsyncClient, not with Client")

    async def run_shielded(self, work: Coroutine[Any, Any, T]) -> T | None:
        """See `IO`."""
        return await work

    async def map(self, function: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A], limit: int) -> list[T]:
        """See `IO`."""
        if len(items) < 2:
            return [await function(item) for item in items]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(limit, len(items)), "replicatekit") as threads:
            pending = [threads.submit(run_sync, function(item)) for item in items]
            return [each.result() for each in pending]

    def start_background(self, work: Coroutine[Any, Any, T]) -> Pending[T]:
        """See `IO`."""
        return _InThread(work)

    async def _read(self, response: httpx.Response, take: Callable[[bytes], object]) -> None:
        try:
            for chunk in cast("Any", response.stream) if is_raw(response) else response.iter_bytes():
                take(chunk)
        finally:
            response.close()


class _InThread(Generic[T]):
    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        import threading
        from concurrent.futures import Future

        self._future: Future[T] = Future()
        # A daemon: a page that nobody waits for any more must not keep the process alive.
        threading.Thread(target=self._run, args=(work,), name="replicatekit", daemon=True).start()

    def _run(self, work: Coroutine[Any, Any, T]) -> None:
        try:
            self._future.set_result(run_sync(work))
        except BaseException as error:  # noqa: BLE001 (it is raised where the result is asked for)
            self._future.set_exception(error)

    async def result(self) -> T:
        return self._future.result()


BLOCKING = BlockingIO()
