"""The contracts of this package: the sender that a flow awaits, and the transport that the sender uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from replicatekit._runtime import Driver

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._http.context import RequestContext
    from replicatekit._http.request import Request
    from replicatekit._http.response import BufferedResponse
    from replicatekit_api.types import Response

P = ParamSpec("P")
T = TypeVar("T")


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


class Sender(Driver, Protocol):
    """A driver that also sends requests."""

    async def call(self, endpoint: Endpoint[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a generated endpoint."""
        ...

    async def open(
        self, context: RequestContext, arguments: Mapping[str, Any], *, is_bare: bool = False
    ) -> httpx.Response:
        """Send a request whose response is read later; it must be closed.

        Args:
            context: The client's connections, deadline and cancel token.
            arguments: Those of httpx's `build_request`: method, url, headers, timeout, ...
            is_bare: Whether nothing else may be sent: headers, cookies and credentials of the HTTP client.
        """
        ...

    def iter_bytes(self, response: httpx.Response, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """Iterate over the body as it arrives, or in parts of one size. Close the iterator if it is not exhausted."""
        ...

    def iter_event_bytes(
        self, response: httpx.Response, deadline: Deadline, token: CancelToken | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Iterate over the body as it arrives, however slowly. Close the iterator with `aclose`.

        Raises:
            httpx.ReadTimeout: The deadline has passed.
            TokenSet: The token was set.
        """
        ...

    async def close(self, response: httpx.Response) -> None:
        """Release the response's connection."""
        ...

    def body(self, pieces: Callable[[], Iterator[bytes]], on_sent: Callable[[bytes], object], *, waits: bool) -> Any:
        """A request body that is read while it is sent, from its beginning for each attempt.

        Args:
            pieces: Returns an iterator over the body.
            on_sent: Called with each piece after it was sent.
            waits: Whether reading may block for long, as with a pipe.
        """
        ...


class Transport(Protocol):
    """Sends requests over the network, as flows. Raises the errors of httpx.

    A `ConnectError`, `ConnectTimeout`, `PoolTimeout`, `ProxyError` or `UnsupportedProtocol` means that no byte of the
    request was sent. Every wait ends at the request's deadline.
    """

    is_closed: bool
    closes_with_loop: bool
    """Whether the event loop, or the caller, closes it."""

    async def exchange(self, request: Request, received: BufferedResponse) -> None:
        """Send a request, and read all of its response into `received`."""
        ...

    async def open(self, request: Request) -> httpx.Response:
        """Send a request, and return its response with the body unread; it must be closed."""
        ...

    async def aclose(self) -> None:
        """Close the connections, once requests in progress have ended; nothing can be sent afterwards."""
        ...
