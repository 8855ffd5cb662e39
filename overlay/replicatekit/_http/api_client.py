"""The low-level client as this package uses it: every request of a generated endpoint goes through our transport.

Generated functions that are called with it (`client.api`) get the same retries, limits, deadlines and errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self, TypeVar, cast

from replicatekit._base.deadline import NEVER, Deadline
from replicatekit._http.connections import line_of, made, made_async, still_open
from replicatekit._http.exchange import exchange
from replicatekit._runtime import ASYNC, BLOCKING, forget_closed, run_sync
from replicatekit_api import AuthenticatedClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._http.rate_limiter import Limiter
    from replicatekit._http.retry_policy import Policy
    from replicatekit._http.token_policy import TokenPolicy
    from replicatekit._transports import Engine
    from replicatekit_api import Call
    from replicatekit_api.types import Response

__all__ = ["ApiClient", "OnSent", "Rules"]

T = TypeVar("T")

_HOLD_MARGIN = 15.0  # seconds that an answer may take after the end of a hold


class OnSent(Protocol):
    """Called with False when an attempt starts, and with True when its request has been sent completely."""

    def __call__(self, *, complete: bool) -> None: ...


class Rules(NamedTuple):
    """What all requests of a client and its copies have in common."""

    gate: TokenPolicy
    policy: Policy
    limiter: Limiter

    def with_retries(self, most: int) -> Rules:
        """The same with another number of repetitions."""
        return self._replace(policy=self.policy.with_retries(most))


class ApiClient(AuthenticatedClient):
    """The low-level client, with this package's transport."""

    def __init__(
        self,
        base_url: str,
        *,
        token: str,
        headers: Mapping[str, str],
        timeout: float | httpx.Timeout | None,
        httpx_args: Mapping[str, Any],
        rules: Rules,
        engine: Engine = "httpx",
    ) -> None:
        super().__init__(base_url, token=token, headers=headers, timeout=timeout, httpx_args=httpx_args)
        self.rules = rules
        self.engine: Engine = engine
        """What carries the requests of the HTTP clients that are made here."""
        self.deadline = NEVER
        self.retry_budget: float | None = None
        """Seconds for which failures are repeated, however many; None keeps to the policy's number of attempts."""
        self.prediction_id: str | None = None
        """The prediction that the requests are about, for the errors."""
        self.pinned_http_client: Any = None
        """The HTTP client that requests go through, open or closed; None for the one that is open, or a new one."""
        self.grace = 0.0
        """Seconds that a request under way may take beyond the deadline; none is begun then."""
        self.cancel_token: CancelToken | None = None
        """Ends the waits between attempts when it is set."""
        self.on_sent: OnSent | None = None
        """Called when an attempt starts, and again when its request has been sent completely."""
        self.user_http_client: httpx.Client | httpx.AsyncClient | None = None
        """The HTTP client beneath, where the caller has given one; else it is made, and closed, by the pool."""

    def send(self, call: Call[T]) -> Response[T]:
        """Send one call and read its answer; see `replicatekit.errors` for what it raises."""
        return run_sync(exchange(BLOCKING, self, call))

    async def asend(self, call: Call[T]) -> Response[T]:
        """As `send`."""
        return await exchange(ASYNC, self, call)

    def with_deadline(self, deadline: Deadline) -> Self:
        """A copy whose requests are over by then."""
        return self._copy(deadline=deadline)

    def with_prediction_id(self, prediction_id: str | None) -> Self:
        """A copy whose errors name the prediction."""
        return self._copy(prediction_id=prediction_id)

    def with_retry_budget(self, seconds: float) -> Self:
        """A copy that repeats what failed for so many seconds, or until its deadline."""
        return self._copy(retry_budget=seconds)

    def with_cancel_token(self, token: CancelToken | None) -> Self:
        """A copy whose waits between attempts end when the token is set."""
        return self._copy(cancel_token=token)

    def with_grace(self, seconds: float) -> Self:
        """A copy whose requests, once sent, may take so much longer than the deadline."""
        return self._copy(grace=seconds)

    def with_sent_callback(self, on_sent: OnSent) -> Self:
        """A copy that tells when a request has been sent completely, where the transport can tell."""
        return self._copy(on_sent=on_sent)

    def with_hold_timeout(self, seconds: float) -> Self:
        """A copy that waits for an answer as long as the API may hold it, and a little longer."""
        import httpx

        given = self.timeout if isinstance(self.timeout, httpx.Timeout) else httpx.Timeout(self.timeout)
        if given.read is None or given.read >= seconds + _HOLD_MARGIN:
            return self
        return self.with_timeout(httpx.Timeout(**{**given.as_dict(), "read": seconds + _HOLD_MARGIN}))

    def without_retries(self, *, suspends: bool) -> Self:
        """A copy for one attempt each, on the connections that are open now: it opens no others after they are closed.

        For what goes on in the background, and may still do so when the client is closed.

        Args:
            suspends: Whether it is for async code.
        """
        held = self.get_async_httpx_client() if suspends else self.get_httpx_client()
        return self._copy(pinned_http_client=held, rules=self.rules.with_retries(0))

    def with_changes(self, **changes: Any) -> Self:
        """A copy with other settings, on the same connections."""
        return self._copy(**changes)

    @property
    def last_moment(self) -> Deadline:
        """When a request that is under way is broken off."""
        return self.deadline.later(self.grace)

    @property
    def bounded(self) -> float | httpx.Timeout | None:
        """The timeout of the next request: the client's, or what the deadline leaves."""
        return self.last_moment.within(self.timeout)

    def get_httpx_client(self) -> httpx.Client:
        """The HTTP client beneath.

        Raises:
            InvalidArgument: It cannot be made with these settings, or is the caller's and closed.
        """
        if self.pinned_http_client is not None:
            return self.pinned_http_client
        if self.user_http_client is not None:
            return cast("httpx.Client", still_open(self.user_http_client))
        return super().get_httpx_client()

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The async HTTP client beneath, one for each event loop.

        Raises:
            InvalidArgument: It cannot be made with these settings, or is the caller's and closed.
        """
        if self.pinned_http_client is not None:
            return self.pinned_http_client
        if self.user_http_client is not None:
            return cast("httpx.AsyncClient", still_open(self.user_http_client))
        return super().get_async_httpx_client()

    def close(self) -> None:
        """Close the connections. Requests under way end before; the next call opens new ones."""
        http = self._pool.take_sync()
        if http is not None and line_of(http).is_idle():
            http.close()

    async def aclose(self) -> None:
        """Close the connections of the event loop that runs. Requests under way end before."""
        http = self._pool.take_asynchronous()
        if http is not None and line_of(http).is_idle():
            await http.aclose()
        await forget_closed()

    def _made(self) -> httpx.Client:
        return made(self._arguments(), self.engine)

    def _made_async(self) -> httpx.AsyncClient:
        return made_async(self._arguments(), self.engine)
