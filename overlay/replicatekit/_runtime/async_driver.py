"""The driver for async code: it suspends where a flow awaits, on asyncio or trio."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from replicatekit._runtime.contract import TokenSet
from replicatekit._runtime.event_loops import cancelled_by, start_background

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._runtime.contract import Pending

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")

_CANCEL_SECONDS = 10.0  # for requests that must reach the API although the caller was cancelled
_MARGIN = 0.1  # seconds: the request's own timeouts come first, as their errors say more


class AsyncDriver:
    """Suspends where a flow awaits: on asyncio or trio, whichever runs."""

    is_async = True

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Driver`. A worker thread calls it; cancellation waits for the thread."""
        import anyio.to_thread

        return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))

    async def sleep(self, seconds: float, token: CancelToken | None = None) -> None:
        """See `Driver`."""
        import anyio

        await self.cancellable(token, anyio.sleep(seconds))

    async def cancellable(self, token: CancelToken | None, work: Coroutine[Any, Any, T]) -> T:
        """See `Driver`."""
        if token is None:
            return await work
        import anyio

        with anyio.CancelScope() as scope, cancelled_by(token.watched, scope):
            return await work
        raise TokenSet

    async def cancellable_after_grace(
        self, token: CancelToken | None, work: Coroutine[Any, Any, T], seconds: float
    ) -> T:
        """See `Driver`."""
        import anyio

        pending = start_background(work)
        try:
            return await self.cancellable(token, pending.result())
        except BaseException:
            with anyio.move_on_after(seconds, shield=True):
                await pending.wait()
            pending.cancel()
            raise

    async def with_deadline(self, deadline: Deadline, work: Coroutine[Any, Any, T]) -> T:
        """See `Driver`."""
        if deadline.at is None:
            return await work
        import anyio

        with anyio.move_on_after(deadline.later(_MARGIN).left):
            return await work
        raise TimeoutError("the deadline has passed")

    async def notify(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """See `Driver`."""
        result = function(*args, **kwargs)
        if inspect.isawaitable(result):
            await result

    async def run_shielded(self, work: Coroutine[Any, Any, T]) -> T | None:
        """See `Driver`."""
        import anyio

        with anyio.move_on_after(_CANCEL_SECONDS, shield=True):
            return await work
        return None

    async def map(self, function: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A], limit: int) -> list[T]:
        """See `Driver`."""
        import anyio

        results: dict[int, T] = {}
        slots = anyio.Semaphore(limit)

        async def work(index: int, item: A) -> None:
            async with slots:
                results[index] = await function(item)

        try:
            async with anyio.create_task_group() as group:
                for index, item in enumerate(items):
                    group.start_soon(work, index, item)
        except BaseExceptionGroup as errors:
            # The caller passed one input, and gets one error: the first.
            raise _first(errors) from None
        return [results[index] for index in range(len(items))]

    def start_background(self, work: Coroutine[Any, Any, T]) -> Pending[T]:
        """See `Driver`."""
        return start_background(work)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(cast("BaseExceptionGroup[BaseException]", first)) if isinstance(first, BaseExceptionGroup) else first
