"""The sender for sync code: the sync driver, which also sends requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from replicatekit._http.response import is_raw
from replicatekit._runtime import SyncDriver, TokenSet
from replicatekit.errors import InvalidArgument
from replicatekit_api.errors import InvalidArgument as GeneratedInvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._http.context import RequestContext
    from replicatekit._http.contract import Endpoint

P = ParamSpec("P")
T = TypeVar("T")


class SyncSender(SyncDriver):
    """Sends requests, and blocks until the responses arrive."""

    async def call(self, endpoint: Endpoint[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Sender`."""
        try:
            return endpoint.sync_detailed(*args, **kwargs).parsed
        except GeneratedInvalidArgument as error:
            raise InvalidArgument(str(error)) from None

    async def open(
        self, context: RequestContext, arguments: Mapping[str, Any], *, is_bare: bool = False
    ) -> httpx.Response:
        """See `Sender`."""
        from replicatekit._http.exchange import open_response

        return await open_response(self, context, arguments, is_bare=is_bare)

    async def iter_bytes(self, response: httpx.Response, size: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `Sender`."""
        for chunk in response.iter_bytes(size) if size or not is_raw(response) else _raw(response):
            yield chunk

    async def iter_event_bytes(
        self, response: httpx.Response, deadline: Deadline, token: CancelToken | None = None
    ) -> AsyncGenerator[bytes, None]:
        """See `Sender`."""
        import httpx

        from replicatekit._http.interrupt import shutdown_on_cancel

        def check() -> None:
            if token is not None and token.is_set:
                raise TokenSet
            if deadline.is_over:
                raise httpx.ReadTimeout("the deadline has passed")

        with shutdown_on_cancel(response, deadline, token):
            try:
                for chunk in _raw(response) if is_raw(response) else response.iter_bytes():
                    check()
                    yield chunk
            except httpx.TransportError:
                check()
                raise
        check()

    async def close(self, response: httpx.Response) -> None:
        """See `Sender`."""
        response.close()

    def body(self, pieces: Callable[[], Iterator[bytes]], on_sent: Callable[[bytes], object], *, waits: bool) -> Any:
        """See `Sender`."""
        from replicatekit._http.bodies import Body

        del waits
        return Body(pieces, on_sent)


def _raw(response: httpx.Response) -> Iterable[bytes]:
    return cast("Iterable[bytes]", response.stream)


BLOCKING = SyncSender()
