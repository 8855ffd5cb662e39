"""The low-level client as this package uses it: generated endpoints send their requests through this package.

Generated functions that are called with it (`client.api`) get the same retries, limits, deadlines and errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from replicatekit._http.async_sender import ASYNC
from replicatekit._http.connections import Connections, ensure_open
from replicatekit._http.context import RequestContext, Rules
from replicatekit._http.exchange import send
from replicatekit._http.sync_sender import BLOCKING
from replicatekit._runtime import forget_closed, run_sync
from replicatekit.errors import ForbiddenURLError, InvalidArgument
from replicatekit_api import AuthenticatedClient
from replicatekit_api import errors as raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from replicatekit._base.deadline import Deadline
    from replicatekit._http.request import Timeouts
    from replicatekit_api import Call
    from replicatekit_api.types import Response

T = TypeVar("T")


class ApiClient(AuthenticatedClient):
    """The low-level client, which sends requests through this package.

    Args:
        base_url: The API's base URL.
        token: The API token.
        headers: Sent with every request.
        timeout: Seconds for each step of a request.
        options: httpx's options: verify, proxy, limits, ...
        rules: Where the token may go, retries and rate limits.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str,
        headers: Mapping[str, str],
        timeout: float | httpx.Timeout | Timeouts | None,
        options: Mapping[str, Any],
        rules: Rules,
    ) -> None:
        timeouts: Any = timeout  # httpx accepts a tuple of four too
        super().__init__(base_url, token=token, headers=headers, timeout=timeouts, httpx_args=options)
        self.context = RequestContext(Connections(options), rules)
        """The connections, rules and limits of the requests."""

    def send(self, call: Call[T]) -> Response[T]:
        """Send one call and read its response; see `replicatekit.errors` for what it raises."""
        return run_sync(send(BLOCKING, self.context, call, self._arguments_of(call)))

    async def asend(self, call: Call[T]) -> Response[T]:
        """As `send`."""
        return await send(ASYNC, self.context, call, self._arguments_of(call))

    def _arguments_of(self, call: Call[Any]) -> dict[str, Any]:
        """What httpx's `build_request` takes for a call.

        Raises:
            ForbiddenURLError: The cursor is a URL that is not a page of this list.
            InvalidArgument: The request cannot be sent.
        """
        cursor, prediction_id = call.params.get("cursor"), self.context.prediction_id
        if isinstance(cursor, str):
            call.params["cursor"] = self.context.rules.token_policy.at_base_url(cursor)
        try:
            return self.arguments(call)
        except raw.ForeignCursor as error:
            raise ForbiddenURLError(str(error), url=str(cursor), prediction_id=prediction_id) from None
        except raw.InvalidArgument as error:
            raise InvalidArgument(str(error), prediction_id=prediction_id) from None

    @property
    def rules(self) -> Rules:
        """Where the token may go, retries and rate limits."""
        return self.context.rules

    @property
    def deadline(self) -> Deadline:
        """When requests must end."""
        return self.context.deadline

    @property
    def prediction_id(self) -> str | None:
        """The prediction that the requests are about, for the errors."""
        return self.context.prediction_id

    def with_context(self, **changes: Any) -> Self:
        """A copy with changes to its `RequestContext`, on the same connections."""
        return self._copy(context=self.context._replace(**changes))

    def with_deadline(self, deadline: Deadline) -> Self:
        """A copy whose requests end by the deadline."""
        return self.with_context(deadline=deadline)

    def with_prediction_id(self, prediction_id: str | None) -> Self:
        """A copy whose errors name the prediction."""
        return self.with_context(prediction_id=prediction_id)

    def with_rules(self, rules: Rules) -> Self:
        """A copy with other rules."""
        return self.with_context(rules=rules)

    def with_hold_timeout(self, seconds: float) -> Self:
        """A copy that waits for a response as long as the API may hold it, and a little longer."""
        return self.with_context(hold=seconds)

    def without_retries(self, *, is_async: bool) -> Self:
        """A copy that sends each request once, on the connections that are open now, and nothing once they are closed.

        For background requests, which may still run when the client is closed.

        Args:
            is_async: Whether the caller is async.
        """
        pinned = self.context.pinned_transport or self.context.connections.transport(is_async=is_async)
        return self.with_context(pinned_transport=pinned, rules=self.rules.with_retries(0))

    def with_changes(self, **changes: Any) -> Self:
        """A copy with other settings (token, headers, timeout), on the same connections."""
        return self._copy(**changes)

    def with_http_client(self, http: Any) -> Self:
        """A copy that sends everything through the caller's HTTP client."""
        return self.with_context(connections=Connections({}, http))

    def get_httpx_client(self) -> httpx.Client:
        """An httpx client with the same options, or the caller's own client.

        Raises:
            InvalidArgument: The caller's client is closed.
        """
        http = self.context.connections.user_client
        return super().get_httpx_client() if http is None else cast("httpx.Client", ensure_open(http))

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """As `get_httpx_client`, for the running event loop."""
        http = self.context.connections.user_client
        return super().get_async_httpx_client() if http is None else cast("httpx.AsyncClient", ensure_open(http))

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Send everything through the caller's HTTP client."""
        self.context = self.context._replace(connections=Connections({}, client))
        return self

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """As `set_httpx_client`, for async code."""
        self.context = self.context._replace(connections=Connections({}, async_client))
        return self

    def close(self) -> None:
        """Close the connections, once requests in progress have ended; the next call opens new ones."""
        super().close()
        for transport in self.context.connections.take(is_async=False):
            run_sync(transport.aclose())

    async def aclose(self) -> None:
        """Close the connections of the running event loop, once requests in progress have ended."""
        await super().aclose()
        for transport in self.context.connections.take(is_async=True):
            await transport.aclose()
        await forget_closed()
