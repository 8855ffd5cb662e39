"""The driver for sync code: it blocks where a flow awaits."""

from __future__ import annotations

import inspect
import time
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from replicatekit._runtime.contract import TokenSet
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._runtime.contract import Pending

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")


def run_sync(work: Coroutine[Any, Any, T]) -> T:
    """Run a flow on `SyncDriver` to its end."""
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        work.close()
    raise RuntimeError("a flow awaited something other than its driver")


def iterate_sync(items: AsyncGenerator[T, None]) -> Iterator[T]:
    """Iterate over the items of a generator flow on `SyncDriver`."""
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


class SyncDriver:
    """Blocks where a flow awaits."""

    is_async = False

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Driver`."""
        return function(*args, **kwargs)

    async def sleep(self, seconds: float, token: CancelToken | None = None) -> None:
        """See `Driver`."""
        if token is None:
            time.sleep(seconds)  # noqa: ASYNC251 (this driver blocks)
        elif token.wait(seconds):
            raise TokenSet

    async def cancellable(self, token: CancelToken | None, work: Coroutine[Any, Any, T]) -> T:
        """See `Driver`."""
        return await self.cancellable_after_grace(token, work, 0.0)

    async def cancellable_after_grace(
        self, token: CancelToken | None, work: Coroutine[Any, Any, T], seconds: float
    ) -> T:
        """See `Driver`. A thread does the work; it cannot be stopped, and continues when the token is set."""
        if token is None:
            return await work
        if token.is_set:
            work.close()
            raise TokenSet
        return _InThread(work).result_unless(token, seconds)

    async def with_deadline(self, deadline: Deadline, work: Coroutine[Any, Any, T]) -> T:
        """See `Driver`. Blocking work ends by its own timeouts."""
        del deadline
        return await work

    async def notify(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """See `Driver`."""
        result = function(*args, **kwargs)
        if inspect.iscoroutine(result):
            result.close()
            raise InvalidArgument(
                f"{function!r} is a coroutine function: pass a plain function to Client, or use AsyncClient"
            )

    async def run_shielded(self, work: Coroutine[Any, Any, T]) -> T | None:
        """See `Driver`."""
        return await work

    async def map(self, function: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A], limit: int) -> list[T]:
        """See `Driver`."""
        if len(items) < 2:
            return [await function(item) for item in items]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(limit, len(items)), "replicatekit") as threads:
            pending = [threads.submit(run_sync, function(item)) for item in items]
            return [future.result() for future in pending]

    def start_background(self, work: Coroutine[Any, Any, T]) -> Pending[T]:
        """See `Driver`."""
        return _InThread(work)


class _InThread(Generic[T]):
    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        import threading
        from concurrent.futures import Future

        self._future: Future[T] = Future()
        # A daemon: work that nobody awaits any longer must not keep the process alive.
        run = partial(copy_context().run, self._run, work)
        threading.Thread(target=run, name="replicatekit", daemon=True).start()

    def _run(self, work: Coroutine[Any, Any, T]) -> None:
        try:
            self._future.set_result(run_sync(work))
        except BaseException as error:  # noqa: BLE001 (raised by `result`)
            self._future.set_exception(error)

    async def result(self) -> T:
        return self._future.result()

    def result_unless(self, token: CancelToken, grace: float) -> T:
        """The result, unless the work has not ended `grace` seconds after the token was set.

        Raises:
            TokenSet: The work continues.
        """
        import threading

        wakeup = threading.Event()
        self._future.add_done_callback(lambda _: wakeup.set())
        with token.watched(wakeup.set):
            while not wakeup.wait(1.0):  # in pieces: Ctrl-C is noticed on every system
                pass
        try:
            return self._future.result(timeout=grace)
        except TimeoutError:
            if self._future.done():
                raise
            raise TokenSet from None
