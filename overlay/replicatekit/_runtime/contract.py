"""The contract between a flow (logic) and its driver (an `IO`); see the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._http.api_client import ApiClient
    from replicatekit._http.response import BufferedResponse
    from replicatekit_api.types import Response

__all__ = ["IO", "Endpoint", "Pending", "TokenSet"]

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


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
        """Send a request and read its answer to the end.

        Args:
            api: Whose request it is.
            http: The HTTP client it goes through.
            arguments: httpx's own, without the timeout: that is what `api` and its deadline leave.
            received: What is told what has come.
            take: Called with the body's bytes as they come; what it raises ends the reading.
            plain: See `open`.
        """
        ...

    async def open(
        self, api: ApiClient, arguments: Mapping[str, Any], *, plain: bool = False, http: Any = None
    ) -> httpx.Response:
        """Send a request; the answer's body is still to be read, and it must be closed.

        Args:
            api: Whose connections are used.
            arguments: httpx's own: method, url, headers, timeout, ...
            plain: Without anything else that the HTTP client would send: headers, cookies, parameters, authentication.
            http: The HTTP client it goes through; else that of `api`.
        """
        ...

    def iter_bytes(self, response: httpx.Response, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """The body's bytes as they come, or in pieces of one size; what is not read to its end is to be closed."""
        ...

    def iter_event_bytes(
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

    async def close_client(self, http: Any) -> None:
        """Close an HTTP client of this kind."""
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

    async def cancellable(self, token: CancelToken | None, work: Coroutine[Any, Any, T]) -> T:
        """Do something that a cancel token may break off.

        Raises:
            TokenSet: The token was set.
        """
        ...

    async def cancellable_after_grace(
        self, token: CancelToken | None, work: Coroutine[Any, Any, T], seconds: float
    ) -> T:
        """Do something that is not broken off at once: whoever is told to stop waits for it for so long first.

        Raises:
            TokenSet: The token was set.
        """
        ...

    async def with_deadline(self, deadline: Deadline, work: Coroutine[Any, Any, T]) -> T:
        """Do something that is broken off at the deadline, where that can be.

        Raises:
            httpx.ReadTimeout: The deadline has passed.
        """
        ...

    async def notify(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call something of the caller's; where that is a coroutine function, let it go on to its end.

        Raises:
            InvalidArgument: It is one, and the caller blocks.
        """
        ...

    async def run_shielded(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do something although the caller was told to stop; within a few seconds, or not at all."""
        ...

    async def map(self, function: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A], limit: int) -> list[T]:
        """Do the same for several items, up to `limit` of them at a time; results in the items' order."""
        ...

    def start_background(self, work: Coroutine[Any, Any, T]) -> Pending[T]:
        """Begin something that goes on in the background."""
        ...

    @property
    def is_async(self) -> bool:
        """Whether `guarded` can break off a request that waits for its answer."""
        ...
