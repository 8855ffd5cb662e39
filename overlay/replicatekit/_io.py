"""Whether the caller may suspend: the only module that knows.

The contract between a flow (logic) and its driver (an `IO`):

- A flow is a coroutine, or an async generator. It awaits methods of an `IO` and other flows, and nothing else.
- `BlockingIO` blocks inside its methods, so that a flow driven by it never suspends: `finish` runs it with one step,
  with no event loop and no thread, inside a running loop too.
- `AsyncIO` really awaits, on asyncio and on trio.
- In a generator, `yield` is for the caller's items; `await` is for I/O.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, cast

from replicatekit._sending import AsyncBody, Body, plain_request

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Awaitable,
        Callable,
        Coroutine,
        Generator,
        Iterator,
        Mapping,
        Sequence,
    )

    import httpx

    from replicatekit._cancel import CancelToken
    from replicatekit._deadline import Deadline
    from replicatekit_api import AuthenticatedClient
    from replicatekit_api.types import Response

__all__ = [
    "ASYNC",
    "BLOCKING",
    "IO",
    "AsyncIO",
    "BlockingIO",
    "Endpoint",
    "Pending",
    "TokenSet",
    "each",
    "finish",
]

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_CANCEL_SECONDS = 10.0  # for what has to be said to the API although the caller was told to stop


class Endpoint(Protocol[P, T]):
    """A generated endpoint module, as a value: the type checker checks the arguments of each call through it."""

    @property
    def sync_detailed(self) -> Callable[P, Response[T]]:
        """The call that blocks."""
        ...

    @property
    def asyncio_detailed(self) -> Callable[P, Coroutine[Any, Any, Response[T]]]:
        """The call that suspends."""
        ...


class TokenSet(Exception):
    """The caller's cancel token was set while a flow waited."""


class Pending(Protocol[T_co]):
    """Something that goes on in the background."""

    async def result(self) -> T_co:
        """Wait for it; what it raised is raised."""
        ...


class IO(Protocol):
    """What a flow may await."""

    async def call(self, endpoint: Endpoint[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a generated endpoint."""
        ...

    async def open(
        self, api: AuthenticatedClient, arguments: Mapping[str, Any], *, plain: bool = False
    ) -> httpx.Response:
        """Send a request; the answer's body is still to be read, and it must be closed.

        Args:
            api: Whose connections are used.
            arguments: httpx's own: method, url, headers, timeout, ...
            plain: Without anything else that the HTTP client would send: headers, cookies, parameters, authentication.
        """
        ...

    def chunks(self, response: httpx.Response, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """The body's bytes as they come, or in pieces of one size; what is not read to its end is to be closed."""
        ...

    def live(
        self, response: httpx.Response, deadline: Deadline, token: CancelToken | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The body's bytes as they come, however slowly; what is read is to be closed by its `aclose`.

        Raises:
            httpx.ReadTimeout: The deadline has passed.
            TokenSet: The token was set.
        """
        ...

    async def close(self, response: httpx.Response) -> None:
        """Give the answer's connection back."""
        ...

    def body(self, pieces: Callable[[], Iterator[bytes]], sent: Callable[[bytes], object], *, waits: bool) -> Any:
        """A request's body that is read as it is sent, from its beginning for each attempt.

        Args:
            pieces: Begins to read it.
            sent: Called with each piece after it was sent.
            waits: Whether reading may have to wait for somebody, as a pipe has to.
        """
        ...

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something that blocks by itself, such as writing to a file."""
        ...

    async def sleep(self, seconds: float, token: CancelToken | None = None) -> None:
        """Let time pass.

        Raises:
            TokenSet: The token was set.
        """
        ...

    async def guarded(self, token: CancelToken | None, work: Coroutine[Any, Any, T]) -> T:
        """Do something that a cancel token may break off.

        Raises:
            TokenSet: The token was set.
        """
        ...

    async def at_last(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do something although the caller was told to stop; within a few seconds, or not at all."""
        ...

    async def map(self, function: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A], limit: int) -> list[T]:
        """Do the same for several items, up to `limit` of them at a time; results in the items' order."""
        ...

    def begin(self, work: Coroutine[Any, Any, T]) -> Pending[T]:
        """Begin something that goes on in the background."""
        ...

    @property
    def interruptible(self) -> bool:
        """Whether `guarded` can break off a request that waits for its answer."""
        ...


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a flow on `BlockingIO` to its end."""
    try:
        work.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        work.close()
    raise RuntimeError("a flow awaited something other than its IO")


def each(items: AsyncGenerator[T, None]) -> Iterator[T]:
    """The items of a generating flow on `BlockingIO`, one by one."""
    try:
        while True:
            try:
                item = finish(_next(items))
            except StopAsyncIteration:
                return
            yield item
    finally:
        finish(items.aclose())


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await items.__anext__()


class BlockingIO:
    """Blocks where a flow awaits."""

    interruptible = False

    async def call(self, endpoint: Endpoint[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `IO`."""
        return endpoint.sync_detailed(*args, **kwargs).parsed

    async def open(
        self, api: AuthenticatedClient, arguments: Mapping[str, Any], *, plain: bool = False
    ) -> httpx.Response:
        """See `IO`."""
        http = api.get_httpx_client()
        if plain:
            return http.send(plain_request(arguments), stream=True, follow_redirects=False, auth=None)
        return http.send(http.build_request(**arguments), stream=True, follow_redirects=False)

    async def chunks(self, response: httpx.Response, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `IO`."""
        is_packed = "content-encoding" in response.headers
        for chunk in response.iter_bytes(size) if is_packed or size else response.iter_raw():
            yield chunk

    async def live(
        self, response: httpx.Response, deadline: Deadline, token: CancelToken | None = None
    ) -> AsyncGenerator[bytes, None]:
        """See `IO`."""
        import httpx

        from replicatekit._hangup import hung_up

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

    async def guarded(self, token: CancelToken | None, work: Coroutine[Any, Any, T]) -> T:
        """See `IO`. What blocks cannot be broken off: the token is looked at before and after."""
        if token is not None and token.is_set:
            work.close()
            raise TokenSet
        result = await work
        if token is not None and token.is_set:
            raise TokenSet
        return result

    async def at_last(self, work: Coroutine[Any, Any, T]) -> T | None:
        """See `IO`."""
        return await work

    async def map(self, function: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A], limit: int) -> list[T]:
        """See `IO`."""
        if len(items) < 2:
            return [await function(item) for item in items]
        with ThreadPoolExecutor(min(limit, len(items)), "replicatekit") as threads:
            pending = [threads.submit(finish, function(item)) for item in items]
            return [each.result() for each in pending]

    def begin(self, work: Coroutine[Any, Any, T]) -> Pending[T]:
        """See `IO`."""
        return _InThread(work)


class _InThread(Generic[T]):
    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        import threading

        self._future: Future[T] = Future()
        # A daemon: a page that nobody waits for any more must not keep the process alive.
        threading.Thread(target=self._run, args=(work,), name="replicatekit", daemon=True).start()

    def _run(self, work: Coroutine[Any, Any, T]) -> None:
        try:
            self._future.set_result(finish(work))
        except BaseException as error:  # noqa: BLE001 (it is raised where the result is asked for)
            self._future.set_exception(error)

    async def result(self) -> T:
        return self._future.result()


class AsyncIO:
    """Suspends where a flow awaits: on asyncio or trio, whichever runs."""

    interruptible = True

    async def call(self, endpoint: Endpoint[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `IO`."""
        return (await endpoint.asyncio_detailed(*args, **kwargs)).parsed

    async def open(
        self, api: AuthenticatedClient, arguments: Mapping[str, Any], *, plain: bool = False
    ) -> httpx.Response:
        """See `IO`."""
        http = api.get_async_httpx_client()
        if plain:
            return await http.send(plain_request(arguments), stream=True, follow_redirects=False, auth=None)
        return await http.send(http.build_request(**arguments), stream=True, follow_redirects=False)

    async def chunks(self, response: httpx.Response, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `IO`."""
        is_packed = "content-encoding" in response.headers
        async for chunk in response.aiter_bytes(size) if is_packed or size else response.aiter_raw():
            yield chunk

    async def live(
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
                    chunk = await self.guarded(token, _next_chunk(chunks))
                if scope.cancelled_caught:
                    raise httpx.ReadTimeout("the deadline has passed")
                if chunk is None:
                    return
                yield chunk
        finally:
            # Closed, then read to its end: trio warns of the generators in httpx if they are left in the middle.
            with anyio.CancelScope(shield=True), suppress(Exception):
                await response.aclose()
                while await _next_chunk(chunks) is not None:
                    pass

    async def close(self, response: httpx.Response) -> None:
        """See `IO`."""
        import anyio

        with anyio.CancelScope(shield=True):
            await response.aclose()

    def body(self, pieces: Callable[[], Iterator[bytes]], sent: Callable[[bytes], object], *, waits: bool) -> Any:
        """See `IO`."""
        return AsyncBody(pieces, sent, waits=waits)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `IO`. A thread does it; cancelling waits for that."""
        from functools import partial

        import anyio.to_thread

        return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))

    async def sleep(self, seconds: float, token: CancelToken | None = None) -> None:
        """See `IO`."""
        import anyio

        await self.guarded(token, anyio.sleep(seconds))

    async def guarded(self, token: CancelToken | None, work: Coroutine[Any, Any, T]) -> T:
        """See `IO`."""
        if token is None:
            return await work
        import anyio

        with anyio.CancelScope() as scope, _breaking(token, scope):
            return await work
        raise TokenSet

    async def at_last(self, work: Coroutine[Any, Any, T]) -> T | None:
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

    def begin(self, work: Coroutine[Any, Any, T]) -> Pending[T]:
        """See `IO`."""
        trio = sys.modules.get("trio")
        return _InTrio(work) if trio is not None and trio.lowlevel.in_trio_run() else _InAsyncio(work)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(cast("BaseExceptionGroup[BaseException]", first)) if isinstance(first, BaseExceptionGroup) else first


@contextmanager
def _breaking(token: CancelToken, scope: Any) -> Generator[None]:
    """While this lasts, setting the token cancels the scope, from whichever thread."""
    import threading

    import anyio.from_thread
    import anyio.lowlevel

    here, loop = threading.get_ident(), anyio.lowlevel.current_token()

    def cancel() -> None:
        if threading.get_ident() == here:
            scope.cancel()
            return
        with suppress(RuntimeError):  # the loop has ended, and so has what was to be cancelled
            anyio.from_thread.run_sync(scope.cancel, token=loop)

    with token.watched(cancel):
        yield


class _InAsyncio(Generic[T]):
    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        import asyncio

        self._task = asyncio.ensure_future(work)
        # Nobody may come for the result; its error is then nobody's either.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def result(self) -> T:
        return await self._task


class _InTrio(Generic[T]):
    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        import trio

        self._done = trio.Event()
        self._result: Callable[[], T] | None = None
        trio.lowlevel.spawn_system_task(self._run, work)

    async def _run(self, work: Awaitable[T]) -> None:
        try:
            value = await work
            self._result = lambda: value
        except Exception as error:  # noqa: BLE001 (it is raised where the result is asked for)
            failure = error

            def fail() -> T:
                raise failure

            self._result = fail
        finally:
            self._done.set()

    async def result(self) -> T:
        await self._done.wait()
        if self._result is None:
            raise RuntimeError("it was broken off")
        return self._result()


async def _next_chunk(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)


BLOCKING = BlockingIO()
ASYNC = AsyncIO()
