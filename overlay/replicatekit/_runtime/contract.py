"""The contract between a flow (the logic) and its driver: what a flow may await; see the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class TokenSet(Exception):
    """The caller's cancel token was set while a flow waited."""


class Pending(Protocol[T_co]):
    """Work in the background."""

    async def result(self) -> T_co:
        """Wait for the work, and return its result or raise its error."""
        ...


class Driver(Protocol):
    """Waiting, threads and background work, for sync and async code alike."""

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that blocks, such as one that writes a file."""
        ...

    async def sleep(self, seconds: float, token: CancelToken | None = None) -> None:
        """Wait for a number of seconds.

        Raises:
            TokenSet: The token was set.
        """
        ...

    async def cancellable(self, token: CancelToken | None, work: Coroutine[Any, Any, T]) -> T:
        """Await work that the token cancels.

        Raises:
            TokenSet: The token was set.
        """
        ...

    async def cancellable_after_grace(
        self, token: CancelToken | None, work: Coroutine[Any, Any, T], seconds: float
    ) -> T:
        """Await work that continues for up to `seconds` after the caller or the token cancels it.

        Raises:
            TokenSet: The token was set.
        """
        ...

    async def with_deadline(self, deadline: Deadline, work: Coroutine[Any, Any, T]) -> T:
        """Await work that is cancelled at the deadline, if this driver can cancel.

        Raises:
            TimeoutError: The deadline has passed.
        """
        ...

    async def notify(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call the caller's callback, and await its result if it is awaitable.

        Raises:
            InvalidArgument: The callback is a coroutine function, and the caller is sync.
        """
        ...

    async def run_shielded(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Await work that the caller's cancellation does not reach; None if it takes more than a few seconds."""
        ...

    async def map(self, function: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A], limit: int) -> list[T]:
        """Apply a flow to each item, up to `limit` at a time; the results are in the order of the items."""
        ...

    def start_background(self, work: Coroutine[Any, Any, T]) -> Pending[T]:
        """Start work in the background."""
        ...

    @property
    def is_async(self) -> bool:
        """Whether the caller is async, so that waiting for a response can be cancelled."""
        ...
