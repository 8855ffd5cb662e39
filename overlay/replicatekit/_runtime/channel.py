"""A queue between background work and the one flow that started it."""

from __future__ import annotations

from collections import deque
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from replicatekit._base.deadline import NEVER

if TYPE_CHECKING:
    from replicatekit._base.deadline import Deadline
    from replicatekit._runtime.contract import Driver

T = TypeVar("T")


class Channel(Protocol[T]):
    """Values, in the order they were put."""

    def put(self, value: T) -> None:
        """Add a value; never blocks."""
        ...

    async def get(self, deadline: Deadline = NEVER) -> T:
        """Wait for the next value.

        Raises:
            TimeoutError: None came by the deadline.
        """
        ...


def new_channel(io: Driver) -> Channel[Any]:
    """A channel for flows on this driver."""
    return _AsyncChannel() if io.is_async else _SyncChannel()


class _SyncChannel(Generic[T]):
    def __init__(self) -> None:
        self._queue: SimpleQueue[T] = SimpleQueue()

    def put(self, value: T) -> None:
        self._queue.put(value)

    async def get(self, deadline: Deadline = NEVER) -> T:
        while True:
            try:
                return self._queue.get(timeout=deadline.sooner(1.0))  # in pieces: Ctrl-C is noticed on every system
            except Empty:
                if deadline.is_over:
                    raise TimeoutError from None


class _AsyncChannel(Generic[T]):
    """For background work in the same event loop, so it needs no lock."""

    def __init__(self) -> None:
        self._values: deque[T] = deque()
        self._waiter: Any = None

    def put(self, value: T) -> None:
        self._values.append(value)
        if self._waiter is not None:
            self._waiter.set()

    async def get(self, deadline: Deadline = NEVER) -> T:
        import anyio

        with anyio.fail_after(deadline.left):
            while not self._values:
                self._waiter = anyio.Event()
                await self._waiter.wait()
        return self._values.popleft()
