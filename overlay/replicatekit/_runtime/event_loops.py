"""What differs between asyncio and trio: the running loop, background tasks, cleanup when a loop ends."""

from __future__ import annotations

import sys
import threading
import types
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator

T = TypeVar("T")


class _NoLoop:
    """Placeholder for the loop if none runs."""


def current_loop() -> Any:
    """The running event loop (trio: the run's token), which connections are bound to."""
    trio = sys.modules.get("trio")
    if trio is not None:
        with suppress(RuntimeError):
            return trio.lowlevel.current_trio_token()
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None:
        with suppress(RuntimeError):
            return asyncio.get_running_loop()
    return _NoLoop


_closing_soon: set[Any] = set()  # the loop itself does not keep tasks alive


def close_soon(loop: Any, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Schedule a close in a loop, from any thread: the garbage collector may run in each."""

    async def quietly() -> None:
        with suppress(Exception):
            await close()

    def start() -> None:
        task = loop.create_task(quietly())
        _closing_soon.add(task)
        task.add_done_callback(_closing_soon.discard)

    with suppress(RuntimeError):  # the loop has ended
        if hasattr(loop, "call_soon_threadsafe"):
            loop.call_soon_threadsafe(start)
        elif loop is not _NoLoop:
            loop.run_sync_soon(sys.modules["trio"].lowlevel.spawn_system_task, quietly)


async def without_loop_hooks(work: Coroutine[Any, Any, T]) -> T:
    """Await work whose async generators the event loop does not close by itself.

    A loop that ends closes all async generators at once. Nested ones then wait for each other, and fail with
    "asynchronous generator is already running": only the outermost one may be registered.
    """
    return await _without_hooks(work)


@types.coroutine
def _without_hooks(work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    hooks = sys.get_asyncgen_hooks()
    step: Callable[[Any], Any] = work.send
    argument: Any = None
    while True:
        sys.set_asyncgen_hooks(None, None)
        try:
            awaited = step(argument)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            sys.set_asyncgen_hooks(*hooks)
        try:
            argument, step = (yield awaited), work.send
        except BaseException as error:  # noqa: BLE001 (raised inside the work)
            argument, step = error, work.throw


@contextmanager
def cancelled_by(watched: Callable[[Callable[[], None]], Any], scope: Any) -> Generator[None]:
    """Cancel the scope when the watched event happens, in any thread, without waiting for the scope to end."""
    own_thread, call_in_loop = threading.get_ident(), caller_in_loop()

    def cancel() -> None:
        if threading.get_ident() == own_thread:
            scope.cancel()
        else:
            call_in_loop(scope.cancel)

    with watched(cancel):
        yield


def caller_in_loop() -> Callable[[Callable[[], object]], None]:
    """A function that schedules a call in the running loop, from any thread and without waiting."""
    import anyio.lowlevel

    loop: Any = anyio.lowlevel.current_token().native_token
    schedule = loop.call_soon_threadsafe if hasattr(loop, "call_soon_threadsafe") else loop.run_sync_soon

    def call(function: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop has ended, with everything that waited in it
            schedule(function)

    return call


class _Closeable(Protocol):
    """Connections that are bound to an event loop."""

    @property
    def is_closed(self) -> bool:
        """Whether they are closed already."""
        ...

    async def aclose(self) -> None:
        """Close them."""
        ...


# `asyncio.run(replicatekit.async_run(...))` is a whole program: nobody closes the client. Every loop closes the async
# generators that were started in it, so one such generator closes the connections.
_closers: list[tuple[ref[_Closeable], AsyncGenerator[None, None]]] = []


async def close_with_loop(connections: _Closeable) -> None:
    """Have the running loop close connections when it ends."""
    await forget_closed()
    reference = ref(connections)
    closer = _close_at_end(reference)
    await anext(closer)
    _closers.append((reference, closer))


async def _close_at_end(reference: ref[_Closeable]) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        connections = reference()
        if connections is not None and not connections.is_closed:
            with suppress(Exception):  # parts of the ending loop may have ended already
                await connections.aclose()


async def forget_closed() -> None:
    """Drop the generators of closed or garbage-collected connections, of any loop."""
    for entry in list(_closers):
        reference, closer = entry
        connections = reference()
        if connections is None or connections.is_closed:
            with suppress(ValueError):  # another thread was faster
                _closers.remove(entry)
                await closer.aclose()


def start_background(work: Coroutine[Any, Any, T]) -> _InTrio[T] | _InAsyncio[T]:
    """Start a task of its own, which continues when the current task is cancelled."""
    trio = sys.modules.get("trio")
    return _InTrio(work) if trio is not None and trio.lowlevel.in_trio_run() else _InAsyncio(work)


class _InAsyncio(Generic[T]):
    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        import asyncio

        self._task = asyncio.ensure_future(work)
        # Retrieves the error, which asyncio would report if nobody awaits the result.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def result(self) -> T:
        """Wait for the task, and return its result or raise its error."""
        import asyncio

        return await asyncio.shield(self._task)

    async def wait(self) -> None:
        """Wait until the task has ended, with a result or an error."""
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
        except Exception as error:  # noqa: BLE001 (raised by `result`)
            failure = error

            def fail() -> T:
                raise failure

            self._result = fail
        finally:
            self._done.set()

    async def result(self) -> T:
        await self._done.wait()
        if self._result is None:
            raise RuntimeError("the background task was cancelled")
        return self._result()

    async def wait(self) -> None:
        await self._done.wait()

    def cancel(self) -> None:
        self._scope.cancel()
