"""What differs between asyncio and trio, and what goes on beside the caller's task in either."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Generator

    import httpx

__all__ = ["background", "breaking", "close_with_loop", "forget_closed", "is_asyncio", "left_early"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


def is_asyncio() -> bool:
    """Whether it is asyncio that runs."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def left_early(answer: Any, pieces: AsyncIterator[bytes]) -> None:
    """Close an answer in its midst, and read what is then its end: trio warns of generators that are left before."""
    import anyio

    with anyio.CancelScope(shield=True), suppress(Exception):
        await answer.aclose()
        while await anext(pieces, None) is not None:
            pass


@contextmanager
def breaking(watched: Callable[[Callable[[], None]], Any], scope: Any) -> Generator[None]:
    """While this lasts, what is watched cancels the scope, from whichever thread, without waiting for that."""
    import anyio.lowlevel

    here = threading.get_ident()
    loop: Any = anyio.lowlevel.current_token().native_token

    def cancel() -> None:
        if threading.get_ident() == here:
            scope.cancel()
            return
        soon = loop.call_soon_threadsafe if hasattr(loop, "call_soon_threadsafe") else loop.run_sync_soon
        with suppress(RuntimeError):  # the loop has ended, and so has what was to be cancelled
            soon(scope.cancel)

    with watched(cancel):
        yield


# Loops end, and nobody knows then which connections were made in them: `asyncio.run(replicatekit.async_run(...))` is a
# whole program. What every loop does close at its end is the async generators that were begun in it.
_at_the_end: list[tuple[ref[httpx.AsyncClient], AsyncGenerator[None, None]]] = []


async def close_with_loop(http: httpx.AsyncClient) -> None:
    """Have the running loop close an HTTP client when it ends."""
    await forget_closed()
    reference = ref(http)
    closing = _closing(reference)
    await anext(closing)
    _at_the_end.append((reference, closing))


async def _closing(reference: ref[httpx.AsyncClient]) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        http = reference()
        if http is not None and not http.is_closed:
            with suppress(Exception):  # the loop is ending, and some of it may have ended before
                await http.aclose()


async def forget_closed() -> None:
    """Let go of the HTTP clients that are closed, or that nobody has any more, in whichever loop they were made."""
    for entry in list(_at_the_end):
        reference, closing = entry
        http = reference()
        if http is None or http.is_closed:
            with suppress(ValueError):  # another thread was faster
                _at_the_end.remove(entry)
                await closing.aclose()


def background(work: Coroutine[Any, Any, T]) -> Background[T]:
    """Begin something beside the task that runs; it goes on when that is cancelled."""
    trio = sys.modules.get("trio")
    return _InTrio(work) if trio is not None and trio.lowlevel.in_trio_run() else _InAsyncio(work)


class Background(Protocol[T_co]):
    """Something that goes on beside the task that began it."""

    async def result(self) -> T_co:
        """Wait for it; what it raised is raised."""
        ...

    async def settled(self) -> None:
        """Wait for it, whatever comes of it."""
        ...

    def cancel(self) -> None:
        """Break it off, if it still goes on."""
        ...


class _InAsyncio(Generic[T]):
    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        import asyncio

        self._task = asyncio.ensure_future(work)
        # Nobody may come for the result; its error is then nobody's either.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def result(self) -> T:
        import asyncio

        return await asyncio.shield(self._task)

    async def settled(self) -> None:
        import asyncio

        await asyncio.wait([self._task])

    def cancel(self) -> None:
        self._task.cancel()


class _InTrio(Generic[T]):
    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        import trio

        self._done = trio.Event()
        self._scope = trio.CancelScope()
        self._result: Callable[[], T] | None = None
        trio.lowlevel.spawn_system_task(self._run, work)

    async def _run(self, work: Awaitable[T]) -> None:
        try:
            with self._scope:
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

    async def settled(self) -> None:
        await self._done.wait()

    def cancel(self) -> None:
        self._scope.cancel()
